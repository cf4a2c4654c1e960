"""A loss or gradient norm whose key is missing from some row on, while the other metrics of the same file go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series, shown_x
from lossreport.text import Text
from lossreport.words import AXES

MIN_ROWS: Final = 8
MISSED: Final = 8
"""So many rows of its own usual distance are missing at the end; fewer may be a last interval without a validation."""
REGULAR: Final = 1.5
"""A key that comes and goes has distances that differ by more than this: nothing is missing then."""
AXES_COUNTED: Final = (Axis.STEP, Axis.ITERATION, Axis.EPOCH, Axis.ROUND, Axis.EPISODE)

TEXT = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）之后不再出现，而同一文件的 `{other}` 一直记录到 {axis} {end}：此后这一项未知，不等于正常。",
    en=(
        "`{metric}` ({path}) is not logged any more after {axis} {x} (line {line}), while `{other}` of the same file goes on to {axis} {end}: "
        "from there on it is unknown, which is not the same as fine."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss or gradient norm that a source stops to log."""
    for series in context.judged:
        wanted = context.is_loss(series) or context.kind(series).id == "grad_norm"
        if not wanted or series.axis not in AXES_COUNTED or len(series) < MIN_ROWS or series.derived:
            continue
        longest = _longest(context, series)
        if longest is not None and is_lost(series, longest):
            last = len(series) - 1
            text = TEXT(
                metric=series.label,
                path=series.path,
                axis=AXES[series.axis.value],
                x=shown_x(series.x[last]),
                line=int(series.line[last]),
                other=longest.label,
                end=shown_x(longest.x[-1]),
            )
            yield make_finding("lost_metric", series, [last], Severity.MEDIUM, text)


def is_lost(series: Series, longest: Series) -> bool:
    """Return whether a series of regular rows ends at least 8 of its own distances before another of its file."""
    distance = np.diff(series.x)
    if np.any(distance <= 0) or np.any(np.diff(longest.x) < 0):
        return False
    usual = float(np.median(distance))
    return bool(np.percentile(distance, 90) <= REGULAR * usual and longest.x[-1] - series.x[-1] >= MISSED * usual)


def _longest(context: Context, series: Series) -> Series | None:
    mates = [s for s in context.run.series if s.source == series.source and s.axis is series.axis and not s.derived and len(s)]
    return max((one for one in mates if one.id != series.id), key=lambda one: float(one.x[-1]), default=None)


DETECTOR = Detector(id="lost_metric", kinds=("lost_metric",), detect=detect, order=14)
