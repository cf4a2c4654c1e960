"""A policy that drifts towards chance: its entropy grows while the reward falls."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.policy_entropy import EntropyLevels
from lossreport.analysis.signature import setting
from lossreport.text import Text, number

GREW = Text(
    zh="`{metric}` 从 {first} 升到 {last}（第 {line} 行）。",
    en="`{metric}` rose from {first} to {last} (line {line}).",
)
FELL = Text(
    zh="`{reward}` 同时从 {before} 降到 {after}。",
    en="`{reward}` fell from {before} to {after} meanwhile.",
)
BONUS = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")
MIN_ROWS = 8


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an entropy that grew by nats."""
    for finding, entropy in context.seen(EntropyLevels):
        if finding.kind != "divergence" or entropy.coefficient:
            continue
        series, first, last = context.subject(finding), entropy.first, entropy.last
        signs = [
            strong(
                GREW(
                    metric=series.label,
                    first=number(first),
                    last=number(last),
                    line=int(series.line[-1]),
                )
            )
        ]
        for reward in context.judged:
            if (
                reward.metric_type == "reward"
                and reward.source == series.source
                and len(finite(reward)) >= MIN_ROWS
            ):
                before, after = start_and_end(finite(reward))
                if after < before:
                    signs.append(
                        weak(FELL(reward=reward.label, before=number(before), after=number(after)))
                    )
                break
        bonus = setting(context, "ent_coef", "entropy_coef", "entropy_coeff")
        if bonus is not None:
            signs.append(weak(BONUS(name=bonus[0], value=bonus[1])))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="entropy_explosion",
    family="reinforcement",
    title=Text(
        zh="熵失控上升：熵系数过大，或更新把策略推向随机",
        en="Entropy out of control: its coefficient is too large, or updates push the policy "
        "towards chance",
    ),
    decided_by=Text(
        zh="把熵系数设为 0 从同一个 checkpoint 跑几次更新：不再上升是系数，"
        "仍上升是学习率或奖励噪声。",
        en="Run some updates from the same checkpoint with the coefficient at 0: if the rise "
        "stops it was the coefficient, else learning rate or noise of the rewards.",
    ),
    do=Text(
        zh="退回上升之前的 checkpoint，熵系数降到十分之一或设为 0，降低学习率，并打开 KL 约束。",
        en="Go back to a checkpoint before the rise, lower the entropy coefficient to a tenth "
        "or to 0, lower the learning rate, and turn a KL constraint on.",
    ),
    reference="rllm-org/rllm #15: Different Entropy Loss Trends Between Original Logs and My "
    "Experiments",
    suspect=suspect,
)
