"""Where a run was resumed, and what stands on both sides of it: for the causes of what happens
there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from lossreport.analysis.context import Context
from lossreport.model.analysis import Finding
from lossreport.model.run import Series

NEAR: Final = 3
"""Rows between the resume and the finding."""
SIDE: Final = 5
KINDS: Final = ("spike", "level_shift", "divergence", "batch_outlier", "above_chance")


class Resumed(NamedTuple):
    """A finding at a resume: its series, the first row behind it, and the levels on both sides."""

    finding: Finding
    series: Series
    row: int
    before: float
    after: float


def at_resumes(context: Context) -> Iterator[Resumed]:
    """Yield each finding of a training loss that stands at a place where the run was resumed."""
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if series.split != "train" or not context.is_loss(series):
            continue
        for row in resume_rows(context, series):
            if row and abs(finding.start.row - row) <= NEAR and np.isfinite(series.y[row]):
                before = float(np.nanmedian(series.y[max(0, row - SIDE) : row]))
                yield Resumed(
                    finding, series, row, before, float(np.nanmedian(series.y[row : row + SIDE]))
                )
                break


def resume_rows(context: Context, series: Series) -> tuple[int, ...]:
    """Return the rows of a series that are the first behind a resume, by its pieces, its segments
    and what the log says.

    A stage that begins, or another run in the file, is no resume.
    """
    rows = {piece.first_row for piece in series.pieces}
    if not series.pieces:  # lines of one file only go up
        lines = [
            one.first_line
            for one in context.run.segments
            if one.source == series.source and one.why == "resume"
        ]
        lines += [
            event.line
            for event in context.run.events
            if event.kind == "resume" and event.source == series.source
        ]
        rows |= {int(np.searchsorted(series.line, line)) for line in lines}
    return tuple(sorted(row for row in rows if 0 < row < len(series)))


AS_FIRST: Final = 0.10
CLEAR: Final = 1.5
"""Within 10 % of the first row of the run, where that is half again as high as the level before the
resume: else both look alike.
"""


def is_from_scratch(at: Resumed) -> bool:
    """Return whether the first row behind a resume is like the first of the whole run."""
    first, value = float(at.series.y[0]), float(at.series.y[at.row])
    return first > CLEAR * at.before and abs(value / first - 1) < AS_FIRST


def rate_around(context: Context, series: Series, row: int) -> tuple[Series, float, float] | None:
    """Return the learning rate and its values right before and right behind a row; None where none
    is logged.
    """
    for rate in context.judged:
        if rate.metric_type != "learning_rate" or rate.axis is not series.axis:
            continue
        before, after = rate.y[rate.x < series.x[row]], rate.y[rate.x >= series.x[row]]
        if len(before) and len(after) and np.isfinite([before[-1], after[0]]).all():
            return rate, float(before[-1]), float(after[0])
    return None
