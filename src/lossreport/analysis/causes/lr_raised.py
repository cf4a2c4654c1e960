"""A loss that leaves its level in the rows in which the learning rate is raised beyond all it was
before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import Breakage, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import rate_beside
from lossreport.model.run import Series
from lossreport.text import Text, factor, number

RAISED: Final = 3.0
"""The rate becomes three times as high from one row to the next: a warm-up of four rows and more
ends more slowly.
"""
BEFORE: Final = 3
"""Rows before that say what the rate was."""
NEAR: Final = 3
"""The raise stands at most three rows before the loss leaves its level, or one behind it, where
both are logged in turn.
"""
ROSE = Text(
    zh="`{metric}` 就在那里从 {low} 升到 {high}（第 {line} 行），是此前的 {ratio}，"
    "此前从未这么高。",
    en="`{metric}` rises from {low} to {high} right there (line {line}), {ratio} the row "
    "before and higher than ever until then.",
)
BACK = Text(
    zh="把学习率改回 {low}，查清为什么升到 {high}（调度器的单位、续训时恢复的状态、"
    "参数组的倍率），从升高之前的 checkpoint 重启。",
    en="Set the learning rate back to {low}, find out why it rose to {high} (units of the "
    "scheduler, a state restored at a resume, a multiplier of a parameter group), and "
    "restart from the checkpoint before it rose.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each break at a raise of the learning rate."""
    for at in breaks(context):
        rate = rate_beside(context, at.series, len(at.series) - 1)
        row = _raised(rate.series, at) if rate is not None else None
        if rate is None or row is None:
            continue
        low, high = float(rate.series.y[row - 1]), float(rate.series.y[row])
        said = ROSE(
            metric=rate.series.label,
            low=number(low),
            high=number(high),
            line=int(rate.series.line[row]),
            ratio=factor(high / low),
        )
        yield Suspicion(
            finding=at.finding, signs=(strong(said),), do=BACK(low=number(low), high=number(high))
        )


def _raised(rate: Series, at: Breakage) -> int | None:
    """Return the row in which a rate rises beyond all it was before, next to where the loss leaves
    its level; None where it does not.
    """
    leaves = at.series.x[_leaves(at)]
    before = np.maximum.accumulate(rate.y)[:-1]
    rows = np.flatnonzero((rate.y[1:] >= RAISED * before) & (before > 0)) + 1
    rows = rows[rows >= BEFORE]
    behind = np.searchsorted(rate.x, leaves, side="right") - 1 - rows
    near = rows[(behind >= -1) & (behind <= NEAR)]
    return int(near[0]) if len(near) else None


def _leaves(at: Breakage) -> int:
    """Return the row in which the loss has gone half of its way up, or is not finite."""
    y = at.series.y
    best = (
        float(np.nanmin(np.where(np.isfinite(y[: at.row + 1]), y[: at.row + 1], np.nan)))
        if np.isfinite(y[: at.row + 1]).any()
        else 0.0
    )
    behind = y[at.row :]
    finite = behind[np.isfinite(behind)]
    half = best + 0.5 * (float(np.median(finite)) - best) if len(finite) else best
    gone = np.flatnonzero(~np.isfinite(behind) | (behind > half))
    return at.row + int(gone[0]) if len(gone) else at.row


CAUSE = Cause(
    id="lr_raised",
    family="learning_rate",
    title=Text(zh="学习率在那里被调高", en="The learning rate was raised there"),
    decided_by=Text(
        zh="从升高之前的 checkpoint 用原来的学习率重放这一段：loss 不再离开原来的水平，就是它。",
        en="Replay the stretch from the checkpoint before at the former rate: if the loss "
        "keeps its level, that was it.",
    ),
    do=Text(
        zh="把学习率改回升高之前的值，查清它为什么升高，从升高之前的 checkpoint 重启。",
        en="Set the learning rate back to what it was, find out why it rose, and restart from "
        "the checkpoint before.",
    ),
    reference="ultralytics/yolov5 #12569: Why does the learning rate suddenly increase",
    suspect=suspect,
)
