"""Values that stand for "not measured": pycocotools prints -1 where a metric has nothing to be computed on."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Series

Bools = npt.NDArray[np.bool_]

SENTINEL: Final = -1.0
"""What COCO's evaluation gives for an area without objects; no score of a share is negative."""
SCORES: Final = ("accuracy", "map", "error_rate")


def unmeasured(series: Series) -> Bools:
    """Return which rows of a score hold the mark for "not measured", as True and False."""
    return np.asarray(series.y == SENTINEL) if series.metric_type in SCORES else np.zeros(len(series), dtype=bool)


def never_measured(series: Series) -> bool:
    """Return whether all rows of a score hold that mark."""
    return bool(len(series)) and bool(np.all(unmeasured(series)))
