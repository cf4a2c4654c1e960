"""A loss that exploded: beyond any value that such a loss has, with which the weights are lost
although it is finite.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Explosion
from lossreport.analysis.signs import rate_beside
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, factor, number
from lossreport.words import AXES

HIGH: Final = 1e8
GROWN: Final = 1e6
"""Beyond 1e8 and a million times its start. A squared error of raw targets (prices, populations)
may begin at 1e10, but does not grow so.
"""
BEYOND: Final = 1e20
"""Beyond the square of any number that somebody predicts in raw units: exploded whatever its start,
which the log may not hold.
"""
BOUNDED: Final = (
    "cross_entropy",
    "class_cross_entropy",
    "label_smoothed_ce",
    "bce",
    "box",
    "cls",
    "dfl",
    "focal",
    "dice",
    "ctc",
    "triplet",
)
"""Kinds of a few units by their definition: 1e8 is an explosion without a start to compare with."""
END: Final = 3
"""Rows at the end whose median counts: a single one that comes back is a spike."""

TEXT = Text(
    zh="`{metric}`（{path}）从 {axis} {x}（第 {line} 行）起到末尾都在 {value} "
    "的量级{start}{rate}：这样大的 loss 说明权重已毁，即使逐行下降，也没有再学到东西。",
    en=(
        "`{metric}` ({path}) is of the order of {value} from {axis} {x} (line {line}) to the "
        "end{start}{rate}: a loss of this size means that the weights are lost; nothing is "
        "trained any more, even where it falls from row to row."
    ),
)
FROM = Text(zh="，是开头（{first}）的 {ratio}", en=", {ratio} its start ({first})")
RATE = Text(zh="，那里的学习率是 {lr}", en=", at a learning rate of {lr}")
NOTHING: Final = ""


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a source: its highest exploded loss, with the others beside it."""
    exploded: dict[str, list[Series]] = {}
    for series in context.progress:
        if (
            series.split == "train"
            and context.is_measure(series)
            and explodes_from(series) is not None
        ):
            exploded.setdefault(series.source, []).append(series)
    for together in exploded.values():
        first, *others = sorted(
            together, key=lambda series: -abs(float(series.y[np.isfinite(series.y)][-1]))
        )
        yield _finding(context, first, others)


def explodes_from(series: Series) -> int | None:
    """Return the first row from which all finite values to the end are those of an explosion; None
    without.
    """
    size = np.abs(series.y)
    rows = np.flatnonzero(np.isfinite(size))
    if not len(rows):
        return None
    start = float(np.median(size[rows[:END]]))
    limit = BEYOND if series.metric_type not in BOUNDED else HIGH
    if start <= HIGH:  # where it began is in the log
        limit = min(limit, max(HIGH, GROWN * start))
    if float(np.median(size[rows[-END:]])) <= limit:
        return None
    below = rows[size[rows] <= limit]
    return int(rows[rows > below[-1]][0]) if len(below) and below[-1] < rows[-1] else int(rows[0])


def _finding(context: Context, series: Series, others: list[Series]) -> Finding:
    row = explodes_from(series)
    assert row is not None
    finite = np.flatnonzero(np.isfinite(series.y))
    value, first = float(series.y[finite[-1]]), float(series.y[finite[0]])
    rate = rate_beside(context, series, row)
    grown = abs(value) > GROWN * abs(first) > 0
    text = TEXT(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(series.x[row]),
        line=int(series.line[row]),
        value=number(value, digits=3),
        start=FROM(first=number(first), ratio=factor(value / first)) if grown else NOTHING,
        rate=RATE(lr=number(rate.value)) if rate is not None else NOTHING,
    )
    rows = [int(one) for one in finite if one >= row]
    held = Explosion(value=value, first=first, dead=True)
    return make_finding(
        "broken_metric", series, rows, Severity.CRITICAL, text, payload=held, others=others
    )


DETECTOR = Detector(id="explosion", kinds=("broken_metric",), detect=detect, order=13)
