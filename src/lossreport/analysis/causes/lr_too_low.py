"""A loss that hardly moves under a tiny learning rate while the gradient is steady."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.signs import Rate, gradient, precision_said, rate_beside
from lossreport.model.analysis import Finding
from lossreport.text import Text, Value, number

TINY: Final = 1e-6
"""Below a millionth Adam moves a weight by less than a thousandth of its usual size (0.02) in
twenty steps.
"""
TINIEST: Final = 1e-7
"""Below a ten-millionth ten thousand steps of Adam move a weight by a twentieth of its usual size
at most, whatever the gradient.
"""
LOW = Text(
    zh="学习率最高只有 {lr}（`{metric}` 第 {line} 行），而 `{norm}` 稳定在 {value}：梯度到了，"
    "步子太小。",
    en="The learning rate is {lr} at most (`{metric}`, line {line}) while `{norm}` is steady "
    "at {value}: gradients arrive, the steps are too small.",
)
BARE = Text(
    zh="学习率最高只有 {lr}（`{metric}` 第 {line} 行）：这样的步子几乎不改变权重。",
    en="The learning rate is {lr} at most (`{metric}`, line {line}): steps of this size "
    "hardly move a weight.",
)
FRESH = Text(
    zh="`{loss}` 停在未训练的网络所在的水平：还没有哪一步改变过它。",
    en="`{loss}` stands where an untrained network stands: no step has moved it.",
)
RAISE = Text(
    zh="用 {more}（现在的 10 倍）训练一小段：若 loss 明显下降得更快，就提高学习率；"
    "并核对调度器的总步数。",
    en="Train a short while at {more}, ten times the present rate: if the loss falls faster, "
    "raise it; and check the total steps of the scheduler.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss without progress at a rate of a millionth and less with a
    gradient, or of a ten-millionth with or without.

    At the level of guessing, where other faults keep a network as well, the smaller rate is asked.
    """
    precision = precision_said(context)
    if precision is not None and precision.kind == "bf16":
        return
    for finding in context.of_kind("no_learning"):
        series = context.subject(finding)
        rate = rate_beside(context, series, len(series) - 1)
        if rate is None or not 0 < rate.peak <= TINY:
            continue
        signs = tuple(_signs(context, finding, rate))
        if signs:
            yield Suspicion(finding=finding, signs=signs, do=RAISE(more=number(10 * rate.peak)))


def _signs(context: Context, finding: Finding, rate: Rate) -> Iterator[Sign]:
    series, tiny = context.subject(finding), rate.peak <= TINIEST
    norm = gradient(context, series)
    level = float(np.median(norm.y)) if norm is not None and np.isfinite(norm.y).all() else None
    uniform = isinstance(finding.payload, Standstill) and finding.payload.uniform is not None
    if level == 0 or (uniform and not tiny):
        return
    values: dict[str, Value] = {
        "lr": number(rate.peak),
        "metric": rate.series.label,
        "line": rate.line,
    }
    if norm is not None and level is not None:
        yield strong(LOW(**values, norm=norm.label, value=number(level)))
    elif tiny and norm is None:
        yield strong(BARE(**values))
    if uniform and (level is not None or norm is None):
        yield weak(FRESH(loss=series.label))


CAUSE = Cause(
    id="lr_too_low",
    family="learning_rate",
    title=Text(zh="学习率过低", en="The learning rate is too low"),
    decided_by=Text(
        zh="用 10 倍的学习率从同一个 checkpoint 训练一小段，比较两段的下降。",
        en="Train a short while at ten times the rate from the same checkpoint and compare "
        "the fall.",
    ),
    do=Text(
        zh="提高学习率（先到 10 倍），并核对调度器的总步数和 warm-up。",
        en="Raise the learning rate (ten times first) and check the total steps and the "
        "warm-up of the scheduler.",
    ),
    reference="Deep Learning Tuning Playbook: learning-rate sweeps",
    suspect=suspect,
)
