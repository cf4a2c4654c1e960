"""A Keras classifier of two classes at half of the clipped cross-entropy and an accuracy of exactly
one half, in training and validation: its labels are encoded for another output layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.clamps import KERAS, at_clamp
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AtClamp
from lossreport.analysis.signs import score_beside
from lossreport.text import Text, number

HALF: Final = 0.5
SAME: Final = 1e-3
EXACT = Text(
    zh="`{metric}` 停在 {value}，是截断上限的一半，而训练和验证的准确率都恰好是 {half}："
    "one-hot 的两列标签配一个 sigmoid 输出时，每个样本总有一列对、一列错，和数据的类别比例无关。",
    en="`{metric}` stands at {value}, half of the clip, with an accuracy of exactly {half} in "
    "training and validation: two columns of one-hot labels against a single sigmoid are always "
    "half right, whatever the shares of the classes are.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where half of Keras's clip meets an accuracy of one half in both splits."""
    for finding, stands in context.seen(AtClamp):
        series = context.subject(finding)
        hit = at_clamp(context, series, stands.value)
        if hit is None or hit.clamp.cause != KERAS or abs(hit.share - HALF) > SAME:
            continue
        scores = [score_beside(context, series, split) for split in ("train", "val")]
        halves = [one for one in scores if one is not None and _stands_at_half(one.y)]
        if len(halves) == len(scores):
            said = EXACT(
                metric=series.label, value=number(stands.value, digits=6), half=number(HALF)
            )
            yield Suspicion(
                finding=finding,
                signs=(strong(said),),
                code="flow_from_directory(..., class_mode='binary')",
            )


def _stands_at_half(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    return bool(np.all(np.abs(values[1:] - HALF) <= SAME)) and len(values) > 1


CAUSE = Cause(
    id="label_encoding",
    family="data",
    title=Text(
        zh="标签的编码与输出层不配套：flow_from_directory 默认 class_mode='categorical'"
        "（one-hot），而输出是一个 sigmoid",
        en="The labels are encoded for another output layer: flow_from_directory gives one-hot "
        "labels by default (class_mode='categorical'), while the output is a single sigmoid",
    ),
    decided_by=Text(
        zh="打印一个 batch 标签的 shape：(batch, 2) 而输出是 (batch, 1)，就是它；shape 一致，"
        "再查学习率和输入的归一化。",
        en="Print the shape of the labels of a batch: (batch, 2) against an output of (batch, 1) "
        "decides it; where they agree, look at the learning rate and the scale of the input.",
    ),
    do=Text(
        zh="单个 sigmoid 配 class_mode='binary' 与 binary_crossentropy；两个输出配 softmax、"
        "class_mode='categorical' 与 categorical_crossentropy。之后从头训练。",
        en="With a single sigmoid use class_mode='binary' and binary_crossentropy; with two "
        "outputs softmax, class_mode='categorical' and categorical_crossentropy. Then start anew.",
    ),
    reference="keras-team/keras #13006: Keras training and validation accuracy always converges "
    "to 0.5",
    suspect=suspect,
)
