"""Updates that change nothing: approx_kl at rounding, no ratio clipped, entropy constant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.policy_drift import Updates
from lossreport.text import Text, number

STILL = Text(
    zh="`{kl}` 最大只有 {highest}，相当于 float32 的舍入误差。",
    en="`{kl}` reaches {highest} at most, which is rounding of float32.",
)
CONSTANT = Text(
    zh="`{metric}` 在全部行里都是 {value}。",
    en="`{metric}` is {value} in all rows.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a policy that is the same after each update, with what stands still
    beside it.
    """
    for finding, updates in context.seen(Updates):
        if finding.kind != "no_learning":
            continue
        series = context.subject(finding)
        signs = [strong(STILL(kl=series.label, highest=number(updates.highest)))]
        for name in (
            r"(?:.*/)?(?:learning_rate|lr)",
            r"(?:.*/)?(?:ep_rew_mean|ep_?reward_?mean|reward)",
            r"(?:.*/)?(?:clip_?frac(?:tion)?)",
        ):
            one = beside(context, series, name)
            if one is not None and len(finite(one)) and np.all(finite(one) == finite(one)[0]):
                signs.append(weak(CONSTANT(metric=one.label, value=number(float(finite(one)[0])))))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="policy_not_updated",
    family="reinforcement",
    title=Text(
        zh="策略没有被更新：学习率为 0、优势恒为 0，或优化的不是这个策略",
        en="The policy is not updated: a learning rate of 0, advantages of 0, or another "
        "policy is optimised",
    ),
    decided_by=Text(
        zh="打印一次更新前后的参数差与优势的标准差：参数不变而优势不为 0，是优化器；优势为 0，"
        "是奖励。",
        en="Print the change of the parameters and the spread of the advantages of one "
        "update: advantages without a change point at the optimiser, none at the rewards.",
    ),
    do=Text(
        zh="先查学习率与日程是否为 0，再查奖励是否恒定，最后确认优化器里的参数就是采样所用的策略。",
        en="See first whether the learning rate is 0, then whether rewards are constant, then "
        "whether the optimiser holds the parameters of the policy that samples.",
    ),
    reference="hill-a/stable-baselines #1035: How to interpret Stable Baselines logs?",
    suspect=suspect,
)
