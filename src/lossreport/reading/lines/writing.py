"""Puts the values of rows into columns: each at its place, means beside values, numbers of a whole
epoch in a bar once an epoch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import field

from lossreport.model.run import Axis, Statistic
from lossreport.reading.lines.banner import Banner
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.remarks import Remarks
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.sub_passes import Held, SubPasses
from lossreport.reading.lines.values import Values
from lossreport.reading.lines.where import Where
from lossreport.reading.parser import ColumnKey, Columns, RawSegment, SkippedLine
from lossreport.values import dataclass


@dataclass(kw_only=True)
class Writing:
    """Writes rows; `trained` is the line of the last row of training, `resumed` says that the log
    spoke of a training taken up.
    """

    values: Values
    remarks: Remarks
    passes: SubPasses
    banner: Banner
    columns: Columns = field(default_factory=Columns)
    trained: int = 0
    resumed: bool = False
    _postfix: dict[str, tuple[Pair, Held, float]] = field(default_factory=dict)
    _before: dict[Axis, tuple[float, float]] = field(default_factory=dict)
    _start: dict[Axis, tuple[float, float]] = field(default_factory=dict)

    def put(self, held: Held, where: Where) -> Iterator[RawSegment | SkippedLine]:
        """Write a row at its place; yields the segment that it begins, where the log says or shows
        that the program was started again.
        """
        row = held.row
        if any(epoch not in (row.epoch, where.epoch) for _, _, epoch in self._postfix.values()):
            self.flush()
        trains = "train" in self.values.splits(row)
        if trains and not held.passed:
            self.trained = held.line
        if (trains or not self.values.survey.trains) and not held.passed:
            yield from self._launch(where, held.line)
        for pair in row.pairs:
            if not self.is_of_epoch(pair, row, where):
                self.add(pair, held, where)
            elif where.x >= where.of - 1:  # in a frame that is not full it is of the epoch before
                self._postfix[pair.name] = (pair, held, where.epoch)

    def _launch(self, where: Where, line: int) -> Iterator[RawSegment | SkippedLine]:
        """Yield a segment where a training was said to be taken up or its program began anew; one
        that goes back prints its own plans.

        That a training goes back is found by its columns, when all of them are read.
        """
        before = self._before.get(where.axis)
        self._before[where.axis] = where.order
        if before is not None and where.axis is not Axis.ROW and where.order < before:
            self.remarks.new_launch()
        start = self._start.setdefault(where.axis, where.order)
        fresh = before is not None and where.axis is not Axis.ROW and where.order <= start
        again = self.banner.take(fresh=fresh)
        if again is not None:
            yield from again.told()
            another = before is None or (fresh and not self.resumed)
            yield RawSegment(again.line, "new_run" if another else "resume")
        elif self.resumed and before is not None:
            yield RawSegment(line, "resume")
        self.resumed = False

    def is_of_epoch(self, pair: Pair, row: TextRow, where: Where) -> bool:
        """Return whether a number in a bar is of the whole epoch: shown in every frame until the
        next one replaces it.
        """
        if not row.is_bar or not math.isfinite(where.epoch) or row.split not in ("", "train"):
            return False
        return self.values.meaning(pair, row)[0] != "train" or pair.name.endswith("_epoch")

    def flush(self) -> None:
        """Write the numbers of whole epochs that bars showed, each at its epoch."""
        postfix, self._postfix = self._postfix, {}
        for pair, held, epoch in postfix.values():
            self.add(pair, held, Where(Axis.EPOCH, epoch))

    def add(self, pair: Pair, held: Held, where: Where) -> None:
        """Write one value, and the mean that stands beside it in the middle of an epoch."""
        key = self.key(pair, held.row, where)
        if held.passed and self.passes.means:
            key = key._replace(statistic=Statistic.EPOCH_MEAN)
        value = pair.mean if held.passed and pair.mean is not None else pair.value
        self.columns.add(key, where.x, value, held.line, where.epoch, where.of)
        if pair.mean is not None and not held.passed and self.keeps_means(where):
            self.columns.add(
                key._replace(statistic=Statistic.RUNNING_MEAN),
                where.x,
                pair.mean,
                held.line,
                where.epoch,
                where.of,
            )

    def key(self, pair: Pair, row: TextRow, where: Where) -> ColumnKey:
        """Return the column of a value of a row."""
        split, name = self.values.meaning(pair, row)
        entity, run = self.values.owner(row)
        return ColumnKey(
            name, split, where.axis, Statistic.UNKNOWN, entity=entity, run=run, nested=where.nested
        )

    @staticmethod
    def keeps_means(where: Where) -> bool:
        """Return whether the mean beside a value is one of its own: in the middle of an epoch."""
        return where.axis in (Axis.ITERATION, Axis.STEP)

    def before(self, axis: Axis) -> tuple[float, float] | None:
        """Return the place of the last row of training on an axis; see `Where.order`."""
        return self._before.get(axis)

    @property
    def holds_epochs(self) -> bool:
        """Whether numbers of whole epochs wait for their epoch to end."""
        return bool(self._postfix)
