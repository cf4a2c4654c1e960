"""CTC loss: −ln p of a transcript, whose size the reduction decides, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

NOTHING = Text(
    zh="按整句求和还是除以标签长度，决定 {value} 的量级；没有通用的随机猜测水平，"
    "只能与同样归一化的值比较。",
    en="Whether it is summed over a transcript or divided by its length sets the size of "
    "{value}. There is no general chance level; it is comparable only with values reduced "
    "the same way.",
)
ZERO = Text(
    zh="恰好为 0：`zero_infinity` 会把输入短于标签、loss 为无穷大的样本记成 0。",
    en="Exactly 0: `zero_infinity` turns samples whose input is shorter than their labels, "
    "and whose loss is infinite, into zeros.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value):
        return ()
    return (NOTHING(value=number(value)), ZERO()) if value == 0 else (NOTHING(value=number(value)),)


LOSS = LossType(
    id="ctc",
    title=Text(zh="CTC loss", en="CTC loss"),
    names=metric_names(r"(?:\w+_)?ctc(?:_?loss)?", r"loss_ctc"),
    order=44,
    unit="",
    goal="down",
    role="loss",
    notes=_notes,
    why=Text(
        zh="整句转写的负对数概率，随句长增长；输入比标签短时是无穷大，不是训练发散。",
        en="The negative log probability of a whole transcript, which grows with its length. "
        "Where the input is shorter than the labels it is infinite, which is not a "
        "divergence.",
    ),
)
