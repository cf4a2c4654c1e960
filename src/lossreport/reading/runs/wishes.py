"""What a user says of how a file is to be read: the axis, how many runs it holds, the split of a
metric, the column that names an entity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

import numpy as np

from lossreport.errors import UsageError
from lossreport.model.run import Axis, Entity, EntityKind, FactValue, distinct, frozen_floats
from lossreport.reading.kit.owners import ENTITIES, leaf
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.reading.runs.weighing import RUNS, Kind
from lossreport.values import dataclass

AXIS: Final = "read.axis"
ONE: Final = "1"
"""All rows of a file are one run."""
SPLIT: Final = "split."
ENTITY: Final = "entity"
WHOLE: Final = (Axis.EPOCH, Axis.ROW)
"""Axes that every row can be put on: by its epoch, or in the order of the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The corrections of one call; None and empty where the reading itself decides.

    `runs` is 1 where all rows of a file are one run, or the kind of reading to choose.
    """

    axis: Axis | None = None
    runs: str = ""
    splits: Mapping[str, str] = field(default_factory=dict)
    entity: str = ""


def wishes_of(facts: Mapping[str, FactValue]) -> Wishes:
    """Return what `read.axis`, `read.runs`, `split.NAME` and `entity` ask for; raises UsageError
    where a value means nothing.
    """
    return Wishes(
        axis=_axis(facts.get(AXIS)),
        runs=_runs(facts.get(RUNS)),
        splits={
            name.removeprefix(SPLIT): str(value)
            for name, value in facts.items()
            if name.startswith(SPLIT)
        },
        entity=str(facts.get(ENTITY) or ""),
    )


def _axis(value: FactValue) -> Axis | None:
    if value is None:
        return None
    try:
        return Axis(str(value))
    except ValueError as error:
        raise UsageError(
            f"{AXIS} = {value} is no axis", hint=f"Use one of: {', '.join(Axis)}."
        ) from error


def _runs(value: FactValue) -> str:
    known = (ONE, *(kind.value for kind in Kind))
    if value is None or str(value) in known:
        return "" if value is None else str(value)
    raise UsageError(
        f"{RUNS} = {value} is no reading",
        hint=f"Use one of: {', '.join(known)}; lossreport formats --explain PATH shows them.",
    )


def corrected(reading: Reading, wishes: Wishes) -> Reading:
    """Return the reading with its splits, entities and axis as the user wants them."""
    columns = {_split(key, wishes.splits): column for key, column in reading.columns.items()}
    reading = replace(reading, columns=columns)
    if wishes.entity:
        reading = _by_entity(reading, wishes.entity)
    return reading if wishes.axis is None else _on_axis(reading, wishes.axis)


def _split(key: ColumnKey, splits: Mapping[str, str]) -> ColumnKey:
    for name, split in splits.items():
        printed = name == key.name or any(name == f"{key.split}{sign}{key.name}" for sign in "_/ .")
        if printed:
            return key._replace(name=name, split=split)
    return key


def _by_entity(reading: Reading, name: str) -> Reading:
    """Return the reading with its rows told apart by the values of one of its columns; raises
    UsageError where it has none of that name.
    """
    naming = [column for key, column in reading.columns.items() if key.name == name]
    if not naming:
        return reading
    kind = next(
        (kind for kind, pattern in ENTITIES if pattern.fullmatch(leaf(name))), EntityKind.LABEL
    )
    value_at = dict(zip(naming[0].line.tolist(), naming[0].y.tolist(), strict=True))
    columns: dict[ColumnKey, Column] = {}
    for key, column in reading.columns.items():
        if key.name != name:
            columns |= dict(_of_each(key, column, value_at, kind))
    return replace(reading, columns=columns)


def _of_each(
    key: ColumnKey, column: Column, value_at: Mapping[int, float], kind: EntityKind
) -> list[tuple[ColumnKey, Column]]:
    values = np.array([value_at.get(line, np.nan) for line in column.line.tolist()])
    named = [float(value) for value in np.unique(values[np.isfinite(values)])]
    found = [
        (
            key._replace(entity=Entity(kind=kind, value=f"{value:g}")),
            column.part(np.flatnonzero(values == value)),
        )
        for value in named
    ]
    rest = np.flatnonzero(~np.isfinite(values))
    return [*found, (key, column.part(rest))] if len(rest) else found


def _on_axis(reading: Reading, axis: Axis) -> Reading:
    """Return the reading on another axis, as far as its rows name a place there; raises UsageError
    where none does.
    """
    if axis not in WHOLE and not any(key.axis is axis for key in reading.columns):
        have = ", ".join(sorted({key.axis.value for key in reading.columns}))
        raise UsageError(
            f"{AXIS} = {axis.value}: no row of {reading.log.shown} names a place there",
            hint=f"Its rows have: {have}, epoch, row.",
        )
    lines = distinct(column.line for column in reading.columns.values())

    def moved(key: ColumnKey, column: Column) -> tuple[ColumnKey, Column]:
        if axis is Axis.ROW:
            return key._replace(axis=axis, nested=False), replace(
                column, x=frozen_floats(np.searchsorted(lines, column.line))
            )
        if axis is Axis.EPOCH and np.isfinite(column.epoch).all() and len(column.epoch):
            return key._replace(axis=axis, nested=False), replace(column, x=column.epoch)
        return key, column

    return replace(
        reading, columns=dict(moved(key, column) for key, column in reading.columns.items())
    )
