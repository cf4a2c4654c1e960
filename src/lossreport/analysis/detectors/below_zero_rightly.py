"""A loss of unknown kind that falls below 0: of a density or a negated score that is normal, and
nothing to call broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OutOfRange
from lossreport.analysis.segmenting import OVERLAP
from lossreport.analysis.signs import class_count
from lossreport.model.analysis import Severity
from lossreport.text import Text, number

MIN_ROWS: Final = 2
BELOW: Final = -1e-3
"""What averages to a hair below 0 is rounding (as in `broken_metric.py`)."""
MAY_BE: Final = ("generic", "elbo", "dice", "reconstruction")

TEXT = Text(
    zh="`{metric}`（{path}）的 {rows} 行里有 {count} 行小于 0，最低 {worst}："
    "若它是密度的负对数或带负号的得分，0 不是下限，继续下降仍是改善，过零不是异常；"
    "倍数和百分比在这里没有意义。",
    en="`{metric}` ({path}) is below 0 in {count} of {rows} rows, down to {worst}: of minus "
    "the logarithm of a density, or of a negated score, 0 is no floor, a further fall is "
    "still a gain and crossing 0 is nothing odd; multiples and percentages mean nothing "
    "here.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that is below 0 in two rows and more, where no other finding
    calls its values impossible.
    """
    for series in context.progress:
        if (
            series.split != "train"
            or series.metric_type not in MAY_BE
            or not context.is_measure(series)
        ):
            continue
        rows = np.flatnonzero(np.isfinite(series.y) & (series.y < BELOW))
        if (
            len(rows) < MIN_ROWS
            or context.has("broken_metric", series)
            or (series.metric_type == "generic" and _is_of_classes(context))
        ):
            continue
        worst = float(series.y[rows].min())
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(rows),
            rows=len(series),
            worst=number(worst),
        )
        held = OutOfRange(worst=worst, count=float(len(rows)), negative=True)
        yield make_finding("harmless", series, rows.tolist(), Severity.LOW, text, payload=held)


def _is_of_classes(context: Context) -> bool:
    """Return whether the run tells classes apart: there a loss below 0 is a cross-entropy of what
    are no log-probabilities.
    """
    return (
        any(
            one.metric_type == "accuracy" and not OVERLAP.search(one.name)
            for one in context.run.series
        )
        or class_count(context) is not None
    )


DETECTOR = Detector(
    id="below_zero_rightly",
    kinds=(Kind(id="harmless", title=Text(zh="无需处理的现象", en="nothing to repair")),),
    detect=detect,
    order=64,
)
