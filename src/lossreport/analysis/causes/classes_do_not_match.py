"""A training accuracy of nearly 100 % beside a mAP of 0: the class ids of training and evaluation
are not the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said
from lossreport.text import Text, number

NEARLY_ALL: Final = (0.98, 98.0)
"""As a fraction and in percent."""

RIGHT = Text(
    zh="训练时的 `{metric}` 为 {value}（第 {line} 行），而 `{score}` 始终是 0。",
    en="`{metric}` of the training is {value} (line {line}), while `{score}` is 0 throughout.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a mAP of 0 beside an accuracy of the classifier that is nearly full."""
    yield from _nothing_found(context)
    for finding in context.of_kind("constant_metric", "no_learning"):
        series = context.subject(finding)
        if series.metric_type != "map" or finite(series).any():
            continue
        for one in context.judged:
            if one.metric_type != "accuracy" or one.split != "train" or not len(finite(one)):
                continue
            last, top = float(finite(one)[-1]), float(finite(one).max())
            if last >= NEARLY_ALL[1 if top > NEARLY_ALL[0] + 1 else 0]:
                signs = [
                    strong(
                        RIGHT(
                            metric=one.label,
                            value=number(last),
                            line=int(one.line[-1]),
                            score=series.label,
                        )
                    )
                ]
                event = said(context, r"dataset is empty|state dict do not match")
                if event is not None:
                    signs.append(weak(quoted(context, event)))
                yield Suspicion(finding=finding, signs=tuple(signs))
                break


def _nothing_found(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an evaluation without training rows whose AP is 0 throughout."""
    for finding in context.of_kind("constant_metric"):
        series = context.subject(finding)
        if series.metric_type != "map" or series.y.any() or context.training:
            continue
        if len(finding.series) > 1:
            recall = context.by_id[finding.series[1]]
            said_of = NOTHING(
                metric=series.label, score=recall.label, value=number(float(np.nanmax(recall.y)))
            )
            yield Suspicion(finding=finding, signs=(strong(said_of),))


NOTHING = Text(
    zh="`{metric}` 在所有阈值上都是 0，`{score}` 也只有 {value}：框画得对而分数为 0 时，"
    "多半是标注与预测的 category_id（或 image_id）不是一套编号。",
    en="`{metric}` is 0 at every threshold and `{score}` is {value}: where the boxes look right, "
    "category_id (or image_id) of annotations and predictions are not of one numbering.",
)
CAUSE = Cause(
    id="classes_do_not_match",
    family="detection",
    title=Text(
        zh="类别编号或类别数不一致，训练只看到背景",
        en="Class ids or their number do not match, and training sees the background only",
    ),
    decided_by=Text(
        zh="打印标注里的 category_id、数据集的 CLASSES 与各个 head 的 num_classes，"
        "看三者是否一致。",
        en="Print category_id of the annotations, CLASSES of the data set and num_classes of "
        "every head, and see whether all three agree.",
    ),
    do=Text(
        zh="把自己的类别写进数据集的 classes（训练、验证、测试三处），num_classes 在每个 head "
        "里都改，再从头训练。",
        en="Give your classes to the data set (for training, validation and test), set "
        "num_classes in every head, and train anew.",
    ),
    reference="open-mmlab/mmdetection #1924: Modify config file when train with custom dataset",
    suspect=suspect,
)
