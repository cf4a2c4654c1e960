"""The shape of the learning rate over the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analyze.detector import Context
from lossreport.model.analysis import LrSchedule
from lossreport.model.run import Series

MIN_ROWS: Final = 8
CONSTANT: Final = 1e-3
"""Constant: the range stays below a thousandth of the maximum, or below the last printed decimal (SCIENCE.md 3.1 "LR schedule")."""


def lr_schedules(context: Context) -> Iterator[LrSchedule]:
    """Yield the class of every learning-rate series: constant, or unknown (the other classes are not told apart yet)."""
    for series in context.judged:
        if series.metric_type == "learning_rate" and len(series) >= MIN_ROWS and np.isfinite(series.y).all():
            yield LrSchedule(series=(series.id,), schedule="constant" if is_constant(series) else "unknown")


def is_constant(series: Series) -> bool:
    """Return whether a learning rate never changed, as far as its decimals tell."""
    peak = float(np.max(np.abs(series.y)))
    allowed = max(CONSTANT * peak, series.resolution or 0.0) if peak > 0 else 0.0
    return bool(np.ptp(series.y) <= allowed)


def constant_lr(context: Context) -> bool:
    """Return whether the run's learning rate is known to be constant: by its series, or because lr and min_lr are equal."""
    found = [s for s in context.judged if s.metric_type == "learning_rate" and len(s) >= MIN_ROWS]
    if found:
        return all(is_constant(series) for series in found)
    lr, lowest = context.facts.get("lr"), context.facts.get("min_lr")
    return lr is not None and lr == lowest
