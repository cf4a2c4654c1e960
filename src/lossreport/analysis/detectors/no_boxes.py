"""All losses on boxes exactly 0: no box was ever a target, and a total that falls only learns the
background.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import evidence, make_finding
from lossreport.analysis.payloads import ZeroLoss
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series
from lossreport.text import Join, Text

MIN_ROWS: Final = 3
BOXES: Final = ("box", "dfl")
DETECTS: Final = 0.01
"""A validation that finds boxes at all (mAP above 1 %) shows that the zeros are of the print."""

TEXT = Text(
    zh="{names}（{path}）在全部 {count} 行里都正好是 0：没有任何框成为训练目标，"
    "模型只在学背景；总 loss 下降不代表检测在变好。",
    en=(
        "{names} ({path}): exactly 0 in all {count} rows. No box was ever a target, so only the "
        "background is learned; a total loss that falls says nothing about detection."
    ),
)
NAME = Text(zh="`{name}`", en="`{name}`")


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a source whose box losses are all 0 while another of its losses is not."""
    of_source: dict[str, list[Series]] = {}
    for series in context.losses:
        if series.split == "train" and len(series) >= MIN_ROWS:
            of_source.setdefault(series.source, []).append(series)
    for losses in of_source.values():
        boxes = [series for series in losses if series.metric_type in BOXES]
        others = [
            series for series in losses if series.metric_type not in BOXES and np.any(series.y != 0)
        ]
        if (
            boxes
            and others
            and not any(np.any(series.y) for series in boxes)
            and not _detects(context)
        ):
            yield _finding(boxes, next((one for one in others if is_total(one.name)), others[0]))


def _finding(boxes: list[Series], total: Series) -> Finding:
    """Return the finding about the loss that seems to fall, with the box losses that are 0 as its
    evidence.
    """
    names = Join(items=tuple(NAME(name=series.label) for series in boxes))
    text = TEXT(names=names, path=boxes[0].path, count=len(boxes[0]))
    held = ZeroLoss(value=0.0, count=float(len(boxes[0])), dead=True, boxes=float(len(boxes)))
    zeros = tuple(item for series in boxes for item in evidence(series, (0, len(series) - 1)))
    rows = list(range(len(total)))
    return make_finding(
        "broken_metric",
        total,
        rows,
        Severity.CRITICAL,
        text,
        payload=held,
        others=boxes,
        more_evidence=zeros,
    )


def _detects(context: Context) -> bool:
    scores = (
        series.y[np.isfinite(series.y)] for series in context.judged if series.metric_type == "map"
    )
    return any(len(y) and float(y.max()) > DETECTS for y in scores)


DETECTOR = Detector(id="no_boxes", kinds=("broken_metric",), detect=detect, order=13)
