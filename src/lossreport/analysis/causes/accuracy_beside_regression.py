"""An accuracy logged beside a regression loss: it counts exact hits of real numbers and says
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import WrongAccuracy
from lossreport.analysis.regression import KINDS as REGRESSION
from lossreport.analysis.regression import least_accuracy
from lossreport.analysis.signature import moved
from lossreport.model.analysis import Finding
from lossreport.text import Text, Value, number, percent

KINDS: Final = (
    "constant_metric",
    "frozen_metric",
    "broken_metric",
    "quantised",
    "plateau",
    "no_learning",
)

LOSS = Text(
    zh="loss `{loss}` 是回归损失，而 `{metric}` 是准确率：两者不属于同一种任务。",
    en="The loss `{loss}` is one of regression and `{metric}` an accuracy: they are of "
    "different tasks.",
)


BOUND = Text(
    zh="`{metric}` 最高只有 {highest}，而 `{loss}` 是 {last}：交叉熵为 {last} 的分类至少有 "
    "{least} 的正确率，所以这不是分类的 loss。",
    en="`{metric}` is {highest} at most while `{loss}` is {last}: a classification with a "
    "cross-entropy of {last} is right in at least {least}, so this is no loss of a "
    "classification.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an accuracy beside a loss of regression, by its kind or by its level;
    without any other kind of loss.
    """
    yield from _by_level(context)
    losses = [one for one in context.progress if context.kind(one).role == "loss"]
    regressions = [one for one in losses if one.metric_type in REGRESSION]
    if not regressions or any(
        one.metric_type not in REGRESSION and one.metric_type != "generic" for one in losses
    ):
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if series.metric_type == "accuracy" and not _is_by_level(finding):
            one = next((one for one in regressions if one.split == series.split), regressions[0])
            signs = [strong(LOSS(loss=one.label, metric=series.label))]
            if falls_by(one) > 0:
                signs.append(weak(moved(one)))
            yield Suspicion(finding=finding, signs=tuple(signs))


def _is_by_level(finding: Finding) -> bool:
    """Return whether `_by_level` tells the finding."""
    return isinstance(finding.payload, WrongAccuracy) and finding.payload.regression


def _by_level(context: Context) -> Iterator[Suspicion]:
    for finding, held in context.seen(WrongAccuracy):
        if held.highest is None or held.last is None:
            continue
        series, loss = (context.by_id[one] for one in finding.series[:2])
        if loss.metric_type in REGRESSION:
            signs = [strong(LOSS(loss=loss.label, metric=series.label))]
        else:
            values: dict[str, Value] = {
                "highest": number(held.highest),
                "last": number(held.last),
            }
            signs = [
                strong(
                    BOUND(
                        metric=series.label,
                        loss=loss.label,
                        **values,
                        least=percent(least_accuracy(held.last)),
                    )
                )
            ]
        signs.append(weak(moved(loss)))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="accuracy_beside_regression",
    family="metric",
    title=Text(zh="在回归任务上记录了准确率", en="An accuracy is logged for a regression"),
    decided_by=Text(
        zh="看标签：若是连续值，准确率只统计恰好相等的预测，几乎总是 0 或不变。",
        en="Look at the targets: where they are continuous, an accuracy counts predictions "
        "that are exactly equal and is nearly always 0 or constant.",
    ),
    do=Text(
        zh="去掉准确率，改看 MAE、RMSE 或 R²；若本来是分类任务，则把 loss 换成交叉熵。",
        en="Drop the accuracy and watch MAE, RMSE or R² instead; if the task is a "
        "classification, use a cross-entropy.",
    ),
    reference="keras-team/keras #867: Regression with MLP",
    suspect=suspect,
)
