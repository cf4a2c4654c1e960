"""A training loss that is higher right behind a resume than before it: something was not
restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Excursion
from lossreport.analysis.resumes import SIDE, resume_rows
from lossreport.curves.stats import mad
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, change, number
from lossreport.words import AXES

MIN_ROWS: Final = 10
ROSE: Final = 0.15
"""15 % above the level before: a warm start with another order of the data stays within a few
percent.
"""
NOISE: Final = 6.0
"""And six times the noise from row to row before it."""
BACK: Final = 0.5
"""Come back: less than half of the jump is left in the median of what follows."""
NEAR: Final = 3

JUMP = Text(
    zh="`{metric}`（{path}）续训后的第一行（{axis} {x}，第 {line} 行）是 {value}，中断前是 "
    "{before}（{size}）{back}：续训没有接上中断前的状态。",
    en="`{metric}` ({path}) is {value} in the first row after the resume ({axis} {x}, line "
    "{line}) against {before} before it ({size}){back}: the resume does not continue what "
    "was there.",
)
RETURNS = Text(zh="，之后回落", en=", and comes back later")
NONE: Final = ""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a resume behind which the loss jumps up, where no other finding stands
    there.
    """
    for series in context.progress:
        if series.split != "train" or not context.is_measure(series) or len(series) < MIN_ROWS:
            continue
        for row in resume_rows(context, series):
            told = any(
                abs(f.start.row - row) <= NEAR
                for f in context.of_kind("spike", "level_shift", "divergence", series=series)
            )
            if not told and row >= SIDE and row + 1 < len(series):
                yield from _jump(series, row)


def _jump(series: Series, row: int) -> Iterator[Found]:
    before = series.y[max(0, row - MIN_ROWS) : row]
    value, level = float(series.y[row]), float(np.median(before))
    noise = mad(np.diff(before)) / 2**0.5
    if not np.isfinite([value, level]).all() or value - level <= max(
        ROSE * abs(level), NOISE * noise
    ):
        return
    later = float(np.nanmedian(series.y[row + 1 :]))
    text = JUMP(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(float(series.x[row])),
        line=int(series.line[row]),
        value=number(value),
        before=number(level),
        size=change(value / level - 1 if level else 0.0),
        back=RETURNS if later - level < BACK * (value - level) else NONE,
    )
    held = Excursion(value=value, baseline=level, resumed=True)
    yield make_finding("spike", series, [row], Severity.MEDIUM, text, payload=held)


DETECTOR = Detector(id="resume_jump", kinds=("spike",), detect=detect, order=58)
"""After the shifts and spikes, which know more where they see it."""
