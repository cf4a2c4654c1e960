"""A class loss that is 0 in every row of a detector: with one class there is nothing to tell
apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import class_count
from lossreport.model.run import Series
from lossreport.text import Text, number

NAME: Final = re.compile(
    re.OF_A_NAME
    + r"(?:.*[_/ .])?(?:cls|class|classification|conf_?cls)(?:[_/ .]?loss)?(?:[_/ .].*)?|"
    r"loss[_/ .]?(?:cls|class)",
    re.IGNORECASE,
)
ZERO = Text(
    zh="`{metric}` 在全部 {count} 行里都是 0，而同一行的 `{other}` 不是 0 而且在变："
    "只有分类这一项没有内容。",
    en="`{metric}` is 0 in all {count} rows while `{other}` beside it is not and changes: "
    "only the class term has nothing in it.",
)
SET = Text(
    zh="配置写明类别数是 {classes}。",
    en="The settings say that the number of classes is {classes}.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a class loss of 0 beside another term that lives."""
    for finding in context.of_kind("constant_metric", "harmless"):
        series = context.subject(finding)
        if (
            not context.is_loss(series)
            or np.any(series.y)
            or not (series.metric_type == "cls" or NAME.fullmatch(series.name))
        ):
            continue
        other = next(
            (
                one
                for one in context.losses
                if _lives(one) and one.source == series.source and one.split == series.split
            ),
            None,
        )
        if other is None:
            continue
        signs = [strong(ZERO(metric=series.label, count=len(series), other=other.label))]
        classes = class_count(context)
        if classes is not None and classes > 1:
            return
        if classes is not None:
            signs.append(weak(SET(classes=number(classes))))
        yield Suspicion(finding=finding, signs=tuple(signs))


def _lives(series: Series) -> bool:
    y = series.y
    return (
        len(y) > 1 and bool(np.isfinite(y).all()) and bool(np.all(y != 0)) and float(np.ptp(y)) > 0
    )


CAUSE = Cause(
    id="single_class",
    family="data",
    title=Text(
        zh="正常：只有一个类别，分类 loss 恒为 0",
        en="Normal: there is one class only, so the class loss is always 0",
    ),
    decided_by=Text(
        zh="看类别数：是 1 就是它；多于 1，则标签里的类别编号读错了，或分类这一项没有计算。",
        en="Look at the number of classes: 1 decides it; with more, the class ids of the "
        "labels are read wrongly or the term is not computed.",
    ),
    do=Text(
        zh="只有一个类时不必处理，看框和置信度的 loss 与 mAP；本该有多个类时，"
        "检查标签文件的类别编号和配置里的类别数。",
        en="With one class there is nothing to repair: watch the losses of boxes and "
        "objectness, and mAP; where there should be more, check the class ids of the "
        "labels and the number of classes in the configuration.",
    ),
    reference="ultralytics/yolov5 #3064: Cls loss 0",
    suspect=suspect,
)
