"""SAC's entropy coefficient that grows by orders of magnitude: a target entropy that the policy
cannot meet.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.policy_entropy import EntropyLevels
from lossreport.analysis.signature import moved
from lossreport.text import Text, number

GREW = Text(
    zh="`{metric}` 从 {first} 升到 {last}（第 {line} 行）；正常时它会降到 0.01 到 0.1。",
    en="`{metric}` rose from {first} to {last} (line {line}); it falls to 0.01 to 0.1 as a rule.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a tuned coefficient that runs away."""
    for finding, held in context.seen(EntropyLevels):
        if not held.coefficient:
            continue
        series, first, last = context.subject(finding), held.first, held.last
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
        critic = beside(context, series, r"(?:.*/)?critic_loss|(?:.*/)?q\d?_loss")
        if (
            critic is not None
            and len(finite(critic)) == len(critic)
            and float(critic.y[-1]) > float(critic.y[0])
        ):
            signs.append(weak(moved(critic)))
        yield Suspicion(finding=finding, signs=tuple(signs), code="SAC(..., ent_coef=0.1)")


CAUSE = Cause(
    id="sac_temperature_runaway",
    family="reinforcement",
    title=Text(
        zh="SAC 的熵目标达不到，自动调节的系数无限增大",
        en="SAC cannot meet its target entropy and the tuned coefficient grows without end",
    ),
    decided_by=Text(
        zh="比较策略的实际熵与 target_entropy：若一直低于目标（动作贴在边界上），就是目标不可达。",
        en="Hold the entropy of the policy against target_entropy: if it always stays below "
        "(actions at their bounds), the target cannot be met.",
    ),
    do=Text(
        zh="把动作空间归一化到 [-1, 1]，缩小奖励的尺度，降低 target_entropy，或改用固定的系数。",
        en="Normalise the actions to [-1, 1], scale the rewards down, lower target_entropy, "
        "or use a fixed coefficient.",
    ),
    reference="DLR-RM/stable-baselines3 #781: why does the ent_coef grow so big",
    suspect=suspect,
)
