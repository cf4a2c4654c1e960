"""Finds series that two sources of one run both print: judged once, and their agreement is told as
a reassurance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from lossreport.analysis.joining import JOINED
from lossreport.model.analysis import Agreement
from lossreport.model.run import Axis, Entity, Floats, Ints, Run, Series, Statistic

MIN_ROWS: Final = 3
"""Fewer equal rows may be chance."""
MATCHED: Final = 0.98
"""A copy repeats at least this share of its rows: one row may be torn or not flushed yet."""
FLOAT32: Final = 2e-6
"""TensorBoard keeps float32; other sources of the same number print more of it."""
DECIMALS: Final = (2, 3, 4, 5, 6)
DIGITS: Final = (3, 4, 5, 6)
"""What programs print: so many decimals, or so many significant digits. A whole curve of such
numbers is no chance.
"""
APART: Final = frozenset((Axis.TIME, Axis.ROW))
"""Places on these axes are no places on another."""
OFFSETS: Final = (0, -1, 1)
"""One source may count from 0 where another counts from 1."""
FINEST: Final = (
    Axis.STEP,
    Axis.ITERATION,
    Axis.SAMPLES,
    Axis.TOKENS,
    Axis.EPISODE,
    Axis.EPOCH,
    Axis.ROUND,
    Axis.TIME,
    Axis.ROW,
)


def agreements(run: Run) -> Iterator[Agreement]:
    """Yield one agreement a series that another source of the run holds as well, row by row to the
    last printed digit.

    The original is the longer one, then the one that says what a row is, then the one with more
    decimals, then the one on the finer axis, then the first.
    """
    inside = {
        one
        for series in run.series
        if series.derived and series.derived.how == JOINED
        for one in series.derived.of
    }
    by_name: dict[tuple[str, bool, Entity | None], list[Series]] = {}
    for series in run.series:
        whole = series.id not in inside and (not series.derived or series.derived.how == JOINED)
        if whole and series.statistic is not Statistic.RUNNING_MEAN:
            by_name.setdefault((series.name, series.split == "train", series.entity), []).append(
                series
            )
    for rivals in by_name.values():
        yield from _of_one_metric(sorted(rivals, key=_worth))


def _worth(series: Series) -> tuple[int, bool, float, Precision, int]:
    unknown = series.statistic is Statistic.UNKNOWN
    return (
        -len(series),
        unknown,
        series.resolution or 0.0,
        precision(series),
        FINEST.index(series.axis),
    )


def _of_one_metric(rivals: Sequence[Series]) -> Iterator[Agreement]:
    originals: list[Series] = []
    for series in rivals:
        for original in originals:
            rows = equal_rows(original, series) if original.source != series.source else 0
            if rows >= max(MIN_ROWS, MATCHED * len(series)):
                yield Agreement(original=original.id, copy=series.id, rows=rows)
                break
        else:
            originals.append(series)


def equal_rows(original: Series, copy: Series) -> int:
    """Return how many rows of `copy` stand in `original` with the same value, aligned by x or, of
    equal lengths, row by row.
    """
    error = max(precision(original), precision(copy))
    return max(
        (
            _equal(original.y[left], copy.y[right], error)
            for left, right in _alignments(original, copy)
        ),
        default=0,
    )


def _alignments(a: Series, b: Series) -> Iterator[tuple[Ints, Ints]]:
    if a.axis is b.axis or not {a.axis, b.axis} & APART:
        for offset in OFFSETS:
            _, left, right = np.intersect1d(a.x, b.x + offset, return_indices=True)
            yield left, right
    if len(a) == len(b):  # the same rows on another axis
        rows = np.arange(len(a))
        yield rows, rows


def _equal(a: Floats, b: Floats, error: Precision) -> int:
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= 1.02 * (
            error.decimals + error.digits * np.abs(b)
        ) + FLOAT32 * np.abs(b)
    return int(np.count_nonzero(close | (np.isnan(a) & np.isnan(b)) | (a == b)))


class Precision(NamedTuple):
    """How far a printed value may be from the number behind it: absolutely, and relative to it. 0
    where all of it is printed.
    """

    decimals: float
    digits: float


def precision(series: Series) -> Precision:
    """Return half of the last printed decimal or, where a log prints so many of them, of the last
    significant digit.
    """
    if series.resolution is not None:
        return Precision(0.5 * series.resolution, 0.0)
    finite = series.y[np.isfinite(series.y) & (series.y != 0)]
    for decimals in DECIMALS if len(finite) else ():
        if _has_decimals(finite[:FIRST], decimals) and _has_decimals(finite, decimals):
            return Precision(0.5 * 10.0**-decimals, 0.0)
    for digits in DIGITS if len(finite) else ():
        if _has_digits(finite[:FIRST], digits) and _has_digits(finite, digits):
            return Precision(0.0, 0.5 * 10.0 ** (1 - digits))
    whole = finite.astype(np.float32).astype(np.float64) != finite
    return Precision(0.0, 0.0) if whole.any() else Precision(0.0, FLOAT32)


FIRST: Final = 1000
"""Values that are looked at before all of them: nearly always one of these already has more
digits.
"""


def _has_decimals(values: Floats, decimals: int) -> bool:
    """Return whether no value has more decimals."""
    return bool(np.all(np.abs(np.round(values, decimals) - values) <= 1e-9 * np.abs(values)))


def _has_digits(values: Floats, digits: int) -> bool:
    """Return whether no value has more significant digits; none is 0."""
    scale = 10.0 ** (np.floor(np.log10(np.abs(values))) - digits + 1)
    return bool(np.all(np.abs(np.round(values / scale) * scale - values) <= 1e-9 * np.abs(values)))
