"""Whether a cost ends worse than its best by more than its noise: arrays in, numbers out."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from lossreport.curves.stats import block_medians, fill, mad, noise_of_rows, robust_line
from lossreport.model.run import Floats
from lossreport.values import dataclass

LEAST: Final = 3
"""A validation is judged from three evaluations on: one that is best, and two that are worse."""
FEW: Final = 12
"""Below so many rows no noise can be estimated; every later row must be worse, and the last by more
than the descent before it moved.
"""
BEHIND: Final = 0.10
"""With more rows the best lies a tenth of them, and three, before the end (as for overfitting)."""
LEAST_BEHIND: Final = 3
LATE: Final = 2
"""Of few rows two must follow the best."""
TAIL_PART: Final = 20
"""The level at the end is the median of a twentieth of the rows, as the level around the best
is.
"""
NOISE_UNITS: Final = 4.0
"""A rise by four standard errors. Of flat curves of 12 to 2,000 rows, 200 a cell, at most 0.5 %
rise so far under white noise of up to 5 %, and at most 6.5 % where neighbours go together by half
(benchmarks/worse.py).
"""
MIN_RISE: Final = 0.03
"""Relative to the level of the best; the same as for overfitting."""
FEW_RISE: Final = 0.05
"""Of few rows, whose noise is not known: under noise of 2 % at most one flat curve in eighteen is
called worse, of 5 % one in five, so it weighs little then (`detectors/worsening.py`).
"""
MIN_OF_RANGE: Final = 0.15
"""Without a natural zero, a seventh of all that the curve moved: a reward of -200 that reached -20
and ends at -22 kept what it learned.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """A cost that rose again: the row and value of its best, the level at the end, the rise
    relative to the level of the best.
    """

    best: int
    value: float
    end: float
    rise: float
    rows: int


def worse_than_best(
    cost: Floats, resolution: float = 0.0, *, is_ratio: bool = True, least: float = MIN_RISE
) -> Worse | None:
    """Return how a cost (down is better) lost ground since its best, None where it did not by more
    than its noise.

    `resolution` is the step of the last printed decimal: less than two of them is no rise. Without
    `is_ratio` the values have no natural zero (a reward), and the rise is held against all that the
    curve moved as well. `least` is the smallest relative rise that counts.
    """
    n = len(cost)
    if n < LEAST or not np.isfinite(cost).all():
        return None
    found = _of_few(cost, max(least, FEW_RISE)) if n < FEW else _of_many(cost, least)
    if found is None:
        return None
    rise = found.rise * abs(found.value)
    moved = MIN_OF_RANGE * float(np.ptp(cost))
    return None if rise <= 2 * resolution or (not is_ratio and rise < moved) else found


SUDDEN: Final = 0.7
"""Over-fitting comes over many evaluations: one that takes seven tenths of all that was lost in a
single one is an event ...
"""
SUDDEN_GAINED: Final = 0.5
"""... where it also takes half of what the training had gained: noise around a slow rise does not
reach that.
"""
SUDDEN_ROWS: Final = 3
"""Rows behind it, none of which comes half of the way back."""


def lost_at_once(cost: Floats, best: int) -> int | None:
    """Return the row at which a cost (down is better) lost in one step what it lost since its best,
    to stay there; None where it did not.
    """
    if len(cost) - 1 - best < SUDDEN_ROWS or best == 0 or not np.isfinite(cost).all():
        return None
    row = best + 1 + int(np.argmax(np.diff(cost[best:])))
    before, after = cost[max(best, row - SUDDEN_ROWS) : row], cost[row : row + SUDDEN_ROWS]
    levels = float(np.median(after) - np.median(before))  # a single high row is no step
    step = min(float(cost[row] - cost[row - 1]), levels)
    level = float(cost[best])
    lost = float(np.median(cost[row:])) - level
    stays = len(cost) - row >= SUDDEN_ROWS and float(cost[row:].min()) - level > 0.5 * lost
    gained = float(cost[0]) - level
    return (
        row
        if stays and lost > 0 and step >= SUDDEN * lost and step >= SUDDEN_GAINED * gained > 0
        else None
    )


