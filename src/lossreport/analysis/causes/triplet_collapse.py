"""A triplet loss that equals its margin: all embeddings lie in one point."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.signs import number_fact
from lossreport.text import Text, number

MARGINS: Final = (0.2, 0.3, 0.5, 1.0, math.log(2))
"""Margins in use, and ln 2 for the soft margin."""
TOLERANCE: Final = 2e-3
AT = Text(
    zh="`{metric}` 停在 {value}，等于{margin}：正负样本的距离相等，所有嵌入落在同一点。",
    en="`{metric}` stands at {value}, {margin}: positives and negatives are equally far, so "
    "all embeddings lie in one point.",
)
STAYS = Text(
    zh="`{metric}` 的每一行都在 {low} 到 {high} 之间，正是间隔 {margin}：嵌入坍缩到一点时，"
    "triplet loss 就等于间隔。",
    en="`{metric}` lies between {low} and {high} in every row, at a margin of {margin}: with "
    "all embeddings in one point a triplet loss equals its margin.",
)
MARGIN = Text(zh="间隔 {margin}", en="its margin of {margin}")
SOFT = Text(zh="软间隔的 ln 2", en="ln 2 of the soft margin")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a flat triplet loss at a margin."""
    for finding in context.of_kind("no_learning", "constant_metric", "plateau"):
        series = context.subject(finding)
        at = finding.payload.margin if isinstance(finding.payload, Standstill) else None
        if at is not None:
            stays = STAYS(
                metric=series.label,
                low=number(float(series.y.min())),
                high=number(float(series.y.max())),
                margin=number(at),
            )
            yield Suspicion(finding=finding, signs=(strong(stays),))
            continue
        if series.metric_type != "triplet" or not np.isfinite(series.y).all():
            continue
        level = float(np.median(series.y[-max(3, len(series) // 4) :]))
        said = number_fact(context, "margin")
        for margin in MARGINS if said is None else (said,):
            if abs(level / margin - 1) <= TOLERANCE:
                name = SOFT() if margin == math.log(2) else MARGIN(margin=number(margin))
                yield Suspicion(
                    finding=finding,
                    signs=(strong(AT(metric=series.label, value=number(level), margin=name)),),
                )
                break


CAUSE = Cause(
    id="triplet_collapse",
    family="learning",
    title=Text(
        zh="嵌入坍缩：triplet loss 等于间隔",
        en="Collapsed embeddings: the triplet loss equals its margin",
    ),
    decided_by=Text(
        zh="记录嵌入两两距离的均值：趋于 0 是坍缩；不为 0，则是只在难样本上取均值，属正常。",
        en="Log the mean distance between embeddings: towards 0 is a collapse; if it is not, "
        "the loss averages over hard triplets only, which is ordinary.",
    ),
    do=Text(
        zh="降低学习率；确认预训练权重真的加载了；先用 softmax 预训练或改用 semi-hard 采样，"
        "并对嵌入做 L2 归一化。",
        en="Lower the learning rate; check that the pretrained weights are loaded; pretrain "
        "with softmax or mine semi-hard triplets, and L2-normalise the embeddings.",
    ),
    reference="omoindrot/tensorflow-triplet-loss #6: About triplet loss convergence",
    suspect=suspect,
)
