"""A training loss that is NaN while the validation stays finite and constant: the weights are
intact, only the training branch breaks.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.text import Text, number

CONSTANT = Text(
    zh="`{metric}` 有限且逐位不变（{value}）：权重既没有被毁，也没有更新。",
    en="`{metric}` is finite and the same to the last digit ({value}): the weights are "
    "neither destroyed nor updated.",
)
FROM_START = Text(
    zh="`{metric}` 从第 {line} 行起就是 NaN，不是训练中途发散。",
    en="`{metric}` is NaN from line {line} on: it did not diverge in the middle of the training.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a training that is NaN from its first row beside a validation that is
    finite and constant.
    """
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if (
            series.split != "train"
            or not context.is_loss(series)
            or not finding.rows
            or finding.rows[0] > 0
            or np.isfinite(series.y).any()
        ):
            continue
        for other in context.progress:
            same = (
                other.split != "train"
                and len(other) > 1
                and np.isfinite(other.y).all()
                and np.all(other.y == other.y[0])
            )
            if same:
                told = CONSTANT(metric=other.label, value=number(float(other.y[0]), digits=6))
                start = FROM_START(metric=series.label, line=int(series.line[0]))
                yield Suspicion(finding=finding, signs=(strong(told), weak(start)))


CAUSE = Cause(
    id="train_only_nan",
    family="validation",
    title=Text(
        zh="只有训练分支产生 NaN（空 batch、数据增强、只在训练时计算的 loss 项），更新被跳过",
        en="Only the training branch gives NaN (an empty batch, augmentation, a loss term of "
        "training alone), and updates are skipped",
    ),
    decided_by=Text(
        zh="关掉数据增强、dropout 与混合精度，在训练模式下对一个 batch 逐项打印 loss，"
        "并核对每个 epoch 实际有几个 batch。",
        en="Turn augmentation, dropout and mixed precision off, print each term of the loss "
        "for one batch in training mode, and count the batches of an epoch.",
    ),
    do=Text(
        zh="先确认训练集不小于 batch（drop_last 会把它丢空），再找出第一个 NaN 的那一项；"
        "权重未被毁，修好后可直接继续。",
        en="See first that the training set is not smaller than a batch (drop_last would "
        "leave nothing), then find the term that is NaN first; the weights are intact and "
        "can be used.",
    ),
    reference="ultralytics/ultralytics #25096: SemanticSegmentationLoss returns NaN when the whole "
    "batch is ignore (255)",
    suspect=suspect,
)
