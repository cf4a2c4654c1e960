"""Label smoothing: the value that a smoothed cross-entropy cannot pass, for the units of this
folder in the analyse step.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.knowledge.loss_type import Chance
from lossreport.knowledge.losses._compare import entropy
from lossreport.text import Phrase, Text, number

ABOVE_FLOOR = Text(
    zh="label smoothing 的 ε = {epsilon}（`{fact}`）、{k} 个选项时，"
    "计入平滑的交叉熵不可能低于 {floor}（平滑后目标分布的熵）：{value} 比这个下限高 {gap}，"
    "高出的部分才是到目标分布的 KL 散度。",
    en="With label smoothing ε = {epsilon} (`{fact}`) over {k} choices a cross-entropy that "
    "includes the smoothing cannot fall below {floor}, the entropy of the smoothed "
    "targets: {value} is {gap} above this floor, and only that excess is the KL divergence "
    "from the targets.",
)
BELOW_FLOOR = Text(
    zh="label smoothing 的 ε = {epsilon}（`{fact}`）、{k} 个选项时，"
    "计入平滑的交叉熵不可能低于 {floor}，而 {value} 比它低 {gap}："
    "记录的数没有计入平滑（例如验证时关闭了平滑），或者 ε、选项数并非如此。",
    en="With label smoothing ε = {epsilon} (`{fact}`) over {k} choices a cross-entropy that "
    "includes the smoothing cannot fall below {floor}, yet {value} is {gap} below it: the "
    "logged number leaves the smoothing out (switched off in validation, for example), or "
    "ε or the number of choices differs.",
)
ASSUMPTION = "H(p, q), p = 1-eps+eps/K, q = eps/K"


def smoothed_floor(epsilon: float, k: int) -> Chance:
    """Return the entropy of a smoothed target: p = 1 - eps + eps/K once and q = eps/K for K - 1
    others (SCIENCE.md 2, ce_ls).
    """
    q = epsilon / k
    return Chance(value=entropy(1 - epsilon + q) + (k - 1) * entropy(q), assumption=ASSUMPTION)


def floor_notes(value: float, fact: str, epsilon: float, k: int) -> Iterator[Phrase]:
    """Yield how far a finite value is from the floor, on either side of it."""
    floor = smoothed_floor(epsilon, k).value
    text = ABOVE_FLOOR if value >= floor else BELOW_FLOOR
    nats = number(value, "nats")
    gap = number(abs(value - floor), "nats", digits=3)
    yield text(
        epsilon=number(epsilon), fact=fact, k=k, floor=number(floor, "nats"), value=nats, gap=gap
    )
