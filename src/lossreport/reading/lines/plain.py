"""Reads rows that say all of their place themselves: nothing that stands between them changes what
they say, so those of several senses are put into the columns together.

A row is plain where its place follows from its own numbers, its names are known, and nothing waits
for it or is told by it. The first line of a stretch is read by itself, and so is the last one of
each sense: they leave the memory of the reader as if all had been.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Axis, Floats, Ints, Statistic
from lossreport.reading.bytes.reader import Lines
from lossreport.reading.kit.layouts import groups_of
from lossreport.reading.kit.recipes import LEAST, Block, Sense
from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.skeletons import numbers_of, with_numbers
from lossreport.reading.lines.tracks import kind_of
from lossreport.reading.lines.where import Where
from lossreport.reading.parser import ColumnKey, Record
from lossreport.values import dataclass

if TYPE_CHECKING:
    from lossreport.reading.lines.stretches import Stretches

WIDER: Final = (Kind.ROUND, Kind.EPISODE)
"""Places whose rows hang on those above them."""
CHECKED: Final = 1024
"""After so many lines of a sense one is read by itself besides, and each time after twice as many:
a sense that does not hold is closed.
"""


class Plain(NamedTuple):
    """What all rows of one sense say: the column of each value, with the number that goes into it,
    and which of their numbers are places.

    `x` and `epoch` are the numbers that say where a row stands (none where `epoch` is below 0),
    `totals` those beside places, `of` that beside x. `launches` says that the training goes on with
    these rows. A sense without columns says nothing.
    """

    keys: tuple[tuple[ColumnKey, int], ...]
    where: Where
    x: int
    epoch: int
    of: int
    totals: tuple[int, ...]
    launches: bool
    is_bar: bool
    sample: TextRow

    def row(self, columns: Sequence[Floats], at: int) -> TextRow:
        """Return a row by its numbers."""
        return with_numbers(self.sample, [float(column[at]) for column in columns])


NOTHING: Final = Plain((), Where(Axis.ROW, 0.0), -1, -1, -1, (), False, False, TextRow())


class Part(NamedTuple):
    """The lines of one sense in a stretch: their places in the block, and their numbers."""

    sense: Sense
    kind: Plain
    lines: Ints
    columns: list[Floats]

    def upto(self, end: int) -> Part:
        """Return the lines before another one."""
        count = int(np.searchsorted(self.lines, end))
        columns = [column[:count] for column in self.columns]
        return self._replace(lines=self.lines[:count], columns=columns)

    @property
    def order(self) -> tuple[Floats, Floats]:
        """What grows while a training goes on; see `Where.order`."""
        x = self.columns[self.kind.x]
        if self.kind.where.nested and self.kind.epoch >= 0:
            return self.columns[self.kind.epoch], x
        return x, np.zeros(len(x))


@dataclass(eq=False)
class PlainRows:
    """Reads the plain rows of one file for its reader."""

    stretches: Stretches
    _known: dict[tuple[int, int], Plain | None] = field(default_factory=dict)
    _skipped: dict[int, int] = field(default_factory=dict)
    _next: dict[int, int] = field(default_factory=dict)

    def read(self, lines: Lines, block: Block, at: int, last: int) -> Generator[Record, None, int]:
        """Yield the records of the plain rows among lines of a sense each; return the line behind
        them, the first where there are too few.
        """
        parts = self._parts(block, at, last)
        end = _end_of(parts, at)
        if end - at < LEAST:
            return at
        yield from self.stretches.slowly(lines[at : at + 1])
        parts = [part.upto(end) for part in parts]
        parts = [part for part in parts if len(part.lines)]
        if not self._is_open() or not all(map(self._goes_on, parts)):
            return at + 1
        yield from self.stretches.reader.end_of_frames()
        self._put(lines.numbers, parts, at)
        self.stretches.reader.forget_said()
        for line in sorted(int(part.lines[-1]) for part in parts if part.lines[-1] > at):
            yield from self.stretches.slowly(lines[line : line + 1])
        return end

    # ------------------------------------------------------------------------ which rows are plain

    def _parts(self, block: Block, at: int, last: int) -> list[Part]:
        """Return the lines from one on, by their senses, as long as these are plain."""
        if not self._is_open():
            return []
        known: dict[int, tuple[Sense, Plain]] = {}
        for sense, begin, _ in block.stretches(at, last):
            if sense.number in known:
                continue
            kind = self._plain(sense)
            if kind is None or _replace_each_other(kind, [one for _, one in known.values()]):
                last = begin
                break
            known[sense.number] = sense, kind
        if last - at < LEAST or not any(kind.keys for _, kind in known.values()):
            return []
        parts = [
            Part(sense, kind, at + lines, block.columns_at(sense, at, last))
            for number, lines in groups_of(block.senses[at:last])
            for sense, kind in (known[number],)
        ]
        written = [key for part in parts for key, _ in part.kind.keys]
        are_apart = len(set(written)) == len(written) and _are_in_one_order(parts)
        goes_on = are_apart and all(map(self._goes_on, parts))
        is_sound = goes_on and all(self._is_sound(part, block) for part in parts)
        return parts if is_sound and self._are_no_tables(parts, block) else []

    def _are_no_tables(self, parts: Sequence[Part], block: Block) -> bool:
        """Return whether no line is of a printed table, or changes what one leaves open."""
        lines = np.concatenate([part.lines for part in parts])
        return all(
            self.stretches.is_apart(shape, block.page.text, lines[some])
            for shape, some in groups_of(block.page.shapes[lines])
        )

    def _is_open(self) -> bool:
        """Return whether nothing above counts for the rows below, and nothing waits for them."""
        reader, survey = self.stretches.reader, self.stretches.reader._survey
        if survey.unnumbered or survey.footers or survey.ahead or reader._passes:
            return False
        return reader._scope.is_empty and self.stretches.is_idle()

    def _plain(self, sense: Sense) -> Plain | None:
        """Return what the rows of a sense say; None where that hangs on others."""
        name = sense.number, len(self.stretches.reader._names)
        if name not in self._known:
            known = NOTHING if sense.sample is None else self._worked_out(sense.sample)
            self._known[name] = known
        return self._known[name]

    def _worked_out(self, sample: TextRow) -> Plain | None:
        reader = self.stretches.reader
        row = with_numbers(sample, [1.0 for _ in numbers_of(sample)])
        is_row = reader._is_row(row) and not reader._unknown(row) and not row.bulleted
        if not is_row or row.place(*WIDER) is not None:
            return None
        if row.counter is None and kind_of(row) in reader._survey.repeated:
            return None
        kept, writing = reader._without_others(row), reader._writing
        where = reader._standing.where(kept, passed=False)
        if where is None or any(writing.is_of_epoch(pair, kept, where) for pair in kept.pairs):
            return None
        keys = tuple(self._keys(row, kept, where))
        places = _leaves_of(row)
        narrow = row.counter or row.place(Kind.EPOCH)
        if narrow is None or len({key for key, _ in keys}) < len(keys):
            return None
        x, of = next(found for place, *found in places if place is narrow)
        beside = row.place(Kind.EPOCH) if row.counter is not None else None
        trains = "train" in reader._standing.values.splits(kept)
        return Plain(
            keys=keys,
            where=where,
            x=x,
            epoch=next((at for place, at, _ in places if place is beside), -1),
            of=of if row.counter is not None else -1,
            totals=tuple(of for *_, of in places if of >= 0),
            launches=trains or not reader._survey.trains,
            is_bar=row.is_bar,
            sample=sample,
        )

    def _keys(self, row: TextRow, kept: TextRow, where: Where) -> Iterator[tuple[ColumnKey, int]]:
        """Yield the columns of a row, each with the number that goes into it."""
        writing = self.stretches.reader._writing
        leaf = sum(1 + (place.of is not None) for place in row.places)
        for pair in row.pairs:
            if pair in kept.pairs:
                key = writing.key(pair, kept, where)
                yield key, leaf
                if pair.mean is not None and writing.keeps_means(where):
                    yield key._replace(statistic=Statistic.RUNNING_MEAN), leaf + 1
            leaf += 1 + (pair.mean is not None)

    def _goes_on(self, part: Part) -> bool:
        """Return whether rows tell no plan, begin no column, and follow those above them."""
        reader, kind = self.stretches.reader, part.kind
        if not kind.keys:
            return True
        row = reader._without_others(kind.row(part.columns, 0))
        remarks, columns = reader._remarks, reader._writing.columns
        told = all(remarks.is_told(name, total) for name, total in remarks.totals(row))
        if not told or not all(columns.has_held(key) for key, _ in kind.keys):
            return False
        before = reader._writing.before(kind.where.axis)
        follows = before is not None and before <= (part.order[0][0], part.order[1][0])
        return (follows or not kind.launches) and not reader._passes.is_pass(row)

    def _is_sound(self, part: Part, block: Block) -> bool:
        """Return whether the sense still holds, which a line now and then is read for."""
        number, count = part.sense.number, len(part.lines)
        self._skipped[number] = self._skipped.get(number, 0) + count
        if self._skipped[number] < self._next.setdefault(number, CHECKED):
            return True
        self._next[number] *= 2
        text = block.page.text(int(part.lines[count // 2]))
        numbers = [float(column[count // 2]) for column in part.columns]
        return self.stretches.holds(part.sense, text, numbers)

    # ----------------------------------------------------------------------------- what is put down

    def _put(self, numbered: Ints, parts: Sequence[Part], at: int) -> None:
        """Put the rows behind a line into the columns, but for the last one of each sense."""
        reader = self.stretches.reader
        for part in (one for one in parts if one.kind.keys):
            first = int(part.lines[0] == at)
            rows = slice(first, max(first, len(part.lines) - 1))
            kept, kind = _shown(part)[rows], part.kind
            lines = part.lines[rows][kept]
            columns = [column[rows][kept] for column in part.columns]
            none = np.full(len(lines), math.nan)
            epoch = columns[kind.epoch] if kind.epoch >= 0 else none
            of = columns[kind.of] if kind.of >= 0 else none
            for key, leaf in kind.keys:
                reader._writing.columns.extend(
                    key, columns[kind.x], columns[leaf], numbered[lines], epoch, of
                )
            reader._standing.rows += len(lines)
            reader._scope.since += rows.stop - rows.start


def _leaves_of(row: TextRow) -> list[tuple[Place, int, int]]:
    """Return the places of a row, each with which of its numbers it is and which is its total (-1
    without one).
    """
    found, leaf = list[tuple[Place, int, int]](), 0
    for place in row.places:
        found.append((place, leaf, -1 if place.of is None else leaf + 1))
        leaf += 1 + (place.of is not None)
    return found


def _replace_each_other(kind: Plain, others: Sequence[Plain]) -> bool:
    """Return whether a row may be another frame of a bar than one of another sense above it."""
    rows = [one for one in others if one.keys]
    return bool(kind.keys and rows) and any(one.is_bar for one in (*rows, kind))


def _are_in_one_order(parts: Sequence[Part]) -> bool:
    """Return whether rows of the training on one axis count alike."""
    found: dict[Axis, bool] = {}
    return all(
        found.setdefault(part.kind.where.axis, part.kind.where.nested) == part.kind.where.nested
        for part in parts
        if part.kind.launches
    )


def _shown(part: Part) -> npt.NDArray[np.bool_]:
    """Return which rows count: of frames of a bar at one place the last."""
    kept = np.ones(len(part.lines), dtype=bool)
    if part.kind.is_bar:
        first, second = part.order
        kept[:-1] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return kept


def _end_of(parts: Sequence[Part], at: int) -> int:
    """Return the line that may not follow those above it: the training goes back or stands still,
    or a total changes; else the one behind the last.
    """
    if not parts:
        return at
    odd = [1 + max(int(part.lines[-1]) for part in parts)]
    for part in (one for one in parts if one.kind.keys):
        is_odd = ~np.isfinite(part.order[0])
        for total in part.kind.totals:
            is_odd |= part.columns[total] != part.columns[total][:1]
        if not part.kind.launches:
            x = part.columns[part.kind.x]
            is_odd[1:] |= (x[1:] == x[:-1]) & (np.diff(part.lines) == 1)
        odd += part.lines[is_odd][:1].tolist()
    by_axis: dict[Axis, list[Part]] = {}
    for part in parts:
        if part.kind.launches:
            by_axis.setdefault(part.kind.where.axis, []).append(part)
    odd += [line for some in by_axis.values() for line in _goes_back(some)]
    return min(odd)


def _goes_back(parts: Sequence[Part]) -> list[int]:
    """Return the first line of the training on one axis that is not ahead of the one before, if
    any; frames of a bar may stand where the one right before them did.
    """
    lines = np.concatenate([part.lines for part in parts])
    orders = [part.order for part in parts]
    first, second = (np.concatenate(column) for column in zip(*orders, strict=True))
    is_bar = np.concatenate([np.full(len(part.lines), part.kind.is_bar) for part in parts])
    if len(parts) > 1:
        order = np.argsort(lines, kind="stable")
        lines, first, second, is_bar = lines[order], first[order], second[order], is_bar[order]
    same = first[1:] == first[:-1]
    stands = same & (second[1:] == second[:-1])
    ahead = (first[1:] > first[:-1]) | (same & (second[1:] > second[:-1]))
    redrawn = stands & is_bar[1:] & is_bar[:-1] & (np.diff(lines) == 1)
    redrawn[:1] = False  # the first one is held by the reader
    found: list[int] = lines[1:][~(ahead | redrawn)][:1].tolist()
    return found
