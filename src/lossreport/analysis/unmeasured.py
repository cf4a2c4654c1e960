"""Values that stand for "not measured": -1 of pycocotools where a metric has nothing to be computed
on, an accuracy of NaN, 0 of 0.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.analysis.context import Context
from lossreport.analysis.regression import is_plain
from lossreport.model.run import Series

Bools = npt.NDArray[np.bool_]

SENTINEL: Final = -1.0
"""What COCO's evaluation gives for an area without objects; no score of a share is negative."""
SCORES: Final = ("accuracy", "map", "error_rate")


def unmeasured(series: Series) -> Bools:
    """Return which rows of a score hold the mark for "not measured", as True and False."""
    return (
        np.asarray(series.y == SENTINEL)
        if series.metric_type in SCORES
        else np.zeros(len(series), dtype=bool)
    )


def never_measured(series: Series) -> bool:
    """Return whether all rows of a score hold that mark."""
    return bool(len(series)) and bool(np.all(unmeasured(series)))


def counted_of_nothing(context: Context, series: Series) -> Series | None:
    """Return the accuracy beside a validation loss that shows that nothing was counted: NaN in the
    rows in which the loss is; None without.

    An accuracy counts answers, and outputs of NaN are wrong answers: it is NaN only as 0 of 0.
    """
    bad = {float(x) for x in series.x[~np.isfinite(series.y)]}
    if series.split == "train" or not bad:
        return None
    for one in context.judged:
        if (
            is_plain(one)
            and one.split == series.split
            and one.source == series.source
            and one.axis is series.axis
        ):
            there = one.y[np.isin(one.x, list(bad))]
            if len(there) and np.isnan(there).all():
                return one
    return None
