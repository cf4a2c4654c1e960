"""JSON lines of OpenMMLab: `scalars.json` of mmengine and `*.log.json` of mmcv 1.x.

Source: FORMATS.md 4.5 and 4.6. Training rows carry `iter`, which in mmcv starts again with every
epoch; validation rows carry an `iter` that is the size of the validation loader, or a `step` that
is the epoch: they stand at their epoch, else at the last training iteration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import flat, number
from lossreport.reading.kit.untrusted import whole
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text
from lossreport.values import dataclass

NO_METRICS: Final = ("mode", "epoch", "iter", "step", "eta_seconds")
WINDOW: Final = 10
"""Iterations that mmengine averages over by default."""
AVERAGED: Final = re.compile(r"loss|time|grad_norm")
"""Names that mmengine prints the mean of; of others the last value (`mean_pattern` of its
LogProcessor).
"""
CURRENT: Final = re.compile(r"lr(?:_.*)?|memory|momentum.*")
"""Names that mmcv does not average; it averages all others since the row before."""
META: Final = ("seed", "exp_name", "mmcv_version", "config_name")


def sniff(log: LogFile) -> Score:
    """Claim JSON lines with mode, epoch and iter (mmcv), or with iter, step and a loss or lr
    (mmengine).
    """
    rows, seen = head_objects(log)
    mmcv = sum(row.keys() >= {"mode", "epoch", "iter"} for row in rows)
    mmengine = sum(
        row.keys() >= {"iter", "step"} and ("loss" in row or "lr" in row) for row in rows
    )
    if mmcv:
        return Score(0.93, f"{mmcv} of {seen} lines have mode, epoch and iter")
    if mmengine:
        return Score(0.92, f"{mmengine} of {seen} lines have iter, step and a loss")
    return Score(0.0, "no JSON lines of OpenMMLab")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every row, training rows over the iteration, validation rows over the
    epoch.
    """
    per_epoch = _iterations_per_epoch(log)
    columns, state, rows, last = Columns(), _State(per_epoch), 0, 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        if not record.row:
            continue
        if "mode" not in record.row and not {"step", "iter"} & record.row.keys():
            yield from (
                RawFact(name, record.row[name], record.line)
                for name in META
                if record.row.get(name) is not None
            )
            continue
        rows += 1
        if is_training(record.row):
            state.advance(record.row)
            _add(columns, record.row, "train", Axis.ITERATION, state.x, state.epoch, record.line)
        else:
            axis, x = state.of_validation(record.row)
            _add(
                columns,
                record.row,
                str(record.row.get("mode", "val")),
                axis,
                x,
                float("nan"),
                record.line,
            )
        if columns.full():
            yield from columns.chunks()
    yield from columns.chunks()
    yield RowsRead(rows, last)


def is_training(row: Mapping[str, Any]) -> bool:
    """Return whether a row is of the training: mode says so, else it carries an iteration and a
    learning rate or a loss.
    """
    mode = row.get("mode")
    return mode == "train" if mode is not None else "iter" in row and ("lr" in row or "loss" in row)


@dataclass
class _State:
    """Where the training stands; `per_epoch` is the length of an epoch where `iter` starts again
    with each, else 0.
    """

    per_epoch: int
    x: float = -1.0
    epoch: float = float("nan")

    def advance(self, row: Mapping[str, Any]) -> None:
        """Take the place of a training row."""
        iteration, epoch = number(row.get("iter")) or 0.0, number(row.get("epoch"))
        self.epoch = float("nan") if epoch is None else epoch
        self.x = iteration + (
            max(self.epoch - 1, 0) * self.per_epoch if self.per_epoch and epoch is not None else 0
        )

    def of_validation(self, row: Mapping[str, Any]) -> tuple[Axis, float]:
        """Return where a validation row stands."""
        epoch = number(row.get("epoch"))
        if epoch is not None:
            return Axis.EPOCH, epoch
        step = number(row.get("step"))
        if step is not None and step != self.x and step < max(self.x, 1):
            return Axis.EPOCH, step
        return Axis.ITERATION, step if step is not None else max(self.x, 0.0)


def _iterations_per_epoch(log: LogFile) -> int:
    """Return the longest printed iteration where iterations start again with the epochs, else 0."""
    longest, restarts, before = 0.0, False, (0.0, 0.0)
    for record in records(log):
        if not record.row or not is_training(record.row):
            continue
        epoch, iteration = (
            number(record.row.get("epoch")) or 0.0,
            number(record.row.get("iter")) or 0.0,
        )
        restarts = restarts or (epoch > before[0] > 0 and iteration <= before[1])
        longest, before = max(longest, iteration), (epoch, iteration)
    return (whole(longest) or 0) if restarts else 0


def _add(
    columns: Columns,
    row: Mapping[str, Any],
    split: str,
    axis: Axis,
    x: float,
    epoch: float,
    line: int,
) -> None:
    train = split == "train"
    for name, raw in flat(row):
        value = number(raw)
        if value is None or name in NO_METRICS:
            continue
        mmcv = "mode" in row
        mean = train and (
            CURRENT.fullmatch(name) is None if mmcv else AVERAGED.search(name) is not None
        )
        window = WINDOW if mean and not mmcv else None
        key = ColumnKey(
            name, split, axis, Statistic.WINDOW_MEAN if mean else Statistic.VALUE, window
        )
        columns.add(key, x, value, line, epoch)


PARSER = Parser(
    id="mmengine_json",
    title=Text(
        zh="OpenMMLab 的 JSON 行（mmengine scalars.json、mmcv .log.json）",
        en="JSON lines of OpenMMLab (scalars.json of mmengine, .log.json of mmcv)",
    ),
    sniff=sniff,
    read=read,
)
