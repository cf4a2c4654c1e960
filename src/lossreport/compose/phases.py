"""Tells the course of a loss in two phases, where it has them: most of its fall at the start,
little in the long rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.compose.charting import SMOOTH_FROM, running_median
from lossreport.compose.section import Story, shown
from lossreport.model.analysis import State
from lossreport.model.run import Floats, Series, shown_x
from lossreport.text import Phrase, Text
from lossreport.words import AXES

MOST_OF_IT: Final = 0.9
"""The share of the whole fall that ends the first phase."""
STAYS: Final = 0.02
"""The rest may end above its lowest by so much of the fall: one that turns up is another story."""
EARLY: Final = 1 / 3
"""... within this share of the rows: else the loss falls all the time, which is no two phases."""
LEAST_ROWS: Final = 6
MOST_TOLD: Final = 3
UNTOLD: Final = (State.BROKEN, State.MIXED, State.DIVERGING, State.UNSTABLE, State.INSUFFICIENT)
"""States of which the course is told elsewhere, or is none."""

PHASES = Text(
    zh="`{metric}`（{path}）分两段：{axis} {start} 到 {turn} 从 {first} 快速降到 {fast}，"
    "降幅的九成以上都在这里；此后到 {axis} {end} 缓慢降到 {last}。",
    en="`{metric}` ({path}) falls in two phases: fast from {first} to {fast} over {axis} {start} "
    "to {turn}, more than nine tenths of its fall; then slowly to {last} by {axis} {end}.",
)


def phases(story: Story) -> Iterator[Phrase]:
    """Yield a sentence for each main loss that falls in two phases, one a metric and split."""
    told: set[tuple[str, str]] = set()
    for verdict in story.verdicts:
        series = story.series(verdict.series[0])
        if series not in story.main or verdict.state in UNTOLD or len(told) == MOST_TOLD:
            continue
        sentence = _told(story.view(series, "epoch_last") or series)
        if sentence is not None and (series.name, series.split) not in told:
            told.add((series.name, series.split))
            yield sentence


def _told(series: Series) -> Phrase | None:
    kept = np.isfinite(series.y)
    x, y = series.x[kept], series.y[kept]
    line = np.r_[y[:1], running_median(y)[1:-1], y[-1:]] if len(y) >= SMOOTH_FROM else y
    turn = turning(line)
    if turn is None:
        return None
    return PHASES(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        start=shown_x(x[0]),
        turn=shown_x(x[turn]),
        end=shown_x(x[-1]),
        first=shown(line[0]),
        fast=shown(line[turn]),
        last=shown(line[-1]),
    )


def turning(y: Floats) -> int | None:
    """Return the row where nine tenths of the whole fall are done, None where that comes late or
    the loss does not end near its lowest.
    """
    fall = float(y[0] - y[-1]) if len(y) >= LEAST_ROWS else 0.0
    if fall <= 0 or y[-1] - y.min() > STAYS * fall:
        return None
    turn = int(np.argmax(y <= y[0] - MOST_OF_IT * fall))
    return turn if 0 < turn <= EARLY * (len(y) - 1) and y[-1] < y[turn] else None
