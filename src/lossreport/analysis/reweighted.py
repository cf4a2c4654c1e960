"""Tells a total that rises because its terms are weighed anew: every term got better, only their
sum did not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.knowledge.recognise import is_total
from lossreport.model.run import Floats, Series

LEAST_TERMS: Final = 2
LEAST_ROWS: Final = 4
WORSE: Final = 0.02
"""A total within 2 % of its best is flat, not risen: the width of "flat" in `trend.py`."""


def is_reweighted(context: Context, series: Series) -> bool:
    """Return whether a total ends above its best while each of its terms ends below where it stood
    there.

    Such a sum is of other weights at its end (annealed, or growing by a schedule): neither
    over-fitting nor divergence nor a checkpoint follows.
    """
    if not is_total(series.name) or len(series) < LEAST_ROWS or not np.isfinite(series.y).all():
        return False
    best = int(np.argmin(series.y))
    if _level(series.y, len(series) - 1) - float(series.y[best]) <= WORSE * abs(
        float(series.y[best])
    ):
        return False
    terms = terms_of(context, series)
    return len(terms) >= LEAST_TERMS and all(
        _level(one.y, len(one) - 1) < _level(one.y, best) for one in terms
    )


def terms_of(context: Context, total: Series) -> list[Series]:
    """Return what stands beside a total in the same rows and may be its terms, the largest at the
    end first.
    """
    found = [one for one in context.judged if _is_term(one, total) and _may_be_a_term(context, one)]
    return sorted(found, key=lambda one: -abs(float(one.y[-1])))


def _is_term(one: Series, total: Series) -> bool:
    same = (
        one.source == total.source
        and one.split == total.split
        and one.entity == total.entity
        and one is not total
    )
    return (
        same
        and not is_total(one.name)
        and len(one) == len(total)
        and bool(np.isfinite(one.y).all() and np.ptp(one.y) > 0)
    )


SCORES: Final = ("error_rate", "image_distance", "perplexity")
"""What is measured beside a loss and added to none."""


def _may_be_a_term(context: Context, one: Series) -> bool:
    """Return whether a metric may be part of a loss: no rate, time, count or score, whose errors
    may fall while the loss rises.
    """
    kind = context.kind(one)
    return (
        kind.role in ("loss", "regulariser", "metric")
        and kind.goal != "up"
        and kind.id not in SCORES
    )


def _level(y: Floats, row: int) -> float:
    """Return the level around a row: the median of three, so that one noisy evaluation decides
    nothing.
    """
    return float(np.median(y[max(0, row - 2) : row + 1]))
