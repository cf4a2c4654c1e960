"""An accuracy logged beside a regression loss: it counts exact hits of real numbers and says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved
from lossreport.text import Text

REGRESSION: Final = ("mse", "l1", "huber")
KINDS: Final = ("constant_metric", "frozen_metric", "broken_metric", "quantised", "plateau", "no_learning")

LOSS = Text(
    zh="loss `{loss}` 是回归损失，而 `{metric}` 是准确率：两者不属于同一种任务。",
    en="The loss `{loss}` is one of regression and `{metric}` an accuracy: they are of different tasks.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an accuracy that does not move beside a loss of regression; without any other kind of loss."""
    losses = [one for one in context.progress if context.kind(one).role == "loss"]
    regressions = [one for one in losses if one.metric_type in REGRESSION]
    if not regressions or any(one.metric_type not in REGRESSION and one.metric_type != "generic" for one in losses):
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if series.metric_type == "accuracy":
            one = next((one for one in regressions if one.split == series.split), regressions[0])
            signs = [strong(LOSS(loss=one.label, metric=series.label))]
            if falls_by(one) > 0:
                signs.append(weak(moved(one)))
            yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="accuracy_beside_regression",
    family="metric",
    title=Text(zh="在回归任务上记录了准确率", en="An accuracy is logged for a regression"),
    decided_by=Text(
        zh="看标签：若是连续值，准确率只统计恰好相等的预测，几乎总是 0 或不变。",
        en="Look at the targets: where they are continuous, an accuracy counts predictions that are exactly equal and is nearly always 0 or constant.",
    ),
    do=Text(
        zh="去掉准确率，改看 MAE、RMSE 或 R²；若本来是分类任务，则把 loss 换成交叉熵。",
        en="Drop the accuracy and watch MAE, RMSE or R² instead; if the task is a classification, use a cross-entropy.",
    ),
    reference="keras-team/keras #867: Regression with MLP",
    suspect=suspect,
)
