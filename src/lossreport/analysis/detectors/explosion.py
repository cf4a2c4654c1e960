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
ALIGNED = Text(
    zh="`{metric}`（{path}）是 {worst}（第 {line} 行），而同一行的 `{other}` 是 {value}："
    "模型没有坏，是个别样本算不出 CTC；含有它的总和不能用来判断。",
    en=(
        "`{metric}` ({path}) is {worst} at line {line} while `{other}` of the same row is "
        "{value}: the model is not lost, the CTC of single samples cannot be computed. A total "
        "that holds it says nothing."
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
        term = _lost_alignment(context, together)
        yield _of_single_samples(*term) if term else _finding(context, first, others)


def _lost_alignment(
    context: Context, together: list[Series]
) -> tuple[Series, list[Series], Series] | None:
    """Return a CTC loss, the totals it is a term of, and a loss of the same rows that is sound:
    single utterances without an alignment do that, and the weights are not lost.
    """
    lost = next((one for one in together if one.metric_type == "ctc"), None)
    sound = (
        one
        for one in context.progress
        if lost is not None
        and one.source == lost.source
        and one.axis is lost.axis
        and one.split == lost.split
        and one not in together
        and len(one) == len(lost)
        and bool(np.all(np.abs(one.y) < HIGH))
    )
    mate = next(sound, None)
    if lost is None or mate is None:
        return None
    return lost, [one for one in together if one is not lost], mate


def _of_single_samples(series: Series, others: list[Series], mate: Series) -> Finding:
    row = int(np.nanargmax(np.abs(series.y)))
    rows = [row]
    text = ALIGNED(
        metric=series.label,
        path=series.path,
        worst=number(float(series.y[row]), digits=3),
        line=int(series.line[row]),
        other=mate.label,
        value=number(float(mate.y[row])),
    )
    held = Explosion(value=float(series.y[row]), first=float(series.y[0]), dead=False)
    return make_finding(
        "broken_metric", series, rows, Severity.HIGH, text, payload=held, others=(*others, mate)
    )


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
