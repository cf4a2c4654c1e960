"""Losses on bounding boxes (DETR, YOLO, detectron2, MMDetection), for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive
from lossreport.knowledge.losses._yolo import gain_notes
from lossreport.text import Phrase, Text


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    plain = known.name.lower().rsplit("/", 1)[-1] == "box_loss"
    return tuple(gain_notes(known, "box", value)) if plain and is_positive(value) else ()


LOSS = LossType(
    id="box",
    title=Text(zh="边界框 loss", en="bounding-box loss"),
    names=metric_names(
        r"(?:\w+[._])?loss_(?:bbox|box|giou|ciou|diou|iou|box_reg|rpn_loc|rpn_bbox|rpn_box_reg)",
        r"(?:\w+_)?(?:bbox|box|giou|ciou|diou|iou)_(?:loss|om)",
        r"(?:train|val)/box",
        r"(?:rpn|rcnn|roi)_(?:b?box|loc)",
    ),
    order=45,
    unit="",
    goal="down",
    role="loss",
    notes=_notes,
    why=Text(
        zh="各框架含义不同：DETR 的 `loss_bbox` 是归一化坐标的 L1，对四个坐标求和再除以框数；"
        "GIoU loss 是 1 − GIoU，在 0 与 2 之间；DETR 记录的这两项已乘系数（默认 5 和 2），"
        "`*_unscaled` 是未乘系数的值。YOLO 记录的 `box_loss` 已乘增益（Ultralytics 默认 "
        "7.5），系数不同就不可比。",
        en="Frameworks define it differently: `loss_bbox` of DETR is the L1 of normalised "
        "coordinates, summed over the four of a box and divided by the number of boxes; a "
        "GIoU loss is 1 − GIoU, between 0 and 2. DETR logs both times their coefficients "
        "(5 and 2 by default), `*_unscaled` without. `box_loss` of YOLO is logged with its "
        "gain (7.5 by default in Ultralytics), and values with other coefficients are not "
        "comparable.",
    ),
)
