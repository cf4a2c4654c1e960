"""Policy-gradient losses: a surrogate whose value is no measure of progress, for the analyse
step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

NOTHING = Text(
    zh="{value} 可正可负、没有随机猜测水平：优势归一化后它在 0 附近摆动，进展要看奖励、"
    "回报或成功率。",
    en="{value} has no chance level and may have either sign: with normalised advantages it "
    "moves around 0. Progress shows in the reward, the return or the success rate.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    return (NOTHING(value=number(value)),) if math.isfinite(value) else ()


LOSS = LossType(
    id="policy",
    title=Text(zh="策略 loss", en="policy loss"),
    names=metric_names(
        r"(?:\w+_)?(?:policy|pg|actor|act|policy_gradient)_?loss",
        r"loss_(?:policy|pg|actor)",
        r"loss/policy(?:_avg)?",
        r"(?:delta)?loss_?pi|pi_loss",
    ),
    order=44,
    unit="",
    goal="none",
    role="loss",
    notes=_notes,
    why=Text(
        zh="它只是让梯度方向正确的替代目标，数据由当前策略自己产生，每一步都在换：走平、上升、"
        "下降都不说明策略变好或变差。",
        en="A surrogate with the right gradient, on data that the current policy generates "
        "anew at every step: neither a flat nor a rising nor a falling curve says whether "
        "the policy gets better.",
    ),
)
