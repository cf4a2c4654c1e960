"""Takes the rows of a file off an axis that does not count them: many batches that name only their
epoch stand in row order, epochs beside them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import Axis, distinct, frozen_floats
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text

SEVERAL: Final = 3
"""So many rows a place, in the median, are batches of it; two may be a row that was written again
or one of each phase.
"""
WHOLE: Final = (Axis.EPOCH, Axis.ROUND, Axis.EPISODE)
BATCHES = Text(
    zh="每个 {axis} 有约 {count} 行，未打印序号：按行的先后排列",
    en="about {count} rows stand at every {axis} and print no counter: they stand in the "
    "order of their lines",
)


def counted(reading: Reading) -> Reading:
    """Return the reading with every series on an axis that counts its rows."""
    batches = {
        key: column
        for key, column in reading.columns.items()
        if key.axis in WHOLE and _are_batches(column)
    }
    if not batches:
        return reading
    lines = distinct(column.line for column in batches.values())

    def moved(key: ColumnKey, column: Column) -> tuple[ColumnKey, Column]:
        if key not in batches:
            return key, column
        rows = np.searchsorted(lines, column.line).astype(np.float64)
        return key._replace(axis=Axis.ROW), replace(column, x=frozen_floats(rows), epoch=column.x)

    several = round(float(np.median([_rows_a_place(column) for column in batches.values()])))
    told = BATCHES(axis=next(iter(batches)).axis.value, count=several)
    weighing = replace(reading.weighing, because=(*reading.weighing.because, told))
    return replace(
        reading,
        columns=dict(moved(key, column) for key, column in reading.columns.items()),
        weighing=weighing,
    )


def _are_batches(column: Column) -> bool:
    """Return whether most places hold several rows, one right behind the other, of differing
    values.
    """
    return (
        len(column.x) >= 2 * SEVERAL
        and _rows_a_place(column) >= SEVERAL
        and len(np.unique(column.y)) > len(np.unique(column.x))
    )


def _rows_a_place(column: Column) -> float:
    """Return how many rows stand at a place before the next, in the median."""
    starts = np.r_[0, np.flatnonzero(np.diff(column.x) != 0) + 1, len(column.x)]
    return float(np.median(np.diff(starts)))
