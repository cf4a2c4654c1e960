"""Puts what is measured of one split on one axis: a validation told now by its step, now by its
epoch, is one curve over the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from lossreport.model.run import Axis, frozen_floats
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.naming import joined_columns
from lossreport.reading.runs.reading import Column, Reading

COUNTERS: Final = (Axis.STEP, Axis.ITERATION)
TRAINING: Final = "train"
"""The loss of a batch and that of its epoch are two things; a validation measures one."""


class _Quantity(NamedTuple):
    name: str
    split: str
    entity: object
    run: str


def on_one_axis(reading: Reading) -> Reading:
    """Return the reading with each measure of an evaluation on one axis, where the rows of the
    training say at which step an epoch ended.
    """
    found: dict[_Quantity, list[ColumnKey]] = {}
    for key in reading.columns:
        if key.split != TRAINING:
            found.setdefault(_Quantity(key.name, key.split, key.entity, key.run), []).append(key)
    moves = {key: whole for keys in found.values() for key, whole in _moves(keys, reading.columns)}
    if not moves:
        return reading
    columns: dict[ColumnKey, Column] = {}
    for key, column in reading.columns.items():
        target = moves.get(key)
        if target is None:
            columns[key] = column
    for target in dict.fromkeys(moves.values()):
        moved = [
            _placed(reading.columns[key], target.axis, reading.columns)
            for key, to in moves.items()
            if to == target
        ]
        columns[target] = _joined(
            [reading.columns[target], *(one for one in moved if one is not None)]
        )
    return replace(
        reading, columns={key: columns[key] for key in reading.columns if key in columns}
    )


def _moves(
    keys: Sequence[ColumnKey], columns: Mapping[ColumnKey, Column]
) -> list[tuple[ColumnKey, ColumnKey]]:
    """Return (key told by the epoch, key told by the counter) of one quantity; nothing where the
    relation is not known.
    """
    counted = [key for key in keys if key.axis in COUNTERS]
    told = [key for key in keys if key.axis is Axis.EPOCH]
    if len(counted) != 1 or not told:
        return []
    return [
        (key, counted[0])
        for key in told
        if _placed(columns[key], counted[0].axis, columns) is not None
    ]


def _placed(column: Column, axis: Axis, columns: Mapping[ColumnKey, Column]) -> Column | None:
    """Return a column told by the epoch at the counter of the training rows above; None where one
    of its rows has none of its epoch above.
    """
    training = [
        one
        for key, one in columns.items()
        if key.split == TRAINING and key.axis is axis and key.entity is None
    ]
    if not training:
        return None
    line = np.concatenate([one.line for one in training])
    x, epoch = (
        np.concatenate([one.x for one in training]),
        np.concatenate([one.epoch for one in training]),
    )
    order = np.argsort(line, kind="stable")
    at = np.searchsorted(line[order], column.line, side="right") - 1
    if np.any(at < 0):
        return None
    above = order[at]
    known = np.isfinite(epoch[above])
    if np.any(known & (np.floor(epoch[above]) != np.floor(column.x))):
        return None
    return replace(
        column,
        x=frozen_floats(x[above]),
        epoch=column.x,
        of=frozen_floats(np.full(len(column.x), np.nan)),
    )


def _joined(parts: Sequence[Column]) -> Column:
    """Return the columns as one; a value that both tell of one place counts once."""
    whole = joined_columns(parts)
    seen: dict[tuple[float, float], int] = {}
    for row, place in enumerate(zip(whole.x.tolist(), whole.y.tolist(), strict=True)):
        seen.setdefault(place, row)
    return whole.part(np.array(sorted(seen.values()), dtype=np.int64))
