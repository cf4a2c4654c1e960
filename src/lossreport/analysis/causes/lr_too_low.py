"""A loss that hardly moves under a tiny learning rate while the gradient is steady."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import gradient, precision_said, rate_beside
from lossreport.text import Text, number

TINY: Final = 1e-6
"""Below a millionth Adam moves a weight by less than a thousandth of its usual size (0.02) in twenty steps."""
LOW = Text(
    zh="学习率最高只有 {lr}（`{metric}` 第 {line} 行），而 `{norm}` 稳定在 {value}：梯度到了，步子太小。",
    en="The learning rate is {lr} at most (`{metric}`, line {line}) while `{norm}` is steady at {value}: gradients arrive, the steps are too small.",
)
RAISE = Text(
    zh="用 {more}（现在的 10 倍）训练一小段：若 loss 明显下降得更快，就提高学习率；并核对调度器的总步数。",
    en="Train a short while at {more}, ten times the present rate: if the loss falls faster, raise it; and check the total steps of the scheduler.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss without progress at a rate of a millionth and less, with a gradient."""
    for finding in context.of_kind("no_learning"):
        series = context.subject(finding)
        rate, norm = rate_beside(context, series, len(series) - 1), gradient(context, series)
        precision = precision_said(context)
        if rate is None or not 0 < rate.peak <= TINY or norm is None or not np.isfinite(norm.y).all() or finding.numbers.get("uniform"):
            continue
        level = float(np.median(norm.y))
        if level > 0 and (precision is None or precision.kind != "bf16"):
            said = LOW(lr=number(rate.peak), metric=rate.series.label, line=rate.line, norm=norm.label, value=number(level))
            yield Suspicion(finding=finding, signs=(strong(said),), do=RAISE(more=number(10 * rate.peak)))


CAUSE = Cause(
    id="lr_too_low",
    family="learning_rate",
    title=Text(zh="学习率过低", en="The learning rate is too low"),
    decided_by=Text(
        zh="用 10 倍的学习率从同一个 checkpoint 训练一小段，比较两段的下降。",
        en="Train a short while at ten times the rate from the same checkpoint and compare the fall.",
    ),
    do=Text(
        zh="提高学习率（先到 10 倍），并核对调度器的总步数和 warm-up。",
        en="Raise the learning rate (ten times first) and check the total steps and the warm-up of the scheduler.",
    ),
    reference="Deep Learning Tuning Playbook: learning-rate sweeps",
    suspect=suspect,
)
