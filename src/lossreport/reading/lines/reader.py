"""Reads the rows of a text log one after another: heads them, places them, gathers passes over other sets, and notes what stands beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import Line
from lossreport.reading.kit.events import find_event, quote
from lossreport.reading.kit.names import is_metric_like
from lossreport.reading.kit.passes import Latest
from lossreport.reading.kit.settings import Settings
from lossreport.reading.lines.bars import BARE_BAR
from lossreport.reading.lines.chatter import Traces, is_chatter
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.lines.remarks import Remarks
from lossreport.reading.lines.row import TextRow, pieces
from lossreport.reading.lines.scope import Scope
from lossreport.reading.lines.sub_passes import Held, SubPasses
from lossreport.reading.lines.survey import Survey, read_row
from lossreport.reading.lines.tokens import LONGEST
from lossreport.reading.lines.tracks import kind_of
from lossreport.reading.lines.values import Values
from lossreport.reading.lines.where import Standing, Where
from lossreport.reading.parser import ColumnKey, Columns, RawEvent, RawFact, RawSegment, Record, RowsRead, SkippedLine
from lossreport.text import Text

TOO_LONG = Text(zh="这一行过长，只看了开头部分", en="the line is too long; only its beginning was looked at")
NOWHERE = Text(zh="这一行有指标，但看不出属于哪一步", en="the line holds metrics and nothing says at which step")


class TextReader:
    """Reads lines one after another; knows from the survey what kind of file it is."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._names = set(survey.names)
        self._values = Values(survey=survey)
        self._standing = Standing(survey=survey, values=self._values)
        self._remarks = Remarks(survey=survey, values=self._values)
        self._passes = SubPasses(survey=survey, values=self._values)
        self._columns, self._scope, self._traces, self._settings = Columns(), Scope(), Traces(), Settings()
        self._frames: Latest[Held] = Latest()
        self._state = _State()

    def read(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Yield the records of all lines."""
        for line in lines:
            self._state.last = line.number
            if BARE_BAR.fullmatch(line.text):
                continue
            if kind := find_event(line.text):
                self._state.resumed = self._state.resumed or kind == "resume"
                yield RawEvent(kind, line.number, quote(line.text))
            yield from self._line(line)
            if self._columns.full():
                yield from self._columns.chunks()
        yield from self._end()

    def _end(self) -> Iterator[Record]:
        for held in self._frames.end():
            yield from self._row(held)
        yield from self._end_of_pass()
        yield from self._resolve(self._state.closed + 1)
        self._flush_postfix()
        yield from self._place_early(Where(Axis.ROW, 0.0), None)
        yield from self._settings.facts()
        yield from self._remarks.facts(self._state.trained)
        yield from self._columns.chunks()
        yield RowsRead(self._standing.rows, self._state.last)

    # Lines

    def _line(self, line: Line) -> Iterator[Record]:
        if self._traces.hold(line.text) or is_chatter(line.text):
            self._settings.see(line.text, line.number)
            return
        for text in pieces(line.text):
            row = read_row(text, self._survey.totals, episodes=self._survey.episodes, epochs=self._survey.counts_epochs)
            if row is None or not (self._is_row(row) or self._rare(row)):
                yield from self._other(text, row, line.number)
                continue
            if len(text) > LONGEST:
                yield SkippedLine(line.number, TOO_LONG)
            row = self._scope.applied(row)
            self._remarks.see(line.text)
            for pair in self._rare(row):
                self._learn(pair, Held(replace(row, pairs=(pair,)), line.number))
            row = self._without_others(row)
            if row.pairs:
                yield from self._frame(Held(row, line.number))

    def _is_row(self, row: TextRow) -> bool:
        """Return whether a line is a row: one of its names is a metric of the file, and it heads no run and sums up none."""
        named = any(pair.name in self._names for pair in row.pairs)
        recalled = any(pair.name in self._survey.memories for pair in row.memories)
        accompanies = any(pair.name in self._survey.companions for pair in row.pairs)
        heads_a_run = row.section is not None and any(owner.is_run for owner in row.owners)
        sums_up = self._scope.summary and not row.places
        return ((named and row.has_metric) or recalled or accompanies) and not heads_a_run and not sums_up

    def _without_others(self, row: TextRow) -> TextRow:
        pairs = [pair for pair in row.pairs if pair.name in self._names]
        pairs += [pair for pair in row.memories if pair.name in self._survey.memories]
        return replace(row, pairs=tuple(pairs))

    def _rare(self, row: TextRow) -> list[Pair]:
        """Return the metrics of a row that the sample did not show often enough to know them."""
        if not row.places or row.is_bar or row.section is not None:
            return []
        return [pair for pair in row.pairs if pair.name not in self._names and is_metric_like(pair.name)]

    def _learn(self, pair: Pair, held: Held) -> None:
        """Take in a metric that is not known: from its second row on it is, and so is its first."""
        before = self._state.rare.pop(pair.name, None)
        if before is None:
            self._state.rare[pair.name] = held
            return
        self._names.add(pair.name)
        where = self._standing.where(before.row, passed=True)
        if self._waits(before.row):
            self._state.waiting.append(before)
        elif where is not None:
            self._add(before.row.pairs[0], before, where)

    def _other(self, text: str, row: TextRow | None, line: int) -> Iterator[Record]:
        """Take in a line that is no row: a heading, a setting, a memory."""
        if row is not None and (row.is_bar or row.section is not None):
            for held in self._frames.end():
                yield from self._row(held)
        if self._scope.see(text, row) and row is not None:
            yield from self._heading(row)
        elif text.strip() and (row is None or not row.is_bar):
            self._standing.below += 1
        self._settings.see(message_of(text).text, line)
        if row is not None:
            self._remarks.remember(row, line)
            self._remarks.measured_once(row, line)

    def _heading(self, row: TextRow) -> Iterator[Record]:
        """Place what waited for an epoch."""
        yield from self._end_of_pass()
        section, epoch, closed = row.section, row.epoch, self._state.closed
        if epoch is None or section is None or section.loads:
            return
        yield from self._resolve(epoch if section.ends or not math.isfinite(closed) else closed)
        self._state.closed = epoch if section.ends else closed

    # Rows

    def _frame(self, held: Held) -> Iterator[Record]:
        """Pass rows on; of the frames that a progress bar drew at one step only the last."""
        row = held.row
        before = self._frames.take((row.epoch, row.step, row.split), held) if row.is_bar else self._frames.end()
        for one in before:
            yield from self._row(one)
        if not row.is_bar:
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
                yield from self._placed(one)
        else:
            if self._passes and self._passes.ends_at(row):
                yield from self._end_of_pass()
            yield from self._placed(held)

    def _is_echo(self, row: TextRow) -> bool:
        """Return whether a row with a place says just what the row before it said: two handlers of one logger print a message twice."""
        said = ([place[:3] for place in row.places], row.split, row.owners, repr(row.pairs))
        before, self._state.printed = self._state.printed, said
        places = row.step is not None or (bool(row.places) and kind_of(row) not in self._survey.repeated)
        return before == said and places and not row.is_bar

    def _end_of_pass(self) -> Iterator[Record]:
        for held in self._passes.ended():
            if self._survey.unnumbered and self._standing.ordinal:
                held = held._replace(row=_at_epoch(replace(held.row, places=()), float(self._standing.ordinal)))
            yield from self._placed(held)

    # Places

    def _placed(self, held: Held) -> Iterator[Record]:
        held = held._replace(row=self._in_block(held.row, held.line))
        row = held.row
        if self._waits(row):
            self._state.waiting.append(held)
            return
        if row.epoch is not None and row.counter is None and not held.passed:
            yield from self._resolve(row.epoch)
            self._state.closed = row.epoch
        where = self._standing.where(row, passed=held.passed)
        if where is not None:
            yield from self._put(held, where)
        elif self._standing.at is None:
            self._state.early.append(held)
        else:
            yield SkippedLine(held.line, NOWHERE)

    def _in_block(self, row: TextRow, line: int) -> TextRow:
        """Return a row without a place or a split as one of the split of the line right above it: a block of several lines."""
        splits, (before, split) = self._values.splits(row), self._state.block
        if row.places or len(splits) != 1:
            self._state.block = (0, "")
            return row
        if splits == {"train"} and not row.split and split and line == before + 1 and self._standing.is_new(row):
            row, splits = replace(row, split=split), {split}
        self._state.block = (line, next(iter(splits - {"train"}), ""))
        return row

    def _waits(self, row: TextRow) -> bool:
        """Return whether a row waits for the line behind it that names its epoch."""
        if not self._survey.footers or row.place(Kind.EPOCH, Kind.ROUND, Kind.EPISODE) is not None:
            return False
        counter, waiting = row.counter, self._state.waiting
        if counter is not None:
            return not counter.broad and self._survey.begins_again(row)
        return bool(waiting) and self._survey.begins_again(waiting[-1].row)

    def _resolve(self, epoch: float) -> Iterator[Record]:
        """Place the rows that waited for their epoch; NaN where none is known."""
        waiting, self._state.waiting = self._state.waiting, []
        for held in waiting:
            row = _at_epoch(held.row, epoch) if math.isfinite(epoch) else held.row
            where = self._standing.where(row, passed=held.passed)
            if where is not None:
                yield from self._put(held._replace(row=row), where)

    def _place_early(self, where: Where, first: TextRow | None) -> Iterator[Record]:
        """Place what was measured before the training began: at the beginning of its axis, which the first row may take itself."""
        early, self._state.early = self._state.early, []
        taken = {self._values.meaning(pair, first) for pair in first.pairs} if first is not None and not where.x else set()
        for held in early:
            row = held.row
            if any(self._values.meaning(pair, row) in taken for pair in row.pairs):
                yield from (RawFact(f"initial_{pair.name}", pair.value, held.line) for pair in row.pairs)
            else:
                yield from self._put(held, where._replace(x=float(self._standing.rows) if where.axis is Axis.ROW else 0.0))

    # Values

    def _put(self, held: Held, where: Where) -> Iterator[Record]:
        row, state = held.row, self._state
        if any(one.row.epoch != row.epoch for _, one in state.postfix.values()):
            self._flush_postfix()
        yield from self._settings.facts()
        if state.early and where.axis is not Axis.ROW:
            yield from self._place_early(where, row)
        if "train" in self._values.splits(row) and not held.passed:
            state.trained = held.line
            yield from self._launch(where, held.line)
        for pair in row.pairs:
            if not self._is_of_epoch(pair, row, where):
                self._add(pair, held, where)
            elif where.x >= where.of - 1:  # in a frame that is not full it is of the epoch before
                state.postfix[pair.name] = (pair, held)
        self._standing.take(row, where, passed=held.passed)

    def _launch(self, where: Where, line: int) -> Iterator[RawSegment]:
        """Yield a segment where the log says in words that the training is taken up; one that goes back prints its own plans.

        That a training goes back is found by its columns, when all of them are read.
        """
        state = self._state
        before = state.before.get(where.axis)
        state.before[where.axis] = where.order
        if before is not None and where.axis is not Axis.ROW and where.order < before:
            self._remarks.new_launch()
        if state.resumed and before is not None:
            yield RawSegment(line, "resume")
        state.resumed = False

    def _is_of_epoch(self, pair: Pair, row: TextRow, where: Where) -> bool:
        """Return whether a number in a bar is of the whole epoch: shown in every frame until the next one replaces it."""
        if not row.is_bar or not math.isfinite(where.epoch) or row.split not in ("", "train"):
            return False
        return self._values.meaning(pair, row)[0] != "train" or pair.name.endswith("_epoch")

    def _flush_postfix(self) -> None:
        postfix, self._state.postfix = self._state.postfix, {}
        for pair, held in postfix.values():
            if held.row.epoch is not None:
                self._add(pair, held, Where(Axis.EPOCH, held.row.epoch))

    def _add(self, pair: Pair, held: Held, where: Where) -> None:
        split, name = self._values.meaning(pair, held.row)
        entity, run = self._values.owner(held.row)
        statistic = Statistic.EPOCH_MEAN if held.passed and self._passes.means else Statistic.UNKNOWN
        value = pair.mean if held.passed and pair.mean is not None else pair.value
        key = ColumnKey(name, split, where.axis, statistic, entity=entity, run=run, nested=where.nested)
        self._columns.add(key, where.x, value, held.line, where.epoch, where.of)
        if pair.mean is not None and not held.passed and where.axis in (Axis.ITERATION, Axis.STEP):
            self._columns.add(key._replace(statistic=Statistic.RUNNING_MEAN), where.x, pair.mean, held.line, where.epoch, where.of)


@dataclass(kw_only=True)
class _State:
    """What the reader holds from line to line: rows that wait for their place, the last of several, the epoch that was told last."""

    waiting: list[Held] = field(default_factory=list)
    early: list[Held] = field(default_factory=list)
    rare: dict[str, Held] = field(default_factory=dict)
    postfix: dict[str, tuple[Pair, Held]] = field(default_factory=dict)
    before: dict[Axis, tuple[float, float]] = field(default_factory=dict)
    block: tuple[int, str] = (0, "")
    printed: tuple[object, ...] = ()
    closed: float = math.nan
    trained: int = 0
    last: int = 0
    resumed: bool = False


def _at_epoch(row: TextRow, epoch: float) -> TextRow:
    return replace(row, places=(*row.places, Place(Kind.EPOCH, epoch, None, "", False, -1, -1)))
