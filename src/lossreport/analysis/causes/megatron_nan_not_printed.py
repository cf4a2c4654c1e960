"""Rows of Megatron that lose their loss: it is averaged over valid iterations only, and so left out
where it is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import beside
from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers
from lossreport.text import Text, number

SEARCHED: Final = 3
"""Skipped iterations beside rows without a loss are the search for a loss scale."""

GONE = Text(
    zh="`{metric}` 在第 {line} 行之后不再出现，而迭代仍在打印：Megatron 只对有效的迭代求均值，"
    "loss 为 NaN 时这一栏就没有。",
    en="`{metric}` is not printed after line {line} while iterations go on: Megatron averages "
    "over valid iterations only and leaves the field out where the loss is NaN.",
)
COUNTED = Text(
    zh="同时“NaN iterations”仍是 {value}：这个计数器在此情形下不可靠。",
    en="“NaN iterations” is {value} meanwhile: that counter cannot be relied on here.",
)
SKIPPED = Text(
    zh="同处跳过了 {value} 次迭代：也可能是 fp16 在寻找 loss scale。",
    en="{value} iterations are skipped there: fp16 may be searching its loss scale instead.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that Megatron stops to print."""
    if "megatron" not in parsers(context):
        return
    for finding in context.of_kind("lost_metric", "nonfinite"):
        series = context.subject(finding)
        if not context.is_loss(series):
            continue
        signs = [strong(GONE(metric=series.label, line=int(series.line[finding.start.row])))]
        counted = beside(context, series, r"(?:number of )?nan[ _]iterations")
        if counted is not None and len(counted):
            signs.append(weak(COUNTED(value=number(float(counted.y[-1])))))
        skipped = beside(context, series, r"(?:number of )?skipped[ _]iterations")
        if skipped is not None and len(skipped) and float(skipped.y[-1]) >= SEARCHED:
            signs.append(against(SKIPPED(value=number(float(skipped.y[-1]))), 2))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="megatron_nan_not_printed",
    family="distributed",
    title=Text(
        zh="Megatron：loss 已是 NaN，因此不再打印",
        en="Megatron: the loss is NaN and therefore no longer printed",
    ),
    decided_by=Text(
        zh="从那一行之前的 checkpoint 重放，逐步打印未平均的 loss：第一个 NaN "
        "出现的那一步就是起点。",
        en="Replay from the checkpoint before that line and print the loss of each step "
        "without averaging: the first NaN is where it began.",
    ),
    do=Text(
        zh="此后的权重不可用：退回缺失之前的 checkpoint，跳过或检查那个 batch，"
        "必要时降低学习率；升级到会如实报告 NaN 的版本。",
        en="The weights behind it are of no use: go back to the checkpoint before, skip or "
        "inspect that batch, lower the learning rate if it recurs, and use a version that "
        "reports NaN.",
    ),
    reference="deepspeedai/Megatron-DeepSpeed #434: [NaN] Fix nan print issue when running "
    "Megatron-Deepspeed with DeepSpeed",
    suspect=suspect,
)
