"""A fine-tuning that begins far above what a pretrained language model gives: the printed loss, or
what was loaded, is not right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import HighStart
from lossreport.analysis.signs import gradient, rate_beside
from lossreport.model.analysis import Severity
from lossreport.text import Text, number

FORMATS: Final = ("hf_stdout", "hf_trainer_state", "llamafactory_jsonl", "msswift_jsonl")
"""Logs of the Hugging Face Trainer and what is built on it."""
LOSS: Final = 6.0
"""A pretrained language model begins at 1 to 4 on text it can read (the corrected run of
transformers #35438 at 2.12).
"""
GRADIENT: Final = 20.0
"""Fine-tunings begin with a norm of 0.1 to 10; a model from scratch at ln V has one of 1 to 10 as
well.
"""
SUMMED: Final = 1.0
"""The factor of transformers #35438 was 5 (10.72 for 2.12): a printed 1 would be a true 0.2 there,
which only a fine-tuning by heart reaches. What falls below it was not multiplied.
"""
RATE: Final = 2e-4
"""The highest rate in use for the fine-tuning of language models (adapters); models from scratch
take more.
"""

TEXT = Text(
    zh="`{metric}`（{path}）第一行是 {value}，`{norm}` 是 {gradient}，学习率 {lr}："
    "预训练过的语言模型微调时从 1 到 4 开始。打印的 loss 可能被乘了几倍，"
    "也可能权重或分词器与模型不符。",
    en=(
        "`{metric}` ({path}) begins at {value} with `{norm}` at {gradient} and a learning rate "
        "of {lr}, while a pretrained language model begins at 1 to 4: the printed loss may be "
        "several times too large, or weights or tokenizer do not fit the model."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss of the Trainer that begins high, with a large gradient and a
    small learning rate.
    """
    parsers = {source.id: source.parser for source in context.run.sources}
    for series in context.progress:
        wanted = (
            series.split == "train"
            and parsers.get(series.source) in FORMATS
            and context.is_measure(series)
            and len(series) > 1
        )
        if (
            not wanted
            or context.is_rewarded
            or not np.isfinite(series.y[0])
            or series.y[0] < LOSS
            or context.chance(series) is not None
        ):
            continue
        if float(np.nanmin(series.y)) < SUMMED:
            continue
        norm, rate = gradient(context, series), rate_beside(context, series, 0)
        if (
            norm is None
            or rate is None
            or not np.isfinite(norm.y[0])
            or norm.y[0] < GRADIENT
            or not 0 < rate.value <= RATE
        ):
            continue
        value, size = float(series.y[0]), float(norm.y[0])
        text = TEXT(
            metric=series.label,
            path=series.path,
            value=number(value),
            norm=norm.label,
            gradient=number(size),
            lr=number(rate.value),
        )
        yield make_finding(
            "above_chance",
            series,
            [0],
            Severity.MEDIUM,
            text,
            payload=HighStart(value=value, gradient=size, finetune=True),
        )


DETECTOR = Detector(
    id="finetune_start",
    kinds=(
        Kind(
            id="above_chance",
            mark="finetune",
            title=Text(zh="微调起点异常高", en="high start of a fine-tuning"),
        ),
    ),
    detect=detect,
    order=31,
)
