"""A score that takes two values only, which add up to one: the model predicts one class for all
samples, now this one, now that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.goal import measured
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series
from lossreport.text import Text, number, percent
from lossreport.values import dataclass

LEAST: Final = 6
SHARE: Final = 0.8
"""Four in five rows: of six and more evaluations of a classifier that learns no two fall on the
same value that often.
"""
SUM: Final = 0.005
"""The shares of two classes add up to one, as finely as accuracies are printed."""
FULL: Final = (1.0, 100.0)

TEXT = Text(
    zh="`{metric}`（{path}）有 {share} 的行只取两个值 {a} 和 {b}，两者之和正好是全部："
    "所有样本都被预测成同一个类，只是有时是这一类、有时是那一类，没有学到东西。",
    en="`{metric}` ({path}) takes only two values in {share} of its rows, {a} and {b}, which "
    "add up to the whole: all samples are predicted as one class, now one, now the other, "
    "and nothing is learned.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoValues:
    """The two values that a score goes between, and the share of its rows that they hold."""

    value: float
    other: float
    share: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding for each accuracy that jumps between a share and its rest."""
    for series in context.judged:
        if series.metric_type == "accuracy":
            yield from _finding(context, series)


def _finding(context: Context, series: Series) -> Iterator[Finding]:
    y = measured(context, series)
    rows = np.flatnonzero(np.isfinite(y))
    if len(rows) < LEAST:
        return
    values, counts = np.unique(y[rows], return_counts=True)
    if len(values) < 2:
        return
    common = np.argsort(-counts, kind="stable")[:2]
    a, b = sorted(float(values[one]) for one in common)
    total = next((full for full in FULL if abs(a + b - full) <= SUM * full), None)
    share = float(counts[common].sum()) / len(rows)
    if total is None or a == b or share < SHARE or not 0 < a < total:
        return
    hit = [int(row) for row in rows if y[row] in (a, b)]
    text = TEXT(
        metric=series.label, path=series.path, share=percent(share), a=number(a), b=number(b)
    )
    held = TwoValues(value=b, other=a, share=share)
    yield make_finding("constant_metric", series, hit, Severity.HIGH, text, payload=held)


DETECTOR = Detector(id="two_values", kinds=("constant_metric",), detect=detect)
