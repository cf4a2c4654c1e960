"""A training loss that does not move, without anything that tells the usual causes apart: they are
named in the order in which to test them.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around
from lossreport.model.analysis import Severity
from lossreport.text import Text, Value, number

STANDS = Text(
    zh="`{metric}` 从 {first} 到 {last}，{count} 行里几乎没有下降；日志里没有别的东西能区分原因。",
    en="`{metric}` goes from {first} to {last} and hardly falls in {count} rows; nothing else "
    "in the log tells the causes apart.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield nothing: no sign speaks for this one, it stands where none speaks for any."""
    yield from ()


def otherwise(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each training loss that was found not to move."""
    for finding in context.of_kind("no_learning"):
        series = context.subject(finding)
        if (
            series.split != "train"
            or not context.is_loss(series)
            or finding.severity is Severity.LOW
            or not context.is_measure(series)
        ):
            continue
        values: dict[str, Value] = {
            "first": number(float(series.y[0])),
            "last": number(float(series.y[-1])),
        }
        said = STANDS(metric=series.label, count=len(series), **values)
        yield Suspicion(
            finding=finding, signs=(strong(said), *around(context, series, len(series) - 1))
        )


CAUSE = Cause(
    id="not_learning_without_signs",
    family="learning",
    title=Text(
        zh="日志分不出原因；常见的有：学习率过低或过高、调度有误，参数被冻结或没有调用 "
        "optimizer.step，标签与输入对不上，输入被归一化成 0，loss 用错（softmax 之后又做 "
        "softmax）",
        en="The log does not tell the cause; the usual ones: a learning rate too low or too "
        "high or a wrong schedule, frozen parameters or no optimizer.step, labels that do "
        "not belong to their inputs, inputs normalised to 0, the wrong loss (softmax "
        "applied twice)",
    ),
    decided_by=Text(
        zh="用一个 batch 做过拟合测试：loss 不降，看参数的梯度是不是 0 或 None（冻结、没有 "
        "step）、输入的最小最大值是不是相等（归一化）；能降，再把学习率乘以和除以 10 "
        "各试一次。",
        en="Overfit a single batch: if the loss does not fall, see whether gradients are 0 or "
        "None (frozen, no step) and whether the smallest and largest input are equal "
        "(normalisation); if it does, try ten times and a tenth of the learning rate.",
    ),
    do=Text(
        zh="按此顺序查：一个 batch 的过拟合测试；打印输入与标签的取值范围；确认 "
        "requires_grad、optimizer.step 和 model.train；打印每一步的学习率；"
        "CrossEntropyLoss 之前没有 softmax。",
        en="Check in this order: overfit a single batch; print the range of inputs and "
        "labels; requires_grad, optimizer.step and model.train; print the learning rate of "
        "each step; no softmax before CrossEntropyLoss.",
    ),
    reference="Karpathy, A Recipe for Training Neural Networks",
    suspect=suspect,
    otherwise=otherwise,
)
