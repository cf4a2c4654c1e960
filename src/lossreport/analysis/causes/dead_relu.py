"""A loss that fell to ln K and stands there: the units died, and the output is the same for any
input.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.signs import around, said_adam, set_rate
from lossreport.text import Text, number

FELL = Text(
    zh="`{metric}` 从 {first} 降到 ln {size} = {level}，从第 {line} 行起停在那里：先动过，"
    "之后所有样本的输出都相同。",
    en="`{metric}` came from {first} to ln {size} = {level} and stands there from line {line} "
    "on: it moved at first, and since then the output is the same for all samples.",
)


KILLS = Text(
    zh="`{metric}` 从第一行起就停在 ln {size} = {level}，而学习率是 {lr}："
    "这样的步子在最初几步就会让 ReLU 全部输出 0。",
    en="`{metric}` stands at ln {size} = {level} from its first row on, and the learning rate "
    "is {lr}: steps of that size kill ReLUs within the first few.",
)
SGD_RATE: Final = 0.1
ADAM_RATE: Final = 0.01
"""Rates at which networks without batch norm die at the start (torchvision, pull 1998: AlexNet and
VGG at 0.1; ten times Adam's default).
"""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that came down to the level of guessing and stayed, or never was
    elsewhere at a rate that kills units.
    """
    for finding, still in context.seen(Standstill):
        size = still.uniform
        if size is None or (size >= HEAD and math.log2(size).is_integer()):
            continue
        series = context.subject(finding)
        if finding.start.row == 0:
            rate, limit = set_rate(context), ADAM_RATE if said_adam(context) else SGD_RATE
            if rate is not None and rate >= limit:
                level = number(math.log(size))
                kills = KILLS(
                    metric=series.label, level=level, size=str(round(size)), lr=number(rate)
                )
                yield Suspicion(finding=finding, signs=(strong(kills),))
            continue
        said = FELL(
            metric=series.label,
            line=finding.start.line,
            first=number(still.first),
            level=number(math.log(size)),
            size=str(round(size)),
        )
        yield Suspicion(
            finding=finding, signs=(strong(said), *around(context, series, finding.start.row))
        )


HEAD: Final = 1024
CAUSE = Cause(
    id="dead_relu",
    family="model",
    title=Text(
        zh="单元死亡：开头的步子过大，ReLU 全部输出 0，只剩偏置在起作用",
        en="Dead units: the first steps were too large, every ReLU gives 0 and only the "
        "biases are left",
    ),
    decided_by=Text(
        zh="打印各层激活为 0 的比例和各层的梯度范数：某层全为 0 就是它。",
        en="Print the share of zeros among the activations of each layer and the gradient "
        "norm of each: a layer of zeros decides it.",
    ),
    do=Text(
        zh="把学习率降到十分之一并加 warm-up，从头训练（死掉的单元不会自己恢复）；加 "
        "BatchNorm，用 He 初始化，深的 VGG 先加载预训练权重。",
        en="Lower the learning rate to a tenth with a warm-up and start anew (dead units do "
        "not come back); add BatchNorm, initialise after He, and load pretrained weights "
        "for a deep VGG.",
    ),
    reference="apache/mxnet #1968: Got always about 10% accuracy when training CIFAR-10 by VGG-16 "
    "model",
    suspect=suspect,
)
