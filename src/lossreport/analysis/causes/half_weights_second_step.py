"""One finite loss, then NaN for good: the first update destroyed weights that are kept in half
precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import Breakage, How, breaks
from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, gradient, half_said, precision_said, set_rate
from lossreport.model.run import Axis
from lossreport.text import Text, Value, number

SAID = Text(
    zh="`{metric}` 只有第一行有限（{value}，第 {line} 行），而设置写明 {said}：在这种精度下，"
    "一次更新就能让权重溢出。",
    en="Only the first row of `{metric}` is finite ({value}, line {line}), and the settings "
    "say {said}: in that precision one update can make weights overflow.",
)
STEPS = Text(
    zh="`{metric}` 的这两行是相邻的两步：第 {line} 行为 {value}，下一步就再没有有限值，"
    "中间只有一次更新。",
    en="The two rows of `{metric}` are successive steps: {value} at line {line}, and from the "
    "next step on nothing is finite, with a single update between them.",
)
SMALL = Text(
    zh="学习率只有 {lr}：在 fp32 里这样的一步不会让权重变成非有限值。",
    en="The learning rate is only {lr}: in fp32 a step of that size makes no weight infinite.",
)
FINE = Text(
    zh="第一行的 `{metric}` 有限（{value}）：前向和反向都没有问题。",
    en="`{metric}` of the first row is finite ({value}): forward and backward pass are sound.",
)
CALM_RATE: Final = 1e-3
"""Adam moves a weight by about the learning rate: weights of 0.02 that move by 0.001 overflow in no
32-bit layer (Adam's default rate).
"""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss whose second row is the first that is not finite: in half
    precision, or one step behind the first.

    Rows that are many steps apart do not show that it was the first update, so without a word of
    the precision they show nothing.
    """
    for at in breaks(context, How.NONFINITE, How.MASKED):
        if at.row != 1 or not np.isfinite(at.series.y[0]):
            continue
        norm = gradient(context, at.series)
        if norm is not None and not np.isfinite(norm.y[0]):
            continue
        terms = [
            one
            for one in context.progress
            if one.split == "train" and one is not at.series and len(one) > 1
        ]
        if any(
            np.isfinite(one.y[1]) != np.isfinite(at.series.y[1]) and at.how is How.NONFINITE
            for one in terms
        ):
            continue
        signs = list(_signs(context, at))
        if not signs:
            continue
        if norm is not None:
            signs.append(weak(FINE(metric=norm.label, value=number(float(norm.y[0])))))
        yield Suspicion(finding=at.finding, signs=(*signs, *around(context, at.series, at.row)))
        return


def _signs(context: Context, at: Breakage) -> Iterator[Sign]:
    series, said, rate = at.series, half_said(context), set_rate(context)
    values: dict[str, Value] = {
        "metric": series.label,
        "value": number(float(series.y[0])),
        "line": int(series.line[0]),
    }
    full = precision_said(context)
    if full is not None and full.kind == "fp32":
        return
    if said is not None and len(series) >= FEW:
        yield strong(SAID(**values, said=said))
    single = series.axis in COUNTED and series.x[1] - series.x[0] == 1 and series.x[0] <= FIRST
    if not single or (rate is not None and rate > CALM_RATE):
        return
    yield strong(STEPS(**values))
    if rate is not None:
        yield weak(SMALL(lr=number(rate)))


COUNTED: Final = (Axis.STEP, Axis.ITERATION)
FIRST: Final = 1
"""Loggers count steps from 0 or from 1."""
FEW: Final = 3
"""The first row and two of NaN: one alone may be a batch."""
CAUSE = Cause(
    id="half_weights_second_step",
    family="precision",
    title=Text(
        zh="第一次更新毁掉了权重：半精度权重直接用 Adam 更新（eps 1e-8 在 fp16 里是 0），"
        "或第一步的梯度已经不是有限值",
        en="The first update destroyed the weights: half-precision weights under plain Adam "
        "(its eps of 1e-8 is 0 in fp16), or a first gradient that was not finite",
    ),
    decided_by=Text(
        zh="打印第一步的梯度和更新之后的权重：梯度有限而权重含 NaN 或无穷大，再用 fp32 "
        "权重重跑两步，仍有限就是半精度。",
        en="Print the gradient of the first step and the weights behind its update: if the "
        "gradient is finite and weights hold NaN or infinity, run two steps with fp32 "
        "weights; if those are finite, it was half precision.",
    ),
    do=Text(
        zh="以 fp32 加载权重再用 autocast，或用 bf16；可训练的参数都保持 fp32。若已经如此，"
        "看第一步的梯度：不是有限值就查 sqrt、norm、log 在 0 处的导数和第二个 batch "
        "的数据。",
        en="Load the weights in fp32 and use autocast, or use bf16; keep all trainable "
        "parameters in fp32. If that is so already, look at the gradient of the first "
        "step: where it is not finite, look for derivatives of sqrt, norm and log at 0, "
        "and at the data of the second batch.",
    ),
    reference="zai-org/ChatGLM-6B #325: [BUG] 在全量finetune的时候，loss第一步有输出，"
    "接下来全部为nan",
    suspect=suspect,
)
