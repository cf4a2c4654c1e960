"""Whether a log begins where its training began: what `analysis` needs before it says that a curve
never moved, or names a schedule by its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Series

LATE: Final = 0.25
"""A quarter of the length of the log lies before its first row: the steep start of a training is
over there, and the log cannot tell how far it fell.
"""
COUNTED: Final = (
    Axis.EPOCH,
    Axis.STEP,
    Axis.ITERATION,
    Axis.SAMPLES,
    Axis.TOKENS,
    Axis.ROUND,
    Axis.EPISODE,
)


def begins_late(series: Series) -> bool:
    """Return whether a log begins in the middle of a training, as far as its axis tells: at epoch
    147 with twelve rows.
    """
    if series.axis not in COUNTED or len(series) < 2:
        return False
    first, length = float(series.x[0]), float(np.max(series.x) - series.x[0])
    step = float(np.median(np.abs(np.diff(series.x))))
    return length > 0 and first - step > LATE * length


FIRST_STEPS: Final = 30
"""Within its first thirty steps every training is wild: weights are random, moments of the
optimiser empty, a warm-up has just begun.
"""


WILD: Final = 2.0
"""Where it is so, other rows than the spikes more than double, too: 247, then 2267. Smooth rows
with two spikes among them are no such beginning.
"""


def is_wild_beginning(series: Series, spikes: Sequence[tuple[int, int]]) -> bool:
    """Return whether the rows are the first thirty steps at most, and jump beside the spikes (first
    and last row of each) as well.
    """
    counted = series.axis in (Axis.STEP, Axis.ITERATION) and len(series) > 0
    if not (counted and float(series.x[0]) <= 1 and float(series.x[-1]) < FIRST_STEPS):
        return False
    calm = np.ones(len(series), dtype=bool)
    for first, last in spikes:
        calm[first : last + 1] = False
    rows = series.y[calm & np.isfinite(series.y)]
    return bool(np.any(rows[1:] > WILD * np.abs(rows[:-1])))
