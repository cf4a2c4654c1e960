"""A score that is NaN while all losses are finite: a class that does not occur, 0/0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.model.run import Series
from lossreport.text import Text, number

ONLY = Text(
    zh="`{metric}` 是 NaN，而同一来源的 {count} 个其他分数和全部 loss 都是有限值。",
    en="`{metric}` is NaN while {count} other scores of the source and all losses are finite.",
)
LOSS = Text(
    zh="`{loss}` 全程有限，末值 {value}。",
    en="`{loss}` is finite throughout and ends at {value}.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for one score among others that is 0/0."""
    losses = [one for one in context.progress if len(one) and not _is_score(one)]
    if not losses or not all(np.isfinite(one.y).all() for one in losses):
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if not _is_score(series) or not np.isnan(series.y).any():
            continue
        mates = [
            one
            for one in context.run.series
            if _is_score(one) and one.source == series.source and one.id != series.id
        ]
        sound = [one for one in mates if len(finite(one)) == len(one)]
        if sound:
            told = ONLY(metric=series.label, count=len(sound))
            loss = LOSS(loss=losses[0].label, value=number(float(losses[0].y[-1])))
            yield Suspicion(finding=finding, signs=(strong(told), weak(loss)))


def _is_score(series: Series) -> bool:
    return series.metric_type in ("accuracy", "map") or SCORE.search(series.name) is not None


SCORE: Final = re.compile(
    r"(?:^|[_/ .@])(?:m?iou|dice|acc|accuracy|ap|f1|recall|precision)(?:$|[_/ .@\d])", re.IGNORECASE
)

CAUSE = Cause(
    id="class_absent",
    family="segmentation",
    title=Text(
        zh="这个类在标注或预测中没有出现（0/0），不是训练出错",
        en="The class occurs in no label or no prediction (0/0); the training has no fault",
    ),
    decided_by=Text(
        zh="统计验证集里这个类的像素或样本数：为 0 是数据，不为 0 是模型从不预测它。",
        en="Count the pixels or samples of this class in the validation: none is a matter of "
        "the data, some mean that it is never predicted.",
    ),
    do=Text(
        zh="求平均时跳过它（nanmean），并在验证集里补上含这个类的样本；训练不用停。",
        en="Leave it out of the mean (nanmean), and put samples of it into the validation; "
        "the training goes on.",
    ),
    reference="voldemortX/DST-CBC #8: Nan values in confusion matrix",
    suspect=suspect,
)
