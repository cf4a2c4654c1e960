"""Share of PPO ratios that were clipped, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number, percent

SHARE = Text(
    zh="{value}：{share} 的概率比超出了裁剪范围，超出的部分不产生梯度。",
    en="{value}: {share} of the probability ratios left the clipping range, where no gradient "
    "flows.",
)
IMPOSSIBLE = Text(
    zh="{value} 不在 0 到 1 之间，不会是比例。",
    en="{value} is outside 0 to 1, so it is not a share.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value):
        return ()
    return (
        (SHARE(value=number(value), share=percent(value)),)
        if 0 <= value <= 1
        else (IMPOSSIBLE(value=number(value)),)
    )


LOSS = LossType(
    id="clip_fraction",
    title=Text(zh="裁剪占比", en="clipped fraction"),
    names=metric_names(
        r"(?:\w+_)?clip_?frac(?:tion)?(?:_(?:lower|upper|high|low))?",
        r"clip_ratio(?:/(?:low|high|region)_(?:mean|min|max))?",
    ),
    unit="",
    goal="none",
    role="health",
    notes=_notes,
    why=Text(
        zh="策略没有移动时为 0；持续很高说明每次更新走得太远。合适的大小取决于 cliprange。",
        en="0 while the policy has not moved; a persistently high value means that every "
        "update moves far. What counts as high depends on the cliprange.",
    ),
)
