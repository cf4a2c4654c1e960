"""Places rows: in the block above them, behind a line that names their epoch, at the beginning
where they come before the training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import field, replace
from typing import Final

from lossreport.model.run import Axis
from lossreport.reading.kit.settings import Settings
from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.sub_passes import Held
from lossreport.reading.lines.survey import Survey
from lossreport.reading.lines.values import Values
from lossreport.reading.lines.where import Standing, Where
from lossreport.reading.lines.writing import Writing
from lossreport.reading.parser import RawFact, Record, SkippedLine
from lossreport.text import Text
from lossreport.values import dataclass

NOWHERE: Final = Text(
    zh="这一行有指标，但看不出属于哪一步",
    en="the line holds metrics and nothing says at which step",
)


@dataclass(kw_only=True)
class Placing:
    """Rows that wait for their place, and where the last of them stood; `closed` is the epoch that
    was told last.
    """

    survey: Survey
    values: Values
    standing: Standing
    writing: Writing
    settings: Settings
    closed: float = math.nan
    _waiting: list[Held] = field(default_factory=list)
    _early: list[Held] = field(default_factory=list)
    _ahead: list[Held] = field(default_factory=list)
    _block: tuple[int, str] = (0, "")

    @property
    def holds(self) -> bool:
        """Whether rows wait for their place."""
        return bool(self._waiting or self._early or self._ahead)

    def place(self, held: Held) -> Iterator[Record]:
        """Write a row where it stands, or keep it until that is known."""
        held = held._replace(row=self._in_block(held.row, held.line))
        row = held.row
        if self.waits(row):
            self._waiting.append(held)
            return
        if self.survey.ahead and not row.places and "train" not in self.values.splits(row):
            self._ahead.append(held)
            return
        if row.epoch is not None and row.counter is None and not held.passed:
            yield from self.resolve(row.epoch)
            self.closed = row.epoch
        where = self.standing.where(row, passed=held.passed)
        if where is not None:
            yield from self._announced(row, where)
            yield from self.put(held, where)
        elif self.standing.at is None:
            self._early.append(held)
        else:
            yield SkippedLine(held.line, NOWHERE)

    def _announced(self, row: TextRow, where: Where) -> Iterator[Record]:
        """Place the evaluations that were printed before the row of their step."""
        if row.places and "train" in self.values.splits(row):
            ahead, self._ahead = self._ahead, []
            for held in ahead:
                yield from self.put(held, where)

    def left(self) -> Iterator[Record]:
        """Place the evaluations behind which the log breaks off: where the training stands."""
        ahead, self._ahead = self._ahead, []
        for held in ahead:
            where = self.standing.where(held.row, passed=held.passed)
            if where is not None:
                yield from self.put(held, where)

    def _in_block(self, row: TextRow, line: int) -> TextRow:
        """Return a row without a place or a split as one of the split of the line right above it: a
        block of several lines.
        """
        splits, (before, split) = self.values.splits(row), self._block
        if row.places or len(splits) != 1:
            self._block = (0, "")
            return row
        if (
            splits == {"train"}
            and not row.split
            and split
            and line == before + 1
            and self.standing.is_new(row)
        ):
            row, splits = replace(row, split=split), {split}
        self._block = (line, next(iter(splits - {"train"}), ""))
        return row

    def waits(self, row: TextRow) -> bool:
        """Return whether a row waits for the line behind it that names its epoch."""
        if not self.survey.footers or row.place(Kind.EPOCH, Kind.ROUND, Kind.EPISODE) is not None:
            return False
        if row.counter is not None:
            return not row.counter.broad and self.survey.begins_again(row)
        return bool(self._waiting) and self.survey.begins_again(self._waiting[-1].row)

    def late(self, held: Held) -> None:
        """Write a row that is known as one only now, or let it wait with the others."""
        where = self.standing.where(held.row, passed=True)
        if self.waits(held.row):
            self._waiting.append(held)
        elif where is not None:
            self.writing.add(held.row.pairs[0], held, where)

    def resolve(self, epoch: float) -> Iterator[Record]:
        """Place the rows that waited for their epoch; NaN where none is known."""
        waiting, self._waiting = self._waiting, []
        for held in waiting:
            row = at_epoch(held.row, epoch) if math.isfinite(epoch) else held.row
            where = self.standing.where(row, passed=held.passed)
            if where is not None:
                yield from self.put(held._replace(row=row), where)

    def begin(self, where: Where, first: TextRow | None = None) -> Iterator[Record]:
        """Place what was measured before the training began: at the beginning of its axis, which
        the first row may take itself.
        """
        early, self._early = self._early, []
        taken = (
            {self.values.meaning(pair, first) for pair in first.pairs}
            if first is not None and not where.x
            else set()
        )
        for held in early:
            row = held.row
            if any(self.values.meaning(pair, row) in taken for pair in row.pairs):
                yield from (
                    RawFact(f"initial_{pair.name}", pair.value, held.line) for pair in row.pairs
                )
            else:
                yield from self.put(
                    held,
                    where._replace(x=float(self.standing.rows) if where.axis is Axis.ROW else 0.0),
                )

    def put(self, held: Held, where: Where) -> Iterator[Record]:
        """Write a row at a place, behind the settings above it and what was measured before the
        training.
        """
        yield from self.settings.facts()
        if self._early and where.axis is not Axis.ROW:
            yield from self.begin(where, held.row)
        yield from self.writing.put(held, where)
        self.standing.take(held.row, where, passed=held.passed)


def at_epoch(row: TextRow, epoch: float) -> TextRow:
    """Return a row at an epoch that it does not name itself."""
    return replace(row, places=(*row.places, Place(Kind.EPOCH, epoch, None, "", False, -1, -1)))
