"""An epoch row that is NaN behind batch rows that are all finite: the mean was taken over no
batch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.nonfinite import summary_of_nothing
from lossreport.analysis.signs import parsers
from lossreport.text import Text, number

FINITE = Text(
    zh="`{metric}` 逐 batch 的 {count} 行全是有限值，最后一行是 {value}（第 {line} 行）；"
    "只有其后按 epoch 汇总的那一行是 NaN。",
    en="All {count} batch rows of `{metric}` are finite, the last {value} at line {line}; "
    "only the row that sums up the epoch behind it is NaN.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each such epoch row."""
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        finer = summary_of_nothing(context, series)
        if finer is None:
            continue
        row = int(np.flatnonzero(finer.line < finding.start.line)[-1])
        said = FINITE(
            metric=finer.label,
            count=len(finer),
            value=number(float(finer.y[row])),
            line=int(finer.line[row]),
        )
        code = (
            "mx.callback.Speedometer(batch_size, frequent, auto_reset=False)"
            if "mxnet_text" in parsers(context)
            else ""
        )
        yield Suspicion(finding=finding, signs=(strong(said),), code=code)


CAUSE = Cause(
    id="epoch_mean_of_nothing",
    family="metric",
    title=Text(
        zh="只是显示问题：汇总之前指标已被重置，对 0 个 batch 求均值得到 NaN，训练本身没有坏",
        en="A matter of display: the metric was reset before it was summed up, a mean over no "
        "batch is NaN, and the training itself is sound",
    ),
    decided_by=Text(
        zh="看下一个 epoch 逐 batch 的 loss：仍是有限值，就是它；也是 NaN，才是训练坏了。",
        en="Look at the batch rows of the next epoch: if they are finite this is it; if they "
        "are NaN too, the training is broken.",
    ),
    do=Text(
        zh="不必改训练；打印汇总之后再重置指标（MXNet：Speedometer 的 auto_reset=False），"
        "或看逐 batch 的值。",
        en="Leave the training as it is; reset the metric only after its summary is printed "
        "(MXNet: auto_reset=False of Speedometer), or read the batch rows.",
    ),
    reference="apache/mxnet #4253: the count is 0, often because reset() was called",
    suspect=suspect,
)
