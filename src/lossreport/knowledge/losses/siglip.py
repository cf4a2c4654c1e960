"""Pairwise sigmoid loss (SigLIP): a yes or no for every pair of a batch, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

NOTHING = Text(
    zh="它的大小取决于按行求和还是取均值、batch 大小和偏置的初始化；这里没有可引用的参照值，"
    "{value} 只能与同一配置的值比较。",
    en="Its size depends on a sum or a mean over the row, the batch size and the initial "
    "bias. There is no reference value to quote here, so {value} is comparable only with "
    "values of the same configuration.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    return (NOTHING(value=number(value)),) if math.isfinite(value) else ()


LOSS = LossType(
    id="siglip",
    title=Text(zh="成对 sigmoid loss（SigLIP）", en="pairwise sigmoid loss (SigLIP)"),
    names=metric_names(r"(?:\w+_)?siglip(?:_?loss)?", r"loss_siglip"),
    order=45,
    unit="",
    goal="down",
    role="loss",
    notes=_notes,
    why=Text(
        zh="batch 内每一对各做一次是否匹配的二元判断，负对远多于正对；与 CLIP 的 softmax loss "
        "没有共同刻度。",
        en="Every pair in the batch is a separate yes or no, and most pairs are negatives; it "
        "shares no scale with CLIP's softmax loss.",
    ),
)
