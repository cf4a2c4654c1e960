"""A loss that was logged in bfloat16: its values lie on a grid of powers of two, too coarse for a trend near the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Floats
from lossreport.text import Text, number, percent

MIN_ROWS: Final = 100
DISTINCT: Final = 0.05
"""Fewer distinct values than 5 % of the rows (SCIENCE.md 3.1 "bf16 quantisation")."""
MANTISSA_BITS: Final = 8
"""bfloat16 keeps 8 significant bits: the step is 2^-7 of the power of two below a value."""

TEXT = Text(
    zh="`{metric}`（{path}）只有 {distinct} 个不同的值（行数的 {share}），都落在 bfloat16 的网格上，末段的最小刻度是 {step}：比它小的变化看不见。用 fp32 累计并记录 loss。",
    en="`{metric}` ({path}) takes only {distinct} distinct values ({share} of its rows), all on the bfloat16 grid; near the end the grid step is {step}, and smaller changes cannot be seen. Accumulate and log the loss in fp32.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss whose values are all bfloat16 numbers."""
    for series in context.losses:
        y = series.y[np.isfinite(series.y)]
        if len(y) < MIN_ROWS or series.derived:
            continue
        distinct = np.unique(y)
        if 2 < len(distinct) < DISTINCT * len(y) and is_bfloat16(distinct):
            level = float(np.median(np.abs(y[-max(5, len(y) // 20) :])))
            step = float(2.0 ** (np.floor(np.log2(level)) - (MANTISSA_BITS - 1))) if level > 0 else 0.0
            share = len(distinct) / len(y)
            text = TEXT(metric=series.label, path=series.path, distinct=len(distinct), share=percent(share), step=number(step))
            numbers = {"distinct": float(len(distinct)), "step": step}
            yield make_finding("quantised", series, [0, len(series) - 1], Severity.LOW, text, numbers=numbers)


def is_bfloat16(values: Floats) -> bool:
    """Return whether all values are exact bfloat16 numbers and not merely short decimals."""
    nonzero = values[values != 0]
    mantissa, _ = np.frexp(nonzero)
    scaled = mantissa * 2**MANTISSA_BITS
    on_grid = np.abs(scaled - np.round(scaled)) < 1e-3  # printed with at least five digits
    short = np.abs(nonzero * 100 - np.round(nonzero * 100)) < 1e-9
    return bool(len(nonzero)) and bool(on_grid.all()) and not bool(short.all())


DETECTOR = Detector(id="quantised", kinds=("quantised",), detect=detect, order=70)
