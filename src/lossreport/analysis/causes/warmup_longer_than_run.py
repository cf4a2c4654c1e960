"""A learning rate that never leaves its warm-up: the warm-up has as many steps as the run, or is
counted in another unit.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.still_warming import StillWarming
from lossreport.text import Text, number

ENDS = Text(
    zh="`{metric}` 最后一行（第 {line} 行）是 {last}，仍是全程最高：没有到达峰值后的任何一步。",
    en="`{metric}` is {last} in its last row (line {line}), still the highest of the run: "
    "there is not one step behind a peak.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a rate that is still warming up at the end."""
    for finding, _ in context.seen(StillWarming):
        rate = context.subject(finding)
        said = ENDS(metric=rate.label, last=number(float(rate.y[-1])), line=int(rate.line[-1]))
        yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="warmup_longer_than_run",
    family="learning_rate",
    title=Text(
        zh="warm-up 与整个训练一样长（或单位弄错：把 epoch 当成了 step），学习率始终太小",
        en="The warm-up is as long as the run (or counted in another unit, steps for epochs), "
        "so the learning rate is too small throughout",
    ),
    decided_by=Text(
        zh="打印 warm-up 步数与总步数：前者不小于后者，就是它；"
        "注意总步数是否除过梯度累积与进程数。",
        en="Print the steps of the warm-up and of the whole run: if the first is no smaller, "
        "that is it; mind whether the total is divided by accumulation and by processes.",
    ),
    do=Text(
        zh="把 warm-up 设为总步数的 1% 到 10%，或按同一个单位（优化器更新次数）重算；再从头训练。",
        en="Set the warm-up to 1 to 10% of all steps, or work both out in one unit (updates "
        "of the optimiser); then start anew.",
    ),
    reference="Morizeyao/GPT2-Chinese #60: gradient_accumulation及warmup_steps参数问题",
    suspect=suspect,
)
