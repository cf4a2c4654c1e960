r"""`log.txt`, `log_train.txt`: one JSON object an epoch, as the MetricLogger family writes it
(DETR, DeiT, MAE, xllmx).

Written by `f.write(json.dumps(log_stats) + "\n")` in append mode, after all ranks were averaged:
epoch means (FORMATS.md 1.2, 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    RawNote,
    RawSegment,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

PREFIXES: Final = ("train_", "test_", "val_", "eval_")
CONSTANTS: Final = ("n_parameters",)
"""Keys that describe the model, not the training: facts, and a sign of another run where they
change.
"""
STEP_KEYS: Final = frozenset(
    ("step", "global_step", "iter", "iteration", "current_steps", "global_step/max_steps")
)
SNIFF_LINES: Final = 20
GLUED = Text(
    zh="前半是断掉的记录，粘在其后的记录已读出", en="a torn record; the record glued to it was read"
)
NO_JSON = Text(zh="不是完整的 JSON 对象", en="not a complete JSON object")
TORN = Text(zh="文件在这条记录中间结束", en="the file ends in the middle of this record")


def sniff(log: LogFile) -> Score:
    """Claim files whose lines are JSON objects with `train_*` or `val_*` keys and an epoch, or a
    `train_lr`.
    """
    lines = [line for line in log.head_lines if line.strip()][:SNIFF_LINES]
    if len(lines) > 1 and _object(lines[-1]) is None:
        lines.pop()  # a run that was killed while it wrote
    rows = [row for row in (_object(line) for line in lines) if row]
    if not rows:
        return Score(0.0, "no line is a JSON object")
    mine = [row for row in rows if _is_row(row)]
    if not mine:
        return Score(0.0, "JSON lines without train_/val_ keys and epoch")
    return Score(
        0.9 * len(mine) / len(lines),
        f"{len(mine)} of {len(lines)} lines are epoch rows with train_/val_ keys",
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield one value per number of every row; a list value becomes `name_0`, `name_1`, ..."""
    columns, orders = Columns(), KeyOrders()
    count, last, previous = 0, 0, _Place()
    for line in log.lines():
        last = line.number
        if not line.text.strip():
            continue
        row, reason = _row(line)
        if reason is not None:
            yield SkippedLine(line.number, reason, torn=not line.complete)
        if row is None:
            continue
        place = previous.next(row)
        yield from (
            RawFact(name, row[name], line.number)
            for name in CONSTANTS
            if name in row and row[name] != previous.constants.get(name)
        )
        if place.why:
            yield RawSegment(line.number, place.why)
        _add(columns, row, count if place.epoch is None else place.epoch, line.number)
        orders.add(line.number, tuple(row))
        count, previous = count + 1, place
        if columns.full():
            yield from columns.chunks()
    yield from columns.chunks()
    yield from orders.notes()
    yield RowsRead(count, last)


class _Place:
    """Where a row stands: its epoch, its constants, and why a new segment starts with it ("" where
    none does).
    """

    def __init__(
        self, epoch: float | None = None, constants: dict[str, Any] | None = None, why: Any = ""
    ) -> None:
        self.epoch, self.constants, self.why = epoch, constants or {}, why

    def next(self, row: dict[str, Any]) -> _Place:
        printed = row.get("epoch")
        epoch = float(printed) if isinstance(printed, int | float) else None
        constants = {name: row[name] for name in CONSTANTS if name in row}
        why = ""
        if self.constants and constants and constants != self.constants:
            why = "new_run"
        elif epoch is not None and self.epoch is not None and epoch <= self.epoch:
            why = "new_run" if epoch == 0 and self.epoch > 0 else "resume"
        return _Place(epoch, constants, why)


class KeyOrders:
    """Collects in which order the rows list their keys; a changing order of the same keys is a sign
    (FORMATS.md 1.6 a).
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[str, ...], list[int]] = {}

    def add(self, line: int, keys: tuple[str, ...]) -> None:
        """Count one row."""
        self._lines.setdefault(keys, []).append(line)

    def notes(self) -> Iterator[RawNote]:
        """Yield a note naming the lines whose common keys stand in another order than in most
        rows.
        """
        if len(self._lines) < 2:
            return
        common = set.intersection(*(set(keys) for keys in self._lines))
        orders: Counter[tuple[str, ...]] = Counter()
        for keys, lines in self._lines.items():
            orders[tuple(key for key in keys if key in common)] += len(lines)
        usual, _ = max(orders.items(), key=lambda item: item[1])
        odd = sorted(
            line
            for keys, lines in self._lines.items()
            if tuple(key for key in keys if key in common) != usual
            for line in lines
        )
        if odd:
            yield RawNote("key_order", tuple(odd))


def _add(columns: Columns, row: dict[str, Any], x: float, line: int) -> None:
    axis = Axis.EPOCH if "epoch" in row else Axis.ROW
    for name, value in row.items():
        if name == "epoch" or name in CONSTANTS:
            continue
        split, short = split_name(name)
        if _is_number(value):
            columns.add(ColumnKey(short, split, axis, Statistic.EPOCH_MEAN), x, float(value), line)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if _is_number(item):
                    columns.add(
                        ColumnKey(f"{short}_{index}", split, axis, Statistic.EPOCH_MEAN),
                        x,
                        float(item),
                        line,
                    )


def _row(line: Line) -> tuple[dict[str, Any] | None, Text | None]:
    """Return (row, None) or (None, reason); of a record glued to a torn one, the row and the
    reason.
    """
    row = _object(line.text)
    if row is not None:
        return row, None
    cut = line.text.rfind('{"')
    if cut > 0:
        row = _object(line.text[cut:])
        if row is not None and _is_row(row):
            return row, GLUED
    return None, NO_JSON if line.complete else TORN


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json_of(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_row(row: dict[str, Any]) -> bool:
    keys = [key for key in row if key.startswith(PREFIXES)]
    if not STEP_KEYS.isdisjoint(row):
        return False  # a row a step, not a row an epoch
    return (
        bool(keys)
        and ("epoch" in row or "train_lr" in row)
        and all(_is_number(row[key]) or isinstance(row[key], list) for key in keys)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


PARSER = Parser(
    id="metriclogger_jsonl",
    title=Text(
        zh="MetricLogger 的 JSONL（log.txt、log_train.txt，每个 epoch 一行）",
        en="MetricLogger JSON lines (log.txt, log_train.txt; one row an epoch)",
    ),
    sniff=sniff,
    read=read,
)
