"""Finds curves that two programs wrote of one run under two names of the axis: an event file knows only steps, the table beside it says epochs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Skipped
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text

COUNTED: Final = (Axis.EPOCH, Axis.ITERATION, Axis.ROUND, Axis.EPISODE)
"""Axes that say more than a step."""
MIN_ROWS: Final = 3
PRINTED: Final = 1e-3
"""Tables print four or five digits of what an event file holds as a float32."""
SAME = Text(zh="与 {other} 是同一批曲线，只是横轴写作 step", en="holds the same curves as {other}, over what it calls steps")


def told_once(parts: Sequence[Reading]) -> Iterator[Reading | Skipped]:
    """Yield the readings of a run without the curves that another of them holds over the epoch, or the like, with the same x and values."""
    for part in parts:
        copies = {key: other for key, column in part.columns.items() if (other := _elsewhere(key, column, part, parts)) is not None}
        if not copies:
            yield part
        elif len(copies) < len(part.columns):
            yield replace(part, columns={key: column for key, column in part.columns.items() if key not in copies})
        else:
            yield Skipped(path=part.path, reason=SAME(other=next(iter(copies.values())).path), code="copy")


def _elsewhere(key: ColumnKey, column: Column, part: Reading, parts: Sequence[Reading]) -> Reading | None:
    if key.axis is not Axis.STEP or len(column.x) < MIN_ROWS:
        return None
    others = [other for other in parts if other.parser is not part.parser]
    return next((other for other in others if any(_same(key, column, it, its) for it, its in other.columns.items())), None)


def _same(key: ColumnKey, column: Column, other: ColumnKey, its: Column) -> bool:
    alike = (key.name.lower(), key.split, key.entity) == (other.name.lower(), other.split, other.entity)
    if not alike or other.axis not in COUNTED or len(column.x) != len(its.x) or not np.array_equal(column.x, its.x):
        return False
    return bool(np.allclose(column.y, its.y, rtol=PRINTED, atol=1e-9, equal_nan=True))
