"""From pandas DataFrames in memory to a run: the same values as from files, `line` being the row
number from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from lossreport.errors import NothingReadError
from lossreport.model.run import (
    USER,
    Axis,
    Fact,
    FactValue,
    Floats,
    Ints,
    Run,
    Segment,
    SegmentSpan,
    SegmentWhy,
    Series,
    Source,
    Statistic,
    frozen_floats,
    frozen_ints,
)
from lossreport.reading.kit.names import meanings_of
from lossreport.reading.runs.restarts import counted_on, is_epoch_counter, steps_back

if TYPE_CHECKING:
    import pandas as pd

AXES: Final = {
    "step": Axis.STEP,
    "iteration": Axis.ITERATION,
    "epoch": Axis.EPOCH,
    "tokens": Axis.TOKENS,
    "samples": Axis.SAMPLES,
    "time": Axis.TIME,
}
SPARSE_SPLITS: Final = ("val", "valid", "eval", "test", "dev")


def run_of_frames(
    frames: Mapping[str, pd.DataFrame], facts: Mapping[str, FactValue], name: str
) -> Run:
    """Return one run whose sources are the frames; raises NothingReadError where no column holds
    numbers.
    """
    sources: list[Source] = []
    series: list[Series] = []
    segments: list[Segment] = []
    for number, (path, frame) in enumerate(frames.items(), 1):
        sources.append(_source(f"s{number}", path, frame))
        place = _place(frame)
        series += list(_columns(f"s{number}", path, frame, place, len(series)))
        segments += _segments(f"s{number}", len(frame), place)
    if not series:
        raise NothingReadError(
            "No metric in the frame",
            hint="Give at least one numeric column besides step, epoch and the other axes.",
        )
    known = tuple(Fact(name=fact, value=value, source=USER) for fact, value in facts.items())
    return Run(
        id="r1",
        name=name,
        sources=tuple(sources),
        series=tuple(series),
        facts=known,
        segments=tuple(segments),
    )


class Place(NamedTuple):
    """Where the rows of a frame stand: axis and x, the epoch beside it (empty without one), and the
    rows where x begins again.
    """

    axis: Axis
    x: Floats
    epoch: Floats
    starts: Ints
    why: SegmentWhy


def _place(frame: pd.DataFrame) -> Place:
    name = next((column for column in AXES if column in frame.columns), None)
    if name is None:
        return Place(
            Axis.ROW,
            np.arange(len(frame), dtype=np.float64),
            frozen_floats([]),
            frozen_ints([]),
            "restart",
        )
    x = _floats(frame[name])[0]
    epoch = (
        _floats(frame["epoch"])[0]
        if name != "epoch" and "epoch" in frame.columns
        else frozen_floats([])
    )
    starts = steps_back(x)
    losses = [
        _floats(frame[column])[0]
        for column in frame.columns
        if "loss" in str(column).lower() and _numeric(frame[column])
    ]
    new_epoch = len(epoch) and bool(np.all(epoch[starts] > epoch[starts - 1]))
    if len(starts) and (new_epoch or (losses and is_epoch_counter(x, losses[0], starts))):
        return Place(AXES[name], counted_on(x, starts), epoch, frozen_ints([]), "restart")
    anew = len(starts) and np.all(x[starts] <= x[0])
    return Place(AXES[name], x, epoch, frozen_ints(starts), "new_run" if anew else "restart")


def _segments(source_id: str, rows: int, place: Place) -> Iterator[Segment]:
    bounds = [0, *place.starts.tolist(), rows]
    for first, after in pairwise(bounds):
        yield Segment(
            source=source_id,
            first_line=first + 1,
            last_line=after,
            why=place.why if first else "start",
        )


def _source(source_id: str, path: str, frame: pd.DataFrame) -> Source:
    data = frame.to_csv(index=False).encode()
    return Source(
        id=source_id,
        path=path,
        parser="frame",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        rows=len(frame),
        lines=len(frame),
    )


def _columns(
    source_id: str, path: str, frame: pd.DataFrame, place: Place, before: int
) -> Iterator[Series]:
    columns = {
        str(column): _floats(frame[column])
        for column in frame.columns
        if str(column) not in AXES and _numeric(frame[column])
    }
    number, meanings = before, meanings_of(list(columns))
    for column, (y, logged) in columns.items():
        split, short = meanings[column]
        split = split or "train"
        if split in SPARSE_SPLITS:
            logged = logged & ~(np.isnan(y) & _others_finite(columns, column))
        rows = np.flatnonzero(logged)
        if not len(rows):
            continue
        number += 1
        yield Series(
            id=f"m{number}",
            run="r1",
            name=short,
            split=split,
            axis=place.axis,
            statistic=Statistic.VALUE,
            source=source_id,
            path=path,
            x=frozen_floats(place.x[rows]),
            y=frozen_floats(y[rows]),
            line=frozen_ints(rows + 1),
            epoch=frozen_floats(place.epoch[rows] if len(place.epoch) else []),
            segments=spans(rows, place.starts),
        )


def spans(rows: Ints, starts: Ints) -> tuple[SegmentSpan, ...]:
    """Return the stretches of a column whose values stand in `rows`, cut at the rows `starts`."""
    cuts = [
        0,
        *sorted({int(cut) for cut in np.searchsorted(rows, starts) if 0 < cut < len(rows)}),
        len(rows),
    ]
    return tuple(
        SegmentSpan(first_row=first, last_row=after - 1) for first, after in pairwise(cuts)
    )


def _numeric(column: pd.Series) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column) and not is_bool_dtype(column)) or (
        column.dtype == object and _object_numbers(column)
    )


def _object_numbers(column: pd.Series) -> bool:
    import pandas as pd

    present = [value for value in column if value is not pd.NA and value is not None]
    return bool(present) and all(
        isinstance(value, int | float | np.number) and not isinstance(value, bool)
        for value in present
    )


def _floats(column: pd.Series) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the values (NaN where missing) and which were logged: pd.NA and None were not, a float
    NaN was.
    """
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype != object:
        return column.to_numpy(dtype=np.float64), np.ones(len(column), dtype=bool)
    logged = np.array([value is not pd.NA and value is not None for value in column], dtype=bool)
    return np.array(
        [float(v) if ok else np.nan for v, ok in zip(column, logged, strict=True)], dtype=np.float64
    ), logged


def _others_finite(
    columns: Mapping[str, tuple[Floats, object]], name: str
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    others = [np.isfinite(y) for other, (y, _) in columns.items() if other != name]
    return np.any(others, axis=0) if others else np.zeros(len(columns[name][0]), dtype=bool)
