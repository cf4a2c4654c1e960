"""The tail of a curve: how much the last quarter gained, with an interval, and whether that is flat (SCIENCE.md section 4)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from lossreport.analyze.detector import position
from lossreport.analyze.stats import block_medians, fill, lag_one, theil_sen
from lossreport.model.analysis import Trend
from lossreport.model.run import Floats, Series

TAIL: Final = 0.25
"""The share of the rows that is the tail."""
WIDE_TAIL: Final = 0.50
"""What is looked at where the tail alone cannot decide."""
BLOCKS: Final = 24
MIN_ROWS: Final = 12
"""With fewer rows nothing is said about slopes (SCIENCE.md section 4, point 1)."""
FLAT_HIGH: Final = 0.02
"""Flat: the whole 90 % interval of the relative gain over the tail lies below 2 % ..."""
NOISY: Final = 1.5
"""The bounds are so many times wider over the last half."""
CONSISTENT: Final = 0.75
FLAT_GAIN: Final = 0.01
"""... and the estimate below 1 %: an equivalence test, not a failed test of significance."""


def tail_trend(series: Series, y: Floats, share: float = TAIL) -> Trend | None:
    """Return the relative gain over the last `share` of the rows (positive: the values fall), or None below 12 rows.

    Theil-Sen on at most 24 block medians; the interval is widened by sqrt((1+r)/(1-r)) with r the lag-1 autocorrelation of the
    residuals, because trend tests on a flat autocorrelated tail find trends that are not there (SCIENCE.md 3.3).
    """
    n = len(y)
    if n < MIN_ROWS:
        return None
    rows = max(4 if n < 16 else 5, round(share * n))
    tail = fill(y[-rows:])
    medians, centres = block_medians(tail, BLOCKS)
    fitted = theil_sen(centres, medians)
    residual = medians - fitted.slope * centres
    r = max(0.0, lag_one(residual - float(np.median(residual))))
    widen = math.sqrt((1 + r) / (1 - min(r, 0.95)))
    level = abs(float(np.median(medians))) + 1e-12
    scale = -(rows - 1) / level
    low = fitted.slope + (fitted.low - fitted.slope) * widen
    high = fitted.slope + (fitted.high - fitted.slope) * widen
    return Trend(
        gain=fitted.slope * scale,
        low=high * scale,
        high=low * scale,
        rows=rows,
        first=position(series, n - rows),
        last=position(series, n - 1),
    )


def is_flat(series: Series, y: Floats, trend: Trend) -> bool:
    """Return whether the tail is flat; where its noise hides that, whether the last half is nearly flat and the tail no clear gain."""
    if trend.high < FLAT_HIGH and trend.gain < FLAT_GAIN and trend.low > -FLAT_HIGH:
        return True
    wide = tail_trend(series, y, WIDE_TAIL)
    level = wide is not None and abs(wide.gain) < NOISY * FLAT_GAIN and max(wide.high, -wide.low) < NOISY * FLAT_HIGH
    return bool(level and trend.low < FLAT_GAIN)


def is_improving(trend: Trend, wide: Trend | None) -> bool:
    """Return whether the tail gains: by its lower bound, or by an estimate above 1 % that the interval does not contradict.

    A loss that falls has fallen more over the last half than over the last quarter (any sum of decays does): a gain of the
    tail alone is a swing of the noise. Where the tail is too noisy to tell, a clear gain of the last half decides.
    """
    if wide is not None and wide.gain < CONSISTENT * trend.gain:
        return False
    if trend.low > 0 or (trend.gain > FLAT_GAIN and trend.low > -FLAT_GAIN):
        return True
    return wide is not None and trend.high > FLAT_HIGH and wide.low > FLAT_HIGH
