"""A loss too coarse for a trend near its end: logged in bfloat16, on a grid of powers of two, or
fallen to the last digits printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.printed import WITHIN, step
from lossreport.model.analysis import Severity
from lossreport.model.run import Floats, Series
from lossreport.text import Text, number, percent
from lossreport.values import dataclass

MIN_ROWS: Final = 100
DISTINCT: Final = 0.05
"""Fewer distinct values than 5 % of the rows (SCIENCE.md 3.1 "bf16 quantisation")."""
MANTISSA_BITS: Final = 8
"""bfloat16 keeps 8 significant bits: the step is 2^-7 of the power of two below a value."""

TEXT = Text(
    zh="`{metric}`（{path}）只有 {distinct} 个不同的值（行数的 {share}），都落在 bfloat16 "
    "的网格上，末段的最小刻度是 {step}：比它小的变化看不见。用 fp32 累计并记录 loss。",
    en="`{metric}` ({path}) takes only {distinct} distinct values ({share} of its rows), all "
    "on the bfloat16 grid; near the end the grid step is {step}, and smaller changes "
    "cannot be seen. Accumulate and log the loss in fp32.",
)


COARSE = Text(
    zh="`{metric}`（{path}）最后四分之一的行只有 {distinct} 个不同的值，"
    "相差不超过打印的最后一位（{step}）：loss 已低于日志的分辨率，更小的变化看不见。"
    "多打印几位小数。",
    en=(
        "The last quarter of the rows of `{metric}` ({path}) takes only {distinct} values, "
        "within one or two units of the last printed digit ({step}): the loss has reached the "
        "resolution of the log, and smaller changes cannot be seen. Print more decimals."
    ),
)
END: Final = 0.25
END_ROWS: Final = 20
FEW_VALUES: Final = 3
COARSE_SHARE: Final = 0.1
"""So few values in the last quarter of the rows, one step of which is a tenth of the level and
more: spikes of 10 % are rounding there.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantised:
    """How many different values there are, how far apart, and whether the `decimals` of the print
    make them so.
    """

    distinct: float
    step: float
    decimals: bool = False


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss whose values are all bfloat16 numbers, or that fell to the last digits
    that the log prints.
    """
    for series in context.losses:
        if (made := _reached_the_print(series)) is not None:
            yield made
            continue
        y = series.y[np.isfinite(series.y)]
        if len(y) < MIN_ROWS or series.derived:
            continue
        distinct = np.unique(y)
        if 2 < len(distinct) < DISTINCT * len(y) and is_bfloat16(distinct):
            level = float(np.median(np.abs(y[-max(5, len(y) // 20) :])))
            step = (
                float(2.0 ** (np.floor(np.log2(level)) - (MANTISSA_BITS - 1))) if level > 0 else 0.0
            )
            share = len(distinct) / len(y)
            text = TEXT(
                metric=series.label,
                path=series.path,
                distinct=len(distinct),
                share=percent(share),
                step=number(step),
            )
            held = Quantised(distinct=float(len(distinct)), step=step)
            yield make_finding(
                "quantised", series, [0, len(series) - 1], Severity.LOW, text, payload=held
            )


def _reached_the_print(series: Series) -> Found | None:
    if series.derived or len(series) < 2 * END_ROWS or not np.isfinite(series.y).all():
        return None
    tail = series.y[-max(END_ROWS, int(END * len(series))) :]
    level, distinct = float(np.median(np.abs(tail))), np.unique(tail)
    finest = step(series, level)
    if (
        not 1 < len(distinct) <= FEW_VALUES
        or finest == 0
        or np.ptp(tail) > WITHIN * finest * (1 + 1e-9)
        or finest < COARSE_SHARE * level
    ):
        return None
    text = COARSE(
        metric=series.label, path=series.path, distinct=len(distinct), step=number(finest)
    )
    held = Quantised(distinct=float(len(distinct)), step=finest, decimals=True)
    return make_finding(
        "quantised",
        series,
        [len(series) - len(tail), len(series) - 1],
        Severity.LOW,
        text,
        payload=held,
    )


def is_bfloat16(values: Floats) -> bool:
    """Return whether all values are exact bfloat16 numbers and not merely short decimals."""
    nonzero = values[values != 0]
    mantissa, _ = np.frexp(nonzero)
    scaled = mantissa * 2**MANTISSA_BITS
    on_grid = np.abs(scaled - np.round(scaled)) < 1e-3  # printed with at least five digits
    short = np.abs(nonzero * 100 - np.round(nonzero * 100)) < 1e-9
    return bool(len(nonzero)) and bool(on_grid.all()) and not bool(short.all())


DETECTOR = Detector(
    id="quantised",
    kinds=(
        Kind(
            id="quantised",
            title=Text(zh="数值被量化（bfloat16）", en="quantised values (bfloat16)"),
        ),
    ),
    detect=detect,
    order=70,
)
