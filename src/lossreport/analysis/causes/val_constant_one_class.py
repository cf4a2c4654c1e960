"""A validation accuracy that never moves while the training loss falls: every sample gets the same
class.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved
from lossreport.model.run import Series
from lossreport.text import Text, number

FALLEN: Final = 0.10
"""The training loss has lost a tenth: something is learned, and the validation shows none of it."""
ENDS: Final = (0.0, 1.0, 100.0)
"""Nothing right, or all: other causes."""

SAME = Text(
    zh="`{metric}` 逐位都是 {value}：它等于某一类在验证集中的占比。",
    en="`{metric}` is {value} to the last digit: the share of one class in the validation set.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a constant accuracy of a validation beside a training loss that
    falls.
    """
    for finding in context.of_kind("constant_metric", "frozen_metric"):
        series = context.subject(finding)
        if (
            series.split == "train"
            or series.metric_type != "accuracy"
            or float(series.y[-1]) in ENDS
        ):
            continue
        falling = next((one for one in context.progress if _is_learned(one)), None)
        if falling is not None:
            same = SAME(metric=series.label, value=number(float(series.y[-1]), digits=6))
            yield Suspicion(finding=finding, signs=(strong(same), strong(moved(falling))))


def _is_learned(series: Series) -> bool:
    """Return whether a training loss of a classification falls: an accuracy beside a regression
    means nothing.
    """
    return (
        series.split == "train"
        and series.metric_type not in REGRESSION
        and falls_by(series) > FALLEN
    )


REGRESSION: Final = ("mse", "l1", "huber")

CAUSE = Cause(
    id="val_constant_one_class",
    family="validation",
    title=Text(
        zh="模型在验证时对所有样本都预测同一类",
        en="In validation the model predicts one class for every sample",
    ),
    decided_by=Text(
        zh="统计验证集上预测的类别分布，再用 eval 模式在训练集上跑一遍：若训练集也只预测一类，"
        "是 BatchNorm 统计量或评测模式的问题；若只有验证集这样，是两边预处理不同。",
        en="Count the classes predicted on the validation set, then run the training set in "
        "eval mode: one class there too points at BatchNorm statistics or the mode, one "
        "class on the validation alone at different preprocessing.",
    ),
    do=Text(
        zh="让验证与训练用同一套预处理（归一化、通道顺序、标签映射），"
        "核对输出层与标签格式是否一致；若训练集在 eval 模式下也只有一类，降低 BatchNorm 的 "
        "momentum 或增大 batch。",
        en="Use the same preprocessing in both (normalisation, order of channels, mapping of "
        "labels) and check that output layer and label format agree; where the training "
        "set shows one class in eval mode too, lower the momentum of BatchNorm or enlarge "
        "the batch.",
    ),
    reference="keras-team/keras #1597: acc and val_acc don't change?",
    suspect=suspect,
)
