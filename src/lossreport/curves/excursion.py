"""Finds recovering upward excursions in one curve by a two-sided median contrast (SCIENCE.md 3.1,
row "spike").

With u = log y where all values are positive, else y: the contrast r_t = u_t - max(median of the
rows before, median of the rows after) is immune to trends, learning-rate drops and level shifts,
because there one side is always high. Its mirror image d_t = min(before, after) - u_t shows how far
honest noise reaches. A row is flagged where r exceeds k noise units, 1.5 times the second largest
mirror value, and a minimum relative excess.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.curves.grouping import detrended, split_values
from lossreport.curves.stats import (
    MAD_TO_SD,
    fill,
    log_if_positive,
    mad,
    noise_of_rows,
    trailing_median,
    without,
)
from lossreport.model.run import Floats

Bools = npt.NDArray[np.bool_]
Spans = tuple[tuple[int, int], ...]

MIN_ROWS: Final = 6
"""Fewer rows have no neighbourhood to stand out from."""
SHORT: Final = 60
"""Below this the noise is taken from the whole curve, not locally."""
VERY_SHORT: Final = 30
K_SHORT: Final = 3.0
"""Noise units for fewer than 30 rows: the modified z of Iglewicz and Hoaglin (1993)."""
K_LONG: Final = 7.0
"""Noise units from 60 rows on, as OLMo 2's spike score; linear in between."""
MIRROR: Final = 1.7
"""An excursion must reach this many times further up than noise reaches down; without it 8.4 % of
clean runs alarm (SCIENCE.md 3.3). Of 1.6, 1.8 and 2.0 on six seeds of the labelled curves: 1.0,
0.7, 0.4 % of control runs alarm, F1 .969, .965, .963.
"""
MIN_EXCESS: Final = 0.10
MIN_EXCESS_SHORT: Final = 0.20
"""Least excess over the neighbourhood; without 10 % 8.1 % of clean runs alarm (SCIENCE.md 3.3)."""
STRONG: Final = 2.5
"""In a short curve an excess of 10 to 20 % counts where it is this many times the threshold."""
WINDOWS: Final = (5, 25, 125, 625)
TAIL_CAP: Final = 25.0
TAIL_CAP_SHORT: Final = 2.0
NOISE_ROWS: Final = 301
"""So many rows give the noise of a neighbourhood; of longer ones every so many-th row is looked
at.
"""
LOCAL_NOISE_FLOOR: Final = 0.25
"""The local noise is never taken below this share of the noise of the whole curve."""


def excursions(y: Floats) -> Spans:
    """Return (first row, last row) of every recovering excursion; never the last row, which has no
    future to recover in.

    A short curve is looked at again without what was found: two excursions near each other lift the
    medians between them.
    """
    y = np.asarray(y, dtype=np.float64)
    found = _once(y)
    if found and len(y) < SHORT:
        rows = {
            row
            for first, last in (*found, *_once(without(y, found)))
            for row in range(first, last + 1)
        }
        return _spans(np.array(sorted(rows), dtype=np.intp), gap=_gap(len(y)))
    return found


def towering(y: Floats) -> Spans:
    """Return the single rows that tower over a curve whose noise is too wide for neighbourhoods:
    alone by two orders of magnitude.

    For positive curves only. A row counts where it is `TOWER` times the median of the curve,
    `TOWER_SD` of the scatter of its logarithm above it, and ten times any row that does not: a
    heavy tail has rows on the way up.
    """
    y = np.asarray(y, dtype=np.float64)
    if len(y) < TOWER_ROWS or not np.isfinite(y).all() or y.min() <= 0:
        return ()
    u = np.log(y)
    level, spread = float(np.median(u)), mad(u)
    high = (u > level + math.log(TOWER)) & (u > level + TOWER_SD * spread)
    high[-1] = False
    others = y[~high]
    if (
        not high.any()
        or float(high.mean()) > TOWER_SHARE
        or y[high].min() < TOWER_GAP * float(others.max())
    ):
        return ()
    return tuple((int(row), int(row)) for row in np.flatnonzero(high))


TOWER: Final = 100.0
TOWER_SD: Final = 4.5
"""Of log-normal noise a row lies 4.5 spreads above the median once in 300,000."""
TOWER_GAP: Final = 10.0
TOWER_SHARE: Final = 0.05
"""More rows than that are how the metric is: 5 % of 240 are 12."""
TOWER_ROWS: Final = 30


def _once(y: Floats) -> Spans:
    good = np.isfinite(y)
    if good.sum() < MIN_ROWS:
        return ()
    u, logged = log_if_positive(fill(y))
    flags = np.zeros(len(u), dtype=bool)
    for window in _windows(len(u)):
        flags |= _flagged(u, window, logged)
    spans = _spans(np.flatnonzero(flags & good), gap=_gap(len(u)))
    if not spans:
        return ()
    plain = detrended(u)
    return (
        _above_top_mode(plain, spans)
        if split_values(plain) is not None or split_values(u) is not None
        else spans
    )


def _gap(n: int) -> int:
    """Return how many rows back to normal join two excursions: none in a curve so short that a row
    is a whole epoch.
    """
    if n < SHORT:
        return 0
    return 1 if n < 400 else max(2, int(0.002 * n))


def _windows(n: int) -> tuple[int, ...]:
    if n < VERY_SHORT:
        return (3, 5)
    if n < SHORT:
        return (5, 11)
    return tuple(window for window in WINDOWS if 2 * window + 1 <= n / 2) or (11,)


