"""Where Ultralytics turns its mosaic augmentation off: from there on the images of training are of
another kind, and losses jump.

Source: `close_mosaic` of ultralytics/cfg/default.yaml (10 since 8.0.x): "disable mosaic
augmentation for final epochs". It is a fact where args.yaml lies beside the log, the default
elsewhere; without a plan the last row is taken for the end.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.model.run import Series, is_epoch_level

DEFAULT: Final = 10
FACT: Final = "close_mosaic"
SINCE_V8: Final = "dfl_loss"
"""Versions that close the mosaic log this loss."""


def closes_mosaic(context: Context, series: Series, x: float) -> int | None:
    """Return how many epochs are trained without mosaic where they begin at `x` of an epoch-level
    series of Ultralytics, else None.
    """
    parsers = {source.parser for source in context.run.sources if source.id == series.source}
    if (
        not any(parser.startswith("ultralytics") for parser in parsers)
        or not is_epoch_level(series)
        or SINCE_V8 not in context.metrics
    ):
        return None
    closed, planned = context.facts.get(FACT, DEFAULT), context.facts.get("epochs")
    if not isinstance(closed, int) or closed <= 0:
        return None
    last = float(np.max(series.x))
    end = float(planned) if isinstance(planned, int) and planned >= last else last
    return closed if x == end - closed + 1 else None
