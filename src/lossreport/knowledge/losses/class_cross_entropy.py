"""Cross-entropy over classes: the chance level ln K and what class balance does to it, for the
analyse step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport.knowledge.loss_type import Chance, Known, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import CLASSES, first_count, is_positive, smoothing
from lossreport.knowledge.losses._smoothing import floor_notes, smoothed_floor
from lossreport.text import Phrase, Text, number, percent

TIE: Final = 0.01
"""Nats from ln K that count as being at it, as in cross_entropy.py."""

BELOW = Text(
    zh="{value} 比均匀猜测的 ln {k} = {chance} 低 {gap}，是它的 {share}，相当于 {choices} "
    "个等效选项（e^L）。类别不均衡时，只输出类别频率就能低于 ln {k}："
    "应再与类别分布的熵比较。",
    en="{value} is {gap} below ln {k} = {chance} of a uniform guess, {share} of it, "
    "equivalent to {choices} effective choices (e^L). With unbalanced classes the class "
    "frequencies alone score below ln {k}: compare with the entropy of the class "
    "distribution as well.",
)
AT = Text(
    zh="{value} 与均匀猜测的 ln {k} = {chance} 相差不到 {tie}：只看这个数，与均匀猜测没有区别。",
    en="{value} is within {tie} of ln {k} = {chance}: by this number alone, no different from "
    "a uniform guess.",
)
ABOVE = Text(
    zh="{value} 比均匀猜测的 ln {k} = {chance} 高 {gap}：均匀猜测的 loss 更低。"
    "可能是概率压在了错误的类别上，也可能记录的不是均值（例如求和、乘了系数），或者 K 不是 "
    "{k}。",
    en="{value} is {gap} above ln {k} = {chance}: a uniform guess scores lower. Either the "
    "probability is on wrong classes, or the logged number is not a plain mean (a sum, or "
    "scaled by a coefficient), or K is not {k}.",
)
UNKNOWN = Text(
    zh="`{metric}` 的类别数 K 未知，均匀猜测的 ln K 也就未知；请用 `--set num_classes=K` "
    "给出（检测、分割模型要算上背景类）。",
    en="The number of classes K behind `{metric}` is unknown, and with it ln K of a uniform "
    "guess; give it with `--set num_classes=K` (for detection and segmentation count the "
    "background class, where there is one).",
)


def _chance(known: Known) -> Chance | None:
    match first_count(known, CLASSES):
        case (name, k):
            return Chance(value=math.log(k), assumption=f"ln({name})")
        case _:
            return None


def _floor(known: Known) -> Chance | None:
    smooth, found = smoothing(known), first_count(known, CLASSES)
    return None if smooth is None or found is None else smoothed_floor(smooth[1], found[1])


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    found = first_count(known, CLASSES)
    if found is None:
        yield UNKNOWN(metric=known.name)
        return
    k, excess = found[1], value - math.log(found[1])
    shown, chance, gap = (
        number(value, "nats"),
        number(value - excess, "nats"),
        number(abs(excess), "nats", digits=3),
    )
    if abs(excess) < TIE:
        yield AT(value=shown, k=k, chance=chance, tie=number(TIE, "nats"))
    elif excess > 0:
        yield ABOVE(value=shown, k=k, chance=chance, gap=gap)
    else:
        share, choices = percent(value / math.log(k)), number(math.exp(value))
        yield BELOW(value=shown, k=k, chance=chance, gap=gap, share=share, choices=choices)
    if (smooth := smoothing(known)) is not None:
        yield from floor_notes(value, *smooth, k)


LOSS = LossType(
    id="class_cross_entropy",
    title=Text(zh="分类交叉熵", en="cross-entropy over classes"),
    names=metric_names(
        r"(?:multi_|m)logloss",
        r"(?:cls|class|classification)_?ce(?:_loss)?",
        r"class_cross_?entropy(?:_loss)?",
        r"(?:\w+\.)+loss_ce",
    ),
    order=44,  # before cross_entropy: `decode.loss_ce` is of classes
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    floor=_floor,
    notes=_notes,
    needs=("num_classes",),
    why=Text(
        zh="它是正确类别概率的负对数的均值：在 K 个类别上均匀猜测为 ln K；没有 label "
        "smoothing 时下限是 0，没有上限。",
        en="The mean of −ln p(right class): ln K for a uniform guess over K classes. Without "
        "label smoothing its floor is 0, and it has no ceiling.",
    ),
    references=(
        Reference(
            value=Text(
                zh="建议先核对初始 loss 是否等于 −ln(1/n)（n 为类别数）；这是一条检查方法，"
                "不是 loss 的目标值。",
                en="Advice to verify that the first loss is −ln(1/n) for n classes; a check, "
                "not a value to aim at.",
            ),
            source="A. Karpathy, A Recipe for Training Neural Networks",
        ),
    ),
)
