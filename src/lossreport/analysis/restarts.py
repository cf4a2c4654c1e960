"""Where a schedule starts again: the learning rate comes back to a height that it had before, and
the loss rises with it for a while.

Source: Loshchilov and Hutter 2017 (SGDR), figure 1: the error rises at every warm restart and falls
below its last level before the next one.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.model.run import Series
from lossreport.values import dataclass

FACT: Final = "lr_restart"
RISES: Final = 2.0
"""The rate at least doubles from one row to the next: a warm-up of two rows and more rises more
slowly from its first row on.
"""
KNOWN: Final = 1.01
"""It comes back to a height that it had before; one that rises beyond every row before is no
restart but an event of its own.
"""
REACH: Final = 0.05
"""The rows behind a restart in which the loss may peak: a twentieth of a cycle, three rows at
least.
"""
LEAST_REACH: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The learning rate that starts again, and its row there."""

    rate: Series
    row: int


def restart_at(context: Context, series: Series, row: int) -> Restart | None:
    """Return the restart of the learning rate at a row of a series, or shortly before it; None
    where there is none.
    """
    for rate in context.judged:
        if (
            rate.metric_type != "learning_rate"
            or rate.axis is not series.axis
            or len(rate) < LEAST_REACH
            or not np.isfinite(rate.y).all()
        ):
            continue
        before = np.maximum.accumulate(rate.y)[:-1]
        rows = (
            np.flatnonzero(
                (rate.y[1:] >= RISES * rate.y[:-1])
                & (rate.y[1:] <= KNOWN * before)
                & (rate.y[:-1] > 0)
            )
            + 1
        )
        places = np.searchsorted(series.x, rate.x[rows])
        cycle = float(np.median(np.diff(np.r_[0, places, len(series)])))
        near = np.flatnonzero((places <= row) & (row - places <= max(LEAST_REACH, REACH * cycle)))
        if len(near):
            return Restart(rate=rate, row=int(rows[near[-1]]))
    return None
