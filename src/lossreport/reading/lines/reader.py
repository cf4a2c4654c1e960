"""Reads the lines of a text log one after another: heads rows, gathers passes over other sets, and
notes what stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lossreport.model.run import Axis
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.names import LEARNING_RATE, is_metric_like
from lossreport.reading.kit.namespace import Spread
from lossreport.reading.kit.passes import Latest
from lossreport.reading.kit.settings import Settings
from lossreport.reading.lines.banner import Banner
from lossreport.reading.lines.bars import BARE_BAR, BEGUN
from lossreport.reading.lines.chatter import Traces, is_chatter
from lossreport.reading.lines.class_lists import ClassLists, with_lists
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.placing import Placing, at_epoch
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.lines.printed import Printed
from lossreport.reading.lines.remarks import Remarks
from lossreport.reading.lines.row import TextRow, pieces
from lossreport.reading.lines.scope import Scope
from lossreport.reading.lines.skeletons import Skeletons
from lossreport.reading.lines.stretches import Stretches
from lossreport.reading.lines.sub_passes import Held, SubPasses
from lossreport.reading.lines.survey import Survey, meant
from lossreport.reading.lines.tokens import LONGEST
from lossreport.reading.lines.tracks import kind_of
from lossreport.reading.lines.values import Values
from lossreport.reading.lines.where import Standing, Where
from lossreport.reading.lines.writing import Writing
from lossreport.reading.parser import RawEvent, Record, RowsRead, SkippedLine
from lossreport.text import Text

TOO_LONG: Final = Text(
    zh="这一行过长，只看了开头部分", en="the line is too long; only its beginning was looked at"
)


def _is_setting(row: TextRow) -> bool:
    """Return whether a row holds a learning rate and nothing else: above the first row it was set,
    not measured.
    """
    return len(row.pairs) == 1 and LEARNING_RATE.fullmatch(row.pairs[0].name) is not None


class TextReader:
    """Reads lines one after another; knows from the survey what kind of file it is."""

    def __init__(self, survey: Survey) -> None:
        values = Values(survey=survey)
        self._survey, self._names = survey, set(survey.names)
        self._scope, self._traces, self._settings = Scope(), Traces(), Settings(survey.dumps.facts)
        self._spread = Spread()
        self._standing = Standing(survey=survey, values=values)
        self._remarks = Remarks(survey=survey, values=values)
        self._passes = SubPasses(survey=survey, values=values)
        self._banner = Banner(periodic=survey.periodic)
        self._writing = Writing(
            values=values, remarks=self._remarks, passes=self._passes, banner=self._banner
        )
        self._placing = Placing(
            survey=survey,
            values=values,
            standing=self._standing,
            writing=self._writing,
            settings=self._settings,
        )
        self._printed = Printed(scope=self._scope, standing=self._standing, writing=self._writing)
        self._skeletons = Skeletons()
        self._frames: Latest[Held] = Latest()
        self._lists = ClassLists()
        self._rare: dict[str, Held] = {}
        self._said: tuple[object, ...] = ()

    def read(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Yield the records of all lines."""
        last = 0
        for line in lines:
            last = line.number
            yield from self.take(line)
        yield from self._end()
        yield RowsRead(self._standing.rows, last)

    def read_fast(self, log: LogFile) -> Iterator[Record]:
        """Yield the records of all lines of a file, those of stretches that go on alike at once."""
        stretches, last = Stretches(self), 0
        for block in log.blocks():
            lines = log.columns_of(block)
            last = lines[-1].number if lines else last
            if block.complete:
                yield from stretches.read(lines)
            else:
                for line in lines:
                    yield from self.take(line)
        yield from self._end()
        yield RowsRead(self._standing.rows, last)

    def take(self, line: Line) -> Iterator[Record]:
        """Yield the records that are whole with one more line."""
        if BARE_BAR.fullmatch(line.text):
            if BEGUN.search(line.text):
                # of the bar before; a row of this one is no later frame of it
                yield from self.end_of_frames()
            return
        for word in said(line.text, line.number):
            self._writing.resumed |= isinstance(word, RawEvent) and word.kind == "resume"
            yield word
        yield from self._read(line)
        if self._writing.columns.full():
            yield from self._writing.columns.chunks()

    def _read(self, line: Line) -> Iterator[Record]:
        """Read a line as part of a printed table, or as text."""
        is_table, rows = self._printed.tables.see(line.text, line.number)
        if rows:
            yield from self.end_of_frames()
            yield from self._settings.facts()
            yield from self._printed.put(rows)
        if not is_table:
            yield from self._line(line)

    def _end(self) -> Iterator[Record]:
        yield from self.end_of_frames()
        yield from self._printed.put(self._printed.tables.end())
        yield from self._end_of_pass()
        yield from self._placing.resolve(self._placing.closed + 1)
        yield from self._placing.left()
        self._writing.flush()
        yield from self._placing.begin(Where(Axis.ROW, 0.0))
        yield from self._settings.facts()
        for held in self._rare.values():
            self._remarks.tested_once(held.row, held.line)
        yield from self._banner.rest()
        yield from self._remarks.empty()
        yield from self._remarks.facts(self._writing.trained)
        yield from self._writing.columns.chunks()

    # Lines

    def _line(self, line: Line) -> Iterator[Record]:
        if (
            self._traces.hold(line.text)
            or self._spread.holds(line.text)
            or self._is_aside(line.text)
        ):
            self._settings.see(line.text, line.number)
            self._banner.see(line.text, line.number)
            return
        for text, listed in with_lists(pieces(line.text), self._lists):
            row = listed or meant(self._skeletons.row(text), self._survey.words)
            if row is None or not (self._is_row(row) or self._unknown(row)):
                yield from self._other(text, row, line.number)
                continue
            if len(text) > LONGEST:
                yield SkippedLine(line.number, TOO_LONG)
            row = self._scope.applied(row)
            self._remarks.see(line.text)
            self._remarks.hollow(row, text, line.number)
            for pair in self._unknown(row):
                self._learn(pair, Held(replace(row, pairs=(pair,)), line.number))
            if not row.places and self._standing.rows:
                self._remarks.measured_once(row, line.number)
            row = self._without_others(row)
            if row.pairs:
                yield from self._frame(Held(row, line.number))

    def _is_aside(self, text: str) -> bool:
        """Return whether a line is code, a warning or of a dump of settings, and of no list of
        classes.
        """
        return (is_chatter(text) or self._survey.dumps.holds(text)) and not self._lists.holds(text)

    def _is_row(self, row: TextRow) -> bool:
        """Return whether a line is a row: one of its names is a metric of the file, and it heads no
        run and sums up none.
        """
        named = any(pair.name in self._names for pair in row.pairs)
        recalled = any(pair.name in self._survey.memories for pair in row.memories)
        accompanies = any(pair.name in self._survey.companions for pair in row.pairs)
        heads_a_run = row.section is not None and any(owner.is_run for owner in row.owners)
        sums_up = self._scope.summary and not row.places
        sets_up = not self._standing.rows and not row.places and _is_setting(row)
        return (
            ((named and row.has_metric) or recalled or accompanies)
            and not heads_a_run
            and not sums_up
            and not sets_up
        )

    def _without_others(self, row: TextRow) -> TextRow:
        pairs = [pair for pair in row.pairs if pair.name in self._names]
        pairs += [pair for pair in row.memories if pair.name in self._survey.memories]
        return replace(row, pairs=tuple(pairs))

    def _unknown(self, row: TextRow) -> list[Pair]:
        """Return the metrics of a row that the sample did not show often enough to know them."""
        if not row.places or row.is_bar or row.section is not None:
            return []
        return [
            pair for pair in row.pairs if pair.name not in self._names and is_metric_like(pair.name)
        ]

    def _learn(self, pair: Pair, held: Held) -> None:
        """Take in a metric that is not known: from its second row on it is, and so is its first."""
        before = self._rare.pop(pair.name, None)
        if before is None:
            self._rare[pair.name] = held
        else:
            self._names.add(pair.name)
            self._placing.late(before)

    def _other(self, text: str, row: TextRow | None, line: int) -> Iterator[Record]:
        """Take in a line that is no row: a heading, a setting, a memory."""
        if row is not None and (row.is_bar or row.section is not None):
            yield from self.end_of_frames()
        if self._scope.see(text, row) and row is not None:
            yield from self._heading(row)
        elif text.strip() and (row is None or not row.is_bar):
            self._standing.below += 1
        self._settings.see(message_of(text).text, line)
        if row is None or not (row.places or row.is_bar or row.section is not None):
            self._banner.see(text, line)
        if row is not None:
            self._remarks.remember(self._scope.owned(row), line)
            self._remarks.measured_once(row, line)

    def _heading(self, row: TextRow) -> Iterator[Record]:
        """Place what waited for an epoch."""
        yield from self._end_of_pass()
        section, epoch, closed = row.section, row.epoch, self._placing.closed
        if epoch is None or section is None or section.loads:
            return
        yield from self._placing.resolve(
            epoch if section.ends or not math.isfinite(closed) else closed
        )
        self._placing.closed = epoch if section.ends else closed

    # Rows

    def _frame(self, held: Held) -> Iterator[Record]:
        """Pass rows on; of the frames that a progress bar drew at one step only the last."""
        row = held.row
        before = (
            self._frames.take((row.epoch, row.step, row.split), held)
            if row.is_bar
            else self._frames.end()
        )
        for one in before:
            yield from self._row(one)
        if not row.is_bar:
            yield from self._row(held)

    def end_of_frames(self) -> Iterator[Record]:
        """Yield the frame of a bar that is held: another one, or a line, stands behind it."""
        for held in self._frames.end():
            yield from self._row(held)

    def _row(self, held: Held) -> Iterator[Record]:
        row = held.row
        if self._is_echo(row):
            return
        self._remarks.remember(row, held.line)
        yield from self._remarks.plans(row, held.line)
        if self._passes.is_pass(row):
            self._passes.hold(held)
        elif self._passes and self._passes.is_summary(row):
            for one in self._passes.summed(held):
                yield from self._placing.place(one)
        else:
            if self._passes and self._passes.ends_at(row):
                yield from self._end_of_pass()
            yield from self._placing.place(held)

    def forget_said(self) -> None:
        """Forget the row before: there were others in between."""
        self._said = ()

    def _is_echo(self, row: TextRow) -> bool:
        """Return whether a row with a place says just what the row before it said: two handlers of
        one logger print a message twice.
        """
        if self._banner.has_begun_again:
            self._said = ()  # two launches with the same seed say the same
        before, self._said = (
            self._said,
            ([place[:3] for place in row.places], row.split, row.owners, repr(row.pairs)),
        )
        placed = row.step is not None or (
            bool(row.places) and kind_of(row) not in self._survey.repeated
        )
        return before == self._said and placed and not row.is_bar

    def _end_of_pass(self) -> Iterator[Record]:
        for held in self._passes.ended():
            if self._survey.unnumbered and self._standing.ordinal:
                held = held._replace(
                    row=at_epoch(replace(held.row, places=()), float(self._standing.ordinal))
                )
            yield from self._placing.place(held)
