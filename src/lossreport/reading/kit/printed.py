"""Makes a parser of one function that says what a line of a known text log is: the place, the split, the values and their statistic.

What all such logs share is here: settings printed before the rows, events, time stamps, an axis that goes back, a line torn by a kill.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from lossreport.model.run import Axis, FactValue, Statistic, Status
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.events import quote, said
from lossreport.reading.kit.key_values import DATE, STAMP
from lossreport.reading.kit.phrases import word_of
from lossreport.reading.kit.rows import INSTANT, number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawEvent,
    RawFact,
    RawSegment,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

SURE: Final = 0.96
"""The score of two rows that match from end to end: above the parsers that look for parts of a row (at most 0.95)."""
SINGLE: Final = 0.6
"""The score of a file with one row: above the generic parsers, below a parser that finds more."""
ENOUGH: Final = 5
"""Rows after which sniffing stops."""
STAMP_REACH: Final = 60
LAST_ROWS: Final = 64
"""Rows before a last line without its end that it is held against; a block of values can be so long."""
LAST_NUMBER: Final = re.compile(r"\d*\.?(?P<decimals>\d*)\D*$")
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this row")


class Value(NamedTuple):
    """One printed number and what it is.

    `resolution` is the step of its last decimal where the format fixes it; `split` is set where one row prints several splits.
    """

    name: str
    value: float
    statistic: Statistic = Statistic.UNKNOWN
    window: int | None = None
    unit: str = ""
    resolution: float | None = None
    split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one line says.

    With `x` None the values stand where the last row without values (a heading) or else the training stands; before that at 0 of
    `axis`. `passing` marks one of many rows of a pass over a validation set: only the last of a pass counts. `facts` are printed in the
    row, such as totals.
    """

    axis: Axis = Axis.STEP
    x: float | None = None
    values: tuple[Value, ...] = ()
    split: str = "train"
    epoch: float = math.nan
    passing: bool = False
    facts: tuple[tuple[str, FactValue], ...] = ()


RowOf = Callable[[str], Row | None]


def matched(text: str) -> float:
    """Return the number that a pattern has found; NaN where it is a spelling of NaN that `number` does not know."""
    value = number(text)
    return math.nan if value is None else value


def values(
    pairs: Iterable[tuple[str, str]],
    statistic: Statistic,
    window: int | None = None,
    *,
    resolution: float | None = None,
    units: Mapping[str, str] | None = None,
    instant: re.Pattern[str] = INSTANT,
) -> tuple[Value, ...]:
    """Return a value for every pair whose text is a number; names that match `instant` are single values whatever the others are."""
    found = []
    for name, text in pairs:
        value = number(text)
        if value is None:
            continue
        single = instant.fullmatch(name) is not None
        how, length = (Statistic.VALUE, None) if single else (statistic, window)
        found.append(Value(name, value, how, length, (units or {}).get(name, ""), None if single else resolution))
    return tuple(found)


def printed_parser(
    *,
    id: str,
    title: Text,
    row: RowOf | None = None,
    begin: Callable[[LogFile], RowOf] | None = None,
    facts: Callable[[str], Iterable[tuple[str, FactValue]]] | None = None,
    finished: re.Pattern[str] | None = None,
    resumed: re.Pattern[str] | None = None,
) -> Parser:
    """Return a parser that asks of every line whether it is a row.

    `row` answers by the line alone; `begin` returns such a function for one file, which may remember the lines before, or look the file
    through first: in sniffing the file it gets is empty. `facts` yields settings of a line that `Settings` does not know; `finished`
    and `resumed` are lines that say so.
    """
    if begin is None and row is None:
        raise TypeError(f"{id} says neither row nor begin")

    def row_of(log: LogFile) -> RowOf:
        return _unstamped(begin(log) if begin is not None else row)  # type: ignore[arg-type]

    def sniff(log: LogFile) -> Score:
        return _score(id, row_of(LogFile(log.shown, data=b"")), log)

    def read(log: LogFile) -> Iterator[Record]:
        state = _Reading(row_of=row_of(log), settings=Settings(facts), finished=finished, resumed=resumed)
        for line in log.lines():
            yield from state.take(line)
            if state.columns.full():
                yield from state.columns.chunks()
        yield from state.end()

    return Parser(id=id, title=title, sniff=sniff, read=read)


def _unstamped(row: RowOf) -> RowOf:
    """Return a reader that takes a line also with a time stamp or a quotation mark before it, as `ts`, containers and e-mails write them."""

    def either(text: str) -> Row | None:
        found = row(text)
        if found is not None or (not text[:1].isdigit() and text[:1] not in "[>"):
            return found
        bare = STAMP.sub("", text.removeprefix("> "), count=1)
        return row(bare) if len(bare) < len(text) else None

    return either


