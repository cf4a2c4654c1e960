"""A loss of unknown kind: whatever no other unit knows by name, such as plain `loss`, for the
analyse step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

UNKNOWN = Text(
    zh="从名字和日志都看不出 `{metric}` 是哪一种 loss，所以 {value} 没有可比的随机猜测水平，"
    "这里不作评价；若已知种类，请用 `--set type.{metric}=cross_entropy`（或其他种类）给出。",
    en="Neither the name nor the logs tell what kind of loss `{metric}` is, so {value} has no "
    "chance level to compare with and is not rated; if you know the kind, give `--set "
    "type.{metric}=cross_entropy` (or another kind).",
)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return (UNKNOWN(metric=known.name, value=number(value)),) if math.isfinite(value) else ()


LOSS = LossType(
    id="generic",
    title=Text(zh="未知种类的 loss", en="loss of unknown kind"),
    names=metric_names(
        r"(?:total_|batch_|running_|best_)?loss",
        r"loss_total",
        r"总?损失|總?損失",
        r"(?:train|training|val|valid|validation|eval|test)_loss",
    ),
    order=90,
    unit="",
    goal="down",
    role="loss",
    notes=_notes,
    needs=("type.<metric>",),
    why=Text(
        zh="没有种类就没有单位和随机猜测水平：只能看它自身的变化，数值的大小说明不了什么。"
        "若它是多项之和，量级由各项的权重决定，权重不同的训练之间不可比。",
        en="Without a kind there is neither unit nor chance level: only its own change can be "
        "read, its size says nothing. If it is a sum of terms, their weights set its size, "
        "and runs with other weights are not comparable.",
    ),
)
