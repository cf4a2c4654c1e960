"""Dice loss of segmentation: 1 minus overlap, or its negative, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number, percent

OVERLAP = Text(
    zh="**若**记录的是 1 − Dice、未乘系数，{value} 对应的平均 Dice 是 {overlap}。",
    en="**if** 1 − Dice is logged without a coefficient, {value} is a mean Dice of {overlap}.",
)
NEGATIVE = Text(
    zh="{value} 为负：记录的是取负的 Dice（或其对数），不是 1 − Dice。",
    en="{value} is negative: the negative Dice (or a logarithm of it) is logged, not 1 − Dice.",
)
ABOVE_ONE = Text(
    zh="{value} 大于 1：1 − Dice 不超过 1，因此乘了系数，或是几项之和。",
    en="{value} is above 1, which 1 − Dice never is: a coefficient is in it, or several terms "
    "are added.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value):
        return ()
    shown = number(value)
    if value < 0:
        return (NEGATIVE(value=shown),)
    return (
        (ABOVE_ONE(value=shown),)
        if value > 1
        else (OVERLAP(value=shown, overlap=percent(1 - value)),)
    )


LOSS = LossType(
    id="dice",
    title=Text(zh="Dice loss", en="Dice loss"),
    names=metric_names(r"(?:\w+[._])?dice_?loss", r"(?:\w+[._])?loss_(?:\w+_)?dice"),
    order=44,
    unit="",
    goal="down",
    role="loss",
    notes=_notes,
    why=Text(
        zh="它由预测与标注的重叠决定：平滑项和按类平均的方式不同，数值就不可比。",
        en="The overlap of prediction and label decides it; values with another smoothing "
        "term or class averaging are not comparable.",
    ),
)
