"""Binary cross-entropy: ln 2 for a guess of one half, far less for a constant guess where positives
are rare, for the analyse step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import entropy, side
from lossreport.knowledge.losses._facts import is_positive, own_number
from lossreport.text import Phrase, Text, factor, number, percent

OBJECTNESS: Final = re.compile(r"obj")
"""Objectness of a detector: YOLO multiplies a gain into it, so the levels of a plain mean do not
hold.
"""

BALANCED = Text(
    zh="处处预测 1/2 的 loss 是 ln 2 = {half}；只会输出正例占比 π 的常数预测器是 H(π)：π = 10 "
    "% 时 0.325 nats，π = 1% 时 0.056 nats。正例占比未知，{value} 本身说明不了什么；请用 "
    "`--set positive_rate.{metric}=π` 给出。",
    en="Predicting 1/2 everywhere costs ln 2 = {half}; a constant predictor that outputs the "
    "share π of positives costs H(π): 0.325 nats at π = 10%, 0.056 nats at 1%. The share "
    "is unknown, so {value} alone says little; give it with `--set "
    "positive_rate.{metric}=SHARE`.",
)
OVER_HALF = Text(
    zh="{value} 高于 ln 2 = {half}：处处预测 1/2 的 loss 反而更低，"
    "或者记录的不是普通均值（例如求和、加了权）。",
    en="{value} is above ln 2 = {half}: predicting 1/2 everywhere would score lower, or the "
    "logged number is not a plain mean (a sum, or weighted).",
)
BELOW = Text(
    zh="正例占比 π = {rate} 时，常数预测器的 loss 是 H(π) = {chance}：{value} 比它低 {gap}，"
    "是它的 {share}。",
    en="With a share of positives of π = {rate} the best constant predictor costs H(π) = "
    "{chance}: {value} is {gap} below it, {share} of it.",
)
AT = Text(
    zh="正例占比 π = {rate} 时，常数预测器的 loss 是 H(π) = {chance}：{value} 与它相差不到 "
    "{tie}，只看这个数，与不看输入没有区别。",
    en="With a share of positives of π = {rate} the best constant predictor costs H(π) = "
    "{chance}: {value} is within {tie} of it, by this number alone no different from "
    "ignoring the input.",
)
ABOVE = Text(
    zh="正例占比 π = {rate} 时，常数预测器的 loss 是 H(π) = {chance}：{value} 比它高 {gap}，"
    "是它的 {ratio}，不看输入反而更低。",
    en="With a share of positives of π = {rate} the best constant predictor costs H(π) = "
    "{chance}: {value} is {gap} above it, {ratio} of it, so ignoring the input would score "
    "lower.",
)
GAIN = Text(
    zh="目标检测的 objectness loss 常乘增益、按框数或网格归一化（YOLO 的日志含增益），ln 2 "
    "不能当作它的随机猜测水平；{value} 只能与同一配置的值比较。",
    en="The objectness loss of a detector often carries a gain or is divided by boxes or "
    "cells (YOLO logs it with its gain), so ln 2 is not its chance level; {value} is "
    "comparable only with values of the same configuration.",
)


def _rate(known: Known) -> float | None:
    value = own_number(known, "positive_rate", "positive_rate")
    return value if value is not None and 0 < value < 1 else None


def _chance(known: Known) -> Chance | None:
    """Return H(pi) of the share of positives, or ln 2 where it is unknown; None for the objectness
    of a detector.
    """
    if OBJECTNESS.search(known.name.lower()):
        return None
    rate = _rate(known)
    if rate is None:
        return Chance(value=math.log(2), assumption="ln 2 (p = 1/2)")
    return Chance(value=entropy(rate, 1 - rate), assumption="H(positive_rate)")


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    rate, shown = _rate(known), number(value, "nats")
    if OBJECTNESS.search(known.name.lower()):
        yield GAIN(value=number(value))
        return
    if rate is None:
        if side(value, math.log(2)) > 0:
            yield OVER_HALF(value=shown, half=number(math.log(2), "nats"))
        yield BALANCED(half=number(math.log(2), "nats"), value=shown, metric=known.name)
        return
    chance = entropy(rate, 1 - rate)
    pi, level, gap = (
        percent(rate),
        number(chance, "nats"),
        number(abs(value - chance), "nats", digits=3),
    )
    match side(value, chance):
        case 0:
            yield AT(rate=pi, chance=level, value=shown, tie=percent(0.01))
        case 1:
            yield ABOVE(rate=pi, chance=level, value=shown, gap=gap, ratio=factor(value / chance))
        case _:
            yield BELOW(rate=pi, chance=level, value=shown, gap=gap, share=percent(value / chance))


LOSS = LossType(
    id="bce",
    title=Text(zh="二元交叉熵（BCE）", en="binary cross-entropy (BCE)"),
    names=metric_names(
        r"(?:\w+_)?bce(?:_with_logits)?(?:_?loss)?",
        r"loss_bce",
        r"(?:\w+_)?binary_?cross_?entropy(?:_loss)?",
        r"(?:\d+/)?(?:valid_\d+'s_)?(?:binary_)?logloss",
        r"(?:\w+_)?obj_?loss",
        r"(?:\w+_)?objectness(?:_loss)?",
        r"loss_obj(?:ectness)?",
    ),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    needs=("positive_rate.<metric>",),
    why=Text(
        zh="每个输出单独判断是或否；正例很少时，全猜“否”就已经很低，"
        "因此数值低本身不说明模型学到了东西。",
        en="Every output is a separate yes or no. Where positives are rare, always guessing "
        "“no” already scores low, so a low value by itself does not show that anything was "
        "learned.",
    ),
)
