"""Tells whether a curve swings periodically: one spectral line holds most of what its trend leaves
(SCIENCE.md 3.1 "oscillation").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.curves.stats import block_medians, fill, log_if_positive
from lossreport.model.run import Floats
from lossreport.values import dataclass

MIN_ROWS: Final = 16
SHORT: Final = 60
LINE_SHARE: Final = 0.40
LINE_SHARE_SHORT: Final = 0.70
"""Share of the detrended variance that the line holds."""
ENOUGH_LINES: Final = 28
MORE_A_ROW: Final = 0.02
"""Below 28 rows the five lines looked at are most of the spectrum: the share needed grows by 0.02 a
row, to 0.94 at 16. Measured on 3000 curves of noise, falling and not, 0.5 % hold more at 16, 20, 24
and 28 rows; at 0.70 it was a tenth of them at 16.
"""
MIN_AMPLITUDE: Final = 0.05
MIN_CYCLES: Final = 5.5
MIN_CYCLES_SHORT: Final = 3.5
AT_PERIOD: Final = 0.35
AT_HALF: Final = -0.30
"""Autocorrelation at the period and at half of it: high and negative where the line is a real
swing, not noise.
"""
LONGEST: Final = 4096
VIEWS: Final = (1024, 256)
"""Longer curves are looked at in their middle, row by row, and as so many block medians."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """A periodic swing: its period in rows, its amplitude (relative to the level of a positive
    curve), its share of the variance.
    """

    period: float
    amplitude: float
    share: float


def find_swing(y: Floats) -> Swing | None:
    """Return the strongest periodic swing of a curve, or None."""
    y = fill(np.asarray(y, dtype=np.float64))
    if len(y) < MIN_ROWS or not np.isfinite(y).all():
        return None
    logged, positive = log_if_positive(y)
    u = logged if positive else y / (float(np.percentile(np.abs(y), 90)) + 1e-12)
    found = [swing for view, scale in _views(u) if (swing := _in_view(view, scale)) is not None]
    return max(found, key=lambda swing: swing.share, default=None)


def _views(u: Floats) -> Iterator[tuple[Floats, float]]:
    """Yield a curve, or its parts, with the number of rows that one value stands for."""
    if len(u) <= LONGEST:
        yield u, 1.0
        return
    yield u[len(u) // 2 : len(u) // 2 + LONGEST], 1.0
    for blocks in VIEWS:
        yield block_medians(u, blocks)[0], len(u) / blocks


def _in_view(u: Floats, scale: float) -> Swing | None:
    v = _detrended(u)
    m = len(v)
    window = np.hanning(m + 2)[1:-1] if m > 64 else np.ones(m)
    power = np.abs(np.fft.rfft(v * window)) ** 2
    total, line = float(power[1:].sum()), power.copy()
    line[:4] = 0.0
    if total <= 0 or line.sum() <= 0:
        return None
    at = int(np.argmax(line))
    near = float(line[max(0, at - 2) : at + 3].sum())
    share, amplitude, period = (
        near / total,
        2 * math.sqrt(near / (m * float((window**2).sum()))),
        m / at,
    )
    short = m < SHORT
    needed = LINE_SHARE_SHORT + MORE_A_ROW * max(0, ENOUGH_LINES - m) if short else LINE_SHARE
    strong = share > needed and amplitude > MIN_AMPLITUDE
    if not strong or at < (MIN_CYCLES_SHORT if short else MIN_CYCLES) or not _repeats(v, period):
        return None
    return Swing(period=period * scale, amplitude=amplitude, share=share)


def _detrended(u: Floats) -> Floats:
    """Return the curve without a quartic in log time, in which a power law is almost a line, its
    outliers held.
    """
    m = len(u)
    time = np.log1p(np.arange(m) + 0.02 * m)
    time = 2 * (time - time[0]) / (time[-1] - time[0]) - 1
    v = u - np.polyval(np.polyfit(time, u, 4 if m >= 40 else 2), time)
    low, high = np.percentile(v, [2, 98])
    v = np.clip(v, low - 1e-9, high + 1e-9)
    return np.asarray(v - v.mean())


def _repeats(v: Floats, period: float) -> bool:
    at_period = max(
        _autocorrelation(v, period),
        _autocorrelation(v, math.floor(period)),
        _autocorrelation(v, math.ceil(period)),
    )
    return (
        at_period > AT_PERIOD
        and min(_autocorrelation(v, period / 2), _autocorrelation(v, max(1.0, period / 2 + 0.5)))
        < AT_HALF
    )


def _autocorrelation(v: Floats, lag: float) -> float:
    rows = round(lag)
    if rows < 1 or rows >= len(v) - 3:
        return 0.0
    a, b = v[:-rows] - v[:-rows].mean(), v[rows:] - v[rows:].mean()
    return float((a * b).sum() / math.sqrt(float((a * a).sum() * (b * b).sum()) + 1e-18))
