"""A metric that is NaN exactly where the count beside it is 0: a mean over no object, and no fault
of the training.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.nonfinite import counted
from lossreport.text import Text

EXACTLY = Text(
    zh="`{metric}` 的 {rows} 行里有 {bad} 行是 NaN，每一行的 `{count}` 都是 0；`{count}` 大于 "
    "0 的行全是有限值。",
    en="`{metric}` is NaN in {bad} of {rows} rows, each with a `{count}` of 0; every row "
    "whose `{count}` is above 0 is finite.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each metric whose NaN rows are those without an object."""
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        count = counted(context, series) if finding.rows else None
        if count is not None:
            bad = int(np.sum(~np.isfinite(series.y)))
            yield Suspicion(
                finding=finding,
                signs=(
                    strong(
                        EXACTLY(metric=series.label, rows=len(series), bad=bad, count=count.label)
                    ),
                ),
            )


CAUSE = Cause(
    id="mean_over_no_object",
    family="metric",
    title=Text(
        zh="正常：这一层（或这个 batch）没有分到目标，对 0 个目标求均值得到 NaN，训练没有坏",
        en="Normal: no object belongs to this layer or batch, a mean over none is NaN, and "
        "the training is sound",
    ),
    decided_by=Text(
        zh="看总的平均 loss（darknet 的 avg）：有限，就没有坏；它也是 NaN，才是训练发散。",
        en="Look at the average loss of the whole (avg of darknet): finite means sound; only "
        "where it is NaN too has the training diverged.",
    ),
    do=Text(
        zh="不必处理；看平均 loss 和 mAP。某一层的 count 几乎总是 0，可以按目标的大小重新聚类 "
        "anchor。",
        en="Nothing to repair; watch the average loss and mAP. Where the count of one layer "
        "is 0 nearly always, the anchors may be clustered anew for the sizes of the "
        "objects.",
    ),
    reference="AlexeyAB/darknet #1359: Nan values while training",
    suspect=suspect,
)
