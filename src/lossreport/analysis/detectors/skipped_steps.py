"""Counters of skipped and NaN iterations (Megatron): steps whose gradients were thrown away, which
the printed loss does not show.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import SkippedSteps
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text
from lossreport.words import AXES

SKIPPED: Final = re.compile(r"skipped[\s_-]*(?:iter(?:ation)?s?|steps?)", re.IGNORECASE)
NAN: Final = re.compile(r"nan[\s_-]*(?:iter(?:ation)?s?|steps?)", re.IGNORECASE)
SEARCH: Final = 0.1
"""In the first tenth of the rows (at least three) skipped iterations are the search for a loss
scale, as apex and Megatron make it.
"""
SEARCH_ROWS: Final = 3

NAN_TEXT = Text(
    zh="`{metric}`（{path}）在 {count} 行不为 0，第一处在 {axis} {x}（第 {line} 行，"
    "{value}）：这些 iteration 的 loss 或梯度是 NaN，打印的 loss 里看不到。",
    en="`{metric}` ({path}) is above 0 in {count} rows, the first at {axis} {x} (line {line}, "
    "{value}): loss or gradients of these iterations were NaN, which the printed loss does "
    "not show.",
)
SKIP_TEXT = Text(
    zh="`{metric}`（{path}）在开头的 loss scale 搜索之后仍有 {count} 行不为 0，第一处在 "
    "{axis} {x}（第 {line} 行，{value}）：这些 iteration 的梯度溢出，更新被丢弃。",
    en=(
        "`{metric}` ({path}) is above 0 in {count} rows after the search for a loss scale at the "
        "start, the first at {axis} {x} (line {line}, {value}): the gradients of these "
        "iterations overflowed and their updates were dropped."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a counter that rises, or counts anew in every row; skips at the start are no
    finding.
    """
    for series in context.run.series:
        nan = bool(NAN.search(series.name))
        if series.derived or not (nan or SKIPPED.search(series.name)):
            continue
        rows = counted(series.y)
        late = [row for row in rows if nan or row >= max(SEARCH_ROWS, SEARCH * len(series))]
        if late:
            yield _finding(series, late, nan)


def counted(y: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """Return the rows in which something was counted: those above 0, or of a counter that never
    falls those where it rises.
    """
    total = len(y) > 1 and bool(np.all(np.diff(y) >= 0)) and y[-1] > 0
    rises = np.diff(y, prepend=0.0) > 0
    return np.flatnonzero(rises if total else y > 0).tolist()


def _finding(series: Series, rows: list[int], nan: bool) -> Finding:
    text = (NAN_TEXT if nan else SKIP_TEXT)(
        metric=series.label,
        path=series.path,
        count=len(rows),
        axis=AXES[series.axis.value],
        x=shown_x(series.x[rows[0]]),
        line=int(series.line[rows[0]]),
        value=float(series.y[rows[0]]),
    )
    return make_finding(
        "skipped_steps",
        series,
        rows,
        Severity.HIGH if nan else Severity.MEDIUM,
        text,
        payload=SkippedSteps(count=float(len(rows))),
    )


DETECTOR = Detector(
    id="skipped_steps",
    kinds=(Kind(id="skipped_steps", title=Text(zh="跳过的 step", en="skipped steps")),),
    detect=detect,
    order=11,
)
