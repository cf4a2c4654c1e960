"""A validation accuracy of exactly 0 beside a training accuracy that rises: the held-out end of
sorted data holds other classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import parsers, score_beside
from lossreport.text import Text, number

LEARNED: Final = 0.5
APART = Text(
    zh="`{val}` 在全部 {count} 行里正好是 0，而 `{train}` 升到 {value}（第 {line} 行）："
    "验证集里的类别训练时没有出现过。",
    en="`{val}` is exactly 0 in all {count} rows while `{train}` rises to {value} (line "
    "{line}): the classes of the validation did not occur in training.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation accuracy of 0 beside a training that learns."""
    for finding in context.of_kind("constant_metric"):
        series = context.subject(finding)
        train = score_beside(context, series)
        if (
            series.metric_type != "accuracy"
            or series.split == "train"
            or np.any(series.y != 0)
            or train is None
        ):
            continue
        if np.isfinite(train.y[-1]) and train.y[-1] > LEARNED:
            said = APART(
                val=series.label,
                count=len(series),
                train=train.label,
                value=number(float(train.y[-1])),
                line=int(train.line[-1]),
            )
            code = (
                "model.fit(..., shuffle=True)  # after shuffling X and y yourself"
                if any("keras" in one for one in parsers(context))
                else ""
            )
            yield Suspicion(finding=finding, signs=(strong(said),), code=code)


CAUSE = Cause(
    id="sorted_validation_split",
    family="data",
    title=Text(
        zh="数据按类别排过序：validation_split 取走的最后一段全是训练时没见过的类",
        en="The data are sorted by class: validation_split takes the end of the array, which "
        "holds classes that the training never sees",
    ),
    decided_by=Text(
        zh="打印数组最后一段（验证部分）的标签：若只有一两个类，就是它。",
        en="Print the labels of the end of the array, the validation part: one or two classes "
        "decide it.",
    ),
    do=Text(
        zh="在 fit 之前把 X 和 y 用同一个排列打乱，"
        "或用分层划分（train_test_split(stratify=y)）再传 validation_data；Keras "
        "先切分后打乱，shuffle=True 不管用。",
        en="Shuffle X and y with one permutation before fit, or split with "
        "train_test_split(stratify=y) and pass validation_data; Keras splits before it "
        "shuffles, so shuffle=True does not help.",
    ),
    reference="keras-team/keras #4298: validation accuracy 0.0",
    suspect=suspect,
)
