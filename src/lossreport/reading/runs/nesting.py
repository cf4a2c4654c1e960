"""Counts a counter inside epochs on from epoch to epoch: batch 20 of epoch 3 becomes the iteration
since the start. Epochs are never shifted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Floats, frozen_floats
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading

BEGINNING: Final = 2.0
"""A counter inside an epoch begins at most so many row distances behind its start."""
TRAINING: Final = "train"


def unnested(reading: Reading) -> Reading:
    """Return the reading with every counter inside epochs counted from the first row of all.

    A counter that only ever rises while the epochs pass, or that stands beyond what an epoch holds,
    was global and stays as it is. The length of an epoch is the total that is printed beside the
    counter, or else the largest place in any epoch; counters of different axes have epochs of
    different lengths. Rows of which no epoch is known stay where they are. The totals beside the
    counter become the places where the epochs end.
    """
    inner = {key: column for key, column in reading.columns.items() if key.nested}
    if not inner:
        return reading
    first = _first(reading, inner)
    lengths = _lengths(inner, first, _planned(reading))
    columns = dict(
        _moved(key, column, lengths.get(key, 0.0), first) for key, column in reading.columns.items()
    )
    return replace(
        reading,
        columns=columns,
        inner=frozenset(key._replace(nested=False) for key in inner if lengths[key]),
    )


def _moved(key: ColumnKey, column: Column, length: float, first: float) -> tuple[ColumnKey, Column]:
    if not key.nested:
        return key, column
    shift = np.where(np.isfinite(column.epoch), (np.floor(column.epoch) - first) * length, 0.0)
    return key._replace(nested=False), replace(
        column, x=frozen_floats(column.x + shift), of=frozen_floats(column.of + shift)
    )


def _first(reading: Reading, inner: Mapping[ColumnKey, Column]) -> float:
    """Return whether epochs are counted from 0 or from 1: as the format fixes it, or as they are
    printed.
    """
    if reading.parser.first_epoch is not None:
        return float(reading.parser.first_epoch)
    at_zero = any(
        np.any(column.x == 0) for key, column in reading.columns.items() if key.axis is Axis.EPOCH
    )
    return 0.0 if at_zero or any(np.any(column.epoch == 0) for column in inner.values()) else 1.0


def _planned(reading: Reading) -> float:
    """Return how many epochs the rows or settings say are planned, 0 where they say nothing."""
    values = (fact.value for fact in reading.facts if fact.name == "epochs")
    return max(
        (
            float(value)
            for value in values
            if isinstance(value, int) and not isinstance(value, bool)
        ),
        default=0.0,
    )


def _lengths(
    inner: Mapping[ColumnKey, Column], first: float, planned: float
) -> dict[ColumnKey, float]:
    """Return how many steps an epoch has for each counter; a global one has no length.

    Evaluations stand on the counter of the training and share the length of its epochs.
    """
    found: dict[ColumnKey, float] = {}
    for axis in {key.axis for key in inner}:
        columns = {key: column for key, column in inner.items() if key.axis is axis}
        again = [column for column in columns.values() if _restarts(column, first, planned)]
        trained = [
            column
            for key, column in columns.items()
            if key.split == TRAINING and _restarts(column, first, planned)
        ]
        length = _length(trained or again)
        for key, column in columns.items():
            own = _printed(column) if key.split == TRAINING else 0.0
            held = own if own >= column.x.max() else length
            found[key] = held if length and not _is_global(column, held, first, planned) else 0.0
    return found


def _length(columns: Sequence[Column]) -> float:
    """Return how many steps an epoch has by the counters that begin again, 0 where none does."""
    if not columns:
        return 0.0
    largest = max(float(column.x.max()) for column in columns)
    base = 0.0 if any(np.any(column.x == 0) for column in columns) else 1.0
    usual = _usual(np.concatenate([column.of for column in columns]))
    return usual if usual >= largest else largest + 1.0 - base


def _printed(column: Column) -> float:
    return _usual(column.of)


def _usual(totals: Floats) -> float:
    """Return the total that most rows print, 0 where none does."""
    printed = Counter(totals[np.isfinite(totals)].tolist())
    return float(printed.most_common(1)[0][0]) if printed else 0.0


def _is_global(column: Column, length: float, first: float, planned: float) -> bool:
    """Return whether a counter stands beyond what an epoch holds and does not begin again where the
    epoch grows.
    """
    return float(column.x.max()) > length and not _restarts(column, first, planned)


def _restarts(column: Column, first: float, planned: float) -> bool:
    """Return whether the counter begins again where the epoch grows, or counts to a printed total
    within the only epoch there is.
    """
    grows = np.diff(column.epoch) > 0
    if not grows.any():
        return bool(np.isfinite(column.of).any()) and not _stands_far(column, first, planned)
    return bool(np.any(grows & (np.diff(column.x) <= 0)))


def _stands_far(column: Column, first: float, planned: float) -> bool:
    """Return whether the rows of a single epoch stand where a global counter would, not where an
    epoch begins.

    `Step 87000/90000` in epoch 49 of 50: of all epochs as many are done as of all steps. Rows that
    begin at the beginning of the counter are of an epoch, whichever it is; in the first epoch both
    are the same.
    """
    distances = np.diff(np.unique(column.x))
    distance = float(np.median(distances)) if len(distances) else 1.0
    epoch, total = float(column.epoch[0]) - first, _printed(column)
    if not np.isfinite(epoch) or column.x.min() <= BEGINNING * distance or epoch < 1:
        return False
    if planned <= epoch:
        return False
    each = total / planned
    return bool(column.x.min() >= (epoch - 1) * each and column.x.max() <= (epoch + 2) * each)
