"""A loss at ln K from the start: the output carries no signal, whatever the input."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.signs import around
from lossreport.text import Text, number

AT = Text(
    zh="`{metric}` 自始至终停在 {value} = ln {size}：在 {size} 个类别中均匀猜测。",
    en="`{metric}` stays at {value} = ln {size} from start to end: guessing among {size} classes.",
)
NO_HIT = Text(
    zh="`{metric}` 几乎每一行都是 0，而 `{loss}` 没有下降：连偶然猜对都没有。",
    en="`{metric}` is 0 in nearly every row while `{loss}` does not fall: not even chance hits.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss at the level of guessing that never was elsewhere, or has no
    hit.
    """
    for finding, still in context.seen(Standstill):
        series, size = context.subject(finding), still.uniform or still.early
        if still.dead and len(finding.series) > 1:
            score = context.by_id[finding.series[1]]
            yield Suspicion(
                finding=finding, signs=(strong(NO_HIT(metric=score.label, loss=series.label)),)
            )
        elif size is not None and finding.start.row == 0 and not is_head(size):
            said = AT(metric=series.label, value=number(math.log(size)), size=str(round(size)))
            yield Suspicion(
                finding=finding, signs=(strong(said), *around(context, series, len(series) - 1))
            )


def is_head(size: float) -> bool:
    """Return whether a size is that of a head of prototypes: a power of two from 1024 on, which no
    set of classes has.
    """
    return size >= SMALLEST_HEAD and math.log2(size).is_integer()


SMALLEST_HEAD: Final = 1024
CAUSE = Cause(
    id="uniform_output",
    family="learning",
    title=Text(
        zh="输出与输入无关：学习率过高使单元死亡、没有梯度到达、输入全零、标签对不上，或 "
        "softmax 做了两次",
        en="The output does not depend on the input: units killed by too high a learning "
        "rate, no gradient, an empty input, labels that do not match, or softmax applied "
        "twice",
    ),
    decided_by=Text(
        zh="用一个 batch 做过拟合测试：loss 不降，是代码（标签、loss、优化器）；能降，"
        "再查学习率和数据。",
        en="Overfit a single batch: if the loss does not fall, the fault is in the code "
        "(labels, loss function, optimiser); if it does, look at the learning rate and the "
        "data.",
    ),
    do=Text(
        zh="从头用十分之一的学习率对一个 batch 做过拟合测试（没有 BatchNorm 的网络承受不了 "
        "0.1）；loss 仍不降，就逐项核对：调用了 optimizer.step 和 model.train、"
        "CrossEntropyLoss 之前没有 softmax、标签与输入一一对应、输入已归一化。",
        en="Overfit a single batch anew at a tenth of the learning rate (a network without "
        "batch norm does not stand 0.1); if the loss does not fall then either, check in "
        "turn: optimizer.step and model.train are called, no softmax stands before "
        "CrossEntropyLoss, labels belong to their inputs, the input is normalised.",
    ),
    reference="rasbt/deeplearning-models #76: cnn-vgg16.ipynb got abnormal results",
    suspect=suspect,
)
