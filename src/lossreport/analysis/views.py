"""Prepares a run for its detectors: names the kind of every metric, undoes running means, takes the
last row of every epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.analysis.agreement import precision
from lossreport.analysis.joining import joined
from lossreport.knowledge.loss_type import classify, loss_type
from lossreport.knowledge.recognise import Clues, recognise
from lossreport.model.run import (
    USER,
    Axis,
    Derived,
    Floats,
    Ints,
    Run,
    SegmentSpan,
    Series,
    Statistic,
    frozen_floats,
    frozen_ints,
    id_prefix,
)

Bools = npt.NDArray[np.bool_]

DEAVERAGE: Final = "deaverage"
EPOCH_LAST: Final = "epoch_last"
MAX_ERROR: Final = 0.05
"""Where the printed decimals leave more than 5 % of a row open, in the median, a mean is not
undone: spikes count from 10 % on.
"""


def enrich(run: Run) -> Run:
    """Return the run with typed series and, behind them, the derived ones; ids go on counting."""
    clues = _clues(run)
    typed = tuple(_latest(run, _typed(run, series, clues[series.source])) for series in run.series)
    derived: list[Series] = [
        replace(made, id=f"{id_prefix(run.id)}m{len(typed) + number}")
        for number, made in enumerate(joined(replace(run, series=typed)), 1)
    ]
    # a meter that some batches lack counts other iterations than the row says: only one that stands
    # in every row is undone
    longest: dict[tuple[str, Axis], int] = {}
    for series in typed:
        longest[series.source, series.axis] = max(
            len(series), longest.get((series.source, series.axis), 0)
        )
    for series in typed:
        if not _judged(series):
            continue
        if (
            _is_compared(series, typed)
            and (last := _epoch_last(series, any_statistic=True)) is not None
        ):
            derived.append(replace(last, id=f"{id_prefix(run.id)}m{len(typed) + len(derived) + 1}"))
            continue
        for made in (
            _deaveraged(series) if len(series) == longest[series.source, series.axis] else None,
            _epoch_last(series),
        ):
            if made is not None:
                derived.append(
                    replace(made, id=f"{id_prefix(run.id)}m{len(typed) + len(derived) + 1}")
                )
    return replace(run, series=(*typed, *derived))


def _judged(series: Series) -> bool:
    """Return whether detectors ask for views of a series: losses, regularisers and the gradient
    norm.
    """
    return series.metric_type == "grad_norm" or classify(series.name, series.metric_type).role in (
        "loss",
        "regulariser",
    )


def _clues(run: Run) -> dict[str, Clues]:
    """Return what the run says about its metrics, by the source they stand in."""
    parsers = {source.id: source.parser for source in run.sources}
    metrics = frozenset(series.name for series in run.series)
    facts = {fact.name: run.value(fact.name) for fact in run.facts}
    given = frozenset(fact.name for fact in run.facts if fact.source == USER)
    return {
        source: Clues(parser=parsers.get(source, ""), metrics=metrics, facts=facts, given=given)
        for source in {series.source for series in run.series}
    }


def _typed(run: Run, series: Series, clues: Clues) -> Series:
    found = recognise(series.name, clues)
    unit = run.value(f"unit.{series.name}") or series.unit or loss_type(found.type_id).unit
    return replace(series, metric_type=found.type_id, type_ground=found.ground, unit=str(unit))


def _latest(run: Run, series: Series) -> Series:
    """Leave out the rows that a resumed process wrote again: of an overlap the later rows count."""
    resumed = {
        s.first_line
        for s in run.segments
        if s.source == series.source and s.why in ("resume", "restart")
    }
    keep = np.ones(len(series), dtype=bool)
    reached = np.inf
    for span in reversed(series.segments):
        rows = slice(span.first_row, span.last_row + 1)
        keep[rows] = series.x[rows] < reached
        first_line = int(series.line[span.first_row])
        if any(line <= first_line for line in resumed) and span.first_row:
            reached = min(reached, float(series.x[span.first_row]))
    if keep.all():
        return series
    kept = np.flatnonzero(keep)
    return replace(
        series,
        x=frozen_floats(series.x[kept]),
        y=frozen_floats(series.y[kept]),
        line=frozen_ints(series.line[kept]),
        epoch=frozen_floats(series.epoch[kept] if len(series.epoch) else []),
        segments=tuple(_shifted(series, kept)),
    )


def _deaveraged(series: Series) -> Series | None:
    """Undo a mean since the start of the epoch: rows become means of the iterations between two
    printed rows.

    With g the printed mean and c the iterations it covers: (g_i*c_i - g_j*c_j) / (c_i - c_j) for
    consecutive rows j < i of one epoch (FORMATS.md 1.3), None where rounding would be most of what
    comes out. The first row of an epoch, a mean of one iteration, is left out: its noise is that of
    one batch.
    """
    if (
        series.statistic is not Statistic.RUNNING_MEAN
        or series.axis is not Axis.ITERATION
        or len(series) < 2
    ):
        return None
    counts = epoch_counts(series)
    step = np.diff(counts)
    ok = (step > 0) & ~_starts(series)[1:]
    if not ok.any() or not np.isfinite(series.y[0]):
        # a mean that begins non-finite stays so: the printed rows say it, and which was the first
        return None
    with np.errstate(invalid="ignore"):
        local = (series.y[1:] * counts[1:] - series.y[:-1] * counts[:-1]) / np.where(
            step > 0, step, 1
        )
        printed = (
            (counts[1:] + counts[:-1]) / np.where(step > 0, step, 1) * precision(series).decimals
        )
        if (
            not np.isfinite(local[ok]).any()
            or np.nanmedian(printed[ok] / (np.abs(local[ok]) + 1e-12)) > MAX_ERROR
        ):
            return None
    return _part(
        series,
        np.flatnonzero(ok) + 1,
        local[ok],
        Statistic.WINDOW_MEAN,
        DEAVERAGE,
        int(np.median(step[ok])),
    )


def epoch_counts(series: Series) -> Floats:
    """Return how many iterations of its epoch each row covers: the printed iteration, counted from
    the epoch's own first row.

    That row is the first iteration where the log counts from 0; where its first place is one row
    distance (10, 20, ...) it covers as many.
    """
    starts = np.flatnonzero(_starts(series))
    first = series.x[starts][np.searchsorted(starts, np.arange(len(series)), side="right") - 1]
    ahead = np.diff(series.x)
    stride = float(np.median(ahead[ahead > 0])) if np.any(ahead > 0) else 1.0
    covered = stride if series.x[0] == stride else 1.0
    return np.asarray(series.x - first + covered)


def _starts(series: Series) -> Bools:
    """Return which rows begin an epoch or a segment."""
    starts = np.zeros(len(series), dtype=bool)
    starts[[span.first_row for span in series.segments] or [0]] = True
    if len(series.epoch):
        starts |= np.diff(series.epoch, prepend=np.nan) != 0
    return starts


def _is_compared(series: Series, others: Sequence[Series]) -> bool:
    """Return whether the batches of a training can only be held against their validation at the
    ends of the epochs.

    So it is where the log validates by the epoch and prints no value of the training for a whole
    one.
    """
    alike = [
        one
        for one in others
        if one.name == series.name and one.source == series.source and one.axis is Axis.EPOCH
    ]
    splits = {one.split for one in alike}
    unknown = series.statistic is Statistic.UNKNOWN and series.split == "train"
    return unknown and bool(splits) and "train" not in splits


def _epoch_last(series: Series, *, any_statistic: bool = False) -> Series | None:
    """Take the last printed row of every epoch: what a person reads off the log."""
    windowed = any_statistic or series.statistic in (Statistic.WINDOW_MEAN, Statistic.WINDOW_MEDIAN)
    if not windowed or series.axis is not Axis.ITERATION or not len(series.epoch) or series.derived:
        return None
    last = np.flatnonzero(np.append(np.diff(series.epoch) != 0, True))
    if len(last) < 2:
        return None
    made = _part(series, last, series.y[last], series.statistic, EPOCH_LAST, series.window)
    return replace(
        made, axis=Axis.EPOCH, x=frozen_floats(series.epoch[last]), resolution=series.resolution
    )


def _part(
    series: Series, rows: Ints, y: Floats, statistic: Statistic, how: str, window: int | None
) -> Series:
    return replace(
        series,
        x=frozen_floats(series.x[rows]),
        y=frozen_floats(y),
        line=frozen_ints(series.line[rows]),
        epoch=frozen_floats(series.epoch[rows] if len(series.epoch) else []),
        statistic=statistic,
        window=window,
        derived=Derived(of=(series.id,), how=how),
        segments=tuple(_shifted(series, rows)),
        resolution=None,
    )


def _shifted(series: Series, rows: Ints) -> Iterator[SegmentSpan]:
    for span in series.segments:
        inside = np.flatnonzero((rows >= span.first_row) & (rows <= span.last_row))
        if len(inside):
            yield SegmentSpan(first_row=int(inside[0]), last_row=int(inside[-1]))
