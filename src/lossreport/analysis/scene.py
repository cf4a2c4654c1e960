"""The place of a spike: its rows, the level around it, the finer log that covers it, how many
batches a row averages, how it ends.

`forensics` looks at a `Scene` of every spike; nothing here says why it happened.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Excursion
from lossreport.analysis.views import DEAVERAGE
from lossreport.curves.stats import mad
from lossreport.model.analysis import Finding
from lossreport.model.run import Axis, Ints, Series, Statistic, is_epoch_level
from lossreport.values import dataclass

NEIGHBOURS: Final = 5
"""Rows on each side that give the level around, as in the text of the spike itself."""
BACK: Final = 0.25
"""Recovered: less than a quarter of the excess is left (the bound of `detectors/spike.py`)."""
QUIET: Final = 1.25
"""A finer log shows nothing where its highest row stays within 25 % of its median (as in
`detectors/mixed_reduction.py`).
"""
AVERAGED: Final = (Statistic.EPOCH_MEAN, Statistic.WINDOW_MEAN, Statistic.RUNNING_MEAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows of a finer log that cover one epoch: the highest of them, their median, its share of
    what lies above the median.
    """

    series: Series
    rows: Ints
    top: int
    median: float
    share: float

    @property
    def highest(self) -> float:
        """The value of the highest row."""
        return float(self.series.y[self.top])

    @property
    def quiet(self) -> bool:
        """Return whether no row of it stands out."""
        return self.highest <= QUIET * self.median

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line of the file that cover the epoch."""
        return int(self.series.line[self.rows[0]]), int(self.series.line[self.rows[-1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One excursion: rows first to last of `series`, the highest of them, the level around it.

    `batches` is how many batches one row averages: 1 where rows are single values, None where the
    logs do not tell. `recovery` counts the rows from the peak to the first that is back, None where
    none is.
    """

    series: Series
    first: int
    last: int
    peak: int
    baseline: float
    batches: int | None
    window: Window | None
    recovery: int | None

    @property
    def value(self) -> float:
        """The value at the peak."""
        return float(self.series.y[self.peak])

    @property
    def excess(self) -> float:
        """How far the peak lies above the level around it."""
        return self.value - self.baseline

    @property
    def one_batch(self) -> float | None:
        """The value that a single batch needs to lift a mean of N batches this far: baseline + N *
        (value - baseline).
        """
        return None if self.batches is None else self.baseline + self.batches * self.excess


def scene(context: Context, finding: Finding) -> Scene | None:
    """Return the place of a finding in its first series; None where no row is left around it to
    compare with.
    """
    series = context.subject(finding)
    rows = list(finding.rows)
    finite = [row for row in rows if np.isfinite(series.y[row])]
    if not finite:
        return None
    peak = max(finite, key=lambda row: float(series.y[row]))
    first, last = _stretch(rows, peak)
    apart = set(rows)
    around = [
        *range(max(0, first - NEIGHBOURS), first),
        *range(last + 1, min(len(series), last + 1 + NEIGHBOURS)),
    ]
    level = [
        float(series.y[row]) for row in around if row not in apart and np.isfinite(series.y[row])
    ]
    if first == 0 or not level:
        return None
    baseline = (
        finding.payload.baseline
        if isinstance(finding.payload, Excursion)
        else float(np.median(level))
    )
    window = _window(context, series, peak)
    return Scene(
        series=series,
        first=first,
        last=last,
        peak=peak,
        baseline=baseline,
        batches=_batches(context, series, peak),
        window=window,
        recovery=_recovery(series, peak, last, baseline),
    )


def _stretch(rows: list[int], peak: int) -> tuple[int, int]:
    """Return the first and last row of the unbroken stretch of `rows` around the peak."""
    first = last = peak
    while first - 1 in rows:
        first -= 1
    while last + 1 in rows:
        last += 1
    return first, last


def _recovery(series: Series, peak: int, last: int, baseline: float) -> int | None:
    """Return the rows from the peak to the first that is back; rows of the excursion itself are
    not, however low one of them is.
    """
    before = series.y[max(0, peak - 60) : peak]
    noise = mad(np.diff(before)) / 1.414 if len(before) > NEIGHBOURS else 0.0
    limit = baseline + max(BACK * (series.y[peak] - baseline), 3 * noise)
    end = next(
        (span.last_row for span in series.segments if span.first_row <= peak <= span.last_row),
        len(series) - 1,
    )
    back = np.flatnonzero(series.y[last + 1 : end + 1] <= limit)
    return int(back[0]) + 1 + last - peak if len(back) else None


def _batches(context: Context, series: Series, row: int) -> int | None:
    """Return how many batches a row averages, where the logs tell."""
    if series.statistic is Statistic.VALUE and not is_epoch_level(series):
        return 1
    if series.statistic is Statistic.WINDOW_MEAN and not is_epoch_level(series):
        return series.window
    return (
        epoch_length(context, float(series.x[row]))
        if series.statistic is Statistic.EPOCH_MEAN and series.axis is Axis.EPOCH
        else None
    )


def epoch_length(context: Context, epoch: float) -> int | None:
    """Return the iterations of an epoch: the distance between its first printed iteration and that
    of the next epoch.
    """
    for series in context.run.series:
        if (
            series.axis is not Axis.ITERATION
            or series.derived
            or not len(series.epoch)
            or series.split != "train"
        ):
            continue
        own, following = (
            np.flatnonzero(series.epoch == epoch),
            np.flatnonzero(series.epoch == epoch + 1),
        )
        if (
            len(own)
            and len(following)
            and series.x[following[0]] > series.x[own[-1]] >= series.x[own[0]]
        ):
            return int(series.x[following[0]] - series.x[own[0]])
    return None


def _window(context: Context, series: Series, row: int) -> Window | None:
    """Return the rows of a finer log of the same metric that cover the epoch of a row, values of
    single rows rather than means.
    """
    if series.axis is not Axis.EPOCH:
        return None
    finer = [
        s
        for s in context.run.series
        if (s.name, s.split) == (series.name, series.split) and len(s.epoch) and _is_fine(s)
    ]
    for other in sorted(finer, key=lambda s: s.statistic is not Statistic.VALUE):
        rows = np.flatnonzero((other.epoch == series.x[row]) & np.isfinite(other.y))
        if len(rows) >= MIN_FINE:
            y = other.y[rows]
            above = np.clip(y - np.median(y), 0.0, None)
            top = int(rows[np.argmax(y)])
            share = float(above.max() / above.sum()) if above.sum() > 0 else 0.0
            return Window(series=other, rows=rows, top=top, median=float(np.median(y)), share=share)
    return None


MIN_FINE: Final = 3
"""Fewer rows of a finer log have no median to stand out from."""


def _is_fine(series: Series) -> bool:
    deaveraged = series.derived is not None and series.derived.how == DEAVERAGE
    return deaveraged or (
        series.derived is None
        and series.statistic is Statistic.VALUE
        and not is_epoch_level(series)
    )
