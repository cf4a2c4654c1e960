"""Box losses of exactly 0: annotations were not found, or their classes are not those of the
configuration.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.signs import parsers
from lossreport.text import Join, Text, number

ZERO = Text(
    zh="{names} 在全部 {count} 行里正好是 0，而 `{other}` 不是：训练在进行，但没有一个框成为目标。",
    en="{names}: exactly 0 in all {count} rows while `{other}` is not. The training runs, but "
    "no box is ever a target.",
)
NAME = Text(zh="`{name}`", en="`{name}`")
MAP = Text(
    zh="验证的 `{metric}` 也一直是 {value}。",
    en="`{metric}` of the validation stays at {value} as well.",
)
YOLO = Text(
    zh="先查标签：images 路径里的 `images` 换成 `labels` 后文件要存在，类别从 0 开始；删掉 "
    "labels.cache 再训练，看启动时 “labels found” 的数量。",
    en="Look at the labels first: the files must exist where `images` in the path is replaced "
    "by `labels`, classes must start at 0; delete labels.cache and see how many labels the "
    "start of the training reports as found.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where all box losses are 0."""
    for finding, zero in context.seen(ZeroLoss):
        if not zero.boxes:
            continue
        total, *boxes = (context.by_id[one] for one in finding.series)
        names = Join(items=tuple(NAME(name=one.label) for one in boxes))
        signs = [strong(ZERO(names=names, count=len(boxes[0]), other=total.label))]
        score = next((one for one in context.judged if one.metric_type == "map" and len(one)), None)
        if score is not None:
            signs.append(weak(MAP(metric=score.label, value=number(float(score.y[-1])))))
        yolo = any("yolo" in one or "ultralytics" in one for one in parsers(context))
        yield Suspicion(finding=finding, signs=tuple(signs), do=YOLO() if yolo else None)


CAUSE = Cause(
    id="no_targets",
    family="data",
    title=Text(
        zh="没有训练目标：标注没有读到，或类别名、category id 与配置不符",
        en="There are no targets: the annotations were not found, or class names and category "
        "ids do not fit the configuration",
    ),
    decided_by=Text(
        zh="打印一个 batch 里的框数：为 0，是标注路径或类别；不为 0 却没有匹配，"
        "是尺寸或设备（MPS、开发版 PyTorch）。",
        en="Print the number of boxes in a batch: 0 means the path of the annotations or the "
        "classes; if there are some and none is matched, look at the sizes or the device "
        "(MPS, a nightly PyTorch).",
    ),
    do=Text(
        zh="停下来，先查标注：文件路径、category id 是否与 classes / num_classes "
        "一致（训练集的配置里也要写 classes=），删掉标注缓存，确认一个 batch 里有框，"
        "再从头训练。",
        en="Stop and look at the annotations: their path, whether the category ids fit "
        "classes and num_classes (classes= belongs into the training set as well); delete "
        "cached annotations, make sure that a batch holds boxes, and start anew.",
    ),
    reference="open-mmlab/mmdetection #2744: loss_rpn_cls=0, loss_bbox=0",
    suspect=suspect,
)
