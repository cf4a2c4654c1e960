"""An evaluation of COCO in which nothing is found: its AP is exactly 0 at every threshold, and
hardly any object is recalled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OneValue
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

PRECISION: Final = re.compile(r"(?:\w{1,20}[/_])?AP(?:\d{2}|[sml])?")
RECALL: Final = re.compile(r"(?:\w{1,20}[/_])?AR(?:\d{1,3}|[sml])?(?:@\d{1,4})?")
LEAST: Final = 3
"""AP, AP50 and AP75: one of them alone may be 0 early on."""
FOUND: Final = 0.01
"""A detector that was trained at all recalls more than one object in a hundred."""

TEXT = Text(
    zh="`{metric}`（{path}）和其余各项 AP 都正好是 0，召回率最高也只有 {recall}（`{score}`）："
    "预测与标注没有一处对得上。",
    en="`{metric}` ({path}) and all other AP are exactly 0, and the highest recall is {recall} "
    "(`{score}`): no prediction matches an annotation.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding for a run that was evaluated once or twice and found nothing; of more
    evaluations `constant_metric` tells.
    """
    scores = [one for one in context.judged if one.metric_type == "map" and len(one)]
    precision = [one for one in scores if PRECISION.fullmatch(one.name)]
    recall = [one for one in scores if RECALL.fullmatch(one.name)]
    nothing = len(precision) >= LEAST and all(not one.y.any() for one in precision)
    if not nothing or not recall or context.training:
        return
    best = max(recall, key=_highest)
    if _highest(best) > FOUND:
        return
    first = precision[0]
    text = TEXT(
        metric=first.label,
        path=first.path,
        recall=number(_highest(best)),
        score=best.label,
    )
    held = OneValue(value=0.0, count=float(len(first)))
    yield make_finding(
        "constant_metric",
        first,
        list(range(len(first))),
        Severity.HIGH,
        text,
        payload=held,
        others=(best,),
    )


def _highest(series: Series) -> float:
    return float(np.nanmax(series.y))


DETECTOR = Detector(id="no_detection", kinds=("constant_metric",), detect=detect, order=29)
