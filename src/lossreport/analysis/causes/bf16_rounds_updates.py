"""A loss that stands still although gradients arrive: weights in bf16 round small updates away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import gradient, precision_said, set_rate
from lossreport.text import Text, number

LEVEL = Text(
    zh="配置写明 {said}，学习率只有 {lr}，而 `{metric}` 大于 0（{norm}）：bf16 "
    "权重只有约三位有效数字，这样小的更新会被舍掉。",
    en="The settings say {said}, the learning rate is only {lr}, and `{metric}` is above 0 "
    "({norm}): bf16 weights keep about three digits, and updates that small are rounded "
    "away.",
)
SMALL: Final = 1e-5
"""bf16 keeps 8 bits: a weight of 0.02 does not change by less than 8e-5, and Adam moves a weight by
about the learning rate.
"""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a flat loss in bf16 with a small learning rate and a gradient."""
    precision, rate = precision_said(context), set_rate(context)
    if precision is None or precision.kind != "bf16" or rate is None or rate > SMALL:
        return
    for finding in context.of_kind("no_learning"):
        series = context.subject(finding)
        norm = gradient(context, series)
        if norm is not None and np.isfinite(norm.y).all() and float(np.median(norm.y)) > 0:
            said = LEVEL(
                said=precision.said,
                lr=number(rate),
                metric=norm.label,
                norm=number(float(np.median(norm.y))),
            )
            yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="bf16_rounds_updates",
    family="precision",
    title=Text(zh="bf16 权重把小的更新舍掉了", en="Weights in bf16 round the updates away"),
    decided_by=Text(
        zh="打印某个权重在几十步前后的差：正好为 0，就是舍入；用 fp32 权重跑同样的步数，loss "
        "会降。",
        en="Print the change of a weight over some steps: exactly 0 is rounding; with fp32 "
        "weights the loss falls in as many steps.",
    ),
    do=Text(
        zh="权重保持 fp32，只在 autocast 里用 bf16；或使用随机舍入 / Kahan 求和的优化器，"
        "或提高学习率。",
        en="Keep the weights in fp32 and use bf16 under autocast only; or an optimiser with "
        "stochastic rounding or Kahan summation, or a higher learning rate.",
    ),
    reference="karpathy/nanoGPT #468: Is this loss curve normal",
    suspect=suspect,
)
