"""Standard output of the Hugging Face Trainer: dict lines between tqdm bars; version 4 prints numbers, version 5 quoted text.

Source: FORMATS.md 3.1. A dict has no step: it is taken from the bar beside it where one is printed, rounded to the logging interval; else
rows stand at their epoch. `loss` is the mean since the row before. The last line sums the run up and is no point.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from lossreport.model.run import Axis, Statistic, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.dict_lines import dict_of
from lossreport.reading.kit.events import find_event, quote
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import SUMMARY, number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.parser import ColumnKey, Columns, Parser, RawEvent, RawFact, RawSegment, RawStatus, Record, RowsRead, Score
from lossreport.text import Text

SIGNS: Final = frozenset(("learning_rate", "grad_norm", "eval_runtime", "eval_samples_per_second", "num_tokens"))
"""Names that this trainer gives its values; fairseq says lr and gnorm."""
DISTINCT: Final = 0.8
BAR: Final = re.compile(r"(\d+)/(\d+) \[(?![^\]]*\b(?:examples|files|tables|shards)/s)")
"""A bar of tqdm; those of `datasets` count examples and files before training begins."""
SPEED: Final = re.compile(r"(?:eval|test|predict)_(?:.*_)?(?:runtime|samples_per_second|steps_per_second)$")
ONCE: Final = ("train_runtime", "total_flos")
RESUMED: Final = re.compile(r"Continuing training from (?:checkpoint|global step|epoch)|Resuming training from|Skipping the first \d+")
PLANNED: Final = re.compile(r"Total optimization steps\s*=\s*([\d,]+)|Num Epochs\s*=\s*([\d,]+)")


def sniff(log: LogFile) -> Score:
    """Claim text with dicts that hold a loss or an eval_loss beside an epoch."""
    if as_object(log.head_lines[0] if log.head_lines else "") is not None:
        return Score(0.0, "JSON lines, not text")
    rows = [row for line in log.sample_lines if (row := _record(line)) is not None]
    mine = [row for row in rows if _is_row(row)]
    if len(mine) < 1:
        return Score(0.0, "no dict with loss and epoch")
    return Score(0.9, f"{len(mine)} dicts with loss and epoch")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every dict at its step, or at its epoch where no bar tells the step."""
    rows: list[Row] = []
    bars, settings = Bars(), Settings()
    last, resumed = 0, False
    for line in log.lines():
        last = line.number
        bars.see(line.text)
        if kind := find_event(line.text):
            yield RawEvent(kind, line.number, quote(line.text))
        resumed = resumed or RESUMED.search(line.text) is not None
        yield from _plans(line.text, line.number)
        record = _record(line.text)
        if record is None:
            if not rows:
                settings.see(line.text, line.number)
            continue
        yield from settings.facts()
        if any(name in record for name in ONCE):
            yield from (RawFact(name, number(value), line.number) for name, value in record.items() if SUMMARY.fullmatch(name))
            yield RawStatus(Status.FINISHED, line.number)
        elif _is_row(record):
            rows.append(Row(line.number, record, bars.seen(), resumed))
            resumed = False
    steps = None if epochs_tell(rows) else steps_of(rows, bars.planned(rows))
    if rows and (planned := bars.planned(rows)):
        yield RawFact("max_steps", planned, rows[0].line)
    yield from _columns(rows, steps)
    yield RowsRead(len(rows), last)


@dataclass(frozen=True, slots=True)
class Row:
    """One dict: its line, its values, the bars (at, of) last seen, and whether a resume was announced before it."""

    line: int
    values: dict[str, Any]
    bars: tuple[tuple[int, int], ...]
    resumed: bool

    @property
    def is_training(self) -> bool:
        return "loss" in self.values


class Bars:
    """Remembers the last state of every tqdm bar by its total; the bar of the training is the one beside most training rows."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def see(self, text: str) -> None:
        """Take the bars of a fragment of a line."""
        if "/" in text and "[" in text:
            for at, of in BAR.findall(text):
                self._last[int(of)] = int(at)

    def seen(self) -> tuple[tuple[int, int], ...]:
        """Return the bars seen up to now, (at, of)."""
        return tuple((at, of) for of, at in self._last.items())

    def planned(self, rows: Sequence[Row]) -> int | None:
        """Return the total of the training's bar: of those beside all training rows the one that moves most, else the largest."""
        states: dict[int, list[int]] = {}
        for row in rows:
            for at, of in row.bars if row.is_training else ():
                states.setdefault(of, []).append(at)
        most = max((len(seen) for seen in states.values()), default=0)
        beside = {of: len(set(seen)) for of, seen in states.items() if len(seen) == most}
        return max(beside, key=lambda of: (beside[of], of), default=None)


