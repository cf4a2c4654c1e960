"""A preference loss that stays at ln 2: policy and reference are still the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.text import Text, number

LN_2: Final = 0.693147
TOLERANCE: Final = 2e-3
KINDS: Final = ("no_learning", "constant_metric", "frozen_metric", "plateau")

LEVEL = Text(
    zh="`{metric}` 停在 {value} = ln 2：策略与参考模型对每一对回答的偏好完全相同。",
    en="`{metric}` stays at {value} = ln 2: policy and reference prefer alike in every pair.",
)
MARGIN = Text(
    zh="`{metric}` 在全部行里不超过 {value}。",
    en="`{metric}` is at most {value} in all rows.",
)
NOTHING: Final = 1e-3


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss at ln 2 beside the margins of a preference."""
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        margin = beside(context, series, r"(?:.*/)?(?:rewards/)?margins?")
        if (
            not context.is_loss(series)
            or series.split != "train"
            or margin is None
            or not len(finite(margin))
        ):
            continue
        if np.max(np.abs(finite(series) - LN_2)) > TOLERANCE * LN_2:
            continue
        signs = [strong(LEVEL(metric=series.label, value=number(float(series.y[-1]))))]
        highest = float(np.max(np.abs(finite(margin))))
        if highest < NOTHING:
            signs.append(strong(MARGIN(metric=margin.label, value=number(highest))))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="dpo_not_moving",
    family="preference",
    title=Text(
        zh="DPO 没有在训练：策略始终等于参考模型",
        en="DPO does not train: the policy stays equal to its reference",
    ),
    decided_by=Text(
        zh="几步之后比较策略与参考模型的一个权重：相同就是没有更新（学习率、冻结，"
        "或两者是同一个对象）。",
        en="Compare a weight of policy and reference after some steps: equal ones were not "
        "updated (learning rate, frozen, or one object for both).",
    ),
    do=Text(
        zh="确认学习率不为 0、LoRA 参数可训练，参考模型是单独的拷贝（或由 PEFT 关闭 adapter "
        "得到），再看 rewards/margins 是否离开 0。",
        en="See that the learning rate is not 0, LoRA parameters are trainable, and the "
        "reference is a copy of its own (or the model without its adapter), then watch "
        "rewards/margins leave 0.",
    ),
    reference="Yifan-Song793/ETO #14: Why does the loss remain unchanged during the DPO process?",
    suspect=suspect,
)
