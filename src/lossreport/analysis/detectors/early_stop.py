"""An early stop while the metric was still getting better: it watches the wrong set, or the wrong
direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import finite
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import TurnedRound
from lossreport.model.analysis import Severity
from lossreport.model.run import Event, Series
from lossreport.text import Text, number

FIRST: Final = re.compile(
    r"best (?:iteration|round|epoch|step)\W{0,12}[01]\b(?!\d|\.\d)", re.IGNORECASE
)
MIN_ROWS: Final = 4
BETTER: Final = 0.01
"""A gain of 1 % of the level over the first row: less is the noise of a validation."""

TEXT = Text(
    zh="训练在 {path}:{line} 早停（“{quote}”），而 `{metric}` 直到那时仍在变好（{first} → "
    "{best}）：早停看的是另一个集合、另一个指标，或方向反了。",
    en="Early stopping ended the training at {path}:{line} (“{quote}”) while `{metric}` was "
    "still getting better ({first} → {best}): it watches another set, another metric, or "
    "the wrong direction.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding an early stop at the first row beside a validation that got better."""
    for event in [event for event in context.run.events if event.kind == "early_stop"][:1]:
        watched = [
            one
            for one in context.judged
            if one.split != "train" and context.kind(one).goal in ("up", "down")
        ]
        better = next((one for one in watched if _gain(context, one) > BETTER), None)
        at_end = all(
            _gain(context, one) > BETTER and _is_best_last(context, one) for one in watched
        )
        if better is not None and (FIRST.search(event.quote) or at_end):
            yield _finding(context, better, event)


def _is_best_last(context: Context, series: Series) -> bool:
    """Return whether the last row is the best and the three before it were not: what no patience
    waits for.
    """
    y = finite(series) if context.kind(series).goal == "down" else -finite(series)
    return (
        len(y) > MIN_ROWS
        and bool(np.all(np.diff(y[-MIN_ROWS:]) < 0))
        and float(np.min(y)) == float(y[-1])
    )


def _gain(context: Context, series: Series) -> float:
    """Return by how much the best row is better than the first, relative to it; 0 where no
    direction is known.
    """
    y, goal = finite(series), context.kind(series).goal
    if len(y) < MIN_ROWS or goal not in ("up", "down") or y[0] == 0:
        return 0.0
    best = float(np.max(y) if goal == "up" else np.min(y))
    return abs(best - float(y[0])) / abs(float(y[0]))


def _finding(context: Context, series: Series, event: Event) -> Found:
    y = finite(series)
    best = float(np.max(y) if context.kind(series).goal == "up" else np.min(y))
    text = TEXT(
        path=context.run.source(event.source).path,
        line=event.line,
        quote=event.quote,
        metric=series.label,
        first=number(float(y[0])),
        best=number(best),
    )
    rows = [0, len(series) - 1]
    return make_finding(
        "broken_metric",
        series,
        rows,
        Severity.HIGH,
        text,
        payload=TurnedRound(first=float(y[0]), best=best, stopped=True),
    )


DETECTOR = Detector(id="early_stop", kinds=("broken_metric",), detect=detect, order=62)
