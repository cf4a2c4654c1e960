"""Bits per byte or character: a language-model loss in bits per unit of text, for the analyse
step.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive
from lossreport.text import Phrase, Text, number, percent

UNIFORM: Final = 8.0
"""log2(256): a uniform guess over the values of a byte."""

BYTES = Text(
    zh="{value} bit/byte = {nats} nats/byte，是均匀猜测字节（{chance} bit）的 {share}。",
    en="{value} bits per byte = {nats} nats per byte, {share} of a uniform guess over bytes "
    "({chance} bits).",
)


def _per_byte(known: Known) -> bool:
    name = known.name.lower()
    return "bpb" in name or "byte" in name


def _chance(known: Known) -> Chance | None:
    """Return 8 bits for bytes; for characters the alphabet is unknown."""
    return Chance(value=UNIFORM, assumption="log2(256)") if _per_byte(known) else None


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value) or not _per_byte(known):
        return ()
    nats = number(value * math.log(2))
    return (
        BYTES(
            value=number(value), nats=nats, chance=number(UNIFORM), share=percent(value / UNIFORM)
        ),
    )


LOSS = LossType(
    id="bits_per_byte",
    title=Text(zh="每字节（字符）比特数", en="bits per byte (or character)"),
    names=metric_names(r"(?:\w+_)?(?:bpb|bpc)", r"bits_?per_?(?:byte|char|character)"),
    unit="bits",
    goal="down",
    role="metric",
    chance=_chance,
    notes=_notes,
    why=Text(
        zh="按文本的字节（或字符）而不是 token 归一化，因此同一份文本上，tokenizer "
        "不同的模型可以用它比较。",
        en="It is counted per byte (or character) of text and not per token, so on the same "
        "text models with different tokenizers can be compared by it.",
    ),
)
