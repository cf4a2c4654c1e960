"""Zeros in the log of a Hugging Face trainer that are NaN: it filters them before it prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import beside
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers
from lossreport.text import Text

HF: Final = ("hf_", "llamafactory", "msswift")

FILTERED = Text(
    zh="`{metric}` 从第 {line} 行起正好是 0，而 `{witness}` 是 NaN：Trainer 的 "
    "logging_nan_inf_filter 默认把 NaN 去掉再打印。",
    en="`{metric}` is exactly 0 from line {line} on while `{witness}` is NaN: the trainer's "
    "logging_nan_inf_filter leaves NaN out before it prints.",
)
EVALUATED = Text(
    zh="`{metric}` 也是 NaN：权重已坏。",
    en="`{metric}` is NaN too: the weights are broken.",
)
FROM_START = Text(
    zh="从第一行起就是 0：前向或第一步就溢出了，不是中途发散。",
    en="It is 0 from the first row: the forward pass or the first step overflowed, nothing "
    "diverged on the way.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for zeros beside NaN in the log of such a trainer."""
    if not any(name in parsers(context) for name in HF):
        return
    for finding in context.of_kind("masked_nonfinite"):
        series = context.subject(finding)
        row = finding.start.row
        witness = (
            context.by_id[finding.series[1]]
            if len(finding.series) > 1
            else beside(context, series, r"grad_?norm")
        )
        if witness is None or series.y[row] != 0:
            continue
        signs = [
            strong(FILTERED(metric=series.label, line=int(series.line[row]), witness=witness.label))
        ]
        if row == 0:
            signs.append(strong(FROM_START()))
        for val in context.judged:
            if val.split != "train" and len(val) and np.isnan(val.y[-1]):
                signs.append(weak(EVALUATED(metric=val.label)))
                break
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code="TrainingArguments(logging_nan_inf_filter=False)",
        )


CAUSE = Cause(
    id="nan_filter_of_trainer",
    family="logging",
    title=Text(
        zh="0 不是 loss：Trainer 把 NaN 过滤成了 0",
        en="The zeros are no loss: the trainer filters NaN to 0",
    ),
    decided_by=Text(
        zh="设 logging_nan_inf_filter=False 重跑几步：打印出 nan 就是它。",
        en="Run some steps with logging_nan_inf_filter=False: a printed nan decides it.",
    ),
    do=Text(
        zh="此后的权重不可用：退回 0 出现之前的 checkpoint，没有就从头训练；不要用 fp16 "
        "载入可训练的权重，改 bf16 或 fp32，再看第一步的 loss 是否有限。",
        en="The weights behind it are of no use: go back to a checkpoint from before the "
        "zeros, or begin anew where there is none; do not load trainable weights in fp16, "
        "use bf16 or fp32, and see that the first loss is finite.",
    ),
    reference="JiuhaiChen/CVPR2025-Florence-VL #9: 'loss': 0.0 and 'grad_norm' : nan during the "
    "fine-tune",
    suspect=suspect,
)
