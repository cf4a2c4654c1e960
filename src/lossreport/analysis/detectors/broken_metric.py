"""Values that a metric cannot take: an accuracy above 1 among fractions, a negative cross-entropy,
a perplexity below 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OutOfRange
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

MIN_ROWS: Final = 3
FRACTION: Final = 1.0
PERCENT: Final = 100.0
SLACK: Final = 1e-6
ROUNDING: Final = 1e-3
"""A cross-entropy that averages to a hair below 0 is rounding."""
NOT_NEGATIVE: Final = (
    "cross_entropy",
    "weighted_cross_entropy",
    "label_smoothed_ce",
    "class_cross_entropy",
    "bits_per_token",
    "bce",
    "ctc",
    "l1",
    "mse",
    "huber",
    "z_loss",
    "grad_norm",
    "throughput",
)

SUMS_OF_PROBABILITIES: Final = re.compile(
    r"(?<![a-z])(?:rnn-?t|transducer|ctc)(?:[_ -]?loss)?(?![a-z])", re.IGNORECASE
)
"""Losses that are minus the logarithm of a sum over alignments, whatever the metric is taken for: a
probability, never above 1.
"""

ACCURACY = Text(
    zh="`{metric}`（{path}）有 {count} 行是不可能的准确率，最大 {worst}（其余行是 0 到 1 "
    "的比例）：统计或跨 rank 归约很可能有误，这一列不可信。",
    en="`{metric}` ({path}) has {count} rows that no accuracy can take, up to {worst}, while "
    "the others are fractions between 0 and 1: the counting or the reduction across ranks "
    "is probably wrong, and this column cannot be trusted.",
)
NEGATIVE = Text(
    zh="`{metric}`（{path}）有 {count} 行是负数，最小 {worst}，而这种指标不可能为负："
    "或者指标种类认错了，或者计算有误。",
    en="`{metric}` ({path}) has {count} negative rows, down to {worst}, which this kind of "
    "metric cannot have: either it is of another kind, or it is computed wrongly.",
)
PERPLEXITY = Text(
    zh="`{metric}`（{path}）有 {count} 行小于 1（最小 {worst}），而困惑度不可能小于 1。",
    en="`{metric}` ({path}) has {count} rows below 1 (down to {worst}), which no perplexity "
    "can be.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a series with impossible values."""
    for series in context.judged:
        if np.isfinite(series.y).sum() < MIN_ROWS:
            continue
        bad = impossible(series)
        if bad is not None:
            rows, text, worst = bad
            made = text(
                metric=series.label,
                path=series.path,
                count=len(rows),
                worst=number(worst, digits=3),
            )
            yield make_finding(
                "broken_metric",
                series,
                rows,
                Severity.MEDIUM,
                made,
                payload=OutOfRange(worst=worst, count=float(len(rows))),
            )


def impossible(series: Series) -> tuple[list[int], Text, float] | None:
    """Return the rows with impossible values, what to say of them and the worst value; None where
    all can be.
    """
    kind, finite = series.metric_type, np.isfinite(series.y)
    if kind in ("accuracy", "map"):
        return _accuracy(series, finite)
    if kind == "perplexity":
        rows = np.flatnonzero(finite & (series.y < 1 - SLACK))
        return (rows.tolist(), PERPLEXITY, float(series.y[rows].min())) if len(rows) else None
    of_probabilities = SUMS_OF_PROBABILITIES.search(series.name) is not None
    if kind in NOT_NEGATIVE or of_probabilities:
        rows = np.flatnonzero(finite & (series.y < -ROUNDING))
        told = len(rows) and (of_probabilities or _mostly_positive(series))
        return (rows.tolist(), NEGATIVE, float(series.y[rows].min())) if told else None
    return None


def _accuracy(
    series: Series, finite: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[list[int], Text, float] | None:
    """Fractions go to 1 and percentages to 100: values above 1 are impossible where most rows are
    fractions.

    Zeros tell nothing: in percent too, most batches of a model that knows little yet hold no hit.
    """
    y = series.y
    told = y[finite & (y > 0)]
    fractions = len(told) > 0 and np.mean(told <= FRACTION + SLACK) > 0.5
    limit = FRACTION if fractions else PERCENT
    rows = np.flatnonzero(finite & (y > limit * (1 + SLACK)))
    if not len(rows) or (
        fractions and (float(y[rows].max()) < FAR_ABOVE or _grows_through(y[finite]))
    ):
        return None
    return rows.tolist(), ACCURACY, float(y[rows].max())


FAR_ABOVE: Final = 3.0
"""Scores that stay below 3 may be percentages of a model that knows little yet."""


def _grows_through(y: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """Return whether a score rises smoothly through 1, as a percentage that starts low does."""
    above = np.flatnonzero(y > FRACTION)
    return bool(len(above)) and bool(np.mean(y[above[0] :] > FRACTION) > 0.8)


def _mostly_positive(series: Series) -> bool:
    finite = series.y[np.isfinite(series.y)]
    return bool(np.mean(finite >= 0) > 0.5)


DETECTOR = Detector(
    id="broken_metric",
    kinds=(Kind(id="broken_metric", title=Text(zh="不可能的数值", en="impossible values")),),
    detect=detect,
    order=16,
)
