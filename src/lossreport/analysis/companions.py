"""Which other series of a run move where one of them spikes, and whether before it, with it or
after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from lossreport.analysis.context import Context, same_metric
from lossreport.curves.stats import finite, mad, median
from lossreport.model.run import Floats, Series, is_epoch_level
from lossreport.values import dataclass

When = Literal["before", "at", "after", "never"]

AROUND: Final = 15
"""Rows on each side that give the level of the other series."""
NEAR: Final = 3
"""Rows before and after the spike that are looked at, and left out of the level."""
MIN_LEVEL: Final = 4
NOISE: Final = 5.0
"""A row moved where it leaves the level by 5 noise units (median absolute deviation) ..."""
SHARE: Final = 0.10
"""... and by 10 %, the least excess of a spike. Tried at random rows of the runs without an event:
see tests/analysis/test_forensics.py.
"""
LR_STEP: Final = 0.2
"""A learning rate that changes by 20 % from one row to the next is an event; warm-ups and decays
change less.
"""
UPWARDS: Final = ("loss", "regulariser")
WATCHED: Final = ("grad_norm", "learning_rate", "throughput", "time", "loss_scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Another series at the place of a spike: the row looked at, its value over the level around
    it, when it moved.
    """

    series: Series
    row: int
    ratio: float
    when: When

    @property
    def moved(self) -> bool:
        """Return whether it moved at all."""
        return self.when != "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to look: x from `start` to `end`, the distance of the rows there, how many rows next to
    it count, x of other spikes.
    """

    start: float
    end: float
    spacing: float
    near: int
    apart: frozenset[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A series that is looked at beside others, with what holds of all of its places: how its kind
    moves, and how far its rows are apart.
    """

    series: Series
    kind: str
    up: bool
    spacing: float


