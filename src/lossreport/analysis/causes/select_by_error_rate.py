"""A validation loss that rises while the error rate of the same validation still falls: in speech
the checkpoint is chosen by the error rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.text import Text, number

KINDS: Final = ("overfitting", "worsening")
LATE: Final = 0.7
"""The best error rate stands in the last third, behind the turn of the loss."""
GAIN: Final = 0.02
"""Relative: the error rate still lost 2 % after the loss had turned."""

STILL = Text(
    zh="`{metric}` 在 loss 转升之后仍从 {first} 降到 {best}（第 {line} 行）。",
    en="`{metric}` still fell from {first} to {best} (line {line}) after the loss had turned.",
)
LOSS = Text(
    zh="`{loss}` 在 {x} 处最低，之后只有它在变差。",
    en="`{loss}` was lowest at {x}; it alone gets worse after that.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation loss that rises beside an error rate that falls on."""
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if series.split == "train" or not context.is_loss(series):
            continue
        for rate in context.judged:
            if (
                rate.metric_type != "error_rate"
                or rate.split != series.split
                or rate.axis is not series.axis
                or len(finite(rate)) < len(rate)
            ):
                continue
            best = int(np.argmin(rate.y))
            at_turn = rate.y[rate.x >= finding.start.x]
            if (
                len(at_turn)
                and best >= LATE * (len(rate) - 1)
                and float(rate.y[best]) < (1 - GAIN) * float(at_turn[0])
            ):
                told = STILL(
                    metric=rate.label,
                    first=number(float(at_turn[0])),
                    best=number(float(rate.y[best])),
                    line=int(rate.line[best]),
                )
                yield Suspicion(
                    finding=finding,
                    signs=(strong(told), weak(LOSS(loss=series.label, x=number(finding.start.x)))),
                )


CAUSE = Cause(
    id="select_by_error_rate",
    family="speech",
    title=Text(
        zh="验证 loss 回升而错误率仍在下降：语音识别中常见",
        en="The validation loss rises while the error rate still falls: common in speech "
        "recognition",
    ),
    decided_by=Text(
        zh="比较 loss 最低与错误率最低的两个 checkpoint 在测试集上的错误率。",
        en="Compare the error rates on a test set of the two checkpoints, that of the lowest "
        "loss and that of the lowest error rate.",
    ),
    do=Text(
        zh="按错误率选择 checkpoint 与早停，而不是按 loss；错误率也不再下降时再停。",
        en="Choose the checkpoint and the early stop by the error rate instead of the loss; "
        "stop when it falls no more either.",
    ),
    reference="flashlight/wav2letter #879: Valid Loss increasing while valid WER decreasing",
    suspect=suspect,
)
