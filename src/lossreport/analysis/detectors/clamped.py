"""A loss that stands at a clamp to the last digit: the probability of the right class is 0, its
gradient too, and nothing is trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.clamps import Hit, at_clamp
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import AtClamp
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, number, percent
from lossreport.words import AXES

MIN_ROWS: Final = 3
"""Rows at the end that hold one value: a mean over batches meets a clamp to the digit only where
all its samples stand there.
"""
SAME: Final = 2e-5
"""Relative: the sum of equal float32 numbers is off in its sixth digit."""

TEXT = Text(
    zh=(
        "`{metric}`（{path}）从 {axis} {x}（第 {line} 行）到末尾共 {count} 行都是 {value}，"
        "{level}：正确类别的概率被截到 0，截断处没有梯度，此后没有学到任何东西。"
    ),
    en=(
        "`{metric}` ({path}) is {value} in all {count} rows from {axis} {x} (line {line}) on, "
        "{level}: the probability of the right class is clamped at 0, the clamp has no gradient, "
        "and nothing is learned any more."
    ),
)
ALL = Text(
    zh="正是截断的上限 {formula}", en="exactly the clamp {formula}, the highest value it can take"
)
PART = Text(
    zh="正是截断上限 {formula} 的 {share}（这么多样本停在那里）",
    en="exactly {share} of the clamp {formula} (so many samples stand at it)",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss at a clamp: critical where it is trained, high of a validation."""
    for series in context.losses:
        if (at := standing(context, series)) is not None:
            yield _finding(series, *at)


def _finding(series: Series, start: int, hit: Hit) -> Finding:
    rows = list(range(start, len(series)))
    value = float(series.y[-1])
    level = (
        ALL(formula=hit.clamp.formula)
        if hit.share == 1
        else PART(formula=hit.clamp.formula, share=percent(hit.share))
    )
    text = TEXT(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(series.x[start]),
        line=int(series.line[start]),
        count=len(rows),
        value=number(value, digits=6),
        level=level,
    )
    train = series.split == "train"
    held = AtClamp(
        value=value, share=hit.share, count=float(len(rows)), clamp=hit.clamp.value, dead=train
    )
    severity = Severity.CRITICAL if train else Severity.HIGH
    return make_finding("broken_metric", series, rows, severity, text, payload=held)


def standing(context: Context, series: Series) -> tuple[int, Hit] | None:
    """Return the first of the equal rows that a series ends with, and the clamp that they stand at;
    None without.
    """
    if len(series) < MIN_ROWS or not np.isfinite(series.y[-1]) or series.y[-1] <= 0:
        return None
    last = float(series.y[-1])
    other = np.flatnonzero(~(np.abs(series.y - last) <= SAME * last))
    start = int(other[-1]) + 1 if len(other) else 0
    if len(series) - start < MIN_ROWS:
        return None
    hit = at_clamp(context, series, last)
    return None if hit is None else (start, hit)


DETECTOR = Detector(id="clamped", kinds=("broken_metric",), detect=detect, order=13)
