"""A binary cross-entropy that falls below 0 without end: its targets lie outside 0 and 1."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import OutOfRange
from lossreport.analysis.segmenting import binary_said, masks_said
from lossreport.text import Text, number

NEGATIVE = Text(
    zh="`{metric}` 是二元交叉熵，却从第 {line} 行起为负并一路降到 {worst}：只有目标大于 1 "
    "时它才没有下界。",
    en="`{metric}` is a binary cross-entropy, yet negative from line {line} on and falling to "
    "{worst}: only targets above 1 leave it without a lower bound.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a negative binary cross-entropy, where no mask is segmented."""
    if masks_said(context) is not None:
        return
    said_so = binary_said(context)
    for finding, below in context.seen(OutOfRange):
        series = context.subject(finding)
        if (
            (series.metric_type == "bce" or (said_so is not None and context.is_loss(series)))
            and below.worst < -1
            and not below.negative
        ):
            said = NEGATIVE(
                metric=series.label,
                line=int(series.line[finding.rows[0]]),
                worst=number(below.worst, digits=3),
            )
            yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="targets_outside_unit",
    family="data",
    title=Text(
        zh="目标不在 0 到 1 之间：标签是 1、2 或多个类别，却用了 sigmoid 加 BCE",
        en="Targets outside 0 and 1: labels of 1 and 2, or of many classes, under sigmoid and BCE",
    ),
    decided_by=Text(zh="打印标签的全部取值。", en="Print all values that the labels take."),
    do=Text(
        zh="把标签改成 0 和 1；超过两类时改用 softmax 加（sparse）categorical cross-entropy，"
        "从头训练。",
        en="Make the labels 0 and 1; for more than two classes use softmax with a (sparse) "
        "categorical cross-entropy, and start anew.",
    ),
    reference="keras-team/keras #1917: The loss becomes negative",
    suspect=suspect,
)
