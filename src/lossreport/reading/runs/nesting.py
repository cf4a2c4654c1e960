"""Counts a counter inside epochs on from epoch to epoch: batch 20 of epoch 3 becomes the iteration since the start. Epochs are never shifted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lossreport.model.run import Axis, Floats, frozen_floats
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading


def unnested(reading: Reading) -> Reading:
    """Return the reading with every counter inside epochs counted from the first row of all.

    A counter that only ever rises while the epochs pass was global and stays as it is. The length of an epoch is the total that is
    printed beside the counter, or else the largest place in any epoch. Rows of which no epoch is known stay where they are. The totals
    beside the counter become the places where the epochs end.
    """
    inner = [key for key in reading.columns if key.nested]
    if not inner:
        return reading
    length = _length([reading.columns[key] for key in inner])
    first = _first(reading, inner)
    columns = dict(_moved(key, column, length, first) for key, column in reading.columns.items())
    return replace(reading, columns=columns, inner=frozenset(key._replace(nested=False) for key in inner))


def _moved(key: ColumnKey, column: Column, length: float, first: float) -> tuple[ColumnKey, Column]:
    if not key.nested:
        return key, column
    shift = np.where(np.isfinite(column.epoch), (np.floor(column.epoch) - first) * length, 0.0)
    return key._replace(nested=False), replace(column, x=frozen_floats(column.x + shift), of=frozen_floats(column.of + shift))


def _first(reading: Reading, inner: Sequence[ColumnKey]) -> float:
    """Return whether epochs are counted from 0 or from 1: as the format fixes it, or as they are printed."""
    if reading.parser.first_epoch is not None:
        return float(reading.parser.first_epoch)
    at_zero = any(np.any(column.x == 0) for key, column in reading.columns.items() if key.axis is Axis.EPOCH)
    return 0.0 if at_zero or any(np.any(reading.columns[key].epoch == 0) for key in inner) else 1.0


def _length(columns: Sequence[Column]) -> float:
    """Return how many steps an epoch has, 0 where the counter goes on over the epochs."""
    if not any(_restarts(column) for column in columns):
        return 0.0
    largest = max(float(column.x.max()) for column in columns)
    base = 0.0 if any(np.any(column.x == 0) for column in columns) else 1.0
    printed = Counter(float(of) for column in columns for of in column.of[np.isfinite(column.of)])
    usual = printed.most_common(1)[0][0] if printed else 0.0
    return usual if usual >= largest else largest + 1.0 - base


def _restarts(column: Column) -> bool:
    """Return whether the counter begins again where the epoch grows, or no epoch ends within these rows while a total is printed."""
    epochs: Floats = column.epoch
    grows = np.diff(epochs) > 0
    if not grows.any():
        return bool(np.isfinite(column.of).any())
    return bool(np.any(grows & (np.diff(column.x) <= 0)))
