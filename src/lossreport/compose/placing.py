"""Places a series on the axis of another: epochs on steps and back, by the relation that the log
itself shows.
"""

from __future__ import annotations

import numpy as np

from lossreport.model.run import Axis, Floats, Run, Series

COUNTED = (Axis.STEP, Axis.ITERATION)


def placed(run: Run, series: Series, beside: Series) -> Floats | None:
    """Return x of every row of `series` on the axis of `beside`, None where no log relates the two.

    Rows of one file stand in the order in which they were written: what lies between two rows of
    the other lies between their places. Of two files a third series that prints both counters
    relates them.
    """
    if series.axis is beside.axis:
        return series.x
    if (
        series.source == beside.source
        and len(beside) > 1
        and _rises(beside.line)
        and _rises(beside.x)
    ):
        return np.interp(series.line, beside.line, beside.x)
    if series.axis is Axis.EPOCH and beside.axis in COUNTED:
        return _steps_of(run, series.x, beside.axis)
    if series.axis in COUNTED and beside.axis is Axis.EPOCH:
        return _epochs_of(series)
    return None


def _epochs_of(series: Series) -> Floats | None:
    """Return the epoch of every row, from the rows' own where the log prints fractions of it beside
    the counter.

    Where it prints whole epochs only, a row's place within its epoch is not known here: then the
    epochs are placed on the counter.
    """
    if (
        len(series.epoch) == len(series) > 1
        and _rises(series.epoch)
        and np.any(series.epoch != np.floor(series.epoch))
    ):
        return series.epoch
    return None


def _steps_of(run: Run, epochs: Floats, axis: Axis) -> Floats | None:
    """Return the counter at the end of each epoch, from a series that prints both."""
    for series in run.series:
        if series.axis is axis and len(series.epoch) == len(series) > 1 and not series.derived:
            ends = np.searchsorted(series.epoch, np.floor(epochs), side="right") - 1
            if _rises(series.epoch) and np.all(ends >= 0):
                return np.asarray(series.x[ends], dtype=np.float64)
    return None


def _rises(values: Floats | np.ndarray[tuple[int], np.dtype[np.int64]]) -> bool:
    return bool(np.all(np.diff(values) >= 0))
