"""A focal loss that is NaN out of a calm course: the logarithm of a probability that became 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, climbed, precision_said
from lossreport.text import Text, number

NAMES: Final = re.compile(r"focal", re.IGNORECASE)
FOCAL = Text(
    zh="`{metric}` 是 focal loss，在平稳下降（第 {line} 行为 {value}）之后一步变成 NaN："
    "手写的 log(p) 遇到了 p = 0 或 1。",
    en="`{metric}` is a focal loss and becomes NaN in one step out of a calm course ({value} "
    "at line {line}): a hand-written log(p) met p = 0 or 1.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a focal loss that becomes NaN without climbing, outside fp16."""
    precision = precision_said(context)
    if precision is not None and precision.kind == "fp16":
        return
    for at in breaks(context, How.NONFINITE):
        focal = at.series.metric_type == "focal" or NAMES.search(at.series.name)
        if focal and len(at.before) > FEW and not climbed(at.before):
            said = FOCAL(
                metric=at.series.label,
                value=number(float(at.before[-1])),
                line=int(at.series.line[at.row - 1]),
            )
            yield Suspicion(
                finding=at.finding, signs=(strong(said), *around(context, at.series, at.row))
            )


FEW: Final = 3
CAUSE = Cause(
    id="log_of_zero",
    family="reduction",
    title=Text(
        zh="对 0 取了对数：手写的 focal loss 没有截断概率",
        en="The logarithm of 0: a hand-written focal loss does not clip its probability",
    ),
    decided_by=Text(
        zh="打印出现 NaN 的那一步里 p 的最小值和最大值：等于 0 或 1 就是它。",
        en="Print the smallest and largest p of the step in which it is NaN: 0 or 1 decides it.",
    ),
    do=Text(
        zh="改用 logits 形式（sigmoid_focal_loss、log_softmax），或把 p 截到 [1e-6, 1 - "
        "1e-6]；gamma 小于 1 时梯度在 p = 1 处也是无穷大。",
        en="Use a form that takes logits (sigmoid_focal_loss, log_softmax) or clip p to 1e-6 "
        "and 1 - 1e-6; with a gamma below 1 the gradient is infinite at p = 1 as well.",
    ),
    reference="mkocabas/focal-loss-keras #17: Nan problem for LOG",
    suspect=suspect,
)
