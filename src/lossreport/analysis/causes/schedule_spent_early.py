"""A learning rate that has run out long before the end: the scheduler counts other steps than the
training makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.model.run import shown_x
from lossreport.text import Text, number
from lossreport.words import AXES

SPENT: Final = 1e-3
"""A thousandth of the peak moves nothing any more."""
EARLY: Final = 0.7
"""Spent in the first 70 % of the rows; schedules that are meant to end do so at their last row."""
FROM = Text(
    zh="`{metric}` 在 {axis} {x}（第 {line} 行，全部 {rows} 行的第 {row} 行）已降到峰值 {top} "
    "的千分之一以下，`{loss}` 从那里起走平。",
    en="`{metric}` is below a thousandth of its peak of {top} at {axis} {x} (line {line}, row "
    "{row} of {rows}), and `{loss}` is flat from there on.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a flat tail under a rate that has run out long before."""
    rate = next(
        (
            one
            for one in context.judged
            if one.metric_type == "learning_rate" and one.split == "train" and len(one) >= ROWS
        ),
        None,
    )
    if rate is None or not np.isfinite(rate.y).all() or rate.y.max() <= 0:
        return
    high = np.flatnonzero(rate.y > SPENT * rate.y.max())
    row = int(high[-1]) + 1
    if row >= EARLY * len(rate) or row < LEAST or rate.y[high[0] :][0] < 0:
        return
    if rate.resolution and rate.resolution > SPENT * rate.y.max():
        return  # printed too coarsely to tell it from a small one
    for finding in context.of_kind("plateau", "no_learning"):
        series = context.subject(finding)
        if series.split == "train" and context.is_loss(series):
            said = FROM(
                metric=rate.label,
                axis=AXES[rate.axis.value],
                x=shown_x(rate.x[row]),
                line=int(rate.line[row]),
                row=row + 1,
                rows=len(rate),
                top=number(float(rate.y.max())),
                loss=series.label,
            )
            yield Suspicion(finding=finding, signs=(strong(said),))
            return


ROWS: Final = 12
LEAST: Final = 4
CAUSE = Cause(
    id="schedule_spent_early",
    family="learning_rate",
    title=Text(
        zh="学习率过早降到 0：调度器按另一种步数计算（epoch、单卡步数或没有除以梯度累积）",
        en="The learning rate ran out too early: the scheduler counts other steps (epochs, "
        "those of one device, or without accumulation)",
    ),
    decided_by=Text(
        zh="用训练的总步数除以学习率到 0 的步数：若是 GPU 数、累积步数或每个 epoch 的步数，"
        "就是它。",
        en="Divide the steps of the run by the step at which the rate is 0: the number of "
        "GPUs, of accumulated batches or of steps in an epoch names the mistake.",
    ),
    do=Text(
        zh="按优化器实际更新的次数设 num_training_steps，每次更新只调用一次 scheduler.step；"
        "从学习率用完之前的 checkpoint 续训。",
        en="Set num_training_steps to the updates that the optimiser makes and call "
        "scheduler.step once for each; go on from a checkpoint before the rate ran out.",
    ),
    reference="Lightning-AI/pytorch-lightning #18570: Schedulers don't work",
    suspect=suspect,
)
