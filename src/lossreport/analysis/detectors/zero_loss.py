"""A training loss of exactly 0 beside a gradient of 0 or an accuracy of 0: not learned, but nothing
to learn from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.detectors.overfitting import is_component
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import ZeroLoss
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text
from lossreport.words import AXES

MIN_ROWS: Final = 3
WITNESSES: Final = ("grad_norm", "accuracy")
PREFERENCES: Final = ("preference", "reward_model")
"""Losses that reach 0 by themselves where all pairs are told apart; the gradient is then 0 as
well.
"""

TEXT = Text(
    zh="`{metric}`（{path}）从 {axis} {x}（第 {line} 行）到末尾共 {count} 行正好是 0，"
    "而同处的 `{witness}` 也是 0：这不是学会了，而是没有东西可学，参数没有被训练。",
    en=(
        "`{metric}` ({path}) is exactly 0 in all {count} rows from {axis} {x} (line {line}) to "
        "the end while `{witness}` beside it is 0 too: that is not a loss that was learned away, "
        "there is nothing to learn from, and the parameters are not trained."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss of 0 with a witness; not of reinforcement learning or
    preferences, and not of one term of several.
    """
    for series in context.progress:
        plain = (
            series.split == "train"
            and context.is_measure(series)
            and series.metric_type not in PREFERENCES
        )
        if (
            not plain
            or context.is_rewarded
            or context.has("masked_nonfinite", series)
            or is_component(context, series)
        ):
            continue
        start = zero_from(series)
        witness = (
            None
            if start is None
            else next((one for one in context.judged if _is_zero_there(one, series, start)), None)
        )
        if start is None or witness is None:
            continue
        rows = list(range(start, len(series)))
        text = TEXT(
            metric=series.label,
            path=series.path,
            axis=AXES[series.axis.value],
            x=shown_x(series.x[start]),
            line=int(series.line[start]),
            count=len(rows),
            witness=witness.label,
        )
        held = ZeroLoss(value=0.0, count=float(len(rows)), dead=True)
        yield make_finding(
            "broken_metric",
            series,
            rows,
            Severity.CRITICAL,
            text,
            payload=held,
            others=(witness,),
        )


def zero_from(series: Series) -> int | None:
    """Return the first of at least three rows of exactly 0 that a series ends with; None
    without.
    """
    other = np.flatnonzero(series.y != 0)  # NaN is not 0
    start = int(other[-1]) + 1 if len(other) else 0
    return start if len(series) - start >= MIN_ROWS else None


def _is_zero_there(one: Series, series: Series, start: int) -> bool:
    if (
        one.metric_type not in WITNESSES
        or one.split != "train"
        or one.axis is not series.axis
        or one.source != series.source
    ):
        return False
    there = one.y[one.x >= series.x[start]]
    return len(there) >= MIN_ROWS and not np.any(there)


DETECTOR = Detector(id="zero_loss", kinds=("broken_metric",), detect=detect, order=13)
