"""The best row of the validation: the checkpoint to use, where the logs hold a validation at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.analyze.detector import Context, position
from lossreport.model.analysis import Best
from lossreport.model.run import Floats, Series

TOTALS: Final = ("loss", "total_loss")
MAX_SCORES: Final = 3


def bests(context: Context) -> Iterator[Best]:
    """Yield the lowest row of the validation loss that decides, then the highest rows of accuracies and the like.

    What decides is the total where it is logged, else the first cross-entropy or loss.
    """
    if context.holds_another_run:
        return
    loss = deciding(context)
    if loss is not None:
        contested = still_rising(context, loss) is not None
        yield from (replace(best, contested=contested) for best in _best(context, loss, loss.y))
    for series in validation_scores(context)[:MAX_SCORES]:
        yield from _best(context, series, -series.y)


SCORES: Final = ("accuracy", "map")
STRICT: Final = re.compile(r"(?:50|0?\.50?)[-:_](?:0?\.)?95|(?:^|[/_])AP$")
"""Average precision over the whole range of overlaps, by which detectors are compared; AP50 alone is lenient."""
ONE_SIDED: Final = re.compile(r"(?:^|[/_.])(?:prec(?:ision)?|recall)(?:$|[@(_])", re.IGNORECASE)
"""Precision and recall: either is bought with the other."""


def validation_scores(context: Context) -> list[Series]:
    """Return the scores of the validation, the one to choose a checkpoint by first."""
    scores = [s for s in context.judged if s.split != "train" and context.kind(s).id in SCORES and np.isfinite(s.y).any()]
    return sorted(scores, key=lambda s: (not STRICT.search(s.name), context.kind(s).id != "map", bool(ONE_SIDED.search(s.name))))


def still_rising(context: Context, loss: Series) -> Best | None:
    """Return the best row of the first score that rose by another hundredth after the validation loss had its minimum, or None."""
    if not np.isfinite(loss.y).any():
        return None
    for score in validation_scores(context)[:1]:
        lowest = float(loss.x[int(np.nanargmin(loss.y))])
        before = score.y[(score.x <= lowest) & np.isfinite(score.y)]
        best = next(_best(context, score, -score.y))
        if score.axis is loss.axis and len(before) and best.value > (1 + RISE) * float(before.max()) and best.value > 0:
            return best
    return None


RISE: Final = 0.01
"""Less than a hundredth is what a score differs by from one validation to the next."""


def _best(context: Context, series: Series, cost: Floats) -> Iterator[Best]:
    if np.isfinite(cost).any():
        row = int(np.nanargmin(np.where(np.isfinite(cost), cost, np.nan)))
        yield Best(run=context.run.id, series=series.id, at=position(series, row), value=float(series.y[row]))


def deciding(context: Context) -> Series | None:
    """Return the validation series that decides over the run, or None where none is logged or rows are of several runs."""
    validation = [s for s in context.progress if s.split != "train" and not context.has("mixture", s)]
    return min(validation, key=lambda s: (s.name not in TOTALS, s.metric_type != "cross_entropy"), default=None)
