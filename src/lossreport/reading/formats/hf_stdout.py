"""Standard output of the Hugging Face Trainer: dict lines between tqdm bars; version 4 prints
numbers, version 5 quoted text.

Source: FORMATS.md 3.1. A dict has no step: it is taken from the bar beside it where one is printed,
rounded to the logging interval; else rows stand at their epoch. `loss` is the mean since the row
before. The last line sums the run up and is no point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Floats, SegmentWhy, Statistic, Status
from lossreport.reading.bytes.reader import Line, Lines, LogFile
from lossreport.reading.formats._hf_rows import (
    Bars,
    Gathered,
    Rows,
    epochs_of,
    epochs_tell,
    launches_of,
    planned_steps,
    steps_of,
)
from lossreport.reading.kit.dict_lines import dict_of
from lossreport.reading.kit.events import phrase_in, said
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.recipes import Recipes, Said, Sense, alike
from lossreport.reading.kit.rows import ONCE, SUMMARY, number
from lossreport.reading.kit.settings import Settings, plain_value
from lossreport.reading.kit.untrusted import whole
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawEvent,
    RawFact,
    RawSegment,
    RawStatus,
    Record,
    RowsRead,
    Score,
)
from lossreport.text import Text

SIGNS: Final = frozenset(
    ("learning_rate", "grad_norm", "eval_runtime", "eval_samples_per_second", "num_tokens")
)
"""Names that this trainer gives its values; fairseq says lr and gnorm."""
SPEED: Final = re.compile(
    r"(?:eval|test|predict)_(?:.*_)?(?:runtime|samples_per_second|steps_per_second)$"
)
ARGUMENTS: Final = re.compile(r"\b\w{0,40}(?:TrainingArguments|Config)\($")
"""`TrainingArguments(`, `GRPOConfig(`: the arguments follow, one a line, as `print` and the logger
of the Trainer show them.
"""
ARGUMENT: Final = re.compile(
    r"^\s{0,8}(?P<name>[a-z]\w{0,60})=(?P<value>[^\s,{\[][^,]{0,200}),?\s{0,8}$"
)
PLANNED: Final = re.compile(r"Total optimization steps\s*=\s*([\d,]+)|Num Epochs\s*=\s*([\d,]+)")


def sniff(log: LogFile) -> Score:
    """Claim text with dicts that hold a loss or an eval_loss beside an epoch."""
    if as_object(log.head_lines[0] if log.head_lines else "") is not None:
        return Score(0.0, "JSON lines, not text")
    rows = [row for line in log.sample_lines if (row := _record(line)) is not None]
    mine = [row for row in rows if _is_row(row) and not SIGNS.isdisjoint(row)]
    if len(mine) < 1:
        return Score(0.0, "no dict with loss and epoch")
    return Score(0.9, f"{len(mine)} dicts with loss and epoch")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every dict at its step, or at its epoch where no bar tells the step."""
    reader = _Reader()
    if is_line_by_line():
        for line in log.lines():
            yield from reader.take(line)
    else:
        for lines, sense, columns in alike(log, Recipes(ask=_said, least=WORTH)):
            if sense is None:
                for line in lines:
                    yield from reader.take(line)
            else:
                yield from reader.take_many(lines, sense, columns)
    yield from _columns(reader.gathered.rows())
    yield RowsRead(reader.gathered.count, reader.last)


WORTH: Final = 150
"""Rows of one shape that take as long by themselves as to learn what they say."""
LEAD: Final = 2
"""Rows of a stretch that are read by themselves first: settings and what is said above them are
theirs.
"""


class _Reader:
    """Gathers the rows, and what is said before and behind them."""

    def __init__(self) -> None:
        self.gathered = Gathered()
        self._bars, self._settings = Bars(), Settings(Arguments())
        self._resumed = self._ended = False
        self.last = 0

    def take_many(self, lines: Lines, sense: Sense, columns: list[Floats]) -> Iterator[Record]:
        for line in lines[:LEAD]:
            yield from self.take(line)
        if self._resumed or self._ended:
            for line in lines[LEAD:]:
                yield from self.take(line)
            return
        values = {name: column[LEAD:] for name, column in zip(sense.sample, columns, strict=True)}
        self.gathered.extend(lines.numbers[LEAD:], values, self._bars.seen())
        self.last = int(lines.numbers[-1])

    def take(self, line: Line) -> Iterator[Record]:
        self.last = line.number
        self._bars.see(line.text)
        for word in said(line.text, line.number):
            self._resumed = self._resumed or (isinstance(word, RawEvent) and word.kind == "resume")
            yield word
        yield from _plans(line.text, line.number)
        record = _record(line.text)
        if record is not None:
            yield from self._take(record, line.number)
        elif not self.gathered.count or self._ended or self._resumed:
            # between two rows of one training stands what others print
            self._settings.see(line.text, line.number)

    def _take(self, record: dict[str, Any], line: int) -> Iterator[Record]:
        yield from self._settings.facts()
        if any(name in record for name in ONCE):
            yield from (
                RawFact(name, number(value), line)
                for name, value in record.items()
                if SUMMARY.fullmatch(name)
            )
            yield RawStatus(Status.FINISHED, line)
            self._ended = True
        elif _is_row(record):
            values = {
                name: found
                for name, value in record.items()
                if (found := number(value)) is not None
            }
            self.gathered.add(line, values, self._bars.seen(), self._resumed, self._ended)
            self._resumed = self._resumed and "loss" not in record
            self._ended = self._ended and "loss" not in record


