"""Which other series of a run move where one of them spikes, and whether before it, with it or
after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from lossreport.analysis.context import Context, same_metric
from lossreport.curves.stats import mad
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
    apart: Floats


def companions(context: Context, series: Series, first: int, last: int) -> tuple[Companion, ...]:
    """Return the other losses, gradient norm, learning rate, speed and loss scale at the x of rows
    `first` to `last`.
    """
    spans = [span for span in context.spike_spans(series) if span[1] < first or span[0] > last]
    place = Place(
        start=float(series.x[first]),
        end=float(series.x[last]),
        spacing=float(np.median(np.diff(series.x))),
        near=1 if is_epoch_level(series) else NEAR,
        apart=np.concatenate([series.x[a : b + 1] for a, b in spans]) if spans else np.empty(0),
    )
    found = (_companion(context, other, place) for other in _others(context, series))
    return tuple(one for one in found if one is not None)


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


def _companion(context: Context, other: Series, place: Place) -> Companion | None:
    """Return what `other` does at a place; None where it has no row there or no level around it."""
    if len(other) < MIN_LEVEL or np.any(np.diff(other.x) < 0):
        return None
    first = int(np.searchsorted(other.x, place.start))
    last = max(first, int(np.searchsorted(other.x, place.end, side="right")) - 1)
    if first >= len(other) or not np.isfinite(other.y).any():
        return None
    if context.kind(other).id in STEPPED:
        return _step(other, first, last, falls_only=context.kind(other).id == "loss_scale")
    up = context.kind(other).role in UPWARDS or context.kind(other).id == "grad_norm"
    if float(np.median(np.diff(other.x))) > SPARSE * place.spacing:
        return _sparse(other, first, up)
    level = _level(other.y, first, last)
    if level is None:
        return None
    when, row = _when(other, first, last, level, up, place)
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
    rows = [
        *range(max(0, first - NEAR - AROUND), max(0, first - NEAR)),
        *range(last + NEAR + 1, min(len(y), last + NEAR + 1 + AROUND)),
    ]
    if len(rows) < MIN_LEVEL:  # a short table: only the spike itself is left out
        rows = [
            row
            for row in range(max(0, first - AROUND), min(len(y), last + AROUND))
            if not first <= row <= last
        ]
    values = y[rows][np.isfinite(y[rows])]
    return (float(np.median(values)), mad(values)) if len(values) >= MIN_LEVEL else None


def _when(
    other: Series, first: int, last: int, level: tuple[float, float], up: bool, place: Place
) -> tuple[When, int]:
    """Return when the rows leave the level first, and the row that leaves it furthest there; rows
    of other spikes do not count.
    """
    y, (median, noise) = other.y, level
    away = (y - median) if up else np.abs(y - median)
    limit = max(NOISE * noise, SHARE * abs(median))
    parts: tuple[tuple[When, range], ...] = (
        ("before", range(max(0, first - place.near), first)),
        ("at", range(first, last + 1)),
        ("after", range(last + 1, min(len(y), last + 1 + place.near))),
    )
    for when, rows in parts:
        free = [row for row in rows if other.x[row] not in place.apart]
        out = [
            row for row in free if not np.isfinite(y[row]) or (away[row] > limit and away[row] > 0)
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
