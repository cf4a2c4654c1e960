"""Where the rows of a launch stand, and which of its epochs they complete."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from lossreport.model.run import Axis, Floats, Ints, Statistic
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.reading.runs.spans import Span

COUNTED: Final = ("train", "val", "valid", "eval", "dev", "test")
ENOUGH: Final = 2
"""Metrics of one kind are logged together: the longest columns of each kind tell as much as all of
them.
"""
STRAY: Final = 10
"""An epoch behind a gap of ten usual distances is of another process, or no epoch."""
MOST: Final = 0.9
"""The last epoch is complete where it has 90 % of the rows that the others have."""
EPSILON: Final = 1e-6
BY_EPOCH: Final = (Axis.EPOCH, Axis.ROUND)


class Place(NamedTuple):
    """The rows of one column that are of the launch, and the column with all its rows.

    `begins` is the first epoch of the whole column, or of all launches that were written in the
    same way: it tells whether they count from 0.
    """

    key: ColumnKey
    rows: Column
    whole: Column
    inner: bool
    part: Reading
    begins: float

    @property
    def epochs(self) -> Floats:
        """The epochs of the rows: x itself, or what is printed beside it; of local epochs the
        rounds they are in.
        """
        return finite(
            self.rows.x if self.key.axis in BY_EPOCH and not self.is_local else self.rows.epoch
        )

    @property
    def is_local(self) -> bool:
        """Whether the rows count the epochs inside the rounds of a federation, counted on over all
        of them.
        """
        return (
            self.key.axis is Axis.EPOCH and self.inner and bool(np.isfinite(self.rows.epoch).all())
        )

    @property
    def base(self) -> int:
        """Whether epochs are counted from 0 or from 1."""
        return 1 if self.begins >= 1 else 0


def places_of(part: Reading, span: Span | None) -> list[Place]:
    """Return the places of the rows of a launch, or of all rows, that tell how far it came."""
    kinds: dict[tuple[object, ...], list[ColumnKey]] = {}
    for key in part.columns:
        if key.split.split("_")[0] in COUNTED:
            kinds.setdefault((key.axis, key.split, key.statistic, key.entity), []).append(key)
    found = []
    for keys in kinds.values():
        longest = sorted(keys, key=lambda key: -len(part.columns[key].x))[:ENOUGH]
        latest = max(keys, key=lambda key: int(part.columns[key].line[-1]))
        for key in dict.fromkeys((*longest, latest)):
            column = part.columns[key]
            rows = (
                column
                if span is None
                else column.part(
                    np.flatnonzero((column.line >= span.first) & (column.line <= span.last))
                )
            )
            if len(rows.x):
                place = Place(key, rows, column, key in part.inner, part, 0.0)
                found.append(place._replace(begins=_first_epoch(place)))
    return found


def _first_epoch(place: Place) -> float:
    column = place.whole
    every = finite(column.x if place.key.axis in BY_EPOCH and not place.is_local else column.epoch)
    return float(every.min()) if len(every) else math.inf


def of_one_count(places: Sequence[Place]) -> list[Place]:
    """Return the places with the first epoch of all that one format wrote: a launch that resumes
    goes on with the count of the first.
    """
    first: dict[str, float] = {}
    for place in places:
        parser = place.part.parser.id
        first[parser] = min(place.begins, first.get(parser, math.inf))
    return [place._replace(begins=first[place.part.parser.id]) for place in places]


def telling(places: Sequence[Place]) -> list[Place]:
    """Return the places that tell which epochs are complete: rows of epochs, and of those beside
    steps the finest of each file.

    Within a first epoch only the validation behind it tells.
    """
    beside: dict[int, list[Place]] = {}
    for place in places:
        if place.key.axis not in BY_EPOCH:
            beside.setdefault(id(place.part), []).append(place)
    found = [place for place in places if place.key.axis in BY_EPOCH]
    for same in beside.values():
        finest = max(same, key=lambda place: (len(place.epochs), place.key.split == "train"))
        found += [finest] if len(np.unique(finest.epochs)) > 1 else same
    return found


def completed(place: Place) -> int:
    """Return how many epochs the rows complete: up to the last one, which may still be going on."""
    epochs = place.epochs
    if np.any(np.abs(epochs - np.round(epochs)) > EPSILON):
        return int(epochs.max() + EPSILON)
    seen, rows_of = np.unique(np.round(epochs), return_inverse=True)
    last = _last_own(seen)
    if _begins_before(place, rows_of):
        return int(seen[last] - seen[0])
    return int(seen[last]) + 1 - place.base - (not _is_complete(place, rows_of, last))


def _begins_before(place: Place, rows_of: Ints) -> bool:
    """Return whether the first row stands at step 0 and alone in its epoch: before the training, or
    where its first epoch begins.
    """
    counted = place.key.axis not in BY_EPOCH and len(rows_of) > 1
    return counted and float(place.rows.x[0]) == 0 and int(np.sum(rows_of == 0)) == 1


def _last_own(seen: Floats) -> int:
    """Return which of the epochs is the last one that is not stray."""
    last = len(seen) - 1
    usual = float(np.median(np.diff(seen))) if last else 0.0
    while last > 2 and seen[last] - seen[last - 1] > STRAY * usual:
        last -= 1
    return last


def _is_complete(place: Place, rows_of: Ints, last: int) -> bool:
    """Return whether the rows of an epoch reach its end, as far as those of the epochs before tell;
    `rows_of` says of which epoch each row is.
    """
    counts = np.bincount(rows_of)[: last + 1]
    if place.key.axis in BY_EPOCH:
        return last < 2 or bool(counts[-1] >= MOST * float(np.median(counts[:-1])))
    known = np.isfinite(place.rows.epoch)
    x, of = place.rows.x[known], place.rows.of[known]
    distance = distance_of(x)
    ends = np.full(last + 1, -np.inf)
    np.maximum.at(ends, np.minimum(rows_of, last), x)
    end = float(of[np.flatnonzero(x == ends[-1])[-1]])
    if place.inner and np.isfinite(end):
        left = end - ends[-1]  # counted from 0, the row at the end itself is none
        return bool(
            left < max(distance, 1.0) or (left == distance and float(place.whole.x.min()) == 0)
        )
    if counts.max() == 1 and (
        place.key.split != "train" or place.key.statistic is Statistic.EPOCH_MEAN
    ):
        return True  # what is logged behind every epoch
    if last == 0:
        return False
    length = (ends[-2] - ends[0]) / (last - 1) if last > 1 else ends[0] - x.min() + distance
    return bool(ends[-1] + distance > ends[-2] + length)  # the next row would be of another epoch


def distance_of(x: Floats) -> float:
    """Return the usual distance of two rows."""
    steps = np.diff(np.unique(finite(x)))
    return float(np.median(steps)) if len(steps) else 1.0


def finite(values: Floats) -> Floats:
    """Return the values that are numbers."""
    return values[np.isfinite(values)]
