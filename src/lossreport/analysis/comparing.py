"""Holds two records of one metric against each other: equal but for smoothing, scaled, offset, or
unrelated (SCIENCE.md 3.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from lossreport.curves.stats import block_medians, fill, mad, noise_of_differences
from lossreport.model.run import Floats
from lossreport.values import dataclass

MIN_ROWS: Final = 8
BLOCKS: Final = 60
TOLERANCE: Final = 0.02
NOISE_UNITS: Final = 2.5
"""Records agree where their block medians differ by less than 2 %, or than 2.5 times what noise
does to a block.
"""
WINDOWS: Final = (100, 50, 20, 10)
"""A logger may average over a hundredth to a tenth of the run."""
LAGS: Final = (1, -1)
"""A progress bar shows the value of the step before."""
DRIFT: Final = 3.0
"""Block differences that keep one sign over a third of the run, this many times what noise does to
their mean, are no smoothing.
"""
RUN_SHARE: Final = 0.25

Relation = Literal["same", "scaled", "offset", "unrelated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How `b` relates to `a`: the relation, and the constant ratio or difference where there is
    one.
    """

    relation: Relation
    constant: float = math.nan


def compare(a: Floats, b: Floats) -> Comparison | None:
    """Return how two records of the same rows relate; None for fewer than 8 rows with finite
    values.
    """
    good = np.isfinite(a) & np.isfinite(b)
    if good.sum() < MIN_ROWS:
        return None
    a, b = fill(a[good]), fill(b[good])
    level = float(np.median(np.abs(a))) + 1e-12
    noise = noise_of_differences(a) / level
    rows = max(1.0, len(a) / BLOCKS)
    allowed = max(TOLERANCE, NOISE_UNITS * noise / math.sqrt(rows))
    if any(
        _differs(a_like, b) / level < allowed and not _drifts(a_like, b, noise * level)
        for a_like in _versions(a)
    ):
        return Comparison(relation="same")
    scatter = max(allowed, NOISE_UNITS * noise)
    ratio = np.log(b / a) if a.min() > 0 and b.min() > 0 else np.full(len(a), np.nan)
    by_ratio, by_difference = float(np.std(ratio)), float(np.std(b - a)) / level
    if mad(ratio) < scatter and not by_difference < by_ratio:
        return Comparison(relation="scaled", constant=math.exp(float(np.median(ratio))))
    if mad(b - a) / level < scatter:
        return Comparison(relation="offset", constant=float(np.median(b - a)))
    return Comparison(relation="unrelated")


def _versions(a: Floats) -> Iterator[Floats]:
    """Yield the record as it is and as another logger may have smoothed or shifted it."""
    import pandas as pd

    yield a
    for lag in LAGS:
        yield np.r_[a[:lag], a[:lag][-1:]] if lag < 0 else np.r_[a[:lag], a[:-lag]]
    yield np.cumsum(a) / np.arange(1, len(a) + 1)
    for window in sorted({max(2, len(a) // share) for share in WINDOWS}):
        yield np.asarray(
            pd.Series(a).rolling(window, min_periods=1).mean().to_numpy(), dtype=np.float64
        )


def _differs(a: Floats, b: Floats) -> float:
    return float(np.median(np.abs(block_medians(a, BLOCKS)[0] - block_medians(b, BLOCKS)[0])))


def _drifts(a: Floats, b: Floats, noise: float) -> bool:
    """Return whether the two keep apart to one side for a quarter of the run, by more than noise
    and 2 % of the level allow.
    """
    difference = b - a
    stretch = max(3, int(RUN_SHARE * len(a)))
    if len(a) < 2 * stretch or noise <= 0:
        return False
    sums = np.cumsum(np.r_[0.0, difference])
    means = np.abs(sums[stretch:] - sums[:-stretch]) / stretch
    level = float(np.median(np.abs(a))) + 1e-12
    return bool(
        means.max() > max(TOLERANCE * level, DRIFT * math.sqrt(2) * noise / math.sqrt(stretch))
    )
