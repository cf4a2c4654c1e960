"""The tail of a curve by the shape of all of it: what a sum E + A g(t) of one decay allows, for
tails too noisy to tell by themselves.

g runs over exponentials and power laws, the shapes of training curves at an unchanged learning rate
(Hestness et al. 2017; Kaplan et al. 2020). The interval is that of the profile likelihood over the
family: every shape that fits nearly as well as the best counts.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np

from lossreport.analysis.found import position
from lossreport.curves.stats import block_medians, fill, lag_one, squarable
from lossreport.model.analysis import Trend
from lossreport.model.run import Floats, Series

MIN_ROWS: Final = 24
BLOCKS: Final = 48
SKIP: Final = 0.02
"""The first rows (warm-up, first contact with the data) are no part of the shape."""
PROFILE: Final = 4.61
"""The 90 % point of chi-squared with two degrees of freedom (time and power): twice the
log-likelihood that a shape may lose.
"""
PARAMETERS: Final = 4
"""E, A, a time and a power."""
MISFIT: Final = 0.5
"""Residuals that follow each other more closely than this show that the curve is no single decay;
then nothing is said.
"""
TIMES: Final = np.geomspace(0.01, 2.0, 160)
"""Time constants, in lengths of the curve: fine enough that neighbours fit equally well."""
POWERS: Final = (0.15, 0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0, 8.0, 16.0, math.inf)
"""(1 + t / (p T))^-p is a power law for small p and the exponential for an infinite one."""


def decay_trend(series: Series, y: Floats, share: float) -> Trend | None:
    """Return the relative gain over the last `share` of the rows that the shape of the whole curve
    allows, or None where it has no such shape.
    """
    n = len(y)
    if n < MIN_ROWS or not np.isfinite(y).any():
        return None
    y = y / squarable(y)
    first = round(SKIP * n)
    medians, centres = block_medians(fill(y)[first:], BLOCKS)
    at = (centres + first) / n
    fitted = _fits(medians, at, 1 - share)
    if fitted is None:
        return None
    error, gain, residual = fitted
    best = int(np.argmin(error))
    r = max(0.0, lag_one(residual))
    if r > MISFIT:
        return None
    freedom = max(1.0, (len(medians) - PARAMETERS) * (1 - r) / (1 + r))
    near = error <= error[best] * math.exp(PROFILE / freedom)
    rows = round(share * n)
    level = abs(float(np.median(medians[at >= 1 - share]))) + 1e-12
    if float(np.nanmin(y)) <= 0:
        level = max(level, float(np.ptp(medians)))
    return Trend(
        gain=float(gain[best]) / level,
        low=float(gain[near].min()) / level,
        high=float(gain[near].max()) / level,
        rows=rows,
        first=position(series, n - rows),
        last=position(series, n - 1),
        basis="shape",
    )


def _fits(y: Floats, at: Floats, start: float) -> tuple[Floats, Floats, Floats] | None:
    """Return, a shape each, the squared error and the fall from `start` to the end; and the
    residual of the best. None where nothing falls.

    Least squares with weights: the noise of a positive loss is in proportion to its level.
    """
    g = _values(at)
    weight = 1 / y**2 if y.min() > 0 else np.ones_like(y)
    weight = weight / weight.sum()
    middle = float((weight * y).sum())
    centred = g - (weight * g).sum(axis=1, keepdims=True)
    height = (weight * centred * (y - middle)).sum(axis=1) / (weight * centred**2).sum(axis=1)
    error = (weight * (y - middle - height[:, None] * centred) ** 2).sum(axis=1)
    best = int(np.argmin(error))
    if height[best] <= 0 or error[best] <= 0:
        return None
    edges = _values(np.array([start, 1.0]))
    fall = np.maximum(height, 0.0) * (edges[:, 0] - edges[:, 1])
    return error, fall, np.sqrt(weight) * (y - middle - height[best] * centred[best])


@cache
def _family() -> tuple[Floats, Floats]:
    """Return the time constant and the power of every shape."""
    times, powers = np.meshgrid(TIMES, POWERS)
    return times.ravel(), powers.ravel()


def _values(at: Floats) -> Floats:
    """Return every shape (rows) at the places `at` (columns), in lengths of the curve."""
    times, powers = (column[:, None] for column in _family())
    finite = np.where(np.isfinite(powers), powers, 1.0)
    return np.where(
        np.isfinite(powers), (1.0 + at / (finite * times)) ** -finite, np.exp(-at / times)
    )
