"""Several rows at each place with nearly the same value: every process of a distributed run prints
the loss of its own batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series
from lossreport.text import Text
from lossreport.values import dataclass

PLACES: Final = 3
NEAR: Final = 0.05
"""Two means over as many batches of one set lie within 5 %, ..."""
APART: Final = 3.0
"""... and a third as far apart as the steps from place to place."""
MOST: Final = 64
COUNTED: Final = (Axis.EPOCH, Axis.STEP, Axis.ITERATION, Axis.ROUND)

TEXT = Text(
    zh="`{metric}`（{path}）在每个位置都有 {each} 行，数值相近但不相同（共 {places} 个位置）："
    "多半是 {each} 个进程各自打印自己那部分数据的 loss。这不是故障，也不是重跑；"
    "一个位置只算一次。",
    en="`{metric}` ({path}) has {each} rows at each of its {places} places, close to one "
    "another and not equal: most likely {each} processes each print the loss of their own "
    "share of the data. That is normal and no repetition; one place counts once.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsOfProcesses:
    """How many rows stand at each place, and how many places there are."""

    each: float
    places: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss whose rows come in such groups."""
    for series in context.progress:
        each = processes(series) if series.split == "train" else 0
        if each:
            places = len(series) // each
            text = TEXT(metric=series.label, path=series.path, each=each, places=places)
            held = RowsOfProcesses(each=float(each), places=float(places))
            yield make_finding(
                "harmless", series, [0, len(series) - 1], Severity.LOW, text, payload=held
            )


def processes(series: Series) -> int:
    """Return how many rows stand at each place, one behind the other and nearly equal; 0 where they
    do not.
    """
    if (
        series.axis not in COUNTED
        or series.derived is not None
        or not np.isfinite(series.y).all()
        or len(series) < 2 * PLACES
    ):
        return 0
    starts = np.flatnonzero(np.r_[True, np.diff(series.x) != 0])
    sizes = np.diff(np.r_[starts, len(series)])
    each = int(sizes[0])
    if (
        not 2 <= each <= MOST
        or np.any(sizes != each)
        or len(starts) < PLACES
        or len(np.unique(series.x)) != len(starts)
    ):
        return 0
    table = series.y.reshape(-1, each)
    means = table.mean(axis=1)
    spread = table.max(axis=1) - table.min(axis=1)
    # rows of one process that are printed several times a place
    ordered = len(np.unique(np.argsort(table, axis=1), axis=0)) == 1
    near = not ordered and np.all(spread <= NEAR * np.abs(means)) and np.all(spread > 0)
    return (
        each
        if near and APART * float(np.median(spread)) <= float(np.median(np.abs(np.diff(means))))
        else 0
    )


DETECTOR = Detector(id="row_of_each_process", kinds=("harmless",), detect=detect, order=64)
