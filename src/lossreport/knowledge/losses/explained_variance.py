"""Explained variance of a value function: 0 for the mean return, 1 for perfect prediction, for the
analyse step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number, percent

ABOVE = Text(
    zh="{value}：解释了回报方差的 {share}。",
    en="{value}: {share} of the variance of the returns is explained.",
)
AT = Text(
    zh="{value}：与恒定预测平均回报一样。",
    en="{value}: the same as always predicting the mean return.",
)
BELOW = Text(
    zh="{value} 为负：误差的方差大于回报自身的方差，差于恒定预测平均回报。",
    en="{value} is negative: the errors vary more than the returns do, worse than always "
    "predicting the mean return.",
)
IMPOSSIBLE = Text(
    zh="{value} 大于 1：explained variance 不可能大于 1。",
    en="{value} is above 1, which no explained variance can be.",
)


def _chance(_: Known) -> Chance | None:
    return Chance(value=0.0, assumption="0: always the mean return")


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value):
        return ()
    shown = number(value)
    if value > 1:
        return (IMPOSSIBLE(value=shown),)
    if value > 0:
        return (ABOVE(value=shown, share=percent(value)),)
    return (BELOW(value=shown),) if value < 0 else (AT(value=shown),)


LOSS = LossType(
    id="explained_variance",
    title=Text(zh="解释方差", en="explained variance"),
    names=metric_names(r"(?:\w+_)?explained_?var(?:iance)?"),
    unit="",
    goal="up",
    role="metric",
    chance=_chance,
    notes=_notes,
    why=Text(
        zh="1 − Var(误差) / Var(回报)：1 为预测无误差，0 为只会预测平均值，负数比这还差。",
        en="1 − Var(error) / Var(returns): 1 without error, 0 for the mean alone, negative "
        "for worse than that.",
    ),
)