class Arguments:
    """Reads the settings that an object of arguments prints, one a line, up to its closing
    parenthesis.
    """

    def __init__(self) -> None:
        self._open = False

    def __call__(self, text: str) -> Iterator[tuple[str, FactValue]]:
        stripped = text.rstrip()
        if ARGUMENTS.search(stripped[-ARGUMENTS_REACH:]):
            self._open = True
        elif stripped == ")":
            self._open = False
        elif self._open and (match := ARGUMENT.match(stripped)):
            yield match["name"], plain_value(match["value"])


ARGUMENTS_REACH: Final = 80


def _columns(several: Sequence[Rows]) -> Iterator[Record]:
    """Yield the launches and their values: at the steps of the bars where the epochs do not tell
    the rows apart.
    """
    launches = launches_of(several)
    planned = [planned_steps(launch) for launch in launches]
    steps = None if epochs_tell(several) else _all_steps(launches, planned)
    for launch, total in zip(launches, planned, strict=True):
        if total:
            yield RawFact("max_steps", total, int(launch[0].lines[0]))
    for before, launch in pairwise(launches):
        yield RawSegment(int(launch[0].lines[0]), _why(before, launch[0]))
    yield from _values([rows for launch in launches for rows in launch], steps)


def _why(before: Sequence[Rows], first: Rows) -> SegmentWhy:
    """Return what begins: a resume where one was announced or the training goes on in the middle,
    else another run.
    """
    if first.resumed:
        return "resume"
    epochs = epochs_of(before)
    interval = float(np.median(np.diff(epochs))) if len(epochs) > 1 else 0.0
    if first.ended:
        return "new_run"
    begin = float(epochs.min()) if len(epochs) else 0.0
    return "restart" if first.epoch[0] <= begin + max(interval, 0.0) else "resume"


def _all_steps(
    launches: Sequence[Sequence[Rows]], planned: Sequence[int | None]
) -> list[Floats] | None:
    """Return the steps of all rows, None where not every launch has a bar that moves."""
    found = [steps_of(launch, total) for launch, total in zip(launches, planned, strict=True)]
    return None if not all(found) else [step for steps in found for step in steps or ()]


def _values(several: Sequence[Rows], steps: list[Floats] | None) -> Iterator[Record]:
    columns = Columns()
    for at, rows in enumerate(several):
        x, axis = (rows.epoch, Axis.EPOCH) if steps is None else (steps[at], Axis.STEP)
        none = np.full(len(rows), math.nan)
        beside = none if axis is Axis.EPOCH else rows.epoch
        found = [(_key(name, axis), y) for name, y in rows.values.items() if _is_value(name)]
        if len({key for key, _ in found}) == len(found):
            for key, y in found:
                columns.extend(key, x, y, rows.lines, beside, none)
        else:  # a column that a row tells twice is filled row by row
            for row in range(len(rows)):
                for key, y in found:
                    columns.add(key, x[row], y[row], rows.lines[row], beside[row])
    yield from columns.chunks()


def _is_value(name: str) -> bool:
    return name != "epoch" and SPEED.match(name) is None


def _key(printed: str, axis: Axis) -> ColumnKey:
    split, name = split_name(printed)
    is_mean = (split, name) == ("train", "loss")
    return ColumnKey(name, split, axis, Statistic.WINDOW_MEAN if is_mean else Statistic.VALUE)


def _said(text: str) -> Said | None:
    """Return the row of training that a line is by itself: it shows no bar, and says nothing in
    words.
    """
    record = _record(text)
    if (
        record is None
        or ("/" in text and "[" in text)
        or phrase_in(text) is not None
        or any(_plans(text, 0))
    ):
        return None
    numbers = [number(value) for value in record.values()]
    if not _is_row(record) or any(name in record for name in ONCE) or None in numbers:
        return None
    return Said(tuple(record), [one for one in numbers if one is not None], tuple(record))


def _record(text: str) -> dict[str, Any] | None:
    return dict_of(text) if "epoch" in text and "{" in text else None


def _is_row(row: dict[str, Any]) -> bool:
    """Return whether a dict is a row of the Trainer; callbacks that trim it leave the loss or what
    was evaluated, and the epoch.
    """
    return ("loss" in row or any(name.startswith("eval_") for name in row)) and number(
        row.get("epoch")
    ) is not None


def _plans(text: str, line: int) -> Iterator[RawFact]:
    match = PLANNED.search(text)
    if match:
        name = "max_steps" if match[1] else "epochs"
        if (planned := whole(float((match[1] or match[2]).replace(",", "")))) is not None:
            yield RawFact(name, planned, line)


PARSER = Parser(
    id="hf_stdout",
    title=Text(
        zh="Hugging Face Trainer 的标准输出（字典行）",
        en="standard output of the Hugging Face Trainer (dict lines)",
    ),
    sniff=sniff,
    read=read,
)
