"""A loss or gradient norm that stops changing to the last digit while others go on: what is printed
is no longer measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.agreement import precision
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, Value, number
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 8
"""So many equal rows to the end, and so many before them that changed."""
BEFORE: Final = 30
"""Rows before the stop that say how much the metric used to change."""
DIGITS: Final = 10.0
"""A change of ten units of the last printed digit, in the median: less, and equal rows are
rounding, not a stop.
"""
LEFT: Final = 0.1
"""A loss that reaches 0 by itself passes small values; one that is set to 0 still has a tenth of
its level in the row before.
"""

TEXT = Text(
    zh=(
        "`{metric}`（{path}）从 {axis} {x}（第 {line} 行）起直到末尾共 {count} 行，逐位都是 "
        "{value}，此前几乎每行都在变，而 `{other}` 仍在变化：打印的很可能不再是测得的值（NaN "
        "被替换、指标停止更新或参数不再更新）。"
    ),
    en=(
        "`{metric}` ({path}) is {value} to the last digit in all {count} rows from {axis} {x} "
        "(line {line}) on; it changed in nearly every row before, and `{other}` still changes: "
        "what is printed is most likely not measured any more (a NaN replaced, a meter or the "
        "parameters no longer updated)."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The value at which a metric froze, and for how many rows."""

    value: float
    count: float


ALL = Text(
    zh=(
        "`{metric}`（{path}）从 {axis} {x}（第 {line} 行）起直到末尾共 {count} 行，逐位都是 "
        "{value}，同一文件里其余的 loss 也不再变，而此前几乎每行都在变：已没有一步在更新模型"
        "（每一步都被拒绝、学习率为 0、因 NaN 跳过更新，或参数被冻结）。"
    ),
    en=(
        "`{metric}` ({path}) is {value} to the last digit in all {count} rows from {axis} {x} "
        "(line {line}) on, and the other losses of the file stand still as well; it changed in "
        "nearly every row before: no step changes the model any more (each is rejected, the "
        "learning rate is 0, updates are skipped for NaN, or the parameters are frozen)."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss or gradient norm that freezes; one whose NaN is known already is told
    as that.
    """
    for series in context.judged:
        wanted = context.is_loss(series) or context.kind(series).id == "grad_norm"
        start = (
            frozen_from(series) if wanted and not context.has("masked_nonfinite", series) else None
        )
        witness = _witness(context, series, start) if start is not None else None
        if start is not None and witness is not None:
            yield _finding(series, start, witness)
        elif start is not None and _all_stand_still(context, series, start):
            yield _finding(series, start, None)


def frozen_from(series: Series) -> int | None:
    """Return the first of the equal rows that a series ends with, where that is a stop and no
    rounding; None without.
    """
    y = series.y
    if len(y) < 2 * MIN_ROWS or not np.isfinite(y).all():
        return None
    changed = np.flatnonzero(y != y[-1])
    if not len(changed) or len(y) - changed[-1] - 1 < MIN_ROWS or changed[-1] + 1 < MIN_ROWS:
        return None
    start = int(changed[-1]) + 1
    before = y[max(0, start - BEFORE) : start]
    steps = np.abs(np.diff(before))
    last_digit = 2 * max(precision(series).decimals, precision(series).digits * abs(float(y[-1])))
    if np.mean(steps > 0) < MOSTLY or np.median(steps) < DIGITS * last_digit:
        return None
    if y[-1] == 0 and abs(before[-1]) < LEFT * np.median(np.abs(before)):
        return None
    return start


MOSTLY: Final = 0.9
"""Nearly every row before the stop differs from the one before it."""


def _witness(context: Context, series: Series, start: int) -> Series | None:
    """Return another metric of the source that still changes while this one does not."""
    for other in context.judged:
        wanted = context.is_loss(other) or context.kind(other).id in ("grad_norm", "accuracy")
        if (
            other is series
            or other.source != series.source
            or other.axis is not series.axis
            or not wanted
            or other.name == series.name
        ):
            continue
        behind = other.y[other.x >= series.x[start]]
        if (
            len(behind) >= MIN_ROWS
            and np.isfinite(behind).all()
            and np.mean(np.diff(behind) != 0) > MOSTLY
        ):
            return other
    return None


ROUNDING: Final = 1e-12
"""What a sum of doubles in another order differs by: such a loss stands still."""


def _all_stand_still(context: Context, series: Series, start: int) -> bool:
    """Return whether the other losses of the file, one at least of them on held-out data, stop
    where a training loss does.
    """
    others = [
        one.y[one.x >= series.x[start]]
        for one in context.progress
        if one is not series and one.source == series.source and one.axis is series.axis
    ]
    held_out = any(
        one.split != "train" and one.source == series.source and one.axis is series.axis
        for one in context.progress
    )
    still = all(
        len(y) >= MIN_ROWS
        and np.isfinite(y).all()
        and float(np.ptp(y)) <= ROUNDING * float(np.abs(y).max())
        for y in others
    )
    return series.split == "train" and series.y[start] != 0 and held_out and still


def _finding(series: Series, start: int, witness: Series | None) -> Finding:
    rows = list(range(start, len(series)))
    said: dict[str, Value] = {
        "metric": series.label,
        "path": series.path,
        "axis": AXES[series.axis.value],
        "x": shown_x(series.x[start]),
        "line": int(series.line[start]),
        "count": len(rows),
        "value": number(float(series.y[start]), digits=6),
    }
    text = ALL(**said) if witness is None else TEXT(**said, other=witness.label)
    held = Frozen(value=float(series.y[start]), count=float(len(rows)))
    return make_finding("frozen_metric", series, rows, Severity.HIGH, text, payload=held)


DETECTOR = Detector(
    id="frozen_metric",
    kinds=(Kind(id="frozen_metric", title=Text(zh="数值不再变化", en="frozen value")),),
    detect=detect,
    order=13,
)
"""After masked_nonfinite, which knows more."""
