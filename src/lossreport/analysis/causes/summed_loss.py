"""A loss many times its chance level in nearly every row: it is summed over the batch or the
sequence, not averaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AboveChance
from lossreport.text import Text, factor, number, percent

TIMES: Final = 5.0
MOSTLY: Final = 0.8
RATIO = Text(
    zh="`{metric}` 在 {share} 的行里高于随机猜测水平 {chance}，末行 {last} 仍是它的 {ratio}，"
    "却在下降：这是对 batch 或序列求和，不是均值。",
    en="`{metric}` is above its chance level of {chance} in {share} of the rows, its last row "
    "of {last} still {ratio}, and falls: a sum over the batch or the sequence, not a mean.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that falls far above its chance level throughout."""
    for finding, worst in context.seen(AboveChance):
        series, chance = context.subject(finding), worst.chance
        if len(series) < ROWS or not np.isfinite(series.y).all():
            continue
        above, last = float(np.mean(series.y > chance)), float(series.y[-1])
        if above >= MOSTLY and last > TIMES * chance and last < series.y[0]:
            said = RATIO(
                metric=series.label,
                chance=number(chance),
                share=percent(above),
                last=number(last),
                ratio=factor(last / chance),
            )
            yield Suspicion(finding=finding, signs=(strong(said),))


ROWS: Final = 5
CAUSE = Cause(
    id="summed_loss",
    family="reduction",
    title=Text(zh="loss 是求和而不是均值", en="The loss is a sum, not a mean"),
    decided_by=Text(
        zh="把 batch 减半跑几步：loss 也减半，就是求和；除以 token "
        "数或样本数后应落在随机猜测水平以下。",
        en="Halve the batch for a few steps: if the loss halves too, it is a sum; divided by "
        "the tokens or samples it should lie below chance.",
    ),
    do=Text(
        zh='改用 `reduction="mean"`（或除以有效 token 数），学习率和裁剪阈值随之重新选；'
        "在此之前不要与别的训练比较数值。",
        en='Use `reduction="mean"` (or divide by the tokens that count) and choose learning '
        "rate and clipping anew; until then do not compare the value with other runs.",
    ),
    reference="GMvandeVen/continual-learning #5: Knowledge Distillation Loss",
    suspect=suspect,
)
