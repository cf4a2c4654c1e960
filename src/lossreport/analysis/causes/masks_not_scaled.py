"""A segmentation loss that is negative although it cannot be: the masks hold 255 instead of 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.text import Text, number

DICE: Final = re.compile(r"dice|jaccard|tversky|(?<![a-z])seg", re.IGNORECASE)
NEGATIVE = Text(
    zh="`{metric}` 有 {count} 行是负数（最小 {worst}，第 {line} 行），而目标在 0 到 1 之间时它不会为负；日志里有 `{dice}`，是分割任务。",
    en="`{metric}` is negative in {count} rows (down to {worst}, line {line}), which it cannot be for targets between 0 and 1; `{dice}` beside it tells a segmentation.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a negative cross-entropy beside a Dice score."""
    dice = next((name for name in sorted(context.metrics) if DICE.search(name)), None)
    if dice is None:
        return
    for finding in context.of_kind("broken_metric"):
        series = context.subject(finding)
        if series.metric_type in ("bce", "cross_entropy", "generic") and finding.numbers.get("worst", 0.0) < 0 and context.is_loss(series):
            row = int(np.nanargmin(series.y))
            worst = number(finding.numbers["worst"], digits=3)
            said = NEGATIVE(metric=series.label, count=len(finding.rows), worst=worst, line=int(series.line[row]), dice=dice)
            yield Suspicion(finding=finding, signs=(strong(said), weak(said)))


CAUSE = Cause(
    id="masks_not_scaled",
    family="data",
    title=Text(zh="掩码没有归一化：目标是 0 和 255，而不是 0 和 1", en="The masks are not scaled: targets of 0 and 255 instead of 0 and 1"),
    decided_by=Text(zh="打印一个 batch 的掩码的最大值。", en="Print the largest value of the masks in a batch."),
    do=Text(
        zh="掩码除以 255 或取 mask > 0；缩放掩码时用最近邻插值，之后从头训练。",
        en="Divide the masks by 255 or take mask > 0; resize them with nearest-neighbour interpolation, and start anew.",
    ),
    reference="mateuszbuda/brain-segmentation-pytorch #36: Negative loss value",
    suspect=suspect,
)
