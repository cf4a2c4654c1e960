"""Robust statistics that several detectors share. numpy only; every formula names its source;
nothing here knows about runs.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.run import Floats
from lossreport.values import dataclass

MAD_TO_SD: Final = 1.4826
"""Median absolute deviation to standard deviation, for normal noise."""
Z_90: Final = 1.645
"""Two-sided 90 % of a normal distribution."""

FEW_ROWS: Final = 60
"""In so few rows a descent still moves more from row to row than the noise does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """A Theil-Sen slope per unit of x with Sen's 90 % interval."""

    slope: float
    low: float
    high: float


def finite(y: Floats) -> Floats:
    """Return the finite values of `y`."""
    kept: Floats = y[np.isfinite(y)]
    return kept


LARGEST_SQUARE: Final = 1e150
"""The square of a larger number is no float."""


def squarable(y: Floats) -> float:
    """Return what to divide `y` by so that its squares are finite: 1 for every loss of this
    world.
    """
    largest = float(np.max(np.abs(finite(y)), initial=0.0))
    return largest if largest > LARGEST_SQUARE else 1.0


FEW: Final = 64
"""So many values are in order sooner than numpy has begun: a call of `np.median` takes 20
microseconds, of a few values 2.
"""


def median(y: Floats) -> float:
    """Return the median as numpy takes it, NaN where a value is; of few values without numpy."""
    if not 0 < len(y) <= FEW:
        return float(np.median(y))
    values = sorted(y.tolist())
    if math.isnan(sum(values)):  # a NaN stands nowhere in an order
        return float(np.median(y))
    half = len(values) // 2
    return float(values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2)


def mad(y: Floats) -> float:
    """Return the median absolute deviation scaled to a standard deviation; NaN where nothing is
    finite.
    """
    values = finite(np.asarray(y, dtype=np.float64))
    if not len(values):
        return math.nan
    return MAD_TO_SD * median(np.abs(values - median(values)))


class Spread:
    """The `mad` of a series without one of its rows, for any number of rows: its values are put in
    order once, then each costs a few comparisons.
    """

    def __init__(self, y: Floats) -> None:
        self._y = y

    @cached_property
    def _ordered(self) -> Floats:
        return np.sort(finite(np.asarray(self._y, dtype=np.float64)))

    def without(self, value: float) -> float:
        """Return the scaled median absolute deviation of all finite values but one that is `value`;
        NaN where no other is.
        """
        left_out = math.isfinite(value)
        count = len(self._ordered) - left_out
        if not count:
            return math.nan
        gap = int(np.searchsorted(self._ordered, value)) if left_out else count
        ordered = self._ordered

        def at(rank: int) -> float:
            return float(ordered[rank + (rank >= gap)])

        middle = _median_of(at, count)
        split = bisect_left(range(count), middle, key=at)
        return MAD_TO_SD * _median_of(lambda rank: _apart(rank, count, split, middle, at), count)


def _median_of(at: Callable[[int], float], count: int) -> float:
    """Return the median of values by their ranks, as numpy takes it."""
    half = count // 2
    return at(half) if count % 2 else (at(half - 1) + at(half)) / 2


def _apart(rank: int, count: int, split: int, middle: float, at: Callable[[int], float]) -> float:
    """Return the distance from `middle` that has this rank among all: those of the values below
    `split`, from the nearest on, and those of the others are two rising rows.
    """

    def below(place: int) -> float:
        return middle - at(split - 1 - place) if place < split else math.inf

    def above(place: int) -> float:
        return at(split + place) - middle if split + place < count else math.inf

    low, high = max(0, rank + 1 - (count - split)), min(rank + 1, split)
    while low < high:  # how many of the first rank + 1 lie below
        taken = (low + high) // 2
        if below(taken) < above(rank - taken):
            low = taken + 1
        else:
            high = taken
    beyond = below(low - 1) if low else -math.inf
    return max(beyond, above(rank - low) if low <= rank else -math.inf)


def fill(y: Floats) -> Floats:
    """Return `y` with non-finite values interpolated between their finite neighbours; unchanged
    where none is finite.
    """
    y = np.asarray(y, dtype=np.float64)
    good = np.isfinite(y)
    if good.all() or not good.any():
        return y
    return np.asarray(np.interp(np.arange(len(y)), np.flatnonzero(good), y[good]), dtype=np.float64)