class Watch:
    """Looks at the other series of a run wherever one of them spikes; what does not depend on the
    place is worked out once.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._watched: dict[str, Watched | None] = {}
        self._beside: dict[str, tuple[Watched, ...]] = {}
        self._spikes: dict[str, list[tuple[int, int, frozenset[float]]]] = {}

    def companions(self, series: Series, first: int, last: int) -> tuple[Companion, ...]:
        """Return the other losses, gradient norm, learning rate, speed and loss scale at the x of
        rows `first` to `last`.
        """
        if series.id not in self._beside:
            others = map(self._watch, _others(self.context, series))
            self._beside[series.id] = tuple(one for one in others if one is not None)
            self._spikes[series.id] = [
                (a, b, frozenset(series.x[a : b + 1].tolist()))
                for a, b in self.context.spike_spans(series)
            ]
        place = Place(
            start=float(series.x[first]),
            end=float(series.x[last]),
            spacing=self._spacing(series),
            near=1 if is_epoch_level(series) else NEAR,
            apart=frozenset().union(
                *(places for a, b, places in self._spikes[series.id] if b < first or a > last)
            ),
        )
        found = (_companion(other, place) for other in self._beside[series.id])
        return tuple(one for one in found if one is not None)

    def _watch(self, series: Series) -> Watched | None:
        """Return a series as it is looked at; None where it has no level: too few rows, or no order
        of them, or none that is finite.
        """
        if series.id not in self._watched:
            has_level = (
                len(series) >= MIN_LEVEL
                and not np.any(np.diff(series.x) < 0)
                and bool(np.isfinite(series.y).any())
            )
            kind = self.context.kind(series)
            self._watched[series.id] = (
                Watched(
                    series=series,
                    kind=kind.id,
                    up=kind.role in UPWARDS or kind.id == "grad_norm",
                    spacing=_spacing(series),
                )
                if has_level
                else None
            )
        return self._watched[series.id]

    def _spacing(self, series: Series) -> float:
        watched = self._watch(series)
        return _spacing(series) if watched is None else watched.spacing


def _spacing(series: Series) -> float:
    return float(np.median(np.diff(series.x)))


def _others(context: Context, series: Series) -> Iterator[Series]:
    """Yield one series a metric on the same axis, of the same source where it has it."""
    seen: set[tuple[str, str]] = set()
    same_axis = [
        s
        for s in context.run.series
        if s.axis is series.axis and (s.statistic is series.statistic or s.derived is None)
    ]
    for other in sorted(
        same_axis, key=lambda s: (s.source != series.source, s.derived is not None)
    ):
        kind = context.kind(other)
        wanted = context.is_loss(other) or (kind.id in WATCHED and other.split == "train")
        name = (other.split, other.name)
        if (
            wanted
            and not same_metric(other, series)
            and name != (series.split, series.name)
            and name not in seen
        ):
            seen.add(name)
            yield other


def _companion(watched: Watched, place: Place) -> Companion | None:
    """Return what a series does at a place; None where it has no row there or no level around
    it.
    """
    other = watched.series
    first = int(np.searchsorted(other.x, place.start))
    last = max(first, int(np.searchsorted(other.x, place.end, side="right")) - 1)
    if first >= len(other):
        return None
    if watched.kind in STEPPED:
        return _step(other, first, last, falls_only=watched.kind == "loss_scale")
    if watched.spacing > SPARSE * place.spacing:
        return _sparse(other, first, watched.up)
    level = _level(other.y, first, last)
    if level is None:
        return None
    when, row = _when(other, first, last, level, watched.up, place)
    ratio = float(other.y[row] / level[0]) if level[0] else float("nan")
    return Companion(series=other, row=row, ratio=ratio, when=when)


SPARSE: Final = 3.0
"""A series with rows three times as far apart (a validation) is looked at in its next row, against
the rows beside that.
"""


def _sparse(other: Series, row: int, up: bool) -> Companion | None:
    if not 0 < row < len(other) - 1 or not np.isfinite(other.y[row - 1 : row + 2]).all():
        return None
    before, here, after = (float(value) for value in other.y[row - 1 : row + 2])
    level = max(before, after)
    moved = here - level > SHARE * abs(level) or (
        not up and min(before, after) - here > SHARE * abs(level)
    )
    return Companion(
        series=other,
        row=row,
        ratio=here / level if level else float("nan"),
        when="after" if moved else "never",
    )


def _level(y: Floats, first: int, last: int) -> tuple[float, float] | None:
    """Return the median and the noise of the rows around, those next to the spike left out; None
    where they are too few.
    """
    before = y[max(0, first - NEAR - AROUND) : max(0, first - NEAR)]
    behind = y[last + NEAR + 1 : last + NEAR + 1 + AROUND]
    if len(before) + len(behind) < MIN_LEVEL:  # a short table: only the spike itself is left out
        before, behind = y[max(0, first - AROUND) : first], y[last + 1 : last + AROUND]
    values = finite(np.concatenate([before, behind]))
    return (median(values), mad(values)) if len(values) >= MIN_LEVEL else None


def _when(
    other: Series, first: int, last: int, level: tuple[float, float], up: bool, place: Place
) -> tuple[When, int]:
    """Return when the rows leave the level first, and the row that leaves it furthest there; rows
    of other spikes do not count.
    """
    y, (median, noise) = other.y, level
    begin = max(0, first - place.near)
    end = min(len(y), last + 1 + place.near)
    apart = y[begin:end] - median
    away = dict(zip(range(begin, end), (apart if up else np.abs(apart)).tolist(), strict=True))
    limit = max(NOISE * noise, SHARE * abs(median))
    parts: tuple[tuple[When, range], ...] = (
        ("before", range(begin, first)),
        ("at", range(first, last + 1)),
        ("after", range(last + 1, end)),
    )
    at = dict(zip(range(begin, end), other.x[begin:end].tolist(), strict=True))
    for when, rows in parts:
        out = [
            row
            for row in rows
            if at[row] not in place.apart
            and (not math.isfinite(y[row]) or (away[row] > limit and away[row] > 0))
        ]
        if out:
            return when, max(out, key=lambda row: float(np.nan_to_num(away[row], nan=np.inf)))
    return "never", first


STEPPED: Final = ("learning_rate", "loss_scale")
"""What moves in steps that stay; of a loss scale only a fall tells (it is halved after an overflow
and doubled when all is well).
"""


def _step(other: Series, first: int, last: int, *, falls_only: bool) -> Companion:
    """Return whether a learning rate makes a step from two rows before the spike on, or a loss
    scale falls there or in the row behind it.
    """
    end = min(len(other), last + (2 if falls_only else 1))
    rows = [
        row for row in range(max(1, first - 2), end) if other.y[row] > 0 and other.y[row - 1] > 0
    ]
    steps = {row: float(other.y[row] / other.y[row - 1]) for row in rows}
    big = [
        row
        for row, step in steps.items()
        if abs(np.log(step)) > np.log1p(LR_STEP) and (step < 1 or not falls_only)
    ]
    if not big:
        return Companion(series=other, row=first, ratio=1.0, when="never")
    row = big[0]
    if row < first:
        return Companion(series=other, row=row, ratio=steps[row], when="before")
    return Companion(series=other, row=row, ratio=steps[row], when="at" if row <= last else "after")
