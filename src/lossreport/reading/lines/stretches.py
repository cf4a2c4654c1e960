"""Reads stretches of lines that go on alike at once: of rows that differ in their numbers alone the
first and the last are read by themselves.

The reader of lines is full of memory, and nearly all of it only holds the last row. Behind two rows
of one sense the next one finds everything as the one before did, unless its counter goes back or
its total changes. `_steady` asks for all that could differ; where nothing does, the rows between go
into the columns together, and the last one, read by itself, leaves the memory as if all had been.
What this module may pass over is what `TextReader._line` and those whom it calls do: whoever gives
them a new memory adds it to `_steady`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Axis, Floats, Ints, Statistic
from lossreport.reading.bytes.reader import Line, Lines
from lossreport.reading.kit.events import phrase_in
from lossreport.reading.kit.failures import EXIT_NEAR
from lossreport.reading.kit.layouts import UNKNOWN, groups_of
from lossreport.reading.kit.printed_table import take
from lossreport.reading.kit.recipes import LEAST, Block, Recipes, Said, Sense, Senses, bits_of
from lossreport.reading.kit.settings import Settings
from lossreport.reading.kit.table_state import EMPTY, TableState
from lossreport.reading.lines.bars import BARE_BAR, BEGUN
from lossreport.reading.lines.chatter import TRACEBACK, is_chatter
from lossreport.reading.lines.class_lists import ClassLists
from lossreport.reading.lines.plain import PlainRows
from lossreport.reading.lines.prefix import DATE, message_of
from lossreport.reading.lines.remarks import NOTHING, STAMP_REACH
from lossreport.reading.lines.row import TextRow, pieces, text_row
from lossreport.reading.lines.scope import PLACE_REACH, heads_all
from lossreport.reading.lines.skeletons import fixed_of, numbers_of, with_numbers
from lossreport.reading.lines.sub_passes import Held
from lossreport.reading.lines.survey import meant
from lossreport.reading.lines.tokens import LONGEST
from lossreport.reading.lines.where import Where
from lossreport.reading.parser import ColumnKey, Record
from lossreport.values import dataclass

if TYPE_CHECKING:
    from lossreport.reading.lines.reader import TextReader

WORTH: Final = 24
"""Lines of one shape that take as long by themselves as to learn what they say."""
LEAD, LEAD_OF_BARS = 2, 3
"""Lines of a stretch that are read by themselves first; a frame of a bar is put down when the one
behind it is read.
"""
CHECKED: Final = 1024
"""So often a line is read by itself besides: a sense that does not hold is closed."""
REACH, NEAR = 1 << 20, 256
"""Lines that are looked at together; where rows do not go on alike it is four times as many as went
on the time before.
"""
LONGEST_WAIT: Final = 512
"""Lines until the next look where rows are not steady; the wait doubles up to it."""


class Stretch:
    """Lines of one sense behind each other: their texts and numbers, and each number of their rows.

    `places` and `totals` are the numbers of their places, `alike` says which lines may follow the
    one before: no place of theirs goes back, no total changes.
    """

    def __init__(self, lines: Lines, shapes: Ints, sense: Sense, filled: list[Floats]) -> None:
        self.texts, self.lines = lines.texts, lines.numbers
        self.shapes, self.sense, self.filled = shapes, sense, filled
        self.places: list[Floats] = []
        self.totals: list[Floats] = []
        self.alike = np.ones(len(lines), dtype=bool)
        leaf = 0
        for place in sense.sample.places:
            x, of = filled[leaf], filled[leaf + 1] if place.of is not None else np.zeros(len(lines))
            self.alike[1:] &= (x[1:] >= x[:-1]) & (of[1:] == of[:-1])
            self.places.append(x)
            self.totals.append(of)
            leaf += 1 + (place.of is not None)
        self._leaves = [leaf]
        for pair in sense.sample.pairs:
            self._leaves.append(self._leaves[-1] + 1 + (pair.mean is not None))

    def leaf(self, pair: int) -> int:
        """Return which of the numbers is the value of a pair; its mean is the next one."""
        return self._leaves[pair]

    def numbers_of(self, at: int) -> list[float]:
        """Return the numbers of the row of a line."""
        return [float(column[at]) for column in self.filled]

    def row(self, at: int) -> TextRow:
        """Return what a line says, by its numbers."""
        return with_numbers(self.sense.sample, self.numbers_of(at))


class Steady(NamedTuple):
    """What all rows of a stretch have in common from a line on: which pairs count, where the rows
    stand, up to which line.

    `x` and `epoch` are the places that say them, by their number; None where `where` says it for
    all (`x`: where rows are counted). `frame` is the last frame of a bar, which waits for the next
    one; `tables` is what printed tables leave open.
    """

    row: TextRow
    pairs: tuple[int, ...]
    where: Where | None
    x: int | None
    epoch: int | None
    end: int
    frame: Held | None = None
    tables: TableState = EMPTY


@dataclass(eq=False)
class Stretches:
    """Reads the blocks of one file for its reader."""

    reader: TextReader

    def __post_init__(self) -> None:
        self._recipes = Recipes(ask=self._ask, least=WORTH)
        self._senses = Senses()
        self._plain, self._reach = PlainRows(self), REACH
        self._apart: dict[tuple[int, TableState], bool] = {}
        self._skipped = 0

    def read(self, lines: Lines) -> Iterator[Record]:
        """Yield the records of consecutive lines."""
        block = self._senses.block(lines, self._recipes)
        if block is None:
            yield from self.slowly(lines)
            return
        for first, last in block.known():
            yield from self._known(lines, block, first, last)

    def _known(self, lines: Lines, block: Block, first: int, last: int) -> Iterator[Record]:
        """Yield the records of lines that all have a sense, or all have none."""
        if last - first < LEAST or block.senses[first] == UNKNOWN:
            yield from self.slowly(lines[first:last])
            return
        at, columns = first, self.reader._writing.columns
        while at < last:
            begin, upto = at, min(last, at + self._reach)
            at = yield from self._plain.read(lines, block, begin, upto)
            self._reach = REACH if at == upto else max(NEAR, min(REACH, 4 * (at - begin)))
            if at == begin:
                sense, _, at = next(block.stretches(at, last))
                yield from self._alike(lines, block, sense, begin, at)
            if columns.full():
                yield from columns.chunks()

    def _alike(
        self, lines: Lines, block: Block, sense: Sense, first: int, last: int
    ) -> Iterator[Record]:
        """Yield the records of lines of one sense."""
        some = lines[first:last]
        if last - first < LEAST or sense.sample is None:
            yield from self.slowly(some)
        else:
            filled = block.columns_at(sense, first, last)
            yield from self._stretch(
                some, Stretch(some, block.page.shapes[first:last], sense, filled)
            )

    def slowly(self, lines: Iterable[Line]) -> Iterator[Record]:
        for line in lines:
            yield from self.reader.take(line)

    def _stretch(self, lines: Lines, stretch: Stretch) -> Iterator[Record]:
        lead = LEAD_OF_BARS if stretch.sense.sample.is_bar else LEAD
        at, wait, columns = 0, lead, self.reader._writing.columns
        while at < len(lines):
            upto = min(len(lines), at + wait)
            yield from self.slowly(lines[at:upto])
            at = upto
            steady = self._steady(stretch, at) if len(lines) - at > lead else None
            if steady is None or steady.end <= at:
                wait = min(LONGEST_WAIT, 2 * wait)
                continue
            self._put(stretch, at, steady)
            at, wait = steady.end, lead
            if columns.full():
                yield from columns.chunks()

    # ----------------------------------------------------------------------------- what a line says

    def _ask(self, text: str) -> Said | None:
        """Return what a line says that is a row and nothing else, whatever was above it; or that it
        says nothing.
        """
        if BARE_BAR.fullmatch(text):
            return Said(("bare", BEGUN.search(text) is not None), (), None)
        if len(text) > LONGEST or NOTHING.search(text) or not self._is_plain_text(text):
            return None
        row = meant(text_row(text, dicts=True), self.reader._survey.words)
        if row is None or row.section is not None or row.memories or not row.places:
            return None
        if not row.pairs:
            return SILENT if row.is_bar and not row.owners and is_silent(text) else None
        stamped = DATE.search(text, 0, STAMP_REACH) is not None
        return Said((tuple(fixed_of(row)), stamped), list(numbers_of(row)), row)

    def _is_plain_text(self, text: str) -> bool:
        """Return whether a line is no warning, setting, word of the run or part of a list."""
        if _speaks(text) or TRACEBACK.match(text) or "Namespace(" in text or is_chatter(text):
            return False
        if self.reader._survey.dumps.holds(text) or pieces(text) != [text]:
            return False
        lists = ClassLists()
        return not lists.holds(text) and lists.rows(text) is None

    # --------------------------------------------------------------------- whether rows go on alike

    def _steady(self, stretch: Stretch, at: int) -> Steady | None:
        """Return how far the rows of a stretch go on alike from a line on; None where they do not,
        or where that is not known.
        """
        reader, row = self.reader, stretch.row(at)
        if (
            not self.is_idle()
            or not self._is_sound(stretch, at)
            or not reader._is_row(row)
            or reader._unknown(row)
        ):
            return None
        applied = self._applied(row) if not self._is_above(stretch, row) else None
        if applied is None or not applied.places:
            return None
        kept = reader._without_others(applied)
        pairs = tuple(number for number, pair in enumerate(row.pairs) if pair.name in reader._names)
        if not kept.pairs or kept.pairs != tuple(row.pairs[number] for number in pairs):
            return None
        told = all(
            reader._remarks.is_told(name, total) for name, total in reader._remarks.totals(kept)
        )
        if not told or reader._placing.waits(kept) or (row.is_bar and not reader._frames.is_held):
            return None
        if reader._passes.is_pass(kept):
            found = self._passing(stretch, at, row, kept)
        else:
            found = None if reader._passes else self._standing(stretch, at, row, kept, pairs)
        if found is None:
            return None
        end, tables = self._without_tables(stretch, at, found.end)
        if not row.is_bar or end <= at:
            return found._replace(end=end, tables=tables)
        frame = self._frame(stretch, end - 1)
        return None if frame is None else found._replace(end=end, tables=tables, frame=frame)

    def is_idle(self) -> bool:
        """Return whether nothing waits for a row: no setting, no row without its place, no opening
        of a program that came again.
        """
        reader = self.reader
        open_ = reader._traces.is_inside or reader._spread.is_open or reader._lists.is_open
        waits = reader._placing.holds or reader._settings.holds or reader._writing.holds_epochs
        return (
            not open_
            and not waits
            and not reader._writing.resumed
            and not reader._banner.has_begun_again
        )

    def _is_sound(self, stretch: Stretch, at: int) -> bool:
        """Return whether the sense still holds, which one line in so many is read for."""
        left = len(stretch.texts) - at
        self._skipped += left
        if self._skipped < CHECKED:
            return True
        self._skipped = 0
        middle = at + left // 2
        return self.holds(stretch.sense, stretch.texts[middle], stretch.numbers_of(middle))

    def holds(self, sense: Sense, text: str, numbers: Sequence[float]) -> bool:
        """Return whether a line says what its sense says of it; a sense that does not hold is
        closed.
        """
        said = self._ask(text)
        if (
            said is not None
            and said.fixed == sense.fixed
            and bits_of(said.numbers) == bits_of(numbers)
        ):
            return True
        self._recipes.close(sense)
        return False

    def _applied(self, row: TextRow) -> TextRow | None:
        """Return a row with what the headings above it say; None where it changes what they say for
        the rows below.
        """
        scope, counter = self.reader._scope, row.counter
        place = None if counter is None else (counter.word, counter.of)
        if (
            scope.split
            and not row.split
            and scope.counted is not None
            and place == scope.counted[:2]
        ):
            return None  # the section ends where the training goes on
        other = replace(scope, places=dict(scope.places))
        applied = other.applied(row)
        if applied.is_bar != row.is_bar:
            return None  # a message behind a bar stands where its heading says
        return (
            applied if replace(other, since=scope.since, counted=scope.counted) == scope else None
        )

    def _is_above(self, stretch: Stretch, row: TextRow) -> bool:
        """Return whether a heading above says a place that the rows say as well, and another one:
        what it says of narrower places ends there.
        """
        held = self.reader._scope.places
        return any(
            place.kind in held and not bool((stretch.places[number] == held[place.kind].x).all())
            for number, place in enumerate(row.places)
        )

    def _passing(self, stretch: Stretch, at: int, row: TextRow, kept: TextRow) -> Steady | None:
        """Return how far the batches of a pass go on, of which the last counts."""
        for number, place in enumerate(row.places):
            if place is row.counter:
                end = self._end(stretch, at, number, kept)
                return None if end is None else Steady(kept, (), None, number, None, end)
        return None

    def _standing(
        self, stretch: Stretch, at: int, row: TextRow, kept: TextRow, pairs: tuple[int, ...]
    ) -> Steady | None:
        """Return how far rows go on that are put into the columns, and where they stand."""
        first = at - 1 if row.is_bar else at  # a frame waits for the next one
        where = self._where(stretch, first, kept)
        after = self._where(stretch, first + 1, kept)
        if where is None or after is None:
            return None
        x: int | None = None
        if where.axis is Axis.ROW:
            if (
                where.x != self.reader._standing.rows
                or after.x != where.x
                or row.step is not None
                or row.is_bar
            ):
                return None
            end = self._end(stretch, at, None, kept)
        else:
            x = _source(stretch, {first: where.x, first + 1: after.x}, first, first + 2)
            end = None if x is None else self._end(stretch, at, x, kept)
        if end is None or end <= at:
            return None
        last = self._where(stretch, end - 1, kept)
        if last is None or any(
            (one.axis, one.nested, repr(one.of)) != (where.axis, where.nested, repr(where.of))
            for one in (after, last)
        ):
            return None
        if x is not None and x != _source(
            stretch, {first: where.x, first + 1: after.x, end - 1: last.x}, first, end
        ):
            return None
        epochs = {first: where.epoch, first + 1: after.epoch, end - 1: last.epoch}
        epoch = None
        if len({repr(value) for value in epochs.values()}) > 1:
            epoch = _source(stretch, epochs, first, end)
            if epoch is None:
                return None
        found = Steady(kept, pairs, where, x, epoch, end)
        keys = [key for key, _ in self._columns(stretch, found)]
        known = all(self.reader._writing.columns.holds(key) for key in keys)
        # a line that tells a column twice fills it row by row
        return found if known and len(set(keys)) == len(keys) else None

    def _where(self, stretch: Stretch, at: int, kept: TextRow) -> Where | None:
        """Return where the row of a line stands; what the place of training remembers of it is left
        as it is.
        """
        own = stretch.row(at).places
        return copy.copy(self.reader._standing).where(
            replace(kept, places=(*own, *kept.places[len(own) :])), passed=False
        )

    def _end(self, stretch: Stretch, at: int, x: int | None, kept: TextRow) -> int | None:
        """Return the line that is read by itself again: the last one before a counter goes back, a
        total changes or a heading is too far above.
        """
        scope, lead = self.reader._scope, LEAD_OF_BARS if kept.is_bar else LEAD
        alike = stretch.alike.copy()
        if x is not None:
            counter = stretch.places[x]
            alike[1:] &= counter[1:] >= counter[:-1] if kept.is_bar else counter[1:] > counter[:-1]
            if kept.is_bar:
                alike &= self._is_within(stretch, kept)
        odd = np.flatnonzero(~alike[at - lead + 1 :])
        end = at - lead + int(odd[0]) if len(odd) else len(stretch.texts) - 1
        if scope.places and scope.since <= PLACE_REACH:
            end = min(end, at + PLACE_REACH - scope.since)
        return end if end > at else None

    def _is_within(self, stretch: Stretch, kept: TextRow) -> npt.NDArray[np.bool_]:
        """Return which frames show no number of a whole epoch that counts: those of a full bar
        do.
        """
        counter = next(
            (
                number
                for number, place in enumerate(stretch.sense.sample.places)
                if place.of is not None
            ),
            None,
        )
        if counter is None:
            return np.ones(len(stretch.texts), dtype=bool)
        return stretch.places[counter] < stretch.totals[counter] - 1

    def _without_tables(self, stretch: Stretch, at: int, end: int) -> tuple[int, TableState]:
        """Return the line up to which none is of a printed table, and what the tables leave open
        there.
        """
        state = self.reader._printed.tables.state
        shapes = stretch.shapes[at:end]
        if all(
            self.is_apart(shape, stretch.texts.__getitem__, lines + at)
            for shape, lines in groups_of(shapes)
        ):
            return end, state
        states = [state]
        for line in range(at, end):
            taken, state = take(stretch.texts[line], int(stretch.lines[line]), states[-1])
            if taken.is_table or taken.rows:
                end = line - 1  # which is read by itself, and so is this one
                break
            states.append(state)
        return end, states[max(0, end - at)]

    def is_apart(self, shape: int, text: Callable[[int], str], lines: Ints) -> bool:
        """Return whether lines of a shape are of no table and change nothing in what tables leave
        open.
        """
        state = self.reader._printed.tables.state
        if (shape, state) not in self._apart:
            found = [take(text(line), 0, state) for line in (int(lines[0]), int(lines[-1]))]
            self._apart[shape, state] = all(
                not taken.is_table and not taken.rows and after == state for taken, after in found
            )
        return self._apart[shape, state]

    # ----------------------------------------------------------------------------- what is put down

    def _put(self, stretch: Stretch, at: int, steady: Steady) -> None:
        """Put the rows of the lines up to the end of a stretch into the columns, and leave the
        memory as behind the last of them.
        """
        reader, end = self.reader, steady.end
        reader._scope.since += end - at
        reader._printed.tables.state = steady.tables
        if steady.where is not None:
            rows = self._rows(stretch, at, steady)
            self._add(stretch, rows, steady)
            reader._standing.rows += len(rows)
        if steady.frame is not None:
            row = steady.frame.row
            reader._frames.replace((row.epoch, row.step, row.split), steady.frame)

    def _rows(self, stretch: Stretch, at: int, steady: Steady) -> Ints:
        """Return the lines whose rows count: all, but of several frames of a bar at one place the
        last.
        """
        if not steady.row.is_bar:
            return np.arange(at, steady.end)
        counter = stretch.places[steady.x or 0]
        first, last = at - 1, steady.end - 1
        return first + np.flatnonzero(counter[first + 1 : last + 1] != counter[first:last])

    def _add(self, stretch: Stretch, rows: Ints, steady: Steady) -> None:
        where, columns = steady.where, self.reader._writing.columns
        if where is None:
            return
        count = len(rows)
        x = (
            np.arange(
                self.reader._standing.rows, self.reader._standing.rows + count, dtype=np.float64
            )
            if steady.x is None
            else stretch.places[steady.x][rows]
        )
        epoch = (
            np.full(count, where.epoch)
            if steady.epoch is None
            else stretch.places[steady.epoch][rows]
        )
        line, of = stretch.lines[rows], np.full(count, where.of)
        for key, leaf in self._columns(stretch, steady):
            columns.extend(key, x, stretch.filled[leaf][rows], line, epoch, of)

    def _columns(self, stretch: Stretch, steady: Steady) -> Iterator[tuple[ColumnKey, int]]:
        """Yield the columns of a row, each with the number that goes into it."""
        if steady.where is None:
            return
        writing, where = self.reader._writing, steady.where
        for number, pair in zip(steady.pairs, steady.row.pairs, strict=True):
            if writing.is_of_epoch(pair, steady.row, where):
                continue
            key, leaf = writing.key(pair, steady.row, where), stretch.leaf(number)
            yield key, leaf
            if pair.mean is not None and writing.keeps_means(where):
                yield key._replace(statistic=Statistic.RUNNING_MEAN), leaf + 1

    def _frame(self, stretch: Stretch, at: int) -> Held | None:
        """Return the frame of a bar as reading its line would hold it."""
        said = self._ask(stretch.texts[at])
        applied = self._applied(said.value) if said is not None else None
        return (
            None
            if applied is None
            else Held(self.reader._without_others(applied), int(stretch.lines[at]))
        )


SILENT: Final = Said("silent", (), None)
"""A frame of a bar that shows nothing yet: the row before it is done, and that is all."""


def is_silent(text: str) -> bool:
    """Return whether a line heads nothing and sets nothing."""
    return not heads_all(text) and not Settings().see(message_of(text).text, 0)


EXITS: Final = (*EXIT_NEAR, "signal")
"""Words beside numbers that are no measures: which one stands there decides what is said."""


def _speaks(text: str) -> bool:
    """Return whether a line says something of the run in words, or may with another number."""
    low = text.lower()
    return any(word in low for word in EXITS) or phrase_in(text) is not None


def _source(stretch: Stretch, wanted: Mapping[int, float], first: int, last: int) -> int | None:
    """Return the place whose number is the wanted one in some lines; None where there is none, or
    two that differ between `first` and `last`.
    """
    found = [
        number
        for number, values in enumerate(stretch.places)
        if all(values[at] == value for at, value in wanted.items())
    ]
    same = all(
        np.array_equal(stretch.places[found[0]][first:last], stretch.places[other][first:last])
        for other in found[1:]
    )
    return found[0] if found and same else None
