"""Probability ratio of the new and the old policy, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, change, number

AT = Text(
    zh="{value}：新旧策略给出的概率相同。",
    en="{value}: the new policy gives the same probabilities as the old.",
)
AWAY = Text(
    zh="{value}：按均值，概率比偏离 1 达 {change}。",
    en="{value}: on average the ratio is {change} away from 1.",
)
IMPOSSIBLE = Text(
    zh="{value} 不是正数，不会是概率比。",
    en="{value} is not positive, so it is not a ratio of probabilities.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value):
        return ()
    if value <= 0:
        return (IMPOSSIBLE(value=number(value)),)
    return (
        (AT(value=number(value)),)
        if value == 1
        else (AWAY(value=number(value), change=change(value - 1)),)
    )


LOSS = LossType(
    id="importance_ratio",
    title=Text(zh="重要性比率", en="importance ratio"),
    names=metric_names(
        r"(?:policy|importance|importance_sampling|is|prob)_ratio", r"(?:objective|policy)/ratio"
    ),
    unit="",
    goal="none",
    role="health",
    notes=_notes,
    why=Text(
        zh="新旧策略对同一动作的概率之比，没有更新时为 1。",
        en="The probability the new policy gives an action over that of the old one, 1 before "
        "any update.",
    ),
    references=(
        Reference(
            value=Text(
                zh="应在 1.0 附近浮动；到 2.0 或 0.1 说明更新过猛（cliprange 0.2）。",
                en="Should float around 1.0; 2.0 or 0.1 means that updates are too drastic "
                "(cliprange 0.2).",
            ),
            source="TRL documentation, PPO logging",
        ),
    ),
)
