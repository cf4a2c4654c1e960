"""Losses on boxes that are exactly 0: no label reaches the training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite
from lossreport.analysis.cause import Cause, Suspicion
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved, parsers, quoted, said, strong, weak
from lossreport.text import Text

BOXES: Final = ("box", "dfl")
WARNING: Final = r"no labels found|labels? (?:are|is) missing|all labels empty|missing, \d+ empty|no valid labels|no labels in"

ZERO = Text(
    zh="`{metric}` 在全部 {count} 行里都正好是 0：没有一个框成为正样本。",
    en="`{metric}` is exactly 0 in all {count} rows: not one box is a positive.",
)
NOTHING = Text(
    zh="`{metric}` 也始终是 0。",
    en="`{metric}` is 0 throughout as well.",
)
DETECTS: Final = 0.01


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for losses on boxes that are 0 in all rows."""
    for finding in context.found:
        series = context.subject(finding)
        if (
            series.metric_type not in BOXES
            or series.split != "train"
            or finding.kind not in ("constant_metric", "broken_metric", "no_learning")
        ):
            continue
        if not len(finite(series)) or np.any(finite(series)):
            continue
        signs = [strong(ZERO(metric=series.label, count=len(series)))]
        scores = [one for one in context.judged if one.metric_type == "map" and len(finite(one))]
        found = [one for one in scores if float(finite(one).max()) > DETECTS]
        if found:
            continue
        if scores:
            signs.append(weak(NOTHING(metric=scores[0].label)))
        falling = next((one for one in context.judged if one.metric_type in ("cls", "bce") and one.source == series.source), None)
        if falling is not None:
            signs.append(weak(moved(falling)))
        warning = said(context, WARNING)
        if warning is not None:
            signs.append(strong(quoted(context, warning)))
        code = "yolo checks && yolo val data=data.yaml" if "ultralytics" in parsers(context) else ""
        yield Suspicion(finding=finding, signs=tuple(signs), code=code)


CAUSE = Cause(
    id="no_targets",
    family="detection",
    title=Text(
        zh="没有读到标注：标签路径、类别编号或 classes 设置有误",
        en="No labels are read: label path, category ids, or the setting of classes",
    ),
    decided_by=Text(
        zh="打印一个 batch 里的框数：为 0 就是标签没有读到；不为 0 则查框的坐标与尺寸是否合理。",
        en="Print the number of boxes in a batch: 0 means the labels are not read; otherwise see whether coordinates and sizes make sense.",
    ),
    do=Text(
        zh="核对标签文件路径（images 与 labels 文件夹对应、同名 txt）、类别编号从 0 开始且与 classes 一致，删除标签缓存后重训；此前的 checkpoint 只学到了背景。",
        en="Check the path of the label files (labels beside images, same names), that class ids begin at 0 and match classes, delete the label cache and train anew; checkpoints until now know the background only.",
    ),
    reference="open-mmlab/mmdetection #2744: loss_rpn_cls=0, loss_bbox=0",
    suspect=suspect,
)
