"""Tells where an axis that goes back begins another stretch of training, and where it only counts
inside epochs or is out of order.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.model.run import Floats, Ints

JITTER: Final = 1.5
"""A row at most so many row distances behind the highest before it, followed by a rise, is out of
order, not a restart ...
"""
NEAR: Final = 50
"""... unless its x stands in the rows just before it: then it was written a second time."""
MIN_RESTARTS: Final = 2
IRREGULAR: Final = 0.2
MIN_SHUFFLED: Final = 10
SHUFFLED: Final = 0.15
"""A shuffle steps back at every second row; a run that restarts, even every ten rows, at a tenth of
them.
"""
BACK_TO_START: Final = 0.5
"""How far the values fall back at a restart, of all the way to the first value: about 0 for epochs,
about 1 for another run.
"""


def steps_back(x: Floats) -> Ints:
    """Return the rows at which x goes back and a new stretch begins; rows written one too late by
    another process are left out.
    """
    distance = np.diff(x)
    back = np.flatnonzero(distance < 0) + 1
    if not len(back):
        return back
    usual = float(np.median(np.abs(distance)))
    highest = np.maximum.accumulate(x)
    near = back[x[back] >= highest[back - 1] - JITTER * usual - 1e-9]
    late = [
        row
        for row in near.tolist()
        if (row + 1 >= len(x) or x[row + 1] > x[row]) and x[row] not in x[max(0, row - NEAR) : row]
    ]
    return np.setdiff1d(back, late)


def is_shuffled(x: Floats) -> bool:
    """Return whether rows stand in no order: every x once, and so many steps back that no process
    can have written them one after another.
    """
    back = int(np.count_nonzero(np.diff(x) < 0))
    return len(x) >= MIN_SHUFFLED and back > SHUFFLED * len(x) and len(np.unique(x)) == len(x)


def is_epoch_counter(x: Floats, y: Floats, starts: Ints) -> bool:
    """Return whether restarts are those of a counter inside epochs: regular, from the same x, and
    the values go on as they were.

    Runs appended to one file begin again with their first loss (SCIENCE.md 3.1 "rollback").
    """
    if len(starts) < MIN_RESTARTS or np.any(x[starts] != x[0]):
        return False
    lengths = np.diff(np.r_[0, starts])
    if lengths.min() < 2 or float(np.std(lengths)) > IRREGULAR * float(lengths.mean()):
        return False
    edge = max(1, int(lengths.min()) // 10)
    first = np.nanmedian(y[:edge])
    before = np.array([np.nanmedian(y[start - edge : start]) for start in starts])
    after = np.array([np.nanmedian(y[start : start + edge]) for start in starts])
    return bool(
        np.nanmedian(np.abs(after - before) / (np.abs(first - before) + 1e-12)) < BACK_TO_START
    )


def counted_on(x: Floats, starts: Ints) -> Floats:
    """Return x of a counter inside epochs as a count from the first row of all."""
    length = float(x[starts - 1].max() - x[0]) + float(np.median(np.diff(x[: starts[0]])))
    return np.asarray(x + length * np.searchsorted(starts, np.arange(len(x)), side="right"))
