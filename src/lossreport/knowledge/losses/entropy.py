"""Entropy of a policy or of predictions: how undecided it is, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import count_fact
from lossreport.text import Phrase, Text, number

MAXIMUM = Text(
    zh="**若**它是 V = {v} 个 token 上的熵，全部等概率（最大值）",
    en="**if** it is the entropy over V = {v} tokens, with all of them equally likely (its "
    "maximum)",
)
ACTIONS = Text(
    zh="**若**它是 {actions} 个离散动作上的熵，全部等概率（最大值）",
    en="**if** it is the entropy over {actions} discrete actions, with all of them equally "
    "likely (its maximum)",
)
IMPOSSIBLE = Text(
    zh="离散分布的熵不可能高于它：记录的是求和、乘了系数的值，或者选项数更多。",
    en="The entropy of a discrete distribution cannot be higher: the value is a sum, has a "
    "coefficient, or is over more choices.",
)
NEGATIVE = Text(
    zh="{value} 为负：离散分布的熵不会为负，记录的可能是带负号（或系数）的 entropy loss，"
    "也可能是连续动作的微分熵。",
    en="{value} is negative: the entropy of a discrete distribution never is, so this is an "
    "entropy loss with its sign (and perhaps a coefficient), or the differential entropy "
    "of continuous actions.",
)


def _levels(known: Known) -> tuple[Level, ...]:
    actions, v = count_fact(known, "num_actions"), count_fact(known, "vocab_size")
    if actions is not None:
        return (
            Level(
                value=math.log(actions), condition=ACTIONS(actions=actions), formula=f"ln {actions}"
            ),
        )
    return (
        () if v is None else (Level(value=math.log(v), condition=MAXIMUM(v=v), formula=f"ln {v}"),)
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value):
        return ()
    if value < 0:
        return (NEGATIVE(value=number(value, "nats")),)
    return tuple(
        note for level in _levels(known) for note in against(value, level, "nats", above=IMPOSSIBLE)
    )


LOSS = LossType(
    id="entropy",
    title=Text(zh="熵", en="entropy"),
    names=metric_names(r"(?!.*(?:cross|coef|beta|weight))(?:\w+_)?entropy(?:_loss)?"),
    unit="nats",
    goal="none",
    role="metric",
    levels=_levels,
    notes=_notes,
    needs=("num_actions", "vocab_size"),
    why=Text(
        zh="离散分布的熵在 0（完全确定）与 ln V（全部等概率）之间。随训练下降是策略变得确定；"
        "很早就接近 0 则不再探索。",
        en="For a discrete distribution it lies between 0 (certain) and ln V (all equally "
        "likely). A fall is a policy becoming more certain; close to 0 early on it no "
        "longer explores.",
    ),
)
