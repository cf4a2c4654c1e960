"""A loss that falls to exactly 0 at once: every label is the same, so a constant answer is
right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.signs import class_count, parsers
from lossreport.knowledge import trainers
from lossreport.text import Text, number

FEW: Final = 2
AT_ONCE = Text(
    zh="`{metric}` 从 {before} 一步变为正好 0（第 {line} 行）并一直是 0："
    "一个对所有样本都对的常数答案，几步就能学会。",
    en="`{metric}` goes from {before} to exactly 0 at line {line} and stays: a constant "
    "answer that is right for every sample is learned within a few steps.",
)
SET = Text(
    zh="配置写明类别数是 {classes}。", en="The settings say that there are {classes} classes."
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a sudden 0 outside the trainers that print a NaN as 0."""
    if parsers(context) & trainers.LANGUAGE:
        return
    for finding, zero in context.seen(ZeroLoss):
        if not zero.sudden:
            continue
        series, row = context.subject(finding), finding.start.row
        signs = [
            strong(
                AT_ONCE(
                    metric=series.label,
                    before=number(float(series.y[row - 1])),
                    line=finding.start.line,
                )
            )
        ]
        classes = class_count(context)
        if classes is not None and classes <= FEW:
            signs.append(weak(SET(classes=number(classes))))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="labels_all_alike",
    family="data",
    title=Text(
        zh="标签全都一样：只有一个类、没有负样本，或所有图像都含同一个对象，常数输出就能得到 "
        "loss 0",
        en="All labels are alike: one class, no negatives, or every image holds the same "
        "object, so a constant output has a loss of 0",
    ),
    decided_by=Text(
        zh="统计一个 epoch 里标签的取值：只有一种取值（例如全是 1），就是它；取值正常，再看 "
        "loss 是否被遮掉或 NaN 被打印成 0。",
        en="Count the values of the labels of an epoch: a single one (all 1, for example) "
        "decides it; if they vary, see whether the loss is masked or a NaN is printed as 0.",
    ),
    do=Text(
        zh="加入负样本（不含该对象的图像、其他类），或把任务改成不是常数就能答对的形式；"
        "再从头训练。已有的 loss 0 不能当作学会了。",
        en="Add negatives (images without the object, other classes), or pose the task so "
        "that no constant answers it, and start anew; the loss of 0 so far shows nothing "
        "learned.",
    ),
    reference="ascust/SEC-MXNet #9: all images contain the object and there are no negative "
    "samples",
    suspect=suspect,
)
