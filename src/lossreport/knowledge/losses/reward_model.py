"""Loss of a reward model trained on pairs: ln 2 where it cannot tell them apart, for the analyse
step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Chance, Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import is_positive
from lossreport.text import Phrase, Text

EQUAL = Text(zh="两个回答得分相同（猜硬币）", en="for equal scores of both answers, a coin toss")
BELOW = Text(
    zh="好坏要看验证集的成对准确率（猜硬币是 0.5），而不是这个数。",
    en="What counts is the accuracy on held-out pairs (0.5 for a coin toss), not this number.",
)
AT = Text(
    zh="只看这个数，模型还分不出哪个回答更好。",
    en="By this number alone the model does not tell the better answer from the worse.",
)
ABOVE = Text(
    zh="高于猜硬币：有些回答对排反了，而且差距不小，或者 loss 里还加了别的项。",
    en="Worse than a coin toss: some pairs are ranked in the wrong order by a clear margin, "
    "or another term is added to this loss.",
)


def _chance(_: Known) -> Chance | None:
    return Chance(value=math.log(2), assumption="ln 2: equal scores")


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    level = Level(value=math.log(2), condition=EQUAL(), formula="ln 2")
    return (
        tuple(against(value, level, "nats", below=BELOW, at=AT, above=ABOVE))
        if is_positive(value)
        else ()
    )


LOSS = LossType(
    id="reward_model",
    title=Text(zh="奖励模型 loss", en="reward-model loss"),
    names=metric_names(r"(?:rm|reward_model|reward_modeling|bradley_terry)_?loss"),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    why=Text(
        zh="−ln σ(较好回答的得分 − 较差回答的得分) 的均值：得分的零点和尺度没有意义，"
        "只有差值有意义；准确率很早就到 1 可能是数据泄漏。",
        en="The mean of −ln σ(score of the better answer − score of the worse): only the "
        "difference means something, not the zero or the scale of the scores. An accuracy "
        "of 1 early on may be leakage.",
    ),
)
