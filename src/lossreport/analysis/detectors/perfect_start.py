"""A loss of exactly 0 beside an accuracy of exactly 1 from the first row on: nothing can be wrong,
so nothing is learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beginning import begins_late
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.detectors.overfitting import is_component
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.signs import class_count
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

MIN_ROWS: Final = 2
"""Both at their end in two rows from the first on: no training gets there before it has begun. One
row suffices where the settings say that there is a single class.
"""
FULL: Final = (1.0, 100.0)

TEXT = Text(
    zh="`{metric}`（{path}）从第一行起共 {count} 行都正好是 0，而 `{score}` 同时是满分 "
    "{full_score}：还没有训练就不可能答错，说明没有东西可学（只有一个类别，或所有像素、"
    "标签都被忽略），不是收敛。",
    en=(
        "`{metric}` ({path}) is exactly 0 in all {count} rows from the first on while `{score}` "
        "is at its full {full_score}: before anything was trained no answer can be wrong, so "
        "there is nothing to learn (a single class, or all pixels or labels ignored). That is no "
        "convergence."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that is 0 throughout beside a full accuracy; not where the
    log begins late or a gradient arrives.
    """
    least = 1 if class_count(context) == 1 else MIN_ROWS
    objectives = (one for one in context.judged if one.name == "objective")
    for series in (*context.progress, *objectives):
        plain = series.split == "train" and context.is_measure(series) and not context.is_rewarded
        if (
            not plain
            or len(series) < least
            or np.any(series.y)
            or begins_late(series)
            or is_component(context, series)
        ):
            continue
        if any(
            context.has(kind, series) for kind in ("masked_nonfinite", "broken_metric")
        ) or _is_moved(context, series):
            continue
        score = next((one for one in context.judged if _is_full(one, series, least)), None)
        if score is None:
            continue
        rows = list(range(len(series)))
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(rows),
            score=score.label,
            full_score=number(float(score.y[0])),
        )
        held = ZeroLoss(value=0.0, count=float(len(rows)), dead=True, perfect=True)
        yield make_finding(
            "broken_metric", series, rows, Severity.CRITICAL, text, payload=held, others=(score,)
        )


def _is_full(score: Series, series: Series, least: int) -> bool:
    beside = (
        score.metric_type == "accuracy"
        and score.split == "train"
        and score.source == series.source
        and score.axis is series.axis
    )
    return (
        beside
        and len(score) >= least
        and float(score.y[0]) in FULL
        and bool(np.all(score.y == score.y[0]))
    )


def _is_moved(context: Context, series: Series) -> bool:
    """Return whether a gradient arrives: then a loss of 0 is one that was rounded."""
    norms = (
        one
        for one in context.judged
        if one.metric_type == "grad_norm" and one.source == series.source
    )
    return any(bool(np.any(one.y[np.isfinite(one.y)])) for one in norms)


DETECTOR = Detector(id="perfect_start", kinds=("broken_metric",), detect=detect, order=13)
