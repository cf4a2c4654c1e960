"""How the units of this folder hold a value against a conditional reference value, for the analyse
step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport.knowledge.loss_type import Level
from lossreport.text import Phrase, Text, Value, factor, number, percent

TIE: Final = 0.01
"""A value within 1 % of a reference value is said to be at it: two logged decimals of a loss near
1.
"""

EQUATION = Text(zh="{formula} = {level}", en="{formula} = {level}")
AT = Text(
    zh="{condition}，参照值是 {reference}：{value} 与它相差不到 {tie}。",
    en="The value to compare with is {reference} {condition}: {value} is within {tie} of it.",
)
BELOW = Text(
    zh="{condition}，参照值是 {reference}：{value} 比它低 {gap}，是它的 {share}。",
    en="The value to compare with is {reference} {condition}: {value} is {gap} below it, "
    "{share} of it.",
)
ABOVE = Text(
    zh="{condition}，参照值是 {reference}：{value} 比它高 {gap}，是它的 {ratio}。",
    en="The value to compare with is {reference} {condition}: {value} is {gap} above it, "
    "{ratio} as large.",
)


def side(value: float, level: float) -> int:
    """Return -1, 0 or 1: `value` is below, within `TIE` of, or above a positive `level`."""
    if abs(value - level) <= TIE * level:
        return 0
    return 1 if value > level else -1


def against(
    value: float,
    level: Level,
    unit: str = "",
    *,
    below: Text | None = None,
    at: Text | None = None,
    above: Text | None = None,
) -> Iterator[Phrase]:
    """Yield where a finite `value` stands against a positive `level`, then what that side means,
    where a text says it.

    `below`, `at` and `above` are texts without placeholders.
    """
    where = side(value, level.value)
    reference: Value = number(level.value, unit)
    if level.formula:
        reference = EQUATION(formula=level.formula, level=reference)
    about: dict[str, Value] = {
        "condition": level.condition,
        "reference": reference,
        "value": number(value, unit),
    }
    gap = number(abs(value - level.value), unit, digits=3)
    if where == 0:
        yield AT(**about, tie=percent(TIE))
    elif where < 0:
        yield BELOW(**about, gap=gap, share=percent(value / level.value))
    else:
        yield ABOVE(**about, gap=gap, ratio=factor(value / level.value))
    meaning = {-1: below, 0: at, 1: above}[where]
    if meaning is not None:
        yield meaning()


def entropy(*probabilities: float) -> float:
    """Return the entropy in nats of a distribution, 0 ln 0 = 0."""
    return -sum(p * math.log(p) for p in probabilities if p > 0)
