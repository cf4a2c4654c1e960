"""A loss that stands at the logarithm of the smallest number a library lets through: the output is saturated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import STRONG, WEAK, Cause, Sign, Suspicion
from lossreport.analysis.context import Context
from lossreport.model.analysis import Finding
from lossreport.text import Text, number

CEILINGS: Final = {
    87.3365: "-ln(1.18e-38)",
    69.0776: "-ln(1e-30)",
    27.631: "-ln(1e-12)",
    23.0259: "-ln(1e-10)",
    18.4207: "-ln(1e-8)",
    16.1181: "-ln(1e-7)",
    13.8155: "-ln(1e-6)",
}
"""Where frameworks clamp a probability before its logarithm: the smallest float32 (Caffe), 1e-30 (YOLO-like code), 1e-12 and
1e-10 (hand-written losses), 1e-8 (Keras on TensorFlow 1), 1e-7 (Keras), 1e-6. Half of one is half of the samples at it."""
TOLERANCE: Final = 2e-4
"""Relative: the print of a mean over equal values differs in its last digit only."""
KINDS: Final = ("constant_metric", "frozen_metric", "broken_metric", "no_learning", "divergence", "level_shift")

AT = Text(
    zh="`{metric}` 停在 {value}，正是 {formula}：概率被截到最小值。",
    en="`{metric}` stands at {value}, which is {formula}: a probability clamped at its least value.",
)
HALF = Text(
    zh="`{metric}` 停在 {value}，正是 {formula} 的一半：一半样本的概率被截到最小值。",
    en="`{metric}` stands at {value}, half of {formula}: the probability of half the samples is clamped at its least value.",
)
EARLIER = Text(
    zh="此前它还在变化（第 {line} 行为 {value}），所以是训练中途饱和，不是标签一开始就错。",
    en="It still moved before ({value} at line {line}): the output saturated while training, the labels were not wrong from the start.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each flat loss whose level is a known ceiling."""
    for finding in context.of_kind(*KINDS):
        yield from _at_ceiling(context, finding)


def _at_ceiling(context: Context, finding: Finding) -> Iterator[Suspicion]:
    series = context.subject(finding)
    if not context.is_loss(series) or not np.isfinite(series.y[-1]):
        return
    value = float(series.y[-1])
    for share, text in ((1.0, AT), (0.5, HALF)):
        for ceiling, formula in CEILINGS.items():
            if abs(value - share * ceiling) <= TOLERANCE * share * ceiling:
                said = text(metric=series.label, value=number(value, digits=6), formula=formula)
                signs = [Sign(weight=STRONG, text=said)]
                moved = np.flatnonzero(np.abs(series.y - value) > TOLERANCE * value)
                if len(moved):
                    row = int(moved[-1])
                    told = EARLIER(value=number(float(series.y[row])), line=int(series.line[row]))
                    signs.append(Sign(weight=WEAK, text=told))
                yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="saturated_output",
    family="learning_rate",
    title=Text(
        zh="输出饱和：softmax 或 sigmoid 把正确类别的概率压到了截断的下限",
        en="A saturated output: softmax or sigmoid gives the right class the least probability that the code lets through",
    ),
    decided_by=Text(
        zh="打印最后一层的 logits：若绝对值极大或含 NaN，是发散；若正常，查标签的取值范围与类型。",
        en="Print the logits of the last layer: huge or NaN means that the training diverged; if they are ordinary, look at range and type of the labels.",
    ),
    do=Text(
        zh="把学习率降到十分之一、加 warm-up 和梯度裁剪，从头重训；并确认标签从 0 开始、输入已归一化、loss 收到的是 logits 而不是概率。",
        en="Lower the learning rate to a tenth, add warm-up and gradient clipping, and start anew; check that labels start at 0, inputs are normalised, and the loss gets logits, not probabilities.",
    ),
    reference="BVLC/caffe #1962: Loss stuck at 87.3365",
    suspect=suspect,
)
