"""Groups whose rewards are all equal: advantages are 0 and nothing is learned from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.clipped_share import HighShare
from lossreport.analysis.detectors.no_gradient import EqualRewards
from lossreport.text import Text, number, percent

SPREAD = Text(
    zh="`{metric}` 末段为 {value}：组内的奖励没有差别。",
    en="`{metric}` ends at {value}: rewards do not differ inside the groups.",
)
SHARE = Text(
    zh="`{metric}` 末段为 {value}：几乎每组的奖励都相同。",
    en="`{metric}` ends at {value}: nearly every group has equal rewards.",
)
LEVEL = Text(
    zh="`{reward}` 的平均值是 {value}（第 {line} 行）：{how}。",
    en="`{reward}` has a mean of {value} (line {line}): {how}.",
)
NONE_RIGHT = Text(
    zh="没有一个回答得分，任务太难或奖励函数从不满足",
    en="no answer earns anything; the task is too hard or the reward is never met",
)
ALL_RIGHT = Text(
    zh="回答全部得到同样的分，任务已太容易",
    en="all answers earn the same; the task has become too easy",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for rewards without spread, or shares of such groups near 1."""
    for finding in context.of_kind("constant_metric", "no_learning"):
        series, held = context.subject(finding), finding.payload
        if isinstance(held, EqualRewards):
            sign = strong(SPREAD(metric=series.label, value=number(0.0)))
        elif isinstance(held, HighShare) and "frac_reward_zero_std" in series.name:
            sign = strong(SHARE(metric=series.label, value=percent(held.last)))
        else:
            continue
        reward = beside(context, series, r"(?:.*/)?rewards?(?:/mean)?")
        signs = [sign]
        if reward is not None and len(finite(reward)):
            last = float(finite(reward)[-1])
            how = NONE_RIGHT if np.isclose(last, 0, atol=NOTHING) else ALL_RIGHT
            signs.append(
                weak(
                    LEVEL(
                        reward=reward.label, value=number(last), line=int(reward.line[-1]), how=how
                    )
                )
            )
        yield Suspicion(finding=finding, signs=tuple(signs))


NOTHING = 0.01

CAUSE = Cause(
    id="equal_rewards",
    family="reinforcement",
    title=Text(
        zh="同组回答的奖励全部相同，优势为 0",
        en="All answers of a group earn the same, so that advantages are 0",
    ),
    decided_by=Text(
        zh="打印几组回答与它们的各项奖励：看是都错、都对，还是奖励函数没有读懂格式。",
        en="Print some groups of answers with each of their rewards: all wrong, all right, or "
        "a reward that does not understand the format.",
    ),
    do=Text(
        zh="换难度合适的题（部分答对的）、提高采样温度或每组的回答数，并把 0/1 "
        "奖励改成有中间分的；若全是 0，先在几条人工写的正确答案上检查奖励函数。",
        en="Use tasks that are solved at times, a higher temperature or more answers a group, "
        "and rewards with steps between 0 and 1; where all are 0, test the reward on "
        "answers that you know to be right.",
    ),
    reference="modelscope/ms-swift #4570: GRPO训练中Loss和grad_norm一直为0",
    suspect=suspect,
)
