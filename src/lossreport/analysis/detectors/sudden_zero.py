"""A training loss that falls to exactly 0 within one row and stays there: a loss that is learned
away passes small values first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.detectors.overfitting import is_component
from lossreport.analysis.detectors.zero_loss import PREFERENCES, zero_from
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.printed import step
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, number
from lossreport.words import AXES

ABOVE: Final = 1e4
"""The row before the zeros is ten thousand printed steps high: what halves from row to row passes
fourteen rows on that way.
"""
HINGED: Final = ("triplet", "gan", "policy", "value")
"""Losses with a margin are 0 as soon as it is kept, and games as soon as one side wins."""

TEXT = Text(
    zh="`{metric}`（{path}）在一行之内从 {before} 变为正好 0，从 {axis} {x}（第 {line} 行）"
    "到末尾共 {count} 行都是 0：学会的 loss 会先经过很小的值。要么没有东西再计入 "
    "loss（标签全相同、只有一类、没有负样本、全被屏蔽），要么 NaN 被打印成了 0；"
    "这不是收敛。",
    en=(
        "`{metric}` ({path}) goes from {before} to exactly 0 within one row and stays there in "
        "all {count} rows from {axis} {x} (line {line}) on. A loss that is learned away passes "
        "small values first: either nothing counts in it any more (labels all alike, one class, "
        "no negatives, all masked) or a NaN is printed as 0. That is no convergence."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss, no term of several, that is 0 from one row to the next and
    to its end; not beside a validation that lives.
    """
    for series in context.progress:
        plain = (
            series.split == "train"
            and context.is_measure(series)
            and series.metric_type not in (*PREFERENCES, *HINGED)
        )
        if not plain or context.is_rewarded or is_component(context, series):
            continue
        if any(
            context.has(kind, series)
            for kind in ("masked_nonfinite", "broken_metric", "frozen_metric")
        ):
            continue
        start = zero_from(series)
        if start is None or start == 0 or _is_validated(context, series):
            continue
        before = float(series.y[start - 1])
        finest = step(series, before) or series.resolution or 0.0
        if not np.isfinite(before) or before <= 0 or finest <= 0 or before < ABOVE * finest:
            continue
        rows = list(range(start, len(series)))
        text = TEXT(
            metric=series.label,
            path=series.path,
            before=number(before),
            axis=AXES[series.axis.value],
            x=shown_x(series.x[start]),
            line=int(series.line[start]),
            count=len(rows),
        )
        held = ZeroLoss(value=0.0, count=float(len(rows)), dead=True, sudden=True)
        yield make_finding("broken_metric", series, rows, Severity.HIGH, text, payload=held)


def _is_validated(context: Context, series: Series) -> bool:
    """Return whether a validation loss of the same source ends finite and above 0: then something
    was learned.
    """
    others = (
        one
        for one in context.progress
        if one.split != "train" and one.source == series.source and len(one)
    )
    return any(np.isfinite(one.y[-1]) and one.y[-1] != 0 for one in others)


DETECTOR = Detector(id="sudden_zero", kinds=("broken_metric",), detect=detect, order=14)
