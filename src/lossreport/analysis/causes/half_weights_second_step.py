"""One finite loss, then NaN for good: the first update destroyed weights that are kept in half precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, breaks, gradient
from lossreport.text import Text, number

ONE = Text(
    zh="只有第一行有限（{value}，第 {line} 行），从第二行起再没有有限值：第一次更新就毁掉了权重。",
    en="Only the first row is finite ({value}, line {line}); from the second on nothing is: the first update destroyed the weights.",
)
FINE = Text(
    zh="第一行的 `{metric}` 有限（{value}）：前向和反向都没有问题。",
    en="`{metric}` of the first row is finite ({value}): forward and backward pass are sound.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss whose second row is the first that is not finite, with a sound first gradient."""
    for at in breaks(context, "nonfinite", "masked"):
        if at.row != 1 or not np.isfinite(at.series.y[0]) or len(at.series) < FEW:
            continue
        norm = gradient(context, at.series)
        if norm is not None and not np.isfinite(norm.y[0]):
            continue
        terms = [one for one in context.progress if one.split == "train" and one is not at.series and len(one) > 1]
        if any(np.isfinite(one.y[1]) != np.isfinite(at.series.y[1]) and at.how == "nonfinite" for one in terms):
            continue
        signs = [strong(ONE(value=number(float(at.series.y[0])), line=int(at.series.line[0])))]
        if norm is not None:
            signs.append(weak(FINE(metric=norm.label, value=number(float(norm.y[0])))))
        yield Suspicion(finding=at.finding, signs=(*signs, *around(context, at.series, at.row)))
        return


FEW: Final = 4
CAUSE = Cause(
    id="half_weights_second_step",
    family="precision",
    title=Text(
        zh="第一次更新毁掉了权重：半精度权重直接用 Adam 更新（eps 1e-8 在 fp16 里是 0），或学习率过高",
        en="The first update destroyed the weights: half-precision weights under plain Adam (its eps of 1e-8 is 0 in fp16), or a learning rate that is far too high",
    ),
    decided_by=Text(
        zh="打印第一次更新之后的权重：含 NaN 或无穷大，再用 fp32 权重重跑两步，仍有限就是半精度。",
        en="Print the weights after the first update: if they hold NaN or infinity, run two steps with fp32 weights; if those are finite, it was half precision.",
    ),
    do=Text(
        zh="以 fp32 加载权重再用 autocast，或用 bf16；可训练的参数都保持 fp32。若已经如此，就把学习率降到十分之一并加 warm-up。",
        en="Load the weights in fp32 and use autocast, or use bf16; keep all trainable parameters in fp32. If that is so already, lower the learning rate to a tenth and warm it up.",
    ),
    reference="zai-org/ChatGLM-6B #325: [BUG] 在全量finetune的时候，loss第一步有输出，接下来全部为nan",
    suspect=suspect,
)
