"""The summary of pycocotools: ` Average Precision (AP) @[ IoU=0.50:0.95 | area= all | maxDets=100 ]
= 0.285`, and what -1 means in it.

Source: `COCOeval.summarize` of pycocotools 2.0.8 and `LVISEval` of lvis 0.5 (`catIds= r`). IoU,
area and maxDets name the line: they are no metrics.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Floats, Ints

LINE: Final = re.compile(
    r"Average (?:Precision|Recall) {1,8}\((?P<what>AP|AR)\) {0,4}@\[ {0,4}IoU="
    r"(?P<iou>[\d.:]{1,9}) {0,9}\| {0,4}area= {0,9}(?P<area>\w{1,9}) {0,9}"
    r"\| {0,4}maxDets= {0,9}(?P<dets>\d{1,5})(?: {1,4}catIds= {0,9}"
    r"(?P<group>\w{1,9}))? {0,4}\] {0,4}= {0,4}(?P<value>-?\d{1,3}\.\d{1,12}|nan)"
)
KIND: Final = re.compile(
    r"(?:IoU metric: |annotation type \*|[Ee]valuation results for )(?P<kind>bbox|segm|keypoints)\b"
)
"""Lines that say of what the summary below them is: torchvision, pycocotools, detectron2."""
WHOLE_RANGE: Final = "0.50:0.95"
AREAS: Final = {"all": "", "small": "s", "medium": "m", "large": "l"}
FEW: Final = ("1", "10", "100")
"""Recall of boxes is told by how many of them are looked at; of keypoints (20) only one number
is.
"""
NOT_MEASURED: Final = -1.0
"""What pycocotools and torchmetrics write where the set holds nothing of that size."""
SCORE: Final = re.compile(
    r"(?:.{0,40}[/ ])?(?:(?:bbox|segm|keypoints?|box|mask|coco|val|test|eval)_){0,3}m?a[pr]"
    r"(?:[ _@]?\(?(?:[sml]|small|medium|large|\.?\d{1,4}(?::[\d.]{1,4})?|medium_\w{1,9})\)?){0,2}",
    re.IGNORECASE,
)


class Summary(NamedTuple):
    """One line of a summary: the name by which detectron2 and the papers call it, and the value."""

    name: str
    value: float


def summary_of(text: str, kind: str = "") -> Summary | None:
    """Return what a line of a summary says, of boxes unless `kind` says of what; None for any other
    line.
    """
    match = LINE.search(text) if "IoU=" in text else None
    if match is None:
        return None
    iou = "" if match["iou"] == WHOLE_RANGE else re.sub(r"\D", "", match["iou"].removeprefix("0"))
    count = (
        match["dets"]
        if match["what"] == "AR" and not iou and match["area"] == "all" and match["dets"] in FEW
        else ""
    )
    group = match["group"][:1] if match["group"] and match["group"] != "all" else ""
    name = f"{match['what']}{iou}{AREAS.get(match['area'], match['area'])}{count}{group}"
    return Summary(f"{kind}/{name}" if kind not in ("", "bbox") else name, float(match["value"]))


def kind_of(text: str) -> str:
    """Return of what the summary below a line is (`bbox`, `segm`, `keypoints`), or nothing."""
    match = KIND.search(text)
    return match["kind"] if match else ""


def is_score(name: str) -> bool:
    """Return whether a metric is an average precision or recall, of which -1 says that it was not
    measured.
    """
    return SCORE.fullmatch(name) is not None


def measured(name: str, y: Floats) -> Ints | None:
    """Return the rows of a metric that were measured; None where all of them were."""
    unmeasured = y == NOT_MEASURED
    return np.flatnonzero(~unmeasured) if unmeasured.any() and is_score(name) else None
