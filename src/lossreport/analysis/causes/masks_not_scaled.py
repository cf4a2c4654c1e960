"""A segmentation loss that is negative although it cannot be: the masks hold 255 instead of 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.overlap_above_one import FULL, OVERLAP
from lossreport.analysis.payloads import OutOfRange
from lossreport.analysis.segmenting import masks_said, overlap_above_one
from lossreport.text import Text, number

NEGATIVE = Text(
    zh="`{metric}` 有 {count} 行是负数（最小 {worst}，第 {line} 行），而目标在 0 到 1 "
    "之间时它不会为负；日志里有 `{dice}`，是分割任务。",
    en="`{metric}` is negative in {count} rows (down to {worst}, line {line}), which it "
    "cannot be for targets between 0 and 1; `{dice}` beside it tells a segmentation.",
)


ABOVE = Text(
    zh="`{name}` 是 {value}：重叠分数不会超过 1，除非目标大于 1。",
    en="`{name}` is {value}: no overlap is above 1, unless the targets are.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a negative loss beside a Dice score, or another word of a
    segmentation.
    """
    dice = masks_said(context)
    if dice is None:
        return
    above = overlap_above_one(context)
    for finding, below in context.seen(OutOfRange):
        series = context.subject(finding)
        if OVERLAP.search(series.name) and below.worst > FULL:
            told = ABOVE(name=series.label, value=number(below.worst))
            yield Suspicion(finding=finding, signs=(strong(told), *_negative_loss(context)))
        elif (
            series.metric_type in ("bce", "cross_entropy", "generic")
            and below.worst < 0
            and not below.negative
            and context.is_loss(series)
        ):
            row = int(np.nanargmin(series.y))
            worst = number(below.worst, digits=3)
            said = NEGATIVE(
                metric=series.label,
                count=len(finding.rows),
                worst=worst,
                line=int(series.line[row]),
                dice=dice,
            )
            signs = [strong(said)]
            if above is not None:
                signs.append(weak(ABOVE(name=above[0], value=number(above[1]))))
            yield Suspicion(finding=finding, signs=tuple(signs))


def _negative_loss(context: Context) -> Iterator[Sign]:
    """Yield that the loss of an overlap is negative, which one minus a fraction never is."""
    for series in context.progress:
        if series.metric_type == "dice" and len(series) and float(np.nanmin(series.y)) < 0:
            row = int(np.nanargmin(series.y))
            worst = number(float(series.y[row]))
            yield weak(BELOW(metric=series.label, value=worst, line=int(series.line[row])))
            return


BELOW = Text(
    zh="`{metric}` 是 {value}（第 {line} 行）：它是 1 减去重叠分数，不会小于 0。",
    en="`{metric}` is {value} (line {line}): it is 1 less the overlap, which is never below 0.",
)
CAUSE = Cause(
    id="masks_not_scaled",
    family="data",
    title=Text(
        zh="掩码没有归一化：目标是 0 和 255，而不是 0 和 1",
        en="The masks are not scaled: targets of 0 and 255 instead of 0 and 1",
    ),
    decided_by=Text(
        zh="打印一个 batch 的掩码的最大值。", en="Print the largest value of the masks in a batch."
    ),
    do=Text(
        zh="掩码除以 255 或取 mask > 0；缩放掩码时用最近邻插值，之后从头训练。",
        en="Divide the masks by 255 or take mask > 0; resize them with nearest-neighbour "
        "interpolation, and start anew.",
    ),
    reference="mateuszbuda/brain-segmentation-pytorch #36: Negative loss value",
    suspect=suspect,
)