def _score(parser_id: str, row_of: RowOf, log: LogFile) -> Score:
    hits = 0
    for text in log.sample_lines:
        found = row_of(text)
        hits += found is not None and bool(found.values)
        if hits >= ENOUGH:
            break
    if not hits:
        return Score(0.0, f"no row of {parser_id}")
    return Score(SURE if hits > 1 else SINGLE, f"{hits}{' or more' if hits == ENOUGH else ''} rows of {parser_id}")


@dataclass(kw_only=True)
class _Reading:
    """Where the reader stands: the place of the training, the heading above, the pass over a validation set."""

    row_of: RowOf
    settings: Settings
    finished: re.Pattern[str] | None
    resumed: re.Pattern[str] | None
    columns: Columns = field(default_factory=Columns)
    rows: int = 0
    last: int = 0
    place: Row | None = None
    heading: Row | None = None
    before: dict[Axis, float] = field(default_factory=dict)
    passing: tuple[Row, int] | None = None
    fresh: bool = False
    whole: deque[tuple[Row, str]] = field(default_factory=lambda: deque(maxlen=LAST_ROWS))
    stamps: list[str] = field(default_factory=list)
    told: dict[str, FactValue] = field(default_factory=dict)

    def take(self, line: Line) -> Iterator[Record]:
        self.last = line.number
        row = self.row_of(line.text)
        if row is None:
            yield from self._other(line)
            return
        if not line.complete and _shape(row, line.text) not in [_shape(*before) for before in self.whole]:
            yield SkippedLine(line.number, TORN, torn=True)
            return
        self.whole.append((row, line.text))
        yield from self._facts(row, line.number)
        self._stamp(line.text)
        if row.values:
            yield from self.settings.facts()
            yield from self._put(row, line.number)
        elif row.x is not None:
            yield from self._head(row, line.number)

    def end(self) -> Iterator[Record]:
        self._end_of_pass()
        yield from self.settings.facts()
        yield from self.columns.chunks()
        yield from (RawTime(stamp) for stamp in self.stamps)
        yield RowsRead(self.rows, self.last)

    def _head(self, row: Row, line: int) -> Iterator[RawSegment]:
        """Take a heading: the rows below it that print no place stand there."""
        self._end_of_pass()
        self.rows += 1
        if row.split == "train":
            yield from self._advance(row, line)
        self.heading = row

    def _put(self, row: Row, line: int) -> Iterator[RawSegment]:
        self.rows += row.x is not None or self.heading is None
        if self.passing is not None and not (row.passing and _same_pass(row, self.passing[0])):
            self._end_of_pass()
        if row.passing:
            self.passing = (row, line)
            return
        if row.x is not None and row.split == "train":
            yield from self._advance(row, line)
        self._add(row, line)

    def _advance(self, row: Row, line: int) -> Iterator[RawSegment]:
        x = row.x or 0.0
        if x < self.before.get(row.axis, -math.inf):
            yield RawSegment(line, "resume" if self.fresh else "restart")
        self.before[row.axis], self.place, self.fresh, self.heading = x, row, False, None

    def _add(self, row: Row, line: int) -> None:
        at = row if row.x is not None else self.heading or self.place or row  # before the training: at its beginning
        x = at.x or 0.0
        epoch = row.epoch if math.isfinite(row.epoch) else at.epoch
        for value in row.values:
            key = ColumnKey(value.name, value.split or row.split, at.axis, value.statistic, value.window, value.unit, value.resolution)
            self.columns.add(key, x, value.value, line, math.nan if at.axis is Axis.EPOCH else epoch)

    def _end_of_pass(self) -> None:
        held, self.passing = self.passing, None
        if held is not None:
            self._add(*held)

    def _facts(self, row: Row, line: int) -> Iterator[RawFact]:
        for name, value in row.facts:
            if self.told.get(name) != value:
                self.told[name] = value
                yield RawFact(name, value, line)

    def _other(self, line: Line) -> Iterator[Record]:
        words: list[RawEvent | RawStatus] = list(said(line.text, line.number))
        if not words and self.resumed is not None and self.resumed.search(line.text):
            words = [RawEvent("resume", line.number, quote(line.text))]
        if not words and self.finished is not None and self.finished.search(line.text):
            words = [RawStatus(Status.FINISHED, line.number, word_of(line.text))]
        self.fresh = self.fresh or any(isinstance(word, RawEvent) and word.kind == "resume" for word in words)
        yield from words
        self.settings.see(line.text, line.number)

    def _stamp(self, text: str) -> None:
        if match := DATE.search(text[:STAMP_REACH]):
            self.stamps[1:] = [match[0]] if self.stamps else []
            self.stamps = self.stamps or [match[0]]


def _same_pass(row: Row, before: Row) -> bool:
    return (row.split, row.axis, row.x) == (before.split, before.axis, before.x)


def _shape(row: Row, text: str) -> tuple[object, ...]:
    """Return what a whole row has in common with others: its names, and the decimals of its last number; a torn one has fewer."""
    match = LAST_NUMBER.search(text[-STAMP_REACH:])
    return row.split, row.axis, tuple(value.name for value in row.values), len(match["decimals"]) if match else 0
