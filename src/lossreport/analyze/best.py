"""The best row of the validation: the checkpoint to use, where the logs hold a validation at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analyze.detector import Context, position
from lossreport.model.analysis import Best
from lossreport.model.run import Floats, Series

TOTALS: Final = ("loss", "total_loss")
MAX_SCORES: Final = 3


def bests(context: Context) -> Iterator[Best]:
    """Yield the lowest row of the validation loss that decides, then the best rows of accuracies and the like.

    What decides is the total where it is logged, else the first cross-entropy or loss; but one of several terms (box, class) does not
    where a mAP is logged, which weighs what they were trained for.
    """
    if context.holds_another_run:
        return
    loss = deciding(context)
    terms = [s for s in context.progress if s.split != "train"]
    found = scores(context, down=True)[:MAX_SCORES]
    is_term = (
        loss is not None and loss.name not in TOTALS and len({s.name for s in terms}) > 1 and any(s.metric_type == "map" for s in found)
    )
    if loss is not None and not is_term:
        yield from _best(context, loss, loss.y)
    for series in found:
        yield from _best(context, series, series.y if context.kind(series).goal == "down" else -series.y)


def scores(context: Context, *, down: bool = False) -> list[Series]:
    """Return the scores of a validation, those that weigh most first; with `down` also distances, whose aim is down."""
    found = [s for s in context.judged if s.split != "train" and context.kind(s).id in SCORES and (down or context.kind(s).goal == "up")]
    return sorted(found, key=lambda s: _rank(s.name))


SCORES: Final = ("accuracy", "map", "image_quality", "image_distance")
HALVES: Final = re.compile(r"precision|recall", re.IGNORECASE)
"""Each of them alone is highest for a model that misses much, or that finds too much: they come after what weighs both."""
WHOLE: Final = re.compile(r"50-95|0?\.50?:0?\.95|(?:^|/)(?:m|bbox_m)?AP$")
"""The mean over all thresholds of overlap, by which detectors are ranked."""


def _rank(name: str) -> int:
    if WHOLE.search(name):
        return 0
    return 2 if HALVES.search(name) and "average" not in name.lower() else 1


def _best(context: Context, series: Series, cost: Floats) -> Iterator[Best]:
    if np.isfinite(cost).any():
        row = int(np.nanargmin(np.where(np.isfinite(cost), cost, np.nan)))
        yield Best(run=context.run.id, series=series.id, at=position(series, row), value=float(series.y[row]))


def deciding(context: Context) -> Series | None:
    """Return the validation series that decides over the run, or None where none is logged or rows are of several runs."""
    validation = [s for s in context.progress if s.split != "train" and not context.has("mixture", s)]
    return min(validation, key=lambda s: (s.name not in TOTALS, s.metric_type != "cross_entropy"), default=None)