def without(y: Floats, spans: tuple[tuple[int, int], ...]) -> Floats:
    """Return `y` with the rows of `spans` (first, last) replaced by interpolation: excursions must
    not count in a trend.
    """
    kept = np.array(y, dtype=np.float64)
    for first, last in spans:
        kept[first : last + 1] = np.nan
    return fill(kept)


def trailing_median(y: Floats, window: int, minimum: int) -> Floats:
    """Return at every row the median of the last `window` rows including it; NaN where fewer than
    `minimum` exist.
    """
    import bottleneck

    if len(y) < window:
        # bottleneck wants a full window: a start of NaN is one in which nothing exists
        return trailing_median(np.r_[np.full(window - len(y), np.nan), y], window, minimum)[
            window - len(y) :
        ]
    return np.asarray(bottleneck.move_median(y, window, min_count=minimum), dtype=np.float64)


def block_medians(y: Floats, blocks: int) -> tuple[Floats, Floats]:
    """Return (median, centre row) of `blocks` equal stretches: protects trends from spikes and from
    autocorrelation.
    """
    y = np.asarray(y, dtype=np.float64)
    count = max(1, min(blocks, len(y)))
    edges = np.linspace(0, len(y), count + 1).astype(int)
    medians = np.array([median(y[a:b]) for a, b in pairwise(edges.tolist())])
    return medians, 0.5 * (edges[:-1] + edges[1:] - 1)


def theil_sen(x: Floats, y: Floats) -> Slope:
    """Return the median of all pairwise slopes with Sen's non-parametric 90 % interval (Sen 1968;
    Hollander & Wolfe), of the rows that are finite; NaN where fewer than two are.
    """
    rows = np.isfinite(x) & np.isfinite(y)
    x, y, n = x[rows], y[rows], int(rows.sum())
    if n < 2:
        return Slope(slope=math.nan, low=math.nan, high=math.nan)
    i, j = np.triu_indices(n, 1)
    slopes = np.sort((y[j] - y[i]) / (x[j] - x[i]))
    half = Z_90 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)
    low = slopes[int(max(0, math.floor((len(slopes) - half) / 2)))]
    high = slopes[int(min(len(slopes) - 1, math.ceil((len(slopes) + half) / 2)))]
    return Slope(slope=float(np.median(slopes)), low=float(low), high=float(high))


def lag_one(residual: Floats) -> float:
    """Return the lag-1 autocorrelation of residuals, 0 for fewer than 8 or constant ones."""
    if len(residual) < 8:
        return 0.0
    centred = residual - residual.mean()
    # scaled, so that squares neither overflow nor vanish
    centred = centred / (float(np.max(np.abs(centred))) or 1.0)
    power = float((centred**2).sum())
    return float((centred[:-1] * centred[1:]).sum() / power) if power > 0 else 0.0


def noise_of_differences(y: Floats) -> float:
    """Return the noise sd from first differences: unaffected by a slow trend."""
    return mad(np.diff(y)) / math.sqrt(2) if len(y) > 2 else math.nan


def noise_of_rows(y: Floats) -> float:
    """Return the noise sd of single rows; in a short curve from second differences, where the
    descent is no noise either.
    """
    return mad(np.diff(y, 2)) / math.sqrt(6) if 3 < len(y) < FEW_ROWS else noise_of_differences(y)


def robust_line(y: Floats) -> tuple[Floats, int]:
    """Return a centred running median of `y` and its window (n/50, odd, 5..1001): what charts draw
    (SCIENCE.md section 6).
    """
    window = int(min(1001, max(5, len(y) // 50))) | 1
    ends = np.full(window // 2, np.nan)
    return trailing_median(np.r_[y, ends], window, 1)[window // 2 :], window


def log_if_positive(y: Floats) -> tuple[Floats, bool]:
    """Return (log y, True) where all values are positive, else (y, False)."""
    if len(y) and float(np.min(y)) > 0:
        return np.log(y), True
    return np.asarray(y, dtype=np.float64), False
