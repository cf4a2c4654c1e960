"""Perplexity: e to the cross-entropy, the effective number of choices, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import count_fact, is_positive
from lossreport.text import Phrase, Text, factor, number, percent

NATS = Text(
    zh="ln {value} = {nats}：与之对应的交叉熵。",
    en="ln {value} = {nats}: the cross-entropy that belongs to it.",
)
BELOW = Text(
    zh="均匀猜测的 perplexity 等于 V = {v}；{value} 是它的 {share}。",
    en="A uniform guess has a perplexity of V = {v}; {value} is {share} of it.",
)
ABOVE = Text(
    zh="均匀猜测的 perplexity 等于 V = {v}；{value} 是它的 {ratio}，差于均匀猜测。",
    en="A uniform guess has a perplexity of V = {v}; {value} is {ratio} that, worse than a "
    "uniform guess.",
)
IMPOSSIBLE = Text(
    zh="{value} 小于 1：perplexity 不可能小于 1，这个记录值是别的量，或计算有误。",
    en="{value} is below 1, which no perplexity can be: either another quantity is logged, or "
    "it is computed wrongly.",
)


def _chance(known: Known) -> Chance | None:
    v = count_fact(known, "vocab_size")
    return None if v is None else Chance(value=float(v), assumption="vocab_size")


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    shown = number(value)
    if value < 1:
        return (IMPOSSIBLE(value=shown),)
    said = [NATS(value=shown, nats=number(math.log(value), "nats"))]
    v = count_fact(known, "vocab_size")
    if v is not None and value > v:
        said.append(ABOVE(v=v, value=shown, ratio=factor(value / v)))
    elif v is not None:
        said.append(BELOW(v=v, value=shown, share=percent(value / v)))
    return tuple(said)


LOSS = LossType(
    id="perplexity",
    title=Text(zh="困惑度（perplexity）", en="perplexity"),
    names=metric_names(r"(?:\w+_)?ppl", r"(?:\w+_)?perplexity", r"ppl_\w+", r"困惑度"),
    unit="",
    goal="down",
    role="metric",
    chance=_chance,
    notes=_notes,
    needs=("vocab_size",),
    why=Text(
        zh="perplexity 是 e 的交叉熵次方，loss 的小变化会被放大，应看对数刻度。"
        "多个 batch 的 perplexity 的均值不等于平均 loss 的 perplexity。",
        en="It is e to the cross-entropy, which enlarges small changes of the loss: read it "
        "on a logarithmic scale. A mean of perplexities is not the perplexity of the mean "
        "loss.",
    ),
)
