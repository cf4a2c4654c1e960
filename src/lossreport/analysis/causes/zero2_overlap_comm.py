"""A loss that is 0.0 with a gradient norm of NaN from one row to the next in a Hugging Face log:
under DeepSpeed its overlapped communication.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import beside
from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers, quoted, said
from lossreport.text import Text, Value, number

HF: Final = ("hf_", "llamafactory", "msswift", "xtuner")
CALM: Final = 2.0
"""The last loss before the zeros is not twice the median before it: nothing announced a
divergence.
"""

SUDDEN = Text(
    zh="`{metric}` 从 {before}（第 {line} 行）直接变为 0.0，同一行的梯度范数是 NaN：NaN "
    "在打印前被换成了 0，且此前没有上升。",
    en="`{metric}` goes from {before} (line {line}) straight to 0.0 with a gradient norm of "
    "NaN: a NaN replaced before it was printed, and no rise announced it.",
)
HALF = Text(
    zh="配置写明 precision = {value}：fp16 溢出同样会这样。",
    en="The configuration says precision = {value}: an overflow of fp16 looks the same.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for zeros that hide NaN behind a sound loss, in a trainer that runs under
    DeepSpeed as a rule.
    """
    if not any(name in parsers(context) for name in HF):
        return
    yield from _from_the_first_step(context)
    for finding in context.of_kind("masked_nonfinite"):
        series = context.subject(finding)
        row = finding.start.row
        norm = beside(context, series, r"grad_?norm")
        if row < 1 or series.y[row] != 0 or norm is None or np.isfinite(norm.y[-1]):
            continue
        if row >= SOUND and not np.isfinite(norm.y[0]):
            continue
        before = series.y[:row]
        if not np.isfinite(before).all() or float(before[-1]) > CALM * float(np.median(before)):
            continue
        signs = [
            strong(
                SUDDEN(
                    metric=series.label,
                    before=number(float(before[-1])),
                    line=int(series.line[row - 1]),
                )
            )
        ]
        event = said(context, r"overlap_comm|deepspeed")
        if event is not None:
            signs.append(weak(quoted(context, event)))
        precision = context.facts.get("precision")
        if isinstance(precision, str) and "16" in precision and "bf" not in precision.lower():
            signs.append(against(HALF(value=precision)))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code='"zero_optimization": {"stage": 2, "overlap_comm": false}',
        )


def _from_the_first_step(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a gradient that is NaN in the first row of all although its loss is
    finite: no update was made yet, so that neither rate nor weights are at fault.
    """
    for finding in context.of_kind("nonfinite"):
        norm = context.subject(finding)
        loss = next((one for one in context.progress if one.source == norm.source), None)
        never = norm.metric_type == "grad_norm" and not np.isfinite(norm.y).any()
        if not never or loss is None or not len(loss) or not np.isfinite(loss.y[0]):
            continue
        if float(loss.y[0]) == 0:
            continue
        values: dict[str, Value] = {"value": number(float(loss.y[0])), "line": int(loss.line[0])}
        signs = [strong(BACKWARD(metric=norm.label, loss=loss.label, **values))]
        if len(loss) > 1 and float(loss.y[1]) == 0:
            signs.append(weak(THEN(loss=loss.label, line=int(loss.line[1]))))
        event = said(context, r"overlap_comm|deepspeed")
        if event is not None:
            signs.append(weak(quoted(context, event)))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            do=BY_STEPS(),
            code='"zero_optimization": {"stage": 2, "overlap_comm": false}',
        )


BACKWARD = Text(
    zh="`{metric}` 从第一行起就不是有限值，而 `{loss}` 在那里是有限的（{value}，第 {line} 行）："
    "前向没有问题，也还没有更新过，学习率与权重都可以排除，出错的是反向。",
    en="`{metric}` is not finite from its first row on while `{loss}` is finite there ({value}, "
    "line {line}): the forward pass is sound and nothing was updated yet, which clears the "
    "learning rate and the weights; the backward pass is at fault.",
)
THEN = Text(
    zh="下一行（第 {line} 行）的 `{loss}` 就成了 0：第一次更新把 NaN 写进了权重。",
    en="`{loss}` is 0 in the next row (line {line}): the first update wrote NaN into the weights.",
)
BY_STEPS = Text(
    zh="若用 DeepSpeed ZeRO-2，先把 overlap_comm 设为 false 或换 ZeRO-3；不是，再用 bf16 代替 "
    "fp16，并把注意力换成 eager（整行被掩掉时 softmax 的反向是 NaN）。从头训练。",
    en="Under DeepSpeed ZeRO-2 set overlap_comm to false first, or take ZeRO-3; if it is not "
    "that, use bf16 instead of fp16 and eager attention (a row that is masked as a whole has a "
    "NaN in the backward pass of its softmax). Start anew.",
)
SOUND: Final = 2
"""Rows with a sound loss before the zeros, from which on the norm was sound as well at first."""
CAUSE = Cause(
    id="zero2_overlap_comm",
    family="distributed",
    title=Text(
        zh="DeepSpeed ZeRO-2 的重叠通信（overlap_comm）把梯度变成 NaN",
        en="Overlapped communication of DeepSpeed ZeRO-2 (overlap_comm) turns gradients into NaN",
    ),
    decided_by=Text(
        zh="同一个 checkpoint、同一批数据，只把 overlap_comm 关掉（或换 ZeRO-1/3）"
        "再跑同样的步数：不再 NaN 就是它，仍然 NaN 则查精度与学习率。",
        en="From the same checkpoint on the same data run the same steps with overlap_comm "
        "off (or ZeRO 1 or 3): if NaN is gone it is this, else look at precision and "
        "learning rate.",
    ),
    do=Text(
        zh="若用 DeepSpeed：回到 NaN 之前的 checkpoint，把 ZeRO-2 的 overlap_comm 设为 false，"
        "或换 ZeRO 阶段与版本；不用 DeepSpeed 则改 bf16 并降低学习率。",
        en="Under DeepSpeed: go back to a checkpoint before the NaN and set overlap_comm of "
        "ZeRO-2 to false, or take another ZeRO stage or version; without DeepSpeed use "
        "bf16 and a lower learning rate.",
    ),
    reference="deepspeedai/DeepSpeed #5347: [BUG] Grad_norm is nan and Loss is 0",
    suspect=suspect,
)
