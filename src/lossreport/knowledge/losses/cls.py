"""Classification losses of detectors: cross-entropy, BCE or focal loss by framework, for the
analyse step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import CLASSES, first_count, is_positive
from lossreport.knowledge.losses._yolo import gain_notes, has_gain
from lossreport.text import Phrase, Text, number

CLASSES_ONLY = Text(
    zh="**若**它是 {k} 个类别上的交叉熵均值，均匀猜测",
    en="**if** it is a mean cross-entropy over {k} classes, for a uniform guess",
)
WITH_BACKGROUND = Text(
    zh="**若**它是 {k} 个类别加背景的交叉熵均值，均匀猜测",
    en="**if** it is a mean cross-entropy over {k} classes and the background, for a uniform guess",
)
UNKNOWN = Text(
    zh="名字没有说明 `{metric}` 是交叉熵、BCE 还是 focal loss，{value} "
    "没有确定的随机猜测水平；请用 `--set type.{metric}=class_cross_entropy`（或 bce、"
    "focal）给出。",
    en="The name does not tell whether `{metric}` is a cross-entropy, a BCE or a focal loss, "
    "so {value} has no certain chance level; say `--set type.{metric}=class_cross_entropy` "
    "(or bce, focal).",
)


def _levels(known: Known) -> tuple[Level, ...]:
    """Return ln K and ln(K + 1), each under its condition; none where a gain is multiplied in."""
    found = first_count(known, CLASSES)
    if found is None or has_gain(known):
        return ()
    k = found[1]
    plain = Level(value=math.log(k), condition=CLASSES_ONLY(k=k), formula=f"ln {k}")
    return (
        plain,
        Level(value=math.log(k + 1), condition=WITH_BACKGROUND(k=k), formula=f"ln {k + 1}"),
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    if has_gain(known):
        yield from gain_notes(known, "cls", value)
        return
    yield UNKNOWN(metric=known.name, value=number(value))
    for level in _levels(known):
        yield from against(value, level)


LOSS = LossType(
    id="cls",
    title=Text(zh="分类 loss（形式未知）", en="classification loss of unknown form"),
    names=metric_names(
        r"(?:\w+[._/])?(?:cls|class|classification)_(?:loss|om)",
        r"(?:rpn|rcnn|roi)_cls",
        r"(?:\w+[._/])?loss_(?:cls|class|classification|classifier|rpn_cls|labels)",
    ),
    order=46,  # after gan: domain_classifier_loss
    unit="",
    goal="down",
    role="loss",
    levels=_levels,
    notes=_notes,
    needs=("type.<metric>", "num_classes"),
    why=Text(
        zh="各框架含义不同：detectron2 的 `loss_cls` 是含背景类的交叉熵，RetinaNet 一类是 "
        "focal loss，YOLO 是乘了增益的 BCE；形式或归一化不同就不可比。",
        en="Frameworks define it differently: `loss_cls` of detectron2 is a cross-entropy "
        "with a background class, that of RetinaNet and similar models a focal loss, that "
        "of YOLO a BCE with its gain. Values of another form or normalisation are not "
        "comparable.",
    ),
)
