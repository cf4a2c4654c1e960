"""A metric that never changes: nothing was measured, or nothing was learned; said apart from losses that are flat with noise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, Value, number

MIN_ROWS: Final = 8
ROLES: Final = ("loss", "regulariser", "score")

ZERO = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 0：这一项没有起作用（例如单类别任务的分类 loss），或没有被计算。",
    en="`{metric}` ({path}) is 0 in all {count} rows: this term has no effect (a class loss with one class, for example), or was never computed.",
)
SAME = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}，一次也没有变化：它没有被更新，或模型没有学到影响它的东西。",
    en="`{metric}` ({path}) is {value} in all {count} rows and never changes: it was not updated, or nothing that affects it was learned.",
)
SCORE_ZERO = Text(
    zh="`{metric}`（{path}）在全部 {count} 次验证里都是 0：没有一个预测被判为正确，或验证没有真正执行。",
    en="`{metric}` ({path}) is 0 in all {count} validations: not one prediction counts as right, or the validation never ran.",
)
NO_GRADIENT = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 0{rate}：除非只是打印时舍入成 0，就没有梯度到达参数（标签全被屏蔽、参数全被冻结、每一步都被跳过，或一组样本的奖励全相同）。",
    en="`{metric}` ({path}) is 0 in all {count} rows{rate}: unless it was only rounded to 0 when printed, no gradient reaches the parameters (all labels masked, all parameters frozen, every step skipped, or equal rewards within each group).",
)
RATE = Text(zh="，`{name}` 也一直是 0", en=", and so is `{name}`")
FEW_ROWS: Final = 4
"""Rows of a gradient norm that are no coincidence: a single one is 0 where one batch is masked."""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss or score with a single value in all rows, and a norm of the gradient that is 0 in all."""
    yield from _gradients(context)
    for series in context.judged:
        kind = context.kind(series)
        if context.has("masked_nonfinite", series) or (context.is_loss(series) and not context.is_measure(series)):
            continue  # NaN is behind the zeros; the loss of a policy is 0 by construction where it was updated once
        is_score = kind.id in ("accuracy", "map")
        if len(series) < MIN_ROWS or not (is_score or context.is_loss(series)) or not np.isfinite(series.y).all():
            continue
        if np.all(series.y == series.y[0]):
            yield _finding(series, is_score)


def _gradients(context: Context) -> Iterator[Found]:
    rates = [s for s in context.judged if s.metric_type == "learning_rate" and len(s) >= FEW_ROWS and not np.any(s.y)]
    for series in context.judged:
        if series.metric_type == "grad_norm" and len(series) >= FEW_ROWS and not np.any(series.y):
            rate = RATE(name=rates[0].label) if rates else NONE
            text = NO_GRADIENT(metric=series.label, path=series.path, count=len(series), rate=rate)
            yield make_finding("constant_metric", series, [0, len(series) - 1], Severity.HIGH, text, numbers={"value": 0.0})


NONE: Final = ""


def _finding(series: Series, is_score: bool) -> Found:
    value = float(series.y[0])
    values: dict[str, Value] = {
        "metric": series.label,
        "path": series.path,
        "count": len(series),
    }
    text = (SCORE_ZERO if is_score else ZERO)(**values) if value == 0 else SAME(**values, value=number(value))
    severity = Severity.HIGH if is_score and value == 0 else Severity.LOW if value == 0 else Severity.MEDIUM
    return make_finding("constant_metric", series, [0, len(series) - 1], severity, text, numbers={"value": value})


DETECTOR = Detector(id="constant_metric", kinds=("constant_metric",), detect=detect, order=15)
