"""A loss of ten thousand and more from targets that are said to be normalised: one dimension was
divided by almost 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import named
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.out_of_scale import OutOfScale
from lossreport.text import Text, number

LEVEL = Text(
    zh="`{metric}` 最后是 {value}，没有降到开头的一半：归一化到 1 附近的目标给不出这样的 loss。",
    en="`{metric}` is {value} at the end, not down to half of where it began: targets "
    "normalised to about 1 give no such loss.",
)
STEADY = Text(
    zh="`{metric}` 只从 {first} 变到 {last}：权重没有爆炸，大的是目标或输入。",
    en="`{metric}` only goes from {first} to {last}: the weights have not exploded, what is "
    "large is the targets or the inputs.",
)
HARDLY: Final = 0.01
"""A norm of the weights that moves by less than a hundredth has not exploded."""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that stands far out of scale."""
    for finding, _ in context.seen(OutOfScale):
        series = context.subject(finding)
        signs = [strong(LEVEL(metric=series.label, value=number(float(series.y[-1]), digits=3)))]
        norm = next(
            (
                one
                for one in named(context, r"(?:.*/)?(?:param|weight|params)_?norm")
                if np.isfinite(one.y).all()
            ),
            None,
        )
        if norm is not None and len(norm) and abs(float(norm.y[-1] / norm.y[0]) - 1) < HARDLY:
            signs.append(
                weak(
                    STEADY(
                        metric=norm.label,
                        first=number(float(norm.y[0]), digits=6),
                        last=number(float(norm.y[-1]), digits=6),
                    )
                )
            )
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="normalised_by_almost_zero",
    family="data",
    title=Text(
        zh="归一化有误：某一维的标准差或分位数区间接近 0（几乎不变的维度），"
        "除完后目标成千上万；或根本没有归一化",
        en="The normalisation is wrong: the deviation or the span of quantiles of one "
        "dimension is almost 0 (it hardly varies), and dividing by it makes targets of "
        "thousands; or nothing is normalised",
    ),
    decided_by=Text(
        zh="打印归一化之后每一维目标的最小、最大值：某一维到了几百几千，就是它；再看它的 std "
        "或 q99 - q01。",
        en="Print the smallest and largest target of each dimension after normalisation: "
        "hundreds or thousands in one decide it; then look at its std, or at q99 - q01.",
    ),
    do=Text(
        zh="重新计算归一化统计量，给分母设下限（例如 max(std, 1e-2)），"
        "或对几乎不变的维度不做归一化；确认训练加载的是这份统计量，再从头训练。"
        "降低学习率解决不了。",
        en="Compute the statistics anew, give the divisor a floor (max(std, 1e-2), say) or "
        "leave dimensions that hardly vary as they are; make sure that the training loads "
        "these statistics, and start anew. A lower learning rate does not help.",
    ),
    reference="Physical-Intelligence/openpi #814: loss explosion and not converge",
    suspect=suspect,
)
