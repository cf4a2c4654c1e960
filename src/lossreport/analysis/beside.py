"""Looks a metric up by how it is called, beside another or anywhere, and says what its rows hold:
for detectors and causes alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.model.run import Floats, Series

END: Final = 0.1
"""A tenth of the rows, and at least two, is the start or the end of a series."""
LEAST: Final = 2
SPREAD_OF_REWARDS: Final = r"(?:.*/)?(?:reward|advantage)s?_std|reward_std"
"""The spread of the rewards inside a group: what GRPO learns from."""


def named(context: Context, pattern: str, *, split: str | None = None) -> tuple[Series, ...]:
    """Return the series to look at whose whole name fits a pattern, in any case."""
    fits = re.compile(pattern, re.IGNORECASE)
    return tuple(
        one for one in context.judged if fits.fullmatch(one.name) and split in (None, one.split)
    )


def beside(context: Context, series: Series, pattern: str) -> Series | None:
    """Return the first metric of the same source whose whole name fits a pattern; None without."""
    return next(
        (
            one
            for one in named(context, pattern)
            if one.source == series.source and one.id != series.id
        ),
        None,
    )


def finite(series: Series) -> Floats:
    """Return the finite values of a series."""
    values: Floats = series.y[np.isfinite(series.y)]
    return values


def start_and_end(y: Floats) -> tuple[float, float]:
    """Return the medians of the first and the last tenth of the rows; of at least four finite
    values.
    """
    count = max(LEAST, round(END * len(y)))
    return float(np.median(y[:count])), float(np.median(y[-count:]))


def value_at(series: Series, x: float) -> float | None:
    """Return the finite value of a series at x, or at the last row before it; None where there is
    none.
    """
    rows = np.flatnonzero((series.x <= x) & np.isfinite(series.y))
    return float(series.y[rows[-1]]) if len(rows) else None


def is_quiet(series: Series, x: Sequence[float], ratio: float) -> bool:
    """Return whether a series does nothing at these places: no value there is `ratio` times the
    median of the rows around.
    """
    for place in x:
        at = int(np.argmin(np.abs(series.x - place)))
        around = series.y[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1]
        level = float(np.nanmedian(around))
        if not np.isfinite(series.y[at]) or series.y[at] > level + (ratio - 1) * abs(level):
            return False
    return True


NEIGHBOURS: Final = 5


def falls_by(series: Series) -> float:
    """Return by which share of its start a series has fallen at its end; 0 where it has fewer than
    four finite values.
    """
    y = finite(series)
    if len(y) < 2 * LEAST:
        return 0.0
    first, last = start_and_end(y)
    return (first - last) / abs(first) if first else 0.0


ROSE: Final = 0.1
"""An accuracy that rises by a tenth of its range was learned, not drawn: a guess among n samples
scatters by less from n = 25 on.
"""
THIRDS: Final = 3


def accuracy_rose(context: Context, series: Series) -> bool:
    """Return whether an accuracy of the same source rose from the first third of its rows to the
    last.

    Then the model learns although its loss hardly moves: a margin of 0.03 lowers a DPO loss by
    0.015, and logits that are small separate two classes at a loss near ln 2.
    """
    return any(
        _rose(finite(one))
        for one in context.run.series
        if one.metric_type == "accuracy" and one.source == series.source
    )


def _rose(y: Floats) -> bool:
    third = len(y) // THIRDS
    if third < LEAST:
        return False
    full = 100.0 if np.max(y) > 1 else 1.0
    first, last = float(np.median(y[:third])), float(np.median(y[-third:]))
    return bool(last - first >= ROSE * full and np.min(y[-third:]) > first)
