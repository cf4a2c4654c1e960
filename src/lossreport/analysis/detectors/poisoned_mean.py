"""A running mean that one NaN batch poisoned: NaN to the end of its epoch, while the value printed
beside it is finite again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context, same_metric
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, Statistic, shown_x
from lossreport.text import Text
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 2
"""Rows in which the mean is not finite and its partner is."""

TEXT = Text(
    zh=(
        "`{metric}`（{path}）的累计均值从 {axis} {x}（第 {line} 行）起有 {count} 行不是有限值，"
        "而同一行的另一数值有限：一个非有限的 batch 即可污染这段均值，所在 epoch 的均值也不可用。"
    ),
    en=(
        "The running mean of `{metric}` ({path}) is not finite in {count} rows from {axis} {x} "
        "(line {line}) on, while the other value of the same rows is: a single non-finite batch "
        "is enough to poison it, and the mean of that epoch cannot be used either."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonedMean:
    """How many rows of a mean are not finite while what it averages is."""

    count: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a running mean that is not finite where the value beside it is."""
    for series in context.run.series:
        if (
            series.statistic is not Statistic.RUNNING_MEAN
            or series.derived
            or np.isfinite(series.y).all()
        ):
            continue
        partner = next((one for one in context.run.series if _is_beside(one, series)), None)
        if partner is None:
            continue
        rows = np.flatnonzero(~np.isfinite(series.y) & np.isfinite(partner.y)).tolist()
        if len(rows) >= MIN_ROWS:
            first = rows[0]
            text = TEXT(
                metric=series.label,
                path=series.path,
                axis=AXES[series.axis.value],
                x=shown_x(series.x[first]),
                line=int(series.line[first]),
                count=len(rows),
            )
            held = PoisonedMean(count=float(len(rows)))
            yield make_finding(
                "poisoned_mean",
                series,
                rows,
                Severity.HIGH,
                text,
                payload=held,
                others=(partner,),
            )


def _is_beside(one: Series, series: Series) -> bool:
    mate = (
        one is not series
        and one.derived is None
        and same_metric(one, series)
        and one.axis is series.axis
    )
    return mate and len(one) == len(series) and bool(np.all(one.line == series.line))


DETECTOR = Detector(
    id="poisoned_mean",
    kinds=(
        Kind(id="poisoned_mean", title=Text(zh="被 NaN 污染的均值", en="mean poisoned by a NaN")),
    ),
    detect=detect,
    order=11,
)
