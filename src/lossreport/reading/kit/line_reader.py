"""Reads a text log line by line with one function that says what a line is: what all such logs
share is here.

Settings printed before the rows, events, time stamps, headings, passes over a validation set, a
line torn by a kill, the rank that counts, and which lines nobody knew. That an axis goes back is
seen later, by the columns (`runs/breaks.py`).
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, frozen_ints
from lossreport.reading.bytes.reader import Line
from lossreport.reading.kit.events import said
from lossreport.reading.kit.line_row import Row, Value
from lossreport.reading.kit.settings import Settings
from lossreport.reading.kit.stamps import Stamps
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    RawFact,
    RawSegment,
    Record,
    RowsRead,
    SkippedLine,
    Unread,
)
from lossreport.text import Text
from lossreport.values import dataclass

Step = Callable[[str, Any], tuple[tuple[Row, ...], Any]]
"""Says what a line is: the text and the state before it give the rows of the line (none where it is
not known) and the state after it.

It is pure: the same text in the same state gives the same.
"""
LAST_ROWS: Final = 64
"""Rows before a last line without its end that it is held against; a block of values can be so
long.
"""
END: Final = 60
LAST_NUMBER: Final = re.compile(r"(?:\.(?P<decimals>\d{1,40}+)|(?<![\d.])\d{1,40}+)[^\d]{0,60}$")
UNHEADED: Final = "test"
"""The split of what takes its split from a heading, where there is none."""
NO_ROW = Text(
    zh="程序在这里启动过一次，但没有写出任何记录",
    en="the program was started here and wrote no row",
)
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this row")


@dataclass(kw_only=True)
class LineReader:
    """Where the reader stands: the place of the training, the heading above, the pass over a
    validation set.
    """

    step: Step
    state: Any
    settings: Settings
    new_run: re.Pattern[str] | None = None
    known: re.Pattern[str] | None = None
    columns: Columns = field(default_factory=Columns)
    rows: int = 0
    last: int = 0
    place: Row | None = None
    heading: Row | None = None
    passing: tuple[Row, int] | None = None
    begins: list[int] = field(default_factory=list)
    first: tuple[float, float] | None = None
    rank: str = ""
    whole: deque[tuple[object, ...]] = field(default_factory=lambda: deque(maxlen=LAST_ROWS))
    stamps: Stamps = field(default_factory=Stamps)
    told: dict[str, FactValue] = field(default_factory=dict)
    once: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    unread: array[int] = field(default_factory=lambda: array("q"))

    def read(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Yield the records of all lines."""
        for place, line in enumerate(lines):
            yield from self.take((line,), place)
        yield from self.end()

    def take(self, lines: Iterable[Line], place: int) -> Iterator[Record]:
        """Yield the records of lines, the first of them at a place among all lines."""
        for at, line in enumerate(lines, place):
            yield from self._take(line, at)
            if self.columns.full():
                yield from self.columns.chunks()

    def end(self) -> Iterator[Record]:
        """Yield what is left behind the last line."""
        self._end_of_pass()
        yield from (SkippedLine(one, NO_ROW) for one in (self.begins if self.rows else ()))
        yield from self.settings.facts()
        yield from self.columns.chunks()
        yield from self.stamps.records()
        yield Unread(frozen_ints(self.unread))
        yield RowsRead(self.rows, self.last)

    def _take(self, line: Line, place: int) -> Iterator[Record]:
        self.last = line.number
        rows, state = self.step(line.text, self.state)
        if not rows:
            self.state = state
            yield from self._other(line, place)
            return
        shape = _shape(rows, line.text)
        if not line.complete and shape not in self.whole:
            yield SkippedLine(line.number, TORN, torn=True)
            return
        self.state = state
        self.whole.append(shape)
        self.stamps.see(line.text)
        for row in rows:
            yield from self._row(row, line)

    def _row(self, row: Row, line: Line) -> Iterator[Record]:
        if row.rank and self.rank not in ("", row.rank):
            return
        self.rank = self.rank or row.rank
        yield from self._facts(row, line.number)
        if row.values:
            yield from self.settings.facts()
            yield from self._put(row, line.number)
        elif row.x is not None:
            self._head(row)

    def _head(self, row: Row) -> None:
        """Take a heading: the rows below it that print no place stand there."""
        self._end_of_pass()
        self.rows += 1
        if row.split == "train":
            self.place = row
        self.heading = row

    def _put(self, row: Row, line: int) -> Iterator[RawSegment | SkippedLine]:
        if any(value.once for value in row.values):
            row = replace(
                row,
                values=tuple(value for value in row.values if not self._is_repeated(value, row)),
            )
            if not row.values:
                return
        self.rows += row.x is not None or self.heading is None
        if self.passing is not None and not (row.passing and _same_pass(row, self.passing[0])):
            self._end_of_pass()
        yield from self._started(row)
        if row.passing:
            self.passing = (row, line)
            return
        if row.x is not None and row.split == "train":
            self.place, self.heading = row, None
        self._add(row, line)

    def _started(self, row: Row) -> Iterator[RawSegment | SkippedLine]:
        """Yield the start that wrote a row, and those before it that wrote none: one whose counter
        does not begin again takes up the training.
        """
        at = self._at(row)
        before = self._at(self.place) if self.place is not None else None
        if self.begins:
            *lost, begun = self.begins
            yield from (SkippedLine(one, NO_ROW) for one in lost)
            goes_on = None not in (at, before, self.first) and at > self.first  # type: ignore[operator]
            yield RawSegment(begun, "resume" if goes_on else "new_run")
            self.first = self.first if goes_on else at
            self.begins = []
        elif self.first is None:
            self.first = at

    @staticmethod
    def _at(row: Row) -> tuple[float, float] | None:
        """Return the place of a row, its epoch first; None where it names none."""
        if row.x is None:
            return None
        return (row.epoch if math.isfinite(row.epoch) else row.x), row.x

    def _add(self, row: Row, line: int) -> None:
        # before the training: at its beginning
        at = row if row.x is not None else self.heading or self.place or row
        axis, x = at.axis, at.x or 0.0
        if row.x is None and row.axis is Axis.EPOCH and math.isfinite(at.epoch):
            axis, x = Axis.EPOCH, at.epoch
        split = row.split or (self.heading.split if self.heading else UNHEADED)
        epoch = row.epoch if math.isfinite(row.epoch) else at.epoch
        beside = math.nan if axis is Axis.EPOCH else epoch
        for value in row.values:
            self.columns.add(self._key(value, split, axis, at), x, value.value, line, beside)

    @staticmethod
    def _key(value: Value, split: str, axis: Axis, at: Row) -> ColumnKey:
        return ColumnKey(
            value.name,
            value.split or split,
            axis,
            value.statistic,
            value.window,
            value.unit,
            value.resolution,
            nested=at.nested and axis is not Axis.EPOCH,
        )

    # What many rows at once need; see `line_stretches.py`

    @property
    def goes_on(self) -> bool:
        """Whether the next row of training finds all as the one before did: nothing begins, nothing
        waits for it.
        """
        return (
            not self.begins
            and self.passing is None
            and self.first is not None
            and not self.settings.holds
        )

    def key(self, value: Value, row: Row, at: Row) -> ColumnKey:
        """Return the column of a value of a row that says its place."""
        return self._key(
            value, row.split or (self.heading.split if self.heading else UNHEADED), row.axis, at
        )

    def see_shapes(self, row: Row, texts: Sequence[str]) -> None:
        """Remember what whole lines look like."""
        self.whole.extend(_shape((row,), text) for text in texts[-LAST_ROWS:])

    def _is_repeated(self, value: Value, row: Row) -> bool:
        if not value.once:
            return False
        place = (row.x, row.epoch if math.isfinite(row.epoch) else None)
        before, self.once[value.name] = self.once.get(value.name), place
        return before == place

    def _end_of_pass(self) -> None:
        held, self.passing = self.passing, None
        if held is not None:
            self._add(*held)

    def _facts(self, row: Row, line: int) -> Iterator[RawFact]:
        for name, value in row.facts:
            if self.told.get(name) != value:
                self.told[name] = value
                yield RawFact(name, value, line)

    def _other(self, line: Line, place: int) -> Iterator[Record]:
        text = line.text
        words = list(said(text, line.number))
        yield from words
        begins = _says(self.new_run, text)
        self.begins += [line.number] if begins else []
        known = (
            self.settings.see(text, line.number) or bool(words) or begins or _says(self.known, text)
        )
        if not known and text and not text.isspace():
            self.unread.append(place)


def _says(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.search(text) is not None


def _same_pass(row: Row, before: Row) -> bool:
    return (row.split, row.axis, row.x) == (before.split, before.axis, before.x)


def _shape(rows: Sequence[Row], text: str) -> tuple[object, ...]:
    """Return what a whole line has in common with others: its names, and the decimals of its last
    number; a torn one has fewer.
    """
    match = LAST_NUMBER.search(text[-END:])
    names = tuple((row.split, row.axis, *(value.name for value in row.values)) for row in rows)
    return names, len(match["decimals"] or "") if match else 0
