"""Error rates (WER, CER, class error): shares of something wrong, down is the aim, for the analyse
step.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport import regex as re
from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

EDITS: Final = re.compile(r"(?:\w{1,80}_)?(?:wer|cer)(?:_\w{1,80})?")
PERCENTAGE: Final = re.compile(r"class.?error")
"""`class_error` of DETR is in percent."""

PERCENT = Text(
    zh="{value} 大于 1：应是百分数；词（字）错误率因插入错误也可能超过 100%。",
    en="{value} is above 1, so it is in percent, unless insertions took a word (character) "
    "error rate past 100%.",
)
OVER_ONE = Text(
    zh="{value} 大于 1，不会是 0 到 1 的比例：可能是百分数，也可能是均值出了错；"
    "单凭一个值无法区分。",
    en="{value} is above 1, so it is not a fraction between 0 and 1: a percentage, or a "
    "broken mean. One value cannot tell which.",
)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value) or value <= 1 or PERCENTAGE.match(known.name.lower()):
        return ()
    return ((PERCENT if EDITS.fullmatch(known.name.lower()) else OVER_ONE)(value=number(value)),)


LOSS = LossType(
    id="error_rate",
    title=Text(zh="错误率", en="error rate"),
    names=metric_names(
        r"class_?error",
        r"(?:\w+_)?(?:wer|cer)",
        r"(?:\w+_)?(?:error_rate|err_rate|classification_error)",
        r"(?:err|error)@?[15]|top_?[15]_err(?:or)?",
    ),
    order=44,
    unit="",
    goal="down",
    role="metric",
    notes=_notes,
    why=Text(
        zh="错误的占比，越低越好；DETR 的 `class_error` 是百分数，等于 100 "
        "减去已匹配框的分类准确率。",
        en="A share of errors, lower is better; `class_error` of DETR is in percent, 100 "
        "minus the accuracy on the matched boxes.",
    ),
)
