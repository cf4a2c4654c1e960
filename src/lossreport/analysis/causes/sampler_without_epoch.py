"""The same course of the loss in every epoch of a distributed run: its sampler is never told the
epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Oscillation
from lossreport.analysis.signature import setting
from lossreport.text import Text, number

RANKS: Final = 2

REPEATS = Text(
    zh="`{metric}` 在每个 epoch 里都重复同样的走势（周期 {period} 行，正好一个 epoch）。",
    en="`{metric}` takes the same course in every epoch (a period of {period} rows, one epoch).",
)
WORLD = Text(
    zh="配置写明 {name} = {value}：多进程训练。",
    en="The configuration says {name} = {value}: several processes train.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a period of one epoch in a run of several processes."""
    world = setting(context, "world_size", "num_gpus", "gpus", "nproc_per_node")
    if world is None or not isinstance(world[1], int | float) or world[1] < RANKS:
        return
    for finding, swing in context.seen(Oscillation):
        if swing.with_epochs:
            series = context.subject(finding)
            told = REPEATS(metric=series.label, period=number(swing.period, digits=3))
            signs = (strong(told), weak(WORLD(name=world[0], value=world[1])))
            yield Suspicion(finding=finding, signs=signs, code="sampler.set_epoch(epoch)")


CAUSE = Cause(
    id="sampler_without_epoch",
    family="distributed",
    title=Text(
        zh="DistributedSampler 没有 set_epoch，每个 epoch 的数据顺序相同",
        en="DistributedSampler without set_epoch: the data comes in the same order every epoch",
    ),
    decided_by=Text(
        zh="打印两个 epoch 第一个 batch 的样本编号：相同就是它。",
        en="Print the ids of the first batch of two epochs: equal ones decide it.",
    ),
    do=Text(
        zh="在每个 epoch 开始时调用 sampler.set_epoch(epoch)。",
        en="Call sampler.set_epoch(epoch) at the start of every epoch.",
    ),
    reference="pytorch/pytorch #31771: DistributedSampler can't shuffle the dataset",
    suspect=suspect,
)
