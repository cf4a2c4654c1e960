"""An error rate of exactly 1 beside a CTC loss that falls and stays: the model answers with
blanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import OneValue
from lossreport.analysis.signature import moved
from lossreport.text import Text, number

FALLEN: Final = 0.10

ALL = Text(
    zh="`{metric}` 在全部 {count} 次验证里都是 {value}：输出为空，删除错误恰好等于全部字符。",
    en="`{metric}` is {value} in all {count} validations: with empty outputs every character "
    "is a deletion.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an error rate at its maximum beside a CTC loss that falls."""
    for finding, same in context.seen(OneValue):
        series = context.subject(finding)
        if series.metric_type != "error_rate":
            continue
        falling = next(
            (
                one
                for one in context.progress
                if one.metric_type == "ctc" and falls_by(one) > FALLEN
            ),
            None,
        )
        if falling is not None:
            told = ALL(metric=series.label, count=len(series), value=number(same.value))
            yield Suspicion(finding=finding, signs=(strong(told), strong(moved(falling))))


CAUSE = Cause(
    id="ctc_only_blanks",
    family="speech",
    title=Text(
        zh="CTC 只输出空白符：常见的早期平台期，或空白符编号有误",
        en="CTC answers with blanks only: a plateau of the first epochs, or a wrong index of "
        "the blank",
    ),
    decided_by=Text(
        zh="打印逐帧的 argmax：全是空白符编号就是它；再核对该编号与 loss 里的 blank 是否一致。",
        en="Print the argmax of the frames: the blank everywhere decides it; then see whether "
        "that index is the blank of the loss.",
    ),
    do=Text(
        zh="核对 blank 编号与词表；先用短句训练几个 epoch，学习率降到三分之一并加 warm-up，"
        "再继续观察错误率是否开始下降。",
        en="Check the index of the blank and the vocabulary; train on short utterances for "
        "some epochs first, with a third of the learning rate and a warm-up, and see "
        "whether the error rate begins to fall.",
    ),
    reference="SeanNaren/warp-ctc #111: loss is converging but giving wer 100",
    suspect=suspect,
)
