"""From pandas DataFrames in memory to a run: the same values as from files, `line` being the row number from 1."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from lossreport.errors import NothingReadError
from lossreport.model.run import (
    USER,
    Axis,
    Fact,
    FactValue,
    Floats,
    Run,
    SegmentSpan,
    Series,
    Source,
    Statistic,
    frozen_floats,
    frozen_ints,
)
from lossreport.parse.names import split_name

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


def run_of_frames(frames: Mapping[str, pd.DataFrame], facts: Mapping[str, FactValue], name: str) -> Run:
    """Return one run whose sources are the frames; raises NothingReadError where no column holds numbers."""
    sources: list[Source] = []
    series: list[Series] = []
    for number, (path, frame) in enumerate(frames.items(), 1):
        sources.append(_source(f"s{number}", path, frame))
        series += list(_columns(f"s{number}", path, frame, len(series)))
    if not series:
        raise NothingReadError("No metric in the frame", hint="Give at least one numeric column besides step, epoch and the other axes.")
    known = tuple(Fact(name=fact, value=value, source=USER) for fact, value in facts.items())
    return Run(id="r1", name=name, sources=tuple(sources), series=tuple(series), facts=known)


def _source(source_id: str, path: str, frame: pd.DataFrame) -> Source:
    data = frame.to_csv(index=False).encode()
    return Source(
        id=source_id, path=path, parser="frame", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), rows=len(frame), lines=len(frame)
    )


def _columns(source_id: str, path: str, frame: pd.DataFrame, before: int) -> Iterator[Series]:
    axis_name = next((column for column in AXES if column in frame.columns), None)
    x = np.arange(len(frame), dtype=np.float64) if axis_name is None else _floats(frame[axis_name])[0]
    axis = Axis.ROW if axis_name is None else AXES[axis_name]
    columns = {str(column): _floats(frame[column]) for column in frame.columns if str(column) not in AXES and _numeric(frame[column])}
    number = before
    for column, (y, logged) in columns.items():
        split, short = split_name(column)
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
            axis=axis,
            statistic=Statistic.VALUE,
            source=source_id,
            path=path,
            x=frozen_floats(x[rows]),
            y=frozen_floats(y[rows]),
            line=frozen_ints(rows + 1),
            segments=(SegmentSpan(first_row=0, last_row=len(rows) - 1),),
        )


def _numeric(column: pd.Series) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column) and not is_bool_dtype(column)) or (column.dtype == object and _object_numbers(column))


def _object_numbers(column: pd.Series) -> bool:
    import pandas as pd

    present = [value for value in column if value is not pd.NA and value is not None]
    return bool(present) and all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in present)


def _floats(column: pd.Series) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the values (NaN where missing) and which were logged: pd.NA and None were not, a float NaN was."""
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype != object:
        return column.to_numpy(dtype=np.float64), np.ones(len(column), dtype=bool)
    logged = np.array([value is not pd.NA and value is not None for value in column], dtype=bool)
    return np.array([float(v) if ok else np.nan for v, ok in zip(column, logged, strict=True)], dtype=np.float64), logged


def _others_finite(columns: Mapping[str, tuple[Floats, object]], name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    others = [np.isfinite(y) for other, (y, _) in columns.items() if other != name]
    return np.any(others, axis=0) if others else np.zeros(len(columns[name][0]), dtype=bool)
