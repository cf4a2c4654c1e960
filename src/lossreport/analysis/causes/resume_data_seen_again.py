"""A training loss that drops at a resume while the validation does not: the same samples once
more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.resumes import at_resumes
from lossreport.model.run import Series
from lossreport.text import Text, number

DROPPED: Final = 0.95
SAME: Final = 0.02
"""The validation moves by less than 2 % over the resume."""

LOWER = Text(
    zh="`{metric}` 在续训处从 {before} 降到 {after}（第 {line} 行）。",
    en="`{metric}` drops from {before} to {after} at the resume (line {line}).",
)
EVALUATED = Text(
    zh="`{metric}` 在续训前后几乎不变（{before} → {after}）。",
    en="`{metric}` hardly moves over the resume ({before} → {after}).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a drop at a resume that the validation does not share."""
    for at in at_resumes(context):
        if at.finding.kind != "level_shift" or at.after > DROPPED * at.before:
            continue
        x = float(at.series.x[at.row])
        for val in context.progress:
            around = (
                _around(val, x) if val.split != "train" and val.axis is at.series.axis else None
            )
            if around is not None and abs(around[1] / around[0] - 1) < SAME:
                lower = LOWER(
                    metric=at.series.label,
                    before=number(at.before),
                    after=number(at.after),
                    line=int(at.series.line[at.row]),
                )
                same = EVALUATED(
                    metric=val.label, before=number(around[0]), after=number(around[1])
                )
                yield Suspicion(finding=at.finding, signs=(strong(lower), weak(same)))
                break


def _around(series: Series, x: float) -> tuple[float, float] | None:
    before, after = series.y[series.x < x], series.y[series.x >= x]
    if (
        not len(before)
        or not len(after)
        or before[-1] == 0
        or not np.isfinite([before[-1], after[0]]).all()
    ):
        return None
    return float(before[-1]), float(after[0])


CAUSE = Cause(
    id="resume_data_seen_again",
    family="checkpoint",
    title=Text(
        zh="续训从数据开头重新读起，样本已经见过",
        en="The resume reads the data from its start again: these samples were seen before",
    ),
    decided_by=Text(
        zh="打印续训后第一个 batch 的样本编号，与中断前是否重复。",
        en="Print the ids of the first batch after the resume and see whether they were "
        "trained on before.",
    ),
    do=Text(
        zh="保存并恢复采样器的位置，或续训时跳过已读的 batch；比较时只看验证 loss，训练 loss "
        "的下降不算进步。",
        en="Save and restore the place of the sampler, or skip the batches that were read; "
        "compare by the validation loss, the drop of the training loss is no progress.",
    ),
    reference="PyTorch documentation, torchdata: StatefulDataLoader",
    suspect=suspect,
)