def _of_few(cost: Floats, least: float) -> Worse | None:
    best = int(np.argmin(cost))
    after = cost[best + 1 :]
    if len(after) < LATE or (bool(np.any(np.diff(after) < 0)) and not _all_far(cost, best)):
        return None
    return _worse(cost, best, float(cost[-1]), float(cost[-1] - cost[best]), least)


FAR: Final = 0.25
FAR_ROWS: Final = 3
"""Where each of three later rows stands a quarter above the best, a dip between them is no way
back: under noise of 5 % no flat curve does so.
"""


def _all_far(cost: Floats, best: int) -> bool:
    after = cost[best + 1 :]
    return len(after) >= FAR_ROWS and float(after.min() - cost[best]) > FAR * abs(float(cost[best]))


def _of_many(cost: Floats, least: float) -> Worse | None:
    n = len(cost)
    window = max(2, n // TAIL_PART)
    best = int(np.argmin(robust_line(fill(cost))[0]))
    if n - 1 - best < max(LEAST_BEHIND, BEHIND * n):
        return None
    first = min(max(0, best - window // 2), n - window - 1)
    around = cost[first : first + 2 * (window // 2) + 1]  # of an odd number of rows, also at an end
    level, end = float(np.median(around)), float(np.median(cost[-window:]))
    if end - level <= NOISE_UNITS * _error(cost, window):
        return None
    lowest = int(np.argmin(cost[: n - window]))
    return _worse(cost, lowest, end, end - level, least)


def _error(cost: Floats, window: int) -> float:
    """Return the standard error of the difference of two medians of `window` rows.

    From the noise of single rows and, where neighbours go together, from how the medians of such
    stretches scatter: the larger.
    """
    medians, _ = block_medians(cost, len(cost) // window)
    of_blocks = mad(np.diff(medians, 2)) / math.sqrt(6)
    return math.sqrt(2) * max(noise_of_rows(cost) / math.sqrt(window), of_blocks)


MEDIAN_ERROR: Final = 1.25
"""The standard error of a median in that of a mean, for normal noise: the root of pi / 2."""
LOST_UNITS: Final = 2.0
"""Two standard errors between quarters: enough to say that nothing improves, not to call it
worse.
"""


def ends_behind(cost: Floats) -> bool:
    """Return whether the last quarter of a cost of twelve rows and more lies surely above an
    earlier one: it does not improve.
    """
    quarter = len(cost) // 4
    if len(cost) < FEW or not np.isfinite(cost).all():
        return False
    levels = [
        float(np.median(cost[len(cost) - (part + 1) * quarter : len(cost) - part * quarter]))
        for part in range(4)
    ]
    lost = levels[0] - min(levels[1:])
    error = MEDIAN_ERROR * math.sqrt(2 / quarter) * noise_of_rows(cost)
    return lost > LOST_UNITS * error and lost > MIN_RISE * abs(min(levels[1:]))


NEAR: Final = 0.10
"""No later value within a tenth of the best one ..."""
LEAST_LATER: Final = 5
LATER_SHARE: Final = 0.25
"""... in five rows and a quarter of all: the patience of early stopping is of that order."""


def stays_behind(cost: Floats) -> bool:
    """Return whether a cost has not come near its best since, for many of its rows; what was not
    measured counts as no row.
    """
    cost = cost[np.isfinite(cost)]
    best = int(np.argmin(cost)) if len(cost) else 0
    later = cost[best + 1 :]
    enough = len(later) >= max(LEAST_LATER, LATER_SHARE * len(cost))
    return enough and float(later.min() - cost[best]) > NEAR * abs(float(cost[best]))


def _worse(cost: Floats, best: int, end: float, rise: float, least: float) -> Worse | None:
    value = float(cost[best])
    relative = rise / (abs(value) or 1.0)
    return (
        Worse(best=best, value=value, end=end, rise=relative, rows=len(cost) - 1 - best)
        if relative >= least
        else None
    )