def _threshold(n: int) -> float:
    if n < VERY_SHORT:
        return K_SHORT
    return K_SHORT + (K_LONG - K_SHORT) * min(1.0, (n - VERY_SHORT) / (SHORT - VERY_SHORT))


def _flagged(u: Floats, window: int, logged: bool) -> Bools:
    short = len(u) < SHORT
    before, after = _sides(u, window)
    upper, lower = np.fmax(before, after), np.fmin(before, after)
    upper[np.isnan(before) & np.isnan(after)] = np.nan
    both = np.isfinite(before) & np.isfinite(after)
    contrast, mirror = np.where(both, u - upper, np.nan), np.where(both, lower - u, np.nan)
    noise = _noise(u, before, after, window)
    z = contrast / noise
    limit = max(_threshold(len(u)), MIRROR * _tail(mirror / noise, short))
    excess = _excess(contrast, u, logged)
    hit = np.isfinite(z) & (z >= limit) & (excess >= (MIN_EXCESS_SHORT if short else MIN_EXCESS))
    if short:
        hit |= np.isfinite(z) & (z >= STRONG * limit) & (excess >= MIN_EXCESS)
    return _widened(u, upper, noise, hit, 2 if short else window)


def _sides(u: Floats, window: int) -> tuple[Floats, Floats]:
    minimum = min(window, 2 if len(u) < SHORT else max(2, window // 3))
    least = 1 if len(u) < VERY_SHORT else minimum
    trailing = trailing_median(u, window, minimum)
    edge = trailing_median(u[-window:][::-1], window, least)[: window - 1][::-1]
    # what comes after one row comes before another
    after = np.r_[trailing[window:], edge, np.nan][-len(u) :]
    return np.r_[np.nan, trailing[:-1]], after


def _noise(u: Floats, before: Floats, after: Floats, window: int) -> Floats:
    centre = trailing_median(u, 2 * window + 1, max(3, window // 2))
    centre = np.r_[centre[window:], np.full(window, np.nan)][: len(u)]
    centre = np.where(
        np.isfinite(centre),
        centre,
        np.where(np.isfinite(before) & np.isfinite(after), 0.5 * (before + after), u),
    )
    residual = np.abs(u - centre)
    if len(u) < SHORT:
        nonzero = residual[residual > 0]
        level = MAD_TO_SD * float(np.median(nonzero)) if len(nonzero) else 0.0
        level = min(level, noise_of_rows(u)) if len(u) > 6 else level
        if len(u) < VERY_SHORT and split_values(u) is not None:
            level = max(level, mad(u))  # interleaved regimes: the spread of the values is the noise
        return np.full(len(u), max(level, 1e-9))
    overall = MAD_TO_SD * float(np.median(residual))
    length = min(len(u), max(101, 6 * window + 1))
    every = max(1, length // NOISE_ROWS)
    sampled = trailing_median(residual[::every], length // every, length // every // 4)
    local = MAD_TO_SD * np.repeat(sampled, every)[: len(u)]
    local = np.r_[local[length // 2 :], np.full(length // 2, np.nan)][: len(u)]
    local = fill(local) if np.isfinite(local).any() else np.full(len(u), overall)
    return np.asarray(np.maximum(np.maximum(local, LOCAL_NOISE_FLOOR * overall), 1e-9))


def _tail(mirror: Floats, short: bool) -> float:
    below = mirror[np.isfinite(mirror) & (mirror > 0)]
    if not len(below):
        return 0.0
    from_the_top = 2 if len(below) > 20 else 1
    reach = float(np.partition(below, -from_the_top)[-from_the_top])
    return min(reach, TAIL_CAP_SHORT if short else TAIL_CAP)


def _excess(contrast: Floats, u: Floats, logged: bool) -> Floats:
    if logged:
        return np.asarray(np.expm1(np.clip(contrast, -50, 50)))
    spread = float(np.subtract(*np.percentile(u, [90, 10]))) + 1e-12
    return np.asarray(contrast / spread)


def _widened(u: Floats, upper: Floats, noise: Floats, hit: Bools, most: int) -> Bools:
    """Extend every hit over the following rows that are still well above their surroundings."""
    flags = np.zeros(len(u), dtype=bool)
    for row in np.flatnonzero(hit):
        level = upper[row] + max(3.0 * noise[row], 0.1 * (u[row] - upper[row]))
        last = row
        while last + 1 < len(u) - 1 and last - row < most and u[last + 1] > level:
            last += 1
        flags[row : last + 1] = True
    return flags


def _spans(rows: npt.NDArray[np.intp], gap: int) -> Spans:
    spans: list[tuple[int, int]] = []
    for row in rows.tolist():
        if spans and row - spans[-1][1] <= gap + 1:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    return tuple(spans)


TOP: Final = 0.2
TOP_LONG: Final = 0.03
"""At most this share of the rows of a mixture are excursions; the highest mode ends below them."""


def _above_top_mode(u: Floats, spans: Spans) -> Spans:
    """Keep the excursions that rise above the highest mode: in a mixture the upper mode itself is
    no excursion.
    """
    share = TOP if len(u) < SHORT else TOP_LONG
    kept = np.sort(u)[: max(1, len(u) - max(1, int(share * len(u))))]
    spread = float(np.percentile(kept, 90) - np.percentile(kept, 10))
    limit = float(kept[-1]) + 0.5 * spread
    return tuple(
        span for span in spans if math.isfinite(limit) and u[span[0] : span[1] + 1].max() > limit
    )
