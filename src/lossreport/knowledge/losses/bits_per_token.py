"""Cross-entropy in bits per token, as fairseq logs it: log2 V is the chance level, for the analyse
step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import side
from lossreport.knowledge.losses._facts import count_fact, is_positive
from lossreport.text import Phrase, Text, factor, number, percent

NATS = Text(
    zh="{value} 乘 ln 2 是 {nats}，与以 nats 计的交叉熵比较前要先换算。",
    en="{value} times ln 2 is {nats}: convert before comparing with a cross-entropy in nats.",
)
BELOW = Text(
    zh="均匀猜测为 log2 {v} = {chance}：{value} 是它的 {share}。",
    en="A uniform guess costs log2 {v} = {chance}: {value} is {share} of it.",
)
AT = Text(
    zh="均匀猜测为 log2 {v} = {chance}：{value} 与它相差不到 {tie}，只看这个数，"
    "与均匀猜测没有区别。",
    en="A uniform guess costs log2 {v} = {chance}: {value} is within {tie} of it, by this "
    "number alone no different from that guess.",
)
ABOVE = Text(
    zh="均匀猜测为 log2 {v} = {chance}：{value} 是它的 {ratio}，均匀猜测反而更低，"
    "或者记录的不是均值。",
    en="A uniform guess costs log2 {v} = {chance}: {value} is {ratio} of it, so that guess "
    "scores lower, or the logged number is not a mean.",
)
UNKNOWN = Text(
    zh="`{metric}` 的词表大小 V 未知，均匀猜测的 log2 V 也就未知；请用 `--set vocab_size=N` 给出。",
    en="The vocabulary size V behind `{metric}` is unknown, and with it log2 V of a uniform "
    "guess; give it with `--set vocab_size=N`.",
)


def _chance(known: Known) -> Chance | None:
    v = count_fact(known, "vocab_size")
    return None if v is None else Chance(value=math.log2(v), assumption="log2(vocab_size)")


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    shown, v = number(value, "bits"), count_fact(known, "vocab_size")
    yield NATS(value=shown, nats=number(value * math.log(2), "nats"))
    if v is None:
        yield UNKNOWN(metric=known.name)
        return
    chance = math.log2(v)
    level = number(chance, "bits")
    match side(value, chance):
        case 0:
            yield AT(v=v, chance=level, value=shown, tie=percent(0.01))
        case 1:
            yield ABOVE(v=v, chance=level, value=shown, ratio=factor(value / chance))
        case _:
            yield BELOW(v=v, chance=level, value=shown, share=percent(value / chance))


LOSS = LossType(
    id="bits_per_token",
    title=Text(zh="交叉熵（以 bit 计）", en="cross-entropy in bits"),
    names=metric_names(r"bits_?per_?token"),
    unit="bits",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    needs=("vocab_size",),
    why=Text(
        zh="fairseq 把 loss 除以 ln 2 再打印，单位是 bit：同一个模型，数值是以 nats 计时的 "
        "1.44 倍。",
        en="fairseq divides its losses by ln 2 before printing them, so the unit is bits: "
        "1.44 times the number in nats of the same model.",
    ),
)
