"""The tail of a curve: how much the last quarter gained, with an interval, and whether that is flat
(SCIENCE.md section 4).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from lossreport.analysis.found import position
from lossreport.curves.stats import block_medians, fill, lag_one, theil_sen
from lossreport.model.analysis import Trend
from lossreport.model.guidance import Threshold
from lossreport.model.run import Floats, Series
from lossreport.text import Text

TAIL: Final = 0.25
"""The share of the rows that is the tail."""
WIDE_TAIL: Final = 0.50
"""What is looked at where the tail alone cannot decide."""
BLOCKS: Final = 24
MIN_ROWS: Final = 12
"""With fewer rows nothing is said about slopes (SCIENCE.md section 4, point 1)."""
LEAST_FINITE: Final = 4
"""Finite values the log holds in a tail, as many as the shortest tail has rows: `y` is filled, and
a tail of NaN would be flat.
"""
FLAT_HIGH: Final = 0.02
"""Flat: the whole 90 % interval of the relative gain over the tail lies below 2 % ..."""
FLAT: Final = Threshold(
    name="flat_gain",
    default=FLAT_HIGH,
    low=0.001,
    high=0.2,
    meaning=Text(
        zh="仍算走平的末段最大变化", en="largest change over the tail that counts as flat"
    ),
)
WINDOWS: Final = ((TAIL, 1), (WIDE_TAIL, 2), (0.75, 3))
"""Shares of the rows and how many quarters they are."""
CONSISTENT: Final = 0.75
SURE_GAIN: Final = 0.50
"""A fall of the tail by half of its level, at the lower bound, is a fall whatever came before it: a
loss that begins to fall late.
"""
FLAT_GAIN: Final = 0.01
"""... and the estimate below 1 %: an equivalence test, not a failed test of significance."""


def tail_trend(series: Series, y: Floats, share: float = TAIL) -> Trend | None:
    """Return the relative gain over the last `share` of the rows (positive: the values fall), or
    None below 12 rows or 4 finite values in it.

    Theil-Sen on at most 24 block medians; the interval is widened by sqrt((1+r)/(1-r)) with r the
    lag-1 autocorrelation of the residuals, because trend tests on a flat autocorrelated tail find
    trends that are not there (SCIENCE.md 3.3).
    """
    n = len(y)
    rows = max(LEAST_FINITE if n < 16 else 5, round(share * n))
    if n < MIN_ROWS or np.isfinite(series.y[-rows:]).sum() < LEAST_FINITE:
        return None
    tail = fill(y[-rows:])
    medians, centres = block_medians(tail, BLOCKS)
    fitted = theil_sen(centres, medians)
    residual = medians - fitted.slope * centres
    r = max(0.0, lag_one(residual - float(np.median(residual))))
    widen = math.sqrt((1 + r) / (1 - min(r, 0.95)))
    level = abs(float(np.median(medians))) + 1e-12
    if float(np.nanmin(y)) <= 0:
        # a share of a level near 0 means nothing: then of all that the curve has moved
        level = max(level, float(np.ptp(block_medians(fill(y), 2 * BLOCKS)[0])))
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


def flat_trend(series: Series, y: Floats, *, decays: bool, high: float = FLAT_HIGH) -> Trend | None:
    """Return the trend that shows the tail to be flat, None where none does: of the tail, or of a
    longer stretch behind it.

    With `decays` (the learning rate is not known to change) the loss is a sum of decays, which
    gains at least as much in every quarter as in the next: half of what the last half gained, or a
    third of the last three quarters, bounds the tail from above.
    """
    tail = tail_trend(series, y)
    if tail is None or steps(y[-tail.rows :], high):
        return None
    for share, quarters in WINDOWS if decays and tail.low < FLAT_GAIN else WINDOWS[:1]:
        trend = tail_trend(series, y, share)
        if trend is not None and is_flat(trend, quarters, high):
            return trend
    return None


def steps(y: Floats, high: float) -> bool:
    """Return whether a tail moves by more than twice `high` from its first third to its last, and
    by more than its noise.

    The median of all slopes of a curve that stands, steps and stands again is 0.
    """
    medians, _ = block_medians(fill(y), BLOCKS)
    third = max(1, len(medians) // 3)
    moved = abs(float(np.median(medians[-third:]) - np.median(medians[:third])))
    noise = 0.0 if len(medians) < 4 else float(np.median(np.abs(np.diff(medians))))
    level = max(abs(float(np.median(medians))), abs(float(np.median(medians[:third])))) + 1e-12
    return moved > 2 * high * level and moved > STEP_NOISE * noise


STEP_NOISE: Final = 6.0
"""Differences of neighbouring blocks, in the median, that a step exceeds; third medians of white
noise differ by less than two.
"""


def is_flat(trend: Trend, quarters: int = 1, high: float = FLAT_HIGH) -> bool:
    """Return whether a trend over so many quarters of the rows is flat: its interval within `high`
    a quarter, its estimate within half of that.
    """
    gain = high * FLAT_GAIN / FLAT_HIGH
    return (
        trend.high / quarters < high
        and trend.gain / quarters < gain
        and trend.low / quarters > -high
    )


def gains(trend: Trend) -> bool:
    """Return whether a trend by itself shows a gain: a lower bound above 0, or 1 % and more with a
    lower bound above -1 %.
    """
    return trend.low > 0 or (trend.gain > FLAT_GAIN and trend.low > -FLAT_GAIN)


def is_improving(trend: Trend, wide: Trend | None, *, decays: bool) -> bool:
    """Return whether the tail gains: by its lower bound, or by an estimate above 1 % that the
    interval does not contradict.

    `wide` is the trend of the last half. With `decays` (see `flat_trend`) it has fallen more than
    the tail has: a gain of the tail alone is a swing of the noise, unless it surely more than
    halves the loss. Where the tail is too noisy to tell, a clear gain of the last half decides.
    """
    if (
        decays
        and wide is not None
        and wide.gain < CONSISTENT * trend.gain
        and trend.low <= SURE_GAIN
    ):
        return False
    if gains(trend):
        return True
    return wide is not None and trend.high > FLAT_HIGH and wide.low > FLAT_HIGH
