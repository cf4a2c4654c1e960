"""A policy that has become deterministic: nothing new is tried and the reward stays where it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.policy_entropy import EntropyLevels
from lossreport.text import Text, number

FLAT: Final = 0.05
"""The reward gains less than 5 % over the second half."""

FELL = Text(
    zh="`{metric}` 从 {first} 降到 {last}（第 {line} 行），只剩开始时的 {share}。",
    en="`{metric}` fell from {first} to {last} (line {line}), {share} of its start.",
)
STUCK = Text(
    zh="`{reward}` 在后半程几乎不变（{before} → {after}）。",
    en="`{reward}` hardly moves in the second half ({before} → {after}).",
)
SOLVED = Text(
    zh="`{reward}` 同时仍在上升（{before} → {after}）：也可能只是策略学成了。",
    en="`{reward}` still rises ({before} → {after}): the policy may just have learned its task.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an entropy that fell to nothing."""
    for finding, entropy in context.seen(EntropyLevels):
        if finding.kind != "worsening":
            continue
        series, first, last = context.subject(finding), entropy.first, entropy.last
        share = number(last / first, digits=2)
        line = int(series.line[-1])
        signs = [
            strong(
                FELL(
                    metric=series.label,
                    first=number(first),
                    last=number(last),
                    line=line,
                    share=share,
                )
            )
        ]
        for reward in context.judged:
            if (
                reward.metric_type == "reward"
                and reward.source == series.source
                and len(finite(reward)) >= MIN_ROWS
            ):
                half = finite(reward)[len(finite(reward)) // 2 :]
                before, after = start_and_end(half)
                scale = float(np.ptp(finite(reward))) or 1.0
                text = SOLVED if after - before > FLAT * scale else STUCK
                told = text(reward=reward.label, before=number(before), after=number(after))
                signs.append(against(told) if text is SOLVED else weak(told))
                break
        yield Suspicion(finding=finding, signs=tuple(signs))


MIN_ROWS: Final = 8

CAUSE = Cause(
    id="entropy_collapse",
    family="reinforcement",
    title=Text(
        zh="熵坍缩：策略过早变得确定，不再探索",
        en="Entropy collapse: the policy became deterministic too early and explores no more",
    ),
    decided_by=Text(
        zh="对同一个状态（提示）采样多次：若几乎每次都一样，而奖励不是最高，就是坍缩。",
        en="Sample several times for one state (prompt): nearly always the same answer with a "
        "reward below the best is a collapse.",
    ),
    do=Text(
        zh="退回熵下降之前的 checkpoint；加大熵系数（或 clip 的上界），降低学习率，"
        "大模型采样时提高温度。",
        en="Go back to a checkpoint before the fall; raise the entropy coefficient (or the "
        "upper clip), lower the learning rate, and sample at a higher temperature.",
    ),
    reference="huggingface/trl #6140: Add entropy regularization to GRPO",
    suspect=suspect,
)
