"""Average precision and recall (AP, AR, mAP): how well boxes or ranks are found, up is the aim, for
the analyse step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

OVER_ONE = Text(
    zh="{value} 大于 1，不会是 0 到 1 的比例：可能是百分数，也可能是均值出了错；"
    "单凭一个值无法区分。",
    en="{value} is above 1, so it is not a fraction between 0 and 1: a percentage, or a "
    "broken mean. One value cannot tell which.",
)
OVER_HUNDRED = Text(
    zh="{value} 大于 100：既不是比例，也不是百分数，这个记录值不可信。",
    en="{value} is above 100: neither a fraction nor a percentage, so the logged number "
    "cannot be right.",
)
UNDEFINED = Text(
    zh="{value} 为负：COCO 的评测用 -1 表示没有可评的目标。",
    en="{value} is negative: the COCO evaluation writes -1 where there is nothing to evaluate.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value) or 0 <= value <= 1:
        return ()
    over = OVER_HUNDRED if value > 100 else OVER_ONE
    return ((UNDEFINED if value < 0 else over)(value=number(value)),)


LOSS = LossType(
    id="map",
    title=Text(zh="平均精度（AP / mAP）", en="average precision (AP / mAP)"),
    names=metric_names(
        r"(?!.*(?:loss|err))(?:\w+_|hbb|obb|box|mask)?m?ap(?:[_@]?[\d.:]+)?(?:-[\d.]+|[sml])?"
        r"(?:_\w+)?(?:\([bmp]\))?",
        r"(?:ap|m?ar)(?:@?\d+|[lms])?(?:_(?:\([lms]\)|\.\d+))?",
        r"(?:test_|val_|eval_)?coco_eval_\w+",
    ),
    order=44,  # before accuracy
    unit="",
    goal="up",
    role="metric",
    notes=_notes,
    why=Text(
        zh="由召回率—精度曲线得出，取决于 IoU 阈值和置信度排序；没有训练时接近 0，与 loss "
        "没有固定的换算关系。",
        en="Taken from the curve of precision over recall, it depends on IoU thresholds and "
        "on the ranking by confidence. Untrained it is close to 0, and no formula turns a "
        "loss into it.",
    ),
)
