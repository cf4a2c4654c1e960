"""Robust statistics that several detectors share. numpy only; every formula names its source;
nothing here knows about runs.
"""

from __future__ import annotations

import math
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


def mad(y: Floats) -> float:
    """Return the median absolute deviation scaled to a standard deviation; NaN where nothing is
    finite.
    """
    values = finite(np.asarray(y, dtype=np.float64))
    if not len(values):
        return math.nan
    return MAD_TO_SD * float(np.median(np.abs(values - np.median(values))))


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
    medians = np.array([np.median(y[a:b]) for a, b in pairwise(edges.tolist())])
    return medians, 0.5 * (edges[:-1] + edges[1:] - 1)


def theil_sen(x: Floats, y: Floats) -> Slope:
    """Return the median of all pairwise slopes with Sen's non-parametric 90 % interval (Sen 1968;
    Hollander & Wolfe).
    """
    n = len(x)
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
