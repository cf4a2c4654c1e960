"""A language model trained from scratch whose loss falls below that of any published one: future
tokens leak in, or the text is known by heart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import shown_x
from lossreport.text import Text, number
from lossreport.values import dataclass
from lossreport.words import AXES

LEAST_TOKENS: Final = 10_000
"""A vocabulary of words and their parts: of characters or codes the loss of a token is another
matter.
"""
FLOOR: Final = 1.0
"""Nats per token of natural text. GPT-2 with 1.5B parameters reaches 2.54 on OpenWebText (nanoGPT
README), the best open models about 1.6 to 1.8 (Llama 2 and 3), children's stories of 1500 words
about 1.2 (TinyStories).
"""
FROM_SCRATCH: Final = 0.8
"""Of ln V at the first row: a model that was trained before begins far below, and answers behind a
mask may be certain.
"""
MIN_ROWS: Final = 8
CONDITIONED: Final = re.compile(
    r"(?:^|[_/ -])(?:wer|cer|bleu|sacrebleu|chrf|rouge\w*|cider|meteor|ter)(?:$|[_/ -])",
    re.IGNORECASE,
)
"""Scores of recognised, translated or described inputs: there a token may be certain."""
END: Final = 20
"""The level at the end is the median of the last twentieth of the rows, of two at least."""

TEXT = Text(
    zh="`{metric}`（{path}）从 {axis} {x} 起低于每 token {floor} nat，结尾是 {level}；它从 "
    "{first} 开始，接近 {size} 个 token 的 ln V = {chance}，即从头训练的语言模型。"
    "公开的语言模型在自然文本上都没有这么低：要么未来的 token 进了输入（因果掩码、"
    "错位的标签），要么文本高度重复、已被背下，要么它不是自然文本（代码、公式），或每个 "
    "token 都以输入为条件（语音识别、翻译、图像描述）。",
    en=(
        "`{metric}` ({path}) is below {floor} nat per token from {axis} {x} on, {level} at the "
        "end. It began at {first}, near ln V = {chance} of {size} tokens, as a language model "
        "trained from scratch. No published one is that low on natural text: either future "
        "tokens reach the input (causal mask, labels shifted wrongly), or the text repeats so "
        "much that it is known by heart, or it is no natural text (code, formulas) or depends on "
        "an input (speech, translation, captions)."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Implausible:
    """A loss that began at a chance level and ends at a level that no text allows."""

    first: float
    level: float
    chance: float


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a run: of the validation where it is that low, else of the training. An
    error rate beside it says that its text is conditioned on an input.
    """
    if any(CONDITIONED.search(one.name) for one in context.run.series):
        return
    found = [
        one
        for one in context.progress
        if one.metric_type == "cross_entropy" and len(one) >= MIN_ROWS and np.isfinite(one.y).all()
    ]
    for series in sorted(found, key=lambda one: one.split == "train"):
        chance = context.chance(series)
        size = context.facts.get("vocab_size")
        if chance is None or not isinstance(size, int) or size < LEAST_TOKENS:
            continue
        first, level = float(series.y[0]), float(np.median(series.y[-max(2, len(series) // END) :]))
        if first < FROM_SCRATCH * chance.value or level >= FLOOR:
            continue
        above = np.flatnonzero(series.y >= FLOOR)
        row = min(int(above[-1]) + 1, len(series) - 1)
        text = TEXT(
            metric=series.label,
            path=series.path,
            axis=AXES[series.axis.value],
            x=shown_x(series.x[row]),
            floor=number(FLOOR),
            level=number(level),
            first=number(first),
            size=size,
            chance=number(chance.value),
        )
        held = Implausible(first=first, level=level, chance=chance.value)
        yield make_finding(
            "implausible_loss",
            series,
            [row, len(series) - 1],
            Severity.MEDIUM,
            text,
            payload=held,
        )
        return


DETECTOR = Detector(
    id="implausible_loss",
    kinds=(
        Kind(id="implausible_loss", title=Text(zh="loss 低得不可信", en="loss too low to be true")),
    ),
    detect=detect,
    order=56,
)
