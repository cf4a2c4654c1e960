"""A validation loss below the training loss by a steady margin: dropout, augmentation and a mean
over the epoch make the training look worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import TrainValGap
from lossreport.text import Text, number, percent

STEADY: Final = 0.9
"""In nine rows of ten the validation is the lower one."""
PERFECT: Final = 0.999

EVERY = Text(
    zh="从第一次验证起，`{val}` 在 {share} 的行里都低于训练 loss。",
    en="From the first row on `{val}` is below the training loss in {share} of the rows.",
)
DROPPED = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")
LEAK = Text(
    zh="`{metric}` 达到 {value}：也可能是验证集与训练集重叠。",
    en="`{metric}` reaches {value}: the sets may overlap instead.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a gap in favour of the validation that was there from the start."""
    for finding, gap in context.seen(TrainValGap):
        if gap.gap >= 0 or len(finding.series) < 2:
            continue
        val, train = context.subject(finding), context.by_id[finding.series[1]]
        own = np.interp(val.x, train.x, train.y)
        share = float(np.mean(val.y < own))
        if share < STEADY or val.y[0] >= own[0] or context.has("no_learning", train):
            # one that stands is explained by other things
            continue
        signs = [strong(EVERY(val=val.label, share=percent(share)))]
        for name in ("dropout", "mixup", "label_smoothing", "augment"):
            value = context.facts.get(name)
            if isinstance(value, int | float) and value:
                signs.append(weak(DROPPED(name=name, value=value)))
        for one in context.judged:
            if (
                one.split != "train"
                and one.metric_type == "accuracy"
                and len(one)
                and float(one.y[-1]) >= PERFECT
            ):
                signs.append(against(LEAK(metric=one.label, value=number(float(one.y[-1]))), 2))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="dropout_in_training_only",
    family="validation",
    title=Text(
        zh="训练 loss 带着 dropout、数据增强，且是整个 epoch 的均值，所以高于验证 loss",
        en="The training loss is taken with dropout and augmentation, as a mean over the "
        "epoch, and so lies above that of the validation",
    ),
    decided_by=Text(
        zh="用 eval 模式在训练集上算一次 loss：差距消失就是这个原因，不消失则查两个集合是否重叠。",
        en="Compute the loss of the training set in eval mode: if the gap is gone this is the "
        "reason, else see whether the sets overlap.",
    ),
    do=Text(
        zh="不必处理；只在需要比较两条曲线时，才在 eval 模式下另算训练集的 loss。",
        en="Nothing to repair; compute the training loss in eval mode where both curves are "
        "to be compared.",
    ),
    reference="coetaur0/ESIM #17: Validation loss lower than training loss?",
    suspect=suspect,
)
