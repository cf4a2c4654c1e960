"""A training loss of ten thousand and more that does not come down to half: its targets, or what it
is summed over, are on no scale near 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.signs import gradient, parsers
from lossreport.knowledge import trainers
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number
from lossreport.values import dataclass

MIN_ROWS: Final = 5
LEAST: Final = 1e4
"""A squared error of targets a hundred standard deviations away; what is normalised to 1 begins at
a few units.
"""
STANDS: Final = 2.0
"""The last third of the rows is no better than half the first."""
STEEP: Final = 1e3
"""A gradient norm a thousand times what clipping is usually set to (1): not a mean of many small
terms.
"""
KINDS: Final = ("mse", "l1", "huber", "generic", "flow_matching")
SUMMED: Final = ("kl", "elbo", "reconstruction")
"""Likelihoods summed over pixels are large whatever the targets."""

TEXT = Text(
    zh="`{metric}`（{path}）的全部 {count} 行都在 {low} 到 {high} 之间，"
    "最后也没有降到开头的一半：归一化到 1 附近的目标只会给出几个单位的 loss，"
    "所以目标（或输入）多半没有归一化，或某一维归一化时除以了接近 0 的数。",
    en="All {count} rows of `{metric}` ({path}) lie between {low} and {high}, and the last "
    "are not down to half of the first: targets that are normalised to about 1 give a loss "
    "of a few units, so targets or inputs are most likely not normalised, or one dimension "
    "of them was divided by almost 0.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfScale:
    """All rows are beyond what such a loss comes to."""

    out_of_scale: bool


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss that stands so high, where the format or the gradient says that it
    should not.
    """
    if context.is_rewarded or any(one.metric_type in SUMMED for one in context.run.series):
        return
    for series in context.progress:
        plain = (
            series.split == "train" and series.metric_type in KINDS and context.is_measure(series)
        )
        if (
            plain
            and stands_high(series)
            and not context.has("broken_metric", series)
            and _is_told(context, series)
        ):
            text = TEXT(
                metric=series.label,
                path=series.path,
                count=len(series),
                low=number(float(series.y.min())),
                high=number(float(series.y.max())),
            )
            yield make_finding(
                "broken_metric",
                series,
                [0, len(series) - 1],
                Severity.HIGH,
                text,
                payload=OutOfScale(out_of_scale=True),
            )


def stands_high(series: Series) -> bool:
    """Return whether all rows of a loss are ten thousand and more, and the last are not half the
    first.
    """
    if len(series) < MIN_ROWS or not np.isfinite(series.y).all() or float(series.y.min()) < LEAST:
        return False
    third = max(1, len(series) // 3)
    return float(np.median(series.y[-third:])) * STANDS > float(np.median(series.y[:third]))


def _is_told(context: Context, series: Series) -> bool:
    norm = gradient(context, series)
    steep = norm is not None and bool(np.isfinite(norm.y).all()) and float(norm.y.min()) >= STEEP
    return steep or bool(parsers(context) & trainers.IMITATION)


DETECTOR = Detector(id="out_of_scale", kinds=("broken_metric",), detect=detect, order=15)
