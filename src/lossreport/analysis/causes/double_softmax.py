"""A cross-entropy that stops at the floor that a second softmax puts under it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import class_count, score_beside
from lossreport.text import Text, number, percent

SIZES: Final = (10, 100, 1000)
TOLERANCE: Final = 0.003
GOOD: Final = 0.8
FLOOR = Text(
    zh="`{metric}` 停在 {value}，正是 ln(1 + {others}/e) = {floor}：对 {size} 个类别做了两次 "
    "softmax 时 loss 的下限，而 `{score}` 已到 {accuracy}。",
    en="`{metric}` stops at {value}, which is ln(1 + {others}/e) = {floor}, the least that a "
    "loss over {size} classes can be after two softmaxes, while `{score}` is at {accuracy}.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a flat loss at that floor beside an accuracy that is far better than
    the loss says.
    """
    said = class_count(context)
    sizes = SIZES if said is None or said < 2 else (int(said),)
    for finding in context.of_kind("plateau", "no_learning", "constant_metric"):
        series = context.subject(finding)
        score = score_beside(context, series, series.split)
        if (
            not context.is_loss(series)
            or not np.isfinite(series.y).all()
            or score is None
            or not len(score)
        ):
            continue
        level, accuracy = (
            float(np.median(series.y[-max(3, len(series) // 4) :])),
            float(score.y[-1]),
        )
        accuracy = accuracy / 100 if accuracy > 1 else accuracy
        size = next((one for one in sizes if abs(level / floor_of(one) - 1) <= TOLERANCE), None)
        if size is not None and accuracy >= GOOD:
            values = {
                "value": number(level),
                "floor": number(floor_of(size)),
                "accuracy": percent(accuracy),
            }
            text = FLOOR(
                metric=series.label,
                score=score.label,
                others=str(size - 1),
                size=str(size),
                **values,
            )
            yield Suspicion(finding=finding, signs=(strong(text),))


def floor_of(size: int) -> float:
    """Return the cross-entropy of a softmax over probabilities that are right: one is 1 and the
    others are 0.
    """
    return math.log(1 + (size - 1) / math.e)


CAUSE = Cause(
    id="double_softmax",
    family="reduction",
    title=Text(
        zh="softmax 做了两次：CrossEntropyLoss 收到的是概率而不是 logits",
        en="Softmax is applied twice: CrossEntropyLoss gets probabilities instead of logits",
    ),
    decided_by=Text(
        zh="看模型输出每行之和：等于 1 就是概率。",
        en="Add up a row of the model's output: a sum of 1 means probabilities.",
    ),
    do=Text(
        zh="去掉模型最后的 softmax（推理时再加），把 logits 直接交给 CrossEntropyLoss，再训练。",
        en="Remove the final softmax of the model (apply it at inference only), hand the "
        "logits to CrossEntropyLoss, and train again.",
    ),
    reference="rasbt/deeplearning-models #76: cnn-vgg16.ipynb got abnormal results",
    suspect=suspect,
)
