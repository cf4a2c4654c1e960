"""A fine-tuning that passes over its few samples several times between two rows, with a loss that
is all but gone and no validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.signs import parsers
from lossreport.knowledge import trainers
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Floats, Series, shown_x
from lossreport.text import Text, number
from lossreport.values import dataclass

MIN_ROWS: Final = 3
PASSES: Final = 1.0
"""More than an epoch between two rows: the set holds fewer batches than a trainer logs by (10 to
500 steps). One epoch says nothing of the set: it is what `logging_strategy="epoch"` writes.
"""
EPOCHS: Final = 5.0
LEFT: Final = 0.1
"""A tenth of the first loss is left."""

TEXT = Text(
    zh="`{metric}`（{path}）在 {epochs} 个 epoch 里从 {first} 降到 {last}，"
    "相邻两行之间不止一个 epoch：数据很少，被反复看了很多遍，很可能是在背训练集；"
    "没有验证集，日志证明不了泛化。",
    en="`{metric}` ({path}) falls from {first} to {last} over {epochs} epochs, with more than "
    "an epoch from one row to the next: the set is small and was seen many times, so it is "
    "most likely memorised; without a validation set the log cannot show that anything "
    "carries over.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memorised:
    """The first and the last value of a training loss, and how often each sample was seen."""

    first: float
    last: float
    epochs: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a fine-tuning loss without any validation."""
    if (
        not parsers(context) & trainers.LANGUAGE
        or any(one.split != "train" for one in context.judged)
        or context.is_rewarded
    ):
        return
    for series in context.progress:
        x = epochs_of(series)
        if (
            series.split != "train"
            or not context.is_measure(series)
            or x is None
            or not memorises(x, series.y)
        ):
            continue
        text = TEXT(
            metric=series.label,
            path=series.path,
            first=number(float(series.y[0])),
            last=number(float(series.y[-1])),
            epochs=shown_x(round(float(x[-1]), 2)),
        )
        held = Memorised(first=float(series.y[0]), last=float(series.y[-1]), epochs=float(x[-1]))
        yield make_finding(
            "memorising", series, [0, len(series) - 1], Severity.MEDIUM, text, payload=held
        )


def epochs_of(series: Series) -> Floats | None:
    """Return the epochs at which the rows of a series stand; None where they are not known."""
    x: Floats = series.x if series.axis is Axis.EPOCH else series.epoch
    return x if len(x) == len(series) >= MIN_ROWS and bool(np.isfinite(x).all()) else None


def memorises(x: Floats, y: Floats) -> bool:
    """Return whether a loss loses nine tenths over five epochs and more, with more than an epoch
    between its rows.
    """
    if not np.isfinite(y).all() or float(y[0]) <= 0 or float(y[-1]) < 0:
        return False
    return bool(np.median(np.diff(x)) > PASSES and x[-1] >= EPOCHS and y[-1] <= LEFT * y[0])


DETECTOR = Detector(
    id="memorising",
    kinds=(
        Kind(
            id="memorising",
            title=Text(zh="很可能在背训练集", en="training set most likely memorised"),
        ),
    ),
    detect=detect,
    order=58,
)
