"""A run that breaks when its learning rate has just reached its peak."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, rate_beside
from lossreport.model.run import shown_x
from lossreport.text import Text, number
from lossreport.words import AXES

AFTER: Final = 1.5
"""A break before one and a half times the length of the warm-up belongs to its end."""
LEAST: Final = 3
LEVELS: Final = 4
"""Fewer values of the rate up to its highest are one step of the last printed digit, not a warm-up
that came to its end.
"""
PEAK = Text(
    zh="学习率在 {axis} {peak} 到达最高值 {lr}，`{metric}` 在 {axis} {x}（第 {line} 行）"
    "就坏了：warm-up 期间一切正常，到了峰值才坏。",
    en="The learning rate reaches its highest value of {lr} at {axis} {peak}, and `{metric}` "
    "breaks at {axis} {x} (line {line}): all went well during the warm-up and broke at the "
    "peak.",
)
LOWER = Text(
    zh="把峰值学习率从 {lr} 降到 {less}，或把 warm-up 加长一倍以上（现在 {length} 个 "
    "{axis}），并加梯度裁剪（max_norm 1）。",
    en="Lower the peak from {lr} to {less} or make the warm-up at least twice as long (now "
    "{length}, in {axis}), and clip gradients (max_norm 1).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a break at the end of a warm-up that is seen in the log."""
    for at in breaks(context):
        row = at.row + 1 if at.how is How.DIVERGENCE and at.row + 1 < len(at.series) else at.row
        rate = rate_beside(context, at.series, row)
        if rate is None or not rate.warmed or rate.at_peak_from < LEAST:
            continue
        if len(np.unique(rate.series.y[: rate.at_peak_from + 1])) < LEVELS:
            continue  # too few digits to see where it peaks
        start, peak, x = (
            float(rate.series.x[0]),
            float(rate.series.x[rate.at_peak_from]),
            float(at.series.x[row]),
        )
        rising = np.diff(rate.series.y[: rate.at_peak_from + 1])
        if (
            peak <= start
            or not np.all(rising >= 0)
            or not peak <= x <= start + AFTER * (peak - start)
        ):
            continue
        if rate.row < len(rate.series) - 1 and rate.series.y[rate.row + 1] > rate.peak * 1.02:
            continue  # the rate still rises: it is no end
        axis = AXES[at.series.axis.value]
        said = PEAK(
            axis=axis,
            peak=shown_x(peak),
            lr=number(rate.peak),
            metric=at.series.label,
            x=shown_x(x),
            line=int(at.series.line[row]),
        )
        do = LOWER(
            lr=number(rate.peak),
            less=number(rate.peak / 3, digits=2),
            length=number(peak - start),
            axis=axis,
        )
        yield Suspicion(
            finding=at.finding, signs=(strong(said), *around(context, at.series, row)), do=do
        )


CAUSE = Cause(
    id="warmup_end",
    family="learning_rate",
    title=Text(
        zh="到达峰值学习率时崩溃：峰值过高，或 warm-up 太短",
        en="It breaks at the peak of the learning rate: the peak is too high or the warm-up "
        "too short",
    ),
    decided_by=Text(
        zh="只把 warm-up 加长一倍重跑：若崩溃的位置跟着后移，就是峰值学习率。",
        en="Run again with a warm-up twice as long and nothing else changed: if the place of "
        "the break moves with it, it is the peak.",
    ),
    do=Text(
        zh="降低峰值学习率（1/3 到 1/10），或加长 warm-up，并加梯度裁剪。",
        en="Lower the peak of the learning rate (a third to a tenth) or lengthen the warm-up, "
        "and clip gradients.",
    ),
    reference="naver-ai/rope-vit #16: Training Problems: NaN appears in Training, esp at the "
    "epoch 5",
    suspect=suspect,
)
