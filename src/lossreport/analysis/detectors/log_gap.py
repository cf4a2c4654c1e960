"""Steps that are missing in the middle of a log that goes on at the same pace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.detectors.rollback import longest
from lossreport.analysis.found import make_finding
from lossreport.curves.stats import trailing_median
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series, shown_x
from lossreport.text import Text
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 7
WINDOW: Final = 7
GAP: Final = 1.9
"""A distance above 1.9 times the usual one is a gap ..."""
SAME_PACE: Final = 1.5
"""... unless the distances behind it are larger as well: then the interval of printing was changed
(SCIENCE.md 3.1).
"""
ALIKE: Final = 0.1
REGULAR: Final = 0.5
"""A log has an interval where half of the distances lie within a tenth of the usual one; where rows
are episodes, counted in steps of the environment, each distance is a length (of lengths that
scatter by 15 % half lie so near, and those reach 1.9 of the usual never).
"""
EDGE: Final = 3
AXES_COUNTED: Final = (Axis.STEP, Axis.ITERATION, Axis.EPOCH, Axis.ROUND, Axis.EPISODE)

TEXT = Text(
    zh="{path} 中 `{metric}` 的 {axis} 从 {before} 直接跳到 {after}（第 {line} 行）："
    "中间缺行，而前后的记录间隔相同。",
    en="`{metric}` in {path} jumps from {axis} {before} to {after} (line {line}): rows are "
    "missing there, while the interval before and after is the same.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far apart on their axis two rows stand that follow each other."""

    distance: float


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a gap of the longest training series of every source."""
    for source in context.run.sources:
        series = longest(context, source)
        if series is None or series.axis not in AXES_COUNTED or series.split != "train":
            continue
        for row in gaps(series):
            text = TEXT(
                path=series.path,
                metric=series.label,
                axis=AXES[series.axis.value],
                before=shown_x(series.x[row - 1]),
                after=shown_x(series.x[row]),
                line=int(series.line[row]),
            )
            held = Gap(distance=float(series.x[row] - series.x[row - 1]))
            yield make_finding("log_gap", series, [row - 1, row], Severity.LOW, text, payload=held)


def gaps(series: Series) -> list[int]:
    """Return the rows behind a gap; none where x ever goes back, or where gaps are so common that
    the log simply is sparse.
    """
    distance = np.diff(series.x)
    drawn_anew = bool(np.mean(np.diff(series.line) == 0) > REGULAR) if len(distance) else False
    if len(distance) < MIN_ROWS or np.any(distance < 0) or drawn_anew:
        # a bar shows what it has time for
        return []
    half = WINDOW // 2
    usual = np.r_[trailing_median(distance, WINDOW, 3)[half:], np.full(half, np.nan)]
    usual = np.where(np.isfinite(usual), usual, float(np.median(distance)))
    if np.mean(np.abs(distance - usual) <= ALIKE * usual) < REGULAR:
        return []
    wide = np.flatnonzero(distance > GAP * np.maximum(usual, 1e-12))
    kept = [
        int(row)
        for row in wide
        if EDGE <= row < len(distance) - EDGE
        # after a repeated x nothing is missing: one step was numbered twice
        and distance[row - 1] > 0
        and np.median(distance[row + 1 : row + 1 + EDGE])
        <= SAME_PACE * np.median(distance[max(0, row - EDGE) : row])
    ]
    return (
        [row + 1 for row in kept]
        if len(kept) <= MANY * len(distance) and not _is_habit(kept)
        else []
    )


MANY: Final = 0.05
HABIT: Final = 3


def _is_habit(rows: list[int]) -> bool:
    """Return whether gaps come at one fixed distance, three of them at least: there the logger
    writes a validation, say, instead.
    """
    return len(rows) >= HABIT and bool(np.ptp(np.diff(rows)) <= 1)


DETECTOR = Detector(
    id="log_gap",
    kinds=(Kind(id="log_gap", title=Text(zh="日志缺行", en="gap in the log")),),
    detect=detect,
    order=6,
)
