"""The best row of the validation: the checkpoint to use, where the logs hold a validation at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.detector import Context, position
from lossreport.model.analysis import Best
from lossreport.model.run import Series

TOTALS = ("loss", "total_loss")


def bests(context: Context) -> Iterator[Best]:
    """Yield the lowest row of the validation loss that decides: the total where it is logged, else the first cross-entropy or loss."""
    series = deciding(context)
    if series is not None and np.isfinite(series.y).any():
        row = int(np.nanargmin(np.where(np.isfinite(series.y), series.y, np.nan)))
        yield Best(run=context.run.id, series=series.id, at=position(series, row), value=float(series.y[row]))


def deciding(context: Context) -> Series | None:
    """Return the validation series that decides over the run, or None where none is logged or rows are of several runs."""
    validation = [s for s in context.progress if s.split != "train" and not context.has("appended_run") and not context.has("mixture", s)]
    return min(validation, key=lambda s: (s.name not in TOTALS, s.metric_type != "cross_entropy"), default=None)
