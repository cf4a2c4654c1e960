"""An overlap of masks above 1 (Dice, F-score, IoU) beside scores that are fractions: the targets
are not 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OutOfRange
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

OVERLAP: Final = re.compile(
    r"(?<![a-z])(?:f-?_?(?:1|beta)?_?score|dice(?:_?coef\w{0,8}|_?score)?|jaccard|iou(?:_score)?)"
    r"(?:_\d)?$",
    re.IGNORECASE,
)
FULL: Final = 1.0
SLACK: Final = 1e-3
FRACTION: Final = re.compile(r"accuracy|recall|precision|dice_?loss|jaccard_?loss", re.IGNORECASE)
"""Beside one of these that stays within -1 and 1 an overlap is a fraction, and no percentage."""

TEXT = Text(
    zh="`{metric}`（{path}）有 {count} 行大于 1（最大 {worst}，第 {line} 行），而 `{beside}` "
    "是比例：重叠分数不会超过 1，除非目标不是 0 和 1。",
    en="`{metric}` ({path}) is above 1 in {count} rows (up to {worst}, line {line}) while "
    "`{beside}` is a fraction: no overlap is above 1, unless the targets are not 0 and 1.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a run: the overlap that is farthest above 1."""
    beside = next((one for one in context.judged if _is_fraction(one)), None)
    if beside is None:
        return
    above = [one for one in context.judged if _is_above(one) and one.source == beside.source]
    for series in sorted(above, key=lambda one: -float(np.nanmax(one.y)))[:1]:
        rows = np.flatnonzero(np.isfinite(series.y) & (series.y > FULL + SLACK)).tolist()
        row = int(np.nanargmax(series.y))
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(rows),
            worst=number(float(series.y[row])),
            line=int(series.line[row]),
            beside=beside.label,
        )
        held = OutOfRange(worst=float(series.y[row]), count=float(len(rows)), dead=True)
        yield make_finding("broken_metric", series, rows, Severity.HIGH, text, payload=held)


def _is_above(series: Series) -> bool:
    return bool(OVERLAP.search(series.name)) and bool(np.nanmax(series.y, initial=0) > FULL + SLACK)


def _is_fraction(series: Series) -> bool:
    return (
        FRACTION.search(series.name) is not None
        and len(series) > 0
        and bool(np.all(np.abs(series.y) <= FULL))
    )


DETECTOR = Detector(id="overlap_above_one", kinds=("broken_metric",), detect=detect, order=14)
