"""Gives rows back the epoch whose heading was overwritten: `epoch 0`, a row, a row, `epoch 2`, a
row, where a progress bar took the line of `epoch 1`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Floats, frozen_floats
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading

COUNTED: Final = (Axis.EPOCH, Axis.ROUND)
LEAST_LOST: Final = 2
"""One row too many before one epoch too few is an epoch that was run twice beside one whose row is
lost; twice in one log it is no chance.
"""


def with_lost_headings(reading: Reading) -> Reading:
    """Return the reading with every row on the epoch that it closes, where the rows of the others
    show which those are.

    A row whose own line names its epoch stays where it says.
    """

    def placed(key: ColumnKey, column: Column) -> Column:
        x = epochs_of(column.x) if key.axis in COUNTED else None
        if x is None or _name_their_epoch(reading, column):
            return column
        return replace(
            column,
            x=frozen_floats(x),
            epoch=frozen_floats(x) if len(column.epoch) else column.epoch,
        )

    return replace(
        reading, columns={key: placed(key, column) for key, column in reading.columns.items()}
    )


def _name_their_epoch(reading: Reading, column: Column) -> bool:
    """Return whether most lines of the rows hold the epoch that the row stands at: a time of day or
    a loss holds one now and then.
    """
    place = dict(zip(column.line.tolist(), column.x.tolist(), strict=True))
    named = {
        line.number
        for line in reading.log.lines()
        if line.number in place and _holds(line.text, place[line.number])
    }
    return 2 * len(named) > len(place)


def _holds(text: str, x: float) -> bool:
    return re.search(rf"(?<![\d.])0*{x:.0f}(?:\.0{{1,6}})?(?![\d.])", text) is not None


def epochs_of(x: Floats) -> Floats | None:
    """Return the epochs of rows that stand one to an epoch, None where they do not.

    Each place must hold as many rows as there are epochs up to the next place, some one and some
    several: two rows at every second epoch are two rows of it, but one row here and two where an
    epoch is skipped are one of each. A single such place is one lost row.
    """
    if len(x) < 2 or not np.isfinite(x).all() or np.any(x != np.round(x)) or np.any(np.diff(x) < 0):
        return None
    places, counts = np.unique(x, return_counts=True)
    gaps, held = np.diff(places), counts[:-1]
    if (
        len(held) < 2
        or not np.array_equal(gaps, held)
        or held.min() != 1
        or int(np.sum(held - 1)) < LEAST_LOST
    ):
        return None
    made: Floats = x[0] + np.arange(len(x), dtype=np.float64)
    return made
