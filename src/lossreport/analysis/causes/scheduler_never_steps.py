"""A learning rate that stays at its first value although a schedule is configured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.text import Text, number

NAMES: Final = (
    "lr_scheduler_type",
    "lr_scheduler",
    "scheduler",
    "sched",
    "lr_schedule",
    "lr_decay_style",
)
STILL: Final = re.compile(r"const|none|false|fixed|null", re.IGNORECASE)
STAYS = Text(
    zh="配置写明 {name} = {value}，而 `{metric}` 在全部 {count} 行里都是 {lr}（从第 {line} "
    "行起）：调度器没有推进。",
    en="The settings say {name} = {value}, and `{metric}` is {lr} in all {count} rows (from "
    "line {line} on): the scheduler does not step.",
)
ROWS: Final = 12


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a flat loss under a rate that should have moved."""
    name = next(
        (
            one
            for one in NAMES
            if isinstance(context.facts.get(one), str) and not STILL.search(str(context.facts[one]))
        ),
        None,
    )
    rate = next(
        (
            one
            for one in context.judged
            if one.metric_type == "learning_rate" and one.split == "train" and len(one) >= ROWS
        ),
        None,
    )
    if name is None or rate is None or not np.all(rate.y == rate.y[0]) or rate.y[0] <= 0:
        return
    said = STAYS(
        name=name,
        value=str(context.facts[name]),
        metric=rate.label,
        count=len(rate),
        lr=number(float(rate.y[0])),
        line=int(rate.line[0]),
    )
    for finding in context.of_kind("no_learning", "plateau"):
        series = context.subject(finding)
        if series.split == "train" and context.is_loss(series):
            yield Suspicion(finding=finding, signs=(strong(said), weak(said)))
            return


CAUSE = Cause(
    id="scheduler_never_steps",
    family="learning_rate",
    title=Text(
        zh="调度器没有推进：学习率停在第一个值",
        en="The scheduler never steps: the learning rate stays at its first value",
    ),
    decided_by=Text(
        zh="打印几次 scheduler.get_last_lr()，并看 scheduler.step 是否在训练循环里被调用；"
        "Lightning 默认每个 epoch 才推进一次。",
        en="Print scheduler.get_last_lr() a few times and see whether scheduler.step is "
        "called in the loop; Lightning steps once an epoch by default.",
    ),
    do=Text(
        zh='在每次优化器更新之后调用 scheduler.step（Lightning：给调度器设 `interval="step"`，'
        "键名要写对）。",
        en="Call scheduler.step after each update of the optimiser (Lightning: give the "
        'scheduler with `interval="step"`, spelt exactly so).',
    ),
    reference="Lightning-AI/pytorch-lightning #19534: Custom learning rate scheduler does not work",
    suspect=suspect,
)