def epochs_tell(rows: Sequence[Row]) -> bool:
    """Return whether the printed epochs tell the rows apart; some versions round them to two digits."""
    epochs = [e for row in rows if row.is_training and (e := number(row.values.get("epoch"))) is not None]
    return len(epochs) > 0 and len(set(epochs)) >= DISTINCT * len(epochs)


def steps_of(rows: Sequence[Row], planned: int | None) -> list[float] | None:
    """Return the step of every row, or None where no bar moves.

    Bars are drawn late by up to some steps: training rows are rounded to the logging interval, the commonest distance of rows.
    """
    if planned is None or len(rows) < 2:
        return None
    seen = [next((at for at, of in row.bars if of == planned), 0) for row in rows]
    training = [step for step, row in zip(seen, rows, strict=True) if row.is_training]
    distances = [b - a for a, b in pairwise(training) if b > a]
    if not distances or len(distances) < 0.5 * (len(training) - 1):
        return None
    interval = _interval(rows, planned) or int(np.median(distances))
    return [_rounded(step, interval) for step in seen]


def _interval(rows: Sequence[Row], planned: int) -> int | None:
    """Return the logging interval by the epochs, which are exact: distance in epochs times the steps of an epoch."""
    epochs = [e for row in rows if row.is_training and (e := number(row.values.get("epoch"))) is not None]
    steps = np.diff(np.array(epochs))
    steps = steps[steps > 0]
    if len(steps) < 3 or not epochs[-1]:
        return None
    total = max(epochs[-1], 1e-9)
    last = next((at for at, of in rows[-1].bars if of == planned), planned)
    guess = float(np.median(steps)) / total * last
    return round(guess) if guess >= 1 and abs(guess - round(guess)) < 0.1 * guess else None


def _rounded(step: int, interval: int) -> float:
    if interval <= 1 or step < interval / 2:
        return float(step)
    return (
        float(round(step / interval) * interval) if abs(step - round(step / interval) * interval) <= max(2, interval * 0.4) else float(step)
    )


def _columns(rows: Sequence[Row], steps: list[float] | None) -> Iterator[Record]:
    columns, before, first = Columns(), -math.inf, math.inf
    for i, row in enumerate(rows):
        epoch = number(row.values.get("epoch"))
        x = steps[i] if steps is not None else epoch if epoch is not None else float(i)
        axis = Axis.STEP if steps is not None else Axis.EPOCH if epoch is not None else Axis.ROW
        if row.is_training:
            first = min(first, x)
            if x < before and (row.resumed or x > first):  # from a checkpoint
                yield RawSegment(row.line, "resume")
            before = x
        for printed, raw in row.values.items():
            value = number(raw)
            if value is None or printed == "epoch" or SPEED.match(printed):
                continue
            split, name = split_name(printed)
            statistic = Statistic.WINDOW_MEAN if (split, name) == ("train", "loss") else Statistic.VALUE
            columns.add(
                ColumnKey(name, split, axis, statistic), x, value, row.line, math.nan if epoch is None or axis is Axis.EPOCH else epoch
            )
    yield from columns.chunks()


def _record(text: str) -> dict[str, Any] | None:
    return dict_of(text) if "epoch" in text and "{" in text else None


def _is_row(row: dict[str, Any]) -> bool:
    return (
        not SIGNS.isdisjoint(row)
        and ("loss" in row or any(name.startswith("eval_") for name in row))
        and number(row.get("epoch")) is not None
    )


def _plans(text: str, line: int) -> Iterator[RawFact]:
    match = PLANNED.search(text)
    if match:
        name = "max_steps" if match[1] else "epochs"
        yield RawFact(name, int((match[1] or match[2]).replace(",", "")), line)


PARSER = Parser(
    id="hf_stdout",
    title=Text(zh="Hugging Face Trainer 的标准输出（字典行）", en="standard output of the Hugging Face Trainer (dict lines)"),
    sniff=sniff,
    read=read,
)
