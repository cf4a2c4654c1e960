"""Works out where a row stands: on which axis and at which x, by its own places, by the training
above it, or by the rows so far.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import Final, NamedTuple

from lossreport.model.run import Axis
from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.survey import Survey
from lossreport.reading.lines.tracks import kind_of, sign_of
from lossreport.reading.lines.values import Values
from lossreport.values import dataclass

BELOW: Final = 3
"""Lines under a placed row in which a row without a place belongs to it."""
AXES: Final = {
    Kind.ROUND: Axis.ROUND, Kind.EPISODE: Axis.EPISODE, Kind.EPOCH: Axis.EPOCH, Kind.STEP: Axis.STEP,  # noqa: E501
    Kind.ITERATION: Axis.ITERATION, Kind.BATCH: Axis.ITERATION, Kind.SAMPLE: Axis.ITERATION,
}  # fmt: skip


class Where(NamedTuple):
    """Where a row stands; see `ColumnKey` and `ColumnChunk` for what the fields mean."""

    axis: Axis
    x: float
    epoch: float = math.nan
    of: float = math.nan
    nested: bool = False

    @property
    def order(self) -> tuple[float, float]:
        """What grows while a training goes on."""
        return (self.epoch, self.x) if self.nested and math.isfinite(self.epoch) else (self.x, 0.0)


@dataclass(kw_only=True)
class Standing:
    """Where the training stands, and what rows that name no place or only a part of one get from
    that.
    """

    survey: Survey
    values: Values
    rows: int = 0
    at: Where | None = None
    inside: bool = False
    below: int = 0
    ordinal: int = 0
    _counter: float = math.inf
    _local: tuple[object, ...] = ()
    _above: frozenset[str] = frozenset()
    _trained: set[str] = field(default_factory=set)

    def where(self, row: TextRow, *, passed: bool) -> Where | None:
        """Return where a row stands, None where nothing says so; `passed` marks the last row of a
        pass or its summary.
        """
        rounds, episode, epoch, counter = (
            row.place(Kind.ROUND),
            row.place(Kind.EPISODE),
            row.place(Kind.EPOCH),
            row.counter,
        )
        if rounds is not None:
            return self._in_round(row, rounds, epoch, counter)
        if episode is not None:
            cumulative = counter is not None and not self.survey.begins_again(row)
            return (
                _counted(counter, math.nan, nested=False)
                if counter is not None and cumulative
                else Where(Axis.EPISODE, episode.x)
            )
        if counter is not None:
            return self._counting(row, counter, epoch)
        if epoch is not None:
            repeated = kind_of(row) in self.survey.repeated and not passed
            return (
                Where(Axis.ROW, float(self.rows), epoch.x)
                if repeated
                else Where(Axis.EPOCH, epoch.x)
            )
        return self._unplaced(row)

    def _in_round(
        self, row: TextRow, rounds: Place, epoch: Place | None, counter: Place | None
    ) -> Where:
        """Return the place of a row of a federated training: local epochs and batches begin again
        with every round.

        Batches of local epochs are counted on over all of them: `epoch` is then the number of local
        epochs since the start.
        """
        if counter is not None and epoch is not None:
            local = (rounds.x, epoch.x, self.values.owner(row)[0])
            self.ordinal += local != self._local
            self._local = local
            return _counted(counter, float(self.ordinal), nested=True)
        if counter is not None:
            return _counted(counter, rounds.x, nested=True)
        if epoch is not None:
            return Where(
                Axis.EPOCH,
                epoch.x,
                rounds.x,
                math.nan if epoch.of is None else float(epoch.of),
                nested=True,
            )
        return Where(Axis.ROUND, rounds.x)

    def _counting(self, row: TextRow, counter: Place, epoch: Place | None) -> Where:
        """Return the place of a row with a counter; bars of which no line names an epoch are
        numbered in their order.
        """
        sign = sign_of(row)
        if (
            self.survey.unnumbered
            and epoch is None
            and (sign in self.survey.others or (sign in self.survey.bars and row.is_bar))
        ):
            if sign in self.survey.others or "train" in self.values.splits(row):
                self.ordinal += counter.x <= self._counter
                self._counter = counter.x
            return _counted(counter, float(self.ordinal), nested=True)
        again = self.survey.begins_again(row)
        nested = not counter.broad and (epoch is not None or (self.survey.footers and again))
        where = _counted(counter, math.nan if epoch is None else epoch.x, nested=nested)
        return where._replace(axis=Axis.ITERATION) if nested and again else where

    def _unplaced(self, row: TextRow) -> Where | None:
        """Return the place of a row without one: where the training stands, or a row of its own in
        a file without places.
        """
        if not self.survey.placed:
            return Where(Axis.ROW, float(self.rows))
        at = self.at
        if at is None:
            return None
        if "train" in self.values.splits(row):
            return (
                at if self.is_new(row) or (self.below <= BELOW and not self._is_told(row)) else None
            )
        ended = self.inside and at.nested and math.isfinite(at.epoch) and not self.survey.within
        return Where(Axis.EPOCH, at.epoch) if ended else at  # of the epoch whose batches are done

    def is_new(self, row: TextRow) -> bool:
        """Return whether a row names nothing that the placed rows of training name."""
        return self._trained.isdisjoint(self.values.names(row))

    def _is_told(self, row: TextRow) -> bool:
        """Return whether the row above, which has a place, tells all of the names of a row."""
        return self.values.names(row) <= self._above

    def take(self, row: TextRow, where: Where, *, passed: bool) -> None:
        """Take in a row that was placed: the training stands there, unless it is of a pass or names
        no place.
        """
        splits = self.values.splits(row)
        self.below = 0
        self.rows += 1
        if not row.places or passed:
            return
        names = self.values.names(row)
        if "train" in splits:
            self._trained |= names
        if "train" in splits or where.axis is Axis.EPOCH or self.at is None:
            self.at, self.inside, self._above = (
                where,
                self.survey.begins_again(row),
                frozenset(names),
            )


def _counted(counter: Place, epoch: float, *, nested: bool) -> Where:
    return Where(
        AXES[counter.kind],
        counter.x,
        epoch,
        math.nan if counter.of is None else float(counter.of),
        nested=nested,
    )
