"""Cross-entropy with class or token weights: in nats, no perplexity, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Chance, Known, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import side
from lossreport.knowledge.losses._facts import CLASSES, first_count, is_positive
from lossreport.text import Phrase, Text, factor, number, percent

BELOW = Text(
    zh="{value} 比均匀猜测的 ln {v} = {chance} 低 {gap}，是它的 "
    "{share}（前提是加权均值按权重之和归一化）。",
    en="{value} is {gap} below ln {v} = {chance} of a uniform guess, {share} of it, provided "
    "the weighted mean is divided by the sum of the weights.",
)
AT = Text(
    zh="{value} 与均匀猜测的 ln {v} = {chance} 相差不到 "
    "{tie}（前提是加权均值按权重之和归一化）：只看这个数，与均匀猜测没有区别。",
    en="{value} is within {tie} of ln {v} = {chance}, provided the weighted mean is divided "
    "by the sum of the weights: by this number alone, no different from a uniform guess.",
)
ABOVE = Text(
    zh="{value} 比均匀猜测的 ln {v} = {chance} 高 {gap}，是它的 {ratio}：差于均匀猜测，"
    "或者加权均值没有按权重之和归一化。",
    en="{value} is {gap} above ln {v} = {chance} of a uniform guess, {ratio} of it: worse "
    "than that guess, or the weighted mean is not divided by the sum of the weights.",
)
UNKNOWN = Text(
    zh="`{metric}` 的选项数未知，均匀猜测的 ln V 也就未知；请用 `--set vocab_size=N`（或 "
    "num_classes）给出。",
    en="The number of choices behind `{metric}` is unknown, and with it ln V of a uniform "
    "guess; give it with `--set vocab_size=N` (or num_classes).",
)


def _chance(known: Known) -> Chance | None:
    """Return ln V: a weighted mean of equal values is that value, where it is divided by the sum of
    the weights.
    """
    match first_count(known, ("vocab_size", *CLASSES)):
        case (name, v):
            return Chance(value=math.log(v), assumption=f"ln({name}), mean over the sum of weights")
        case _:
            return None


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    found = first_count(known, ("vocab_size", *CLASSES))
    if found is None:
        return (UNKNOWN(metric=known.name),)
    v, chance = found[1], math.log(found[1])
    shown, level, gap = (
        number(value, "nats"),
        number(chance, "nats"),
        number(abs(value - chance), "nats", digits=3),
    )
    match side(value, chance):
        case 0:
            return (AT(value=shown, v=v, chance=level, tie=percent(0.01)),)
        case 1:
            return (ABOVE(value=shown, v=v, chance=level, gap=gap, ratio=factor(value / chance)),)
        case _:
            return (BELOW(value=shown, v=v, chance=level, gap=gap, share=percent(value / chance)),)


LOSS = LossType(
    id="weighted_cross_entropy",
    title=Text(zh="加权交叉熵", en="weighted cross-entropy"),
    names=metric_names(
        r"(?:\w+_)?(?:weighted|wt)_(?:ce|cross_?entropy)(?:_loss)?", r"wce(?:_loss)?"
    ),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    needs=("vocab_size",),
    why=Text(
        zh="各类别（或 token）的 −ln p 先乘权重再取均值，因此由权重大的类别决定；e^L 不是 "
        "perplexity，也不能与未加权的交叉熵比较。",
        en="−ln p is multiplied by a weight of its class (or token) before the mean, so the "
        "heavy classes decide. e^L is not a perplexity, and it is not comparable with an "
        "unweighted cross-entropy.",
    ),
    references=(
        Reference(
            value=Text(
                zh="图像 token 的权重 0.04（系数，不是 loss 的数值）。",
                en="Weight 0.04 on image tokens (a coefficient, not a value of the loss).",
            ),
            source="alibaba-damo-academy/RynnVLA-002, public code",
        ),
    ),
)
