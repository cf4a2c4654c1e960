"""An accuracy that is 0 in nearly every row beside a loss that does not fall: nothing is learned,
however noisy the loss is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Standstill
from lossreport.curves.stats import theil_sen
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

MIN_ROWS: Final = 10
MOSTLY: Final = 0.8
"""A batch of 16 holds no hit in 80 % of the rows where fewer than 1.4 % of the samples are
right.
"""
FALLEN: Final = 0.10
"""A loss that fell by a tenth over the rows learns something, however few hits it has."""

TEXT = Text(
    zh="`{score}`（{path}）在 {count} 行中有 {zero} 行是 0，而同处的 `{loss}` "
    "没有下降（{first} → {last}）：没有在学。",
    en=(
        "`{score}` ({path}) is 0 in {zero} of {count} rows, while `{loss}` beside it does not "
        "fall ({first} → {last}): nothing is being learned."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss that is flat beside an accuracy that is 0 most of the time and no
    better at the end.
    """
    for loss in context.progress:
        if (
            len(loss) < MIN_ROWS
            or not context.is_measure(loss)
            or not np.isfinite(loss.y).all()
            or loss.split != "train"
        ):
            continue
        score = next((one for one in context.judged if misses(one) and _is_beside(one, loss)), None)
        if score is None or falls(loss):
            continue
        third = max(1, len(loss) // 3)
        first, last = float(np.median(loss.y[:third])), float(np.median(loss.y[-third:]))
        text = TEXT(
            score=score.label,
            path=score.path,
            count=len(score),
            zero=int(np.sum(score.y == 0)),
            loss=loss.label,
            first=number(first),
            last=number(last),
        )
        held = Standstill(
            first=first, last=last, gain=(first - last) / (abs(first) + 1e-12), dead=True
        )
        yield make_finding(
            "no_learning",
            loss,
            [0, len(loss) - 1],
            Severity.HIGH,
            text,
            payload=held,
            others=(score,),
        )


def misses(score: Series) -> bool:
    """Return whether an accuracy is 0 in most rows, and no better in the last third than before."""
    if (
        score.metric_type != "accuracy"
        or len(score) < MIN_ROWS
        or not np.isfinite(score.y).all()
        or np.any(score.y < 0)
    ):
        return False
    hits, third = score.y > 0, len(score) // 3
    return bool(np.mean(hits) <= 1 - MOSTLY and np.sum(hits[-third:]) <= 1 + np.sum(hits[:-third]))


def falls(loss: Series) -> bool:
    """Return whether a loss surely falls, or ends a tenth below its start."""
    third = max(1, len(loss) // 3)
    first, last = float(np.median(loss.y[:third])), float(np.median(loss.y[-third:]))
    slope = theil_sen(np.arange(len(loss), dtype=np.float64), loss.y) if len(loss) <= MOST else None
    surely = slope is not None and slope.high < 0 and first - last > 0.02 * abs(first)
    return surely or first - last > FALLEN * abs(first)


MOST: Final = 2000
"""Pairs of rows grow with the square; of longer logs the levels tell enough."""


def _is_beside(score: Series, loss: Series) -> bool:
    return (
        score.source == loss.source
        and score.axis is loss.axis
        and score.split == loss.split
        and len(score) == len(loss)
    )


DETECTOR = Detector(id="no_hits", kinds=("no_learning",), detect=detect, order=49)
