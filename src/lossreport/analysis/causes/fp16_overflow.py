"""A loss that is calm and finite until one row, and NaN for good from it on, in a run that says
fp16.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, climbed, parsers, precision_said
from lossreport.text import Text, number

SAID = Text(zh="配置写明 {said}。", en="The settings say {said}.")
CALM = Text(
    zh="`{metric}` 在此之前平稳（第 {line} 行还是 {value}），没有逐行上升：一步之内变成 NaN，"
    "与 fp16 溢出一致。",
    en="`{metric}` was calm before (still {value} at line {line}) and did not climb: NaN "
    "within one step is consistent with an overflow of fp16.",
)
CLIMBED = Text(
    zh="`{metric}` 在变成 NaN 之前逐行上升：更像学习率过高。",
    en="`{metric}` climbed before it became NaN: rather a learning rate that is too high.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a training loss that becomes NaN in fp16."""
    precision = precision_said(context)
    if precision is None or precision.kind != "fp16":
        return
    for at in breaks(context, How.NONFINITE, How.MASKED):
        if len(at.before) < FEW:
            continue
        signs = [strong(SAID(said=precision.said))]
        if climbed(at.before):
            signs.append(against(CLIMBED(metric=at.series.label), weight=2))
        else:
            signs.append(
                weak(
                    CALM(
                        metric=at.series.label,
                        value=number(float(at.before[-1])),
                        line=int(at.series.line[at.row - 1]),
                    )
                )
            )
        yield Suspicion(
            finding=at.finding,
            signs=(*signs, *around(context, at.series, at.row)),
            code=_code(context),
        )
        return


def _code(context: Context) -> str:
    return "--dtype=bfloat16" if "nanogpt_text" in parsers(context) else ""


FEW: Final = 3
"""Finite rows before: with fewer the run broke at its first steps, which has other causes."""
CAUSE = Cause(
    id="fp16_overflow",
    family="precision",
    title=Text(
        zh="fp16 溢出：loss 在一步之内变成 NaN",
        en="An overflow of fp16: the loss becomes NaN within one step",
    ),
    decided_by=Text(
        zh="从此前的 checkpoint 用 bf16 或 fp32 重放这一段：仍有限，就是 fp16。",
        en="Replay the stretch from the checkpoint before in bf16 or fp32: if it stays "
        "finite, it was fp16.",
    ),
    do=Text(
        zh="显卡支持就改用 bf16；否则确认启用了 GradScaler，把溢出的模块（attention、norm）"
        "放到 fp32；再降低学习率并加梯度裁剪。",
        en="Use bf16 where the card has it; otherwise make sure a GradScaler is in use and "
        "keep the module that overflows (attention, norm) in fp32; then lower the learning "
        "rate and clip gradients.",
    ),
    reference="karpathy/nanoGPT #215: GPT2 train loss become nan since iter 3000",
    suspect=suspect,
)
