"""A first loss far above the level of guessing that falls to it at once: the output layer is
initialised too large.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AboveChance
from lossreport.analysis.signs import was_loaded
from lossreport.text import Text, number

EXCESS: Final = 1.0
"""A nat above ln V: initialised with a standard deviation of 0.02 a model begins within 0.3 nats of
it (nanoGPT).
"""
MOST: Final = 10.0
"""Beyond ten times the level it is rather a sum than an initialisation."""
ABOVE = Text(
    zh="`{metric}` 第一行是 {value}，比均匀猜测的 {chance} 高 {excess}，之后降到 {last}："
    "开始时的 logits 过大。",
    en="`{metric}` begins at {value}, {excess} above the {chance} of guessing, and falls to "
    "{last}: the logits are too large at the start.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a start above chance of a loss that comes down to it; nobody
    initialises a model that was loaded.
    """
    if was_loaded(context):
        return
    for finding, above in context.seen(AboveChance):
        series, chance, excess = context.subject(finding), above.chance, above.excess or 0.0
        if finding.start.row or series.split != "train" or not np.isfinite(series.y).all():
            continue
        last = float(series.y[-1])
        if excess > EXCESS and series.y[0] < MOST * chance and last < chance:
            values = {
                "value": number(float(series.y[0])),
                "chance": number(chance),
                "excess": number(excess, "nats", digits=3),
                "last": number(last),
            }
            yield Suspicion(finding=finding, signs=(strong(ABOVE(metric=series.label, **values)),))


CAUSE = Cause(
    id="init_too_large",
    family="model",
    title=Text(
        zh="初始化过大：开头的 logits 远离 0",
        en="The initialisation is too large: the first logits lie far from 0",
    ),
    decided_by=Text(
        zh="在第一步之前打印 logits 的标准差：明显大于 1 就是它。",
        en="Print the standard deviation of the logits before the first step: well above 1 "
        "decides it.",
    ),
    do=Text(
        zh="输出层和嵌入用标准差 0.02（残差分支再除以层数两倍的平方根）初始化，"
        "权重共享时记得缩放；能省掉开头浪费的那些步。",
        en="Initialise embeddings and output layer with a standard deviation of 0.02 "
        "(residual branches divided by the root of twice the layers), scale tied weights; "
        "it saves the steps that the start wastes.",
    ),
    reference="lucidrains/vit-pytorch #35: Loss doesn't drop when training on ImageNet",
    suspect=suspect,
)
