"""KL divergence: how far one distribution is from another, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

IDENTICAL = Text(zh="两个分布完全相同", en="the two distributions are identical")
NEGATIVE = Text(
    zh="{value} 为负：KL 散度本身不会为负，但按样本的对数概率之差取均值的估计可以为负。",
    en="{value} is negative: a KL divergence never is, but an estimate from the mean "
    "difference of sampled log-probabilities can be.",
)


def _levels(_: Known) -> tuple[Level, ...]:
    return (Level(value=0.0, condition=IDENTICAL()),)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    return (NEGATIVE(value=number(value, "nats")),) if math.isfinite(value) and value < 0 else ()


LOSS = LossType(
    id="kl",
    title=Text(zh="KL 散度", en="KL divergence"),
    names=metric_names(
        r"(?!.*(?:coef|ctl|beta|weight))(?:\w+_)?(?:kl|kld)(?:_(?:loss|div|divergence|penalty|"
        r"avg))*",
        r"(?:\w+_)?approx_?kl(?:_\w+)?",
        r"loss_kld?",
    ),
    unit="nats",
    goal="none",
    role="metric",
    levels=_levels,
    notes=_notes,
    why=Text(
        zh="0 表示两个分布相同。是否应当下降取决于用途：蒸馏时下降是目标，VAE 中趋于 0 "
        "是后验坍缩，RLHF 中上升表示偏离参考模型。按 token 还是按序列求和决定数值的量级。",
        en="0 means the two distributions are the same. Whether it should fall depends on its "
        "use: in distillation that is the aim, in a VAE a fall to 0 is posterior collapse, "
        "in RLHF a rise is drift from the reference model. Whether it is per token or "
        "summed per sequence sets its size.",
    ),
)
