"""A loss that repeats its pattern in every epoch: the samples come in the same order each time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Oscillation
from lossreport.analysis.signs import number_fact
from lossreport.model.run import Series
from lossreport.text import Text, number

REPEATS = Text(
    zh="`{metric}` 的起伏每 {period} 行重复一次，正好是一个 epoch：每个 epoch 的样本顺序相同。",
    en="The course of `{metric}` repeats every {period} rows, which is one epoch: the samples "
    "come in the same order each time.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an oscillation with the period of an epoch."""
    if (number_fact(context, "world_size", "num_gpus", "gpus", "nproc_per_node") or 1) > 1:
        return  # of several processes the sampler is the likelier one (`sampler_without_epoch`)
    for finding, swing in context.seen(Oscillation):
        series = context.subject(finding)
        if swing.with_epochs and turns_inside(series):
            said = REPEATS(metric=series.label, period=number(swing.period))
            yield Suspicion(
                finding=finding, signs=(strong(said),), code="DataLoader(..., shuffle=True)"
            )


BOTH_WAYS: Final = 0.3
"""A running mean that begins anew in every epoch also repeats its course, but falls or rises all
through the epoch.
"""


def turns_inside(series: Series) -> bool:
    """Return whether the mean course of the whole epochs both rises and falls inside an epoch."""
    starts = np.flatnonzero(np.diff(series.epoch) != 0) + 1
    rows = int(np.median(np.diff(starts)))
    whole = [series.y[a : a + rows] for a, b in pairwise(starts.tolist()) if b - a == rows]
    steps = np.diff(np.mean(np.stack(whole), axis=0))
    up, down = float(steps[steps > 0].sum()), float(-steps[steps < 0].sum())
    return min(up, down) >= BOTH_WAYS * max(up, down)


CAUSE = Cause(
    id="same_order_every_epoch",
    family="data",
    title=Text(
        zh="每个 epoch 的样本顺序相同（没有打乱）",
        en="The same order of samples in every epoch: the data are not shuffled anew",
    ),
    decided_by=Text(
        zh="打印连续两个 epoch 第一个 batch 的样本编号：相同就是它。",
        en="Print the sample ids of the first batch of two epochs: equal ids decide it.",
    ),
    do=Text(
        zh="在 DataLoader 里打开 shuffle，或在每个 epoch 开头重新打乱文件列表。",
        en="Switch shuffle on in the DataLoader, or shuffle the list of files anew at the "
        "start of each epoch.",
    ),
    reference="pytorch/pytorch #31771: DistributedSampler can't shuffle the dataset",
    suspect=suspect,
)
