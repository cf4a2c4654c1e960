"""Single rows of a loss that are NaN while finite ones follow: the weights are sound, those batches
are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.text import Text

SINGLE = Text(
    zh="`{metric}` 只有 {count} 行不是有限值（第一处在第 {line} 行），其后又是有限值："
    "权重没有坏，坏的是那几个 batch。",
    en="`{metric}` is not finite in {count} rows only (the first at line {line}) and finite "
    "ones follow: the weights are sound, those batches are not.",
)
MOST: Final = 0.1
"""A tenth of the rows: more of them are no single samples."""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a training loss that recovers from its NaN rows."""
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        whole = series.split == "train" and context.is_loss(series) and bool(finding.rows)
        if (
            not whole
            or not np.isfinite(series.y[-1])
            or len(finding.rows) > max(1.0, MOST * len(series))
            or finding.rows[0] == 0
        ):
            continue
        if any(one.metric_type == "ctc" for one in context.losses) or any(
            one.metric_type == "loss_scale" for one in context.run.series
        ):
            continue
        said = SINGLE(
            metric=series.label, count=len(finding.rows), line=int(series.line[finding.rows[0]])
        )
        yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="bad_sample",
    family="data",
    title=Text(
        zh="个别坏样本：空目标、退化的框、含 NaN 的输入或长度为 0",
        en="Single bad samples: empty targets, degenerate boxes, NaN in the input, or a "
        "length of 0",
    ),
    decided_by=Text(
        zh="在那几行打印样本编号，单独重放这些 batch：同一批样本再次得到 NaN，就是它们。",
        en="Print the sample ids of those rows and replay these batches alone: if the same "
        "samples give NaN again, it is they.",
    ),
    do=Text(
        zh="权重没有损坏，训练可以继续；过滤那些样本（宽或高为 0 的框、空标签、"
        "非有限的输入）；在代码里跳过非有限的 loss，并给除数加 eps。",
        en="Finite rows follow, so the weights are finite and the training can go on. Filter "
        "those samples (boxes without width or height, empty labels, inputs that are not "
        "finite); skip a loss that is not finite and give divisors an eps.",
    ),
    reference="ultralytics/yolov3 #215: 'nan' Train Problem",
    suspect=suspect,
)
