"""A few measures of a curve, written anew: nothing here is shared with what makes the claims."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from lossreport.model.run import Floats

TO_SD: Final = 1.4826
"""Median absolute deviation to standard deviation, for normal noise."""
ERROR_OF_MEDIAN: Final = 1.2533
"""Standard error of a median over that of a mean, for normal noise."""
SURE: Final = 4.0
"""Standard errors that a difference must exceed before it contradicts a claim."""
DEPENDENT: Final = 3.0
"""Neighbouring rows are not independent: the error of a median of many is up to so many times
larger.
"""


def spread(y: Floats) -> float:
    """Return the median absolute deviation, scaled to a standard deviation; 0 for nothing."""
    kept = y[np.isfinite(y)]
    return TO_SD * halfway(np.abs(kept - halfway(kept))) if len(kept) else 0.0


FEW: Final = 100
"""Values that are in order before numpy has begun."""


def halfway(y: Floats) -> float:
    """Return the median of values of which none is NaN."""
    if not 0 < len(y) <= FEW:
        return float(np.median(y))
    values, half = sorted(y.tolist()), len(y) // 2
    return float(values[half] if len(y) % 2 else (values[half - 1] + values[half]) / 2)


def spread_without_one(y: Floats) -> tuple[float, float]:
    """Return between which bounds the spread of a curve lies, whichever of its finite values is
    left out: of two or more.

    One value less moves a median by one rank at most, and what is apart from it by as much.
    """
    kept = np.sort(y[np.isfinite(y)])
    first, last = (len(kept) - 2) // 2, (len(kept) - 1) // 2 + 1
    low, high = kept[first], kept[last]
    least = np.partition(np.maximum(np.maximum(low - kept, kept - high), 0.0), first)[first]
    most = np.partition(np.maximum(kept - low, high - kept), last)[last]
    return TO_SD * float(least), TO_SD * float(most)


def bridged(y: Floats) -> Floats:
    """Return a curve with what is not finite interpolated."""
    kept = np.flatnonzero(np.isfinite(y))
    if not len(kept) or len(kept) == len(y):
        return y
    return np.interp(np.arange(len(y)), kept, y[kept])


def middle(y: Floats) -> float:
    """Return the median of what is finite, NaN for nothing."""
    kept = y[np.isfinite(y)]
    return halfway(kept) if len(kept) else math.nan


def noise(y: Floats) -> float:
    """Return the spread of single rows around a trend, by their second differences."""
    return spread(np.diff(y, 2)) / math.sqrt(6) if len(y) > 3 else 0.0


def fall(y: Floats) -> tuple[float, float]:
    """Return how far a curve falls from its first to its last row by the medians of its outer
    thirds, and the error of that.
    """
    third = max(1, len(y) // 3)
    before, after = float(np.median(y[:third])), float(np.median(y[-third:]))
    line = np.linspace(before, after, len(y))
    rows = max(noise(y), spread(y - line))
    error = ERROR_OF_MEDIAN * rows * math.sqrt(2 / third) * DEPENDENT
    reach = (len(y) - 1) / max(1, len(y) - third)
    return (before - after) * reach, error * reach


def order(y: Floats) -> float:
    """Return Kendall's tau of a curve with its rows, -1 (falls throughout) to 1; of long ones by
    the medians of 60 stretches.
    """
    kept = y[np.isfinite(y)]
    if len(kept) > 60:
        kept = np.array([np.median(part) for part in np.array_split(kept, 60)])
    if len(kept) < 2:
        return 0.0
    i, j = np.triu_indices(len(kept), 1)
    return float(np.mean(np.sign(kept[j] - kept[i])))
