"""A loss that prints 0.0 beside a NaN gradient from the first rows: the Trainer's mask over a
forward pass that overflows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.signs import parsers, precision_said
from lossreport.knowledge import trainers
from lossreport.text import Text, number

FROM = Text(
    zh="`{metric}` 从第 {row} 行起打印为 0，而 `{witness}` 从第一行起就是 NaN："
    "前向或第一次反向已经溢出，还没有更新过权重。",
    en="`{metric}` is printed as 0 from row {row} on, and `{witness}` is NaN from the first "
    "row: forward or first backward pass overflow before any update.",
)
SUDDEN = Text(
    zh="`{metric}` 从第 {row} 行起打印为 0，前一行还是 {value}：transformers 的 Trainer "
    "默认把 NaN 打印成 0（`logging_nan_inf_filter`）。",
    en="`{metric}` is printed as 0 from row {row} on, after {value}: the Trainer of "
    "transformers prints a NaN as 0 unless told otherwise (`logging_nan_inf_filter`).",
)
SAID = Text(zh="配置写明 {said}。", en="The settings say {said}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a hidden NaN that begins with the run, gradient included."""
    for at in breaks(context, How.MASKED):
        witness = context.by_id[at.finding.series[1]] if len(at.finding.series) > 1 else None
        if at.row > LATEST or witness is None or not len(witness) or np.isfinite(witness.y[0]):
            continue
        signs = [strong(FROM(metric=at.series.label, row=at.row + 1, witness=witness.label))]
        precision = precision_said(context)
        if precision is not None:
            signs.append((weak if precision.kind == "fp16" else against)(SAID(said=precision.said)))
        yield Suspicion(finding=at.finding, signs=tuple(signs), code=CODE)
    yield from _sudden(context)


def _sudden(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a Trainer's loss that is 0 from its first rows on, with no witness
    logged: half precision, unless bf16 or fp32 is said.
    """
    precision = precision_said(context)
    if not parsers(context) & trainers.LANGUAGE or (
        precision is not None and precision.kind != "fp16"
    ):
        return
    for finding, zero in context.seen(ZeroLoss):
        series, row = context.subject(finding), finding.start.row
        if zero.sudden and row <= LATEST:
            signs = [
                strong(
                    SUDDEN(metric=series.label, row=row + 1, value=number(float(series.y[row - 1])))
                )
            ]
            if precision is not None:
                signs.append(weak(SAID(said=precision.said)))
            yield Suspicion(finding=finding, signs=tuple(signs), code=CODE)


CODE: Final = "--bf16 True --fp16 False --logging_nan_inf_filter False"


LATEST: Final = 1
"""The loss of the first row may still be real, since it is computed before the first update."""
CAUSE = Cause(
    id="fp16_zero_from_start",
    family="precision",
    title=Text(
        zh="精度问题：前向从一开始就是 NaN，Trainer 打印成 0（fp16 权重、attention 内核或在 "
        "bf16 上预训练的模型）",
        en="Precision: the forward pass is NaN from the start and the Trainer prints 0 (fp16 "
        "weights, an attention kernel, or a model that was pretrained in bf16)",
    ),
    decided_by=Text(
        zh="用 fp32 或 bf16 加载模型，打印第一个 batch 的 loss：有限，就是精度。",
        en="Load the model in fp32 or bf16 and print the loss of the first batch: if it is "
        "finite, it was the precision.",
    ),
    do=Text(
        zh="不要以纯 fp16（.half()）加载可训练的权重：改用 bf16，或 fp32 权重加 autocast，"
        "LoRA 和 norm 层放到 fp32；同时关掉 logging_nan_inf_filter，看到真实的 loss。",
        en="Do not load trainable weights in pure fp16 (.half()): use bf16, or fp32 weights "
        "with autocast and adapters and norms in fp32; switch logging_nan_inf_filter off "
        "to see the true loss.",
    ),
    reference="jzhang38/TinyLlama #153: fp16 finetune will loss=0",
    suspect=suspect,
)
