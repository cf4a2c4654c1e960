"""A loss of exactly 0 and an accuracy of exactly 1 from the first row on: a softmax over one class,
or no pixel that counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.signs import class_count
from lossreport.text import Text, number

BOTH = Text(
    zh="`{loss}` 正好是 0、`{score}` 正好是 {value}，从第一行起共 {count} 行：一个类别上的 "
    "softmax 恒为 1，交叉熵恒为 0。",
    en="`{loss}` is exactly 0 and `{score}` exactly {value} in all {count} rows from the "
    "first on: a softmax over one class is always 1 and its cross-entropy always 0.",
)
SET = Text(zh="配置写明类别数是 {classes}。", en="The settings say that there is {classes} class.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a perfect start."""
    for finding, zero in context.seen(ZeroLoss):
        if not zero.perfect:
            continue
        loss, score = (context.by_id[one] for one in finding.series[:2])
        signs = [
            strong(
                BOTH(
                    loss=loss.label,
                    score=score.label,
                    value=number(float(score.y[0])),
                    count=len(finding.rows),
                )
            )
        ]
        classes = class_count(context)
        if classes == 1:
            signs.append(strong(SET(classes=number(classes))))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="one_class_softmax",
    family="data",
    title=Text(
        zh="num_classes=1 却用 softmax 交叉熵，或所有像素 / 标签都被忽略（255、-100）",
        en="num_classes=1 under a softmax cross-entropy, or all pixels or labels ignored "
        "(255, -100)",
    ),
    decided_by=Text(
        zh="看输出的通道数，并打印一个 batch 标签的全部取值：输出只有 1 个通道，是类别数；"
        "标签全是 ignore_index，是数据。",
        en="Look at the number of output channels, and print all values of the labels of a "
        "batch: one channel means the number of classes, nothing but ignore_index means "
        "the data.",
    ),
    do=Text(
        zh="背景也算一类：前景加背景设 num_classes=2；只留一个通道时改用 sigmoid 加 "
        "BCE（mmseg：use_sigmoid=True）。标签取值应为 0 到 类别数减一，之后从头训练。",
        en="Count the background as a class: num_classes=2 for foreground and background; "
        "with a single channel use sigmoid and BCE (mmseg: use_sigmoid=True). Labels run "
        "from 0 to the number of classes less one; then start anew.",
    ),
    reference="open-mmlab/mmsegmentation #3080: loss is 0, acc is 100 while training",
    suspect=suspect,
)
