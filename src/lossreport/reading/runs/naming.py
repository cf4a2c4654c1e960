"""Sets rows apart that name their own run, and drops names and entities that tell nothing apart: a fold column that is always 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import Entity
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading

MOST_RUNS: Final = 200
"""More names than this are no runs a person could look at one by one: the rows stay together."""
MIN_ROWS: Final = 2
"""Names with a single row each count something; they are no runs."""


def named_apart(reading: Reading) -> list[Reading]:
    """Return one reading a run that the rows name, or the reading itself where they name none or one.

    Rows without a name (a heading above all folds) go to every run only as settings and events; values without a name stay by themselves.
    """
    names = list(dict.fromkeys(key.run for key in reading.columns))
    called = [name for name in names if name]
    if len(called) < 2 or not _are_runs(reading, called):
        return [
            replace(
                reading, columns=joined_keys(reading.columns, lambda key: key._replace(run="")), name=called[0] if len(called) == 1 else ""
            )
        ]
    return [_only(reading, name, number) for number, name in enumerate(names)]


def _are_runs(reading: Reading, names: Sequence[str]) -> bool:
    rows = [max((len(column.x) for key, column in reading.columns.items() if key.run == name), default=0) for name in names]
    return len(names) <= MOST_RUNS and float(np.mean(rows)) >= MIN_ROWS


def _only(reading: Reading, name: str, number: int) -> Reading:
    columns = {key._replace(run=""): column for key, column in reading.columns.items() if key.run == name}
    first = min(int(column.line.min()) for column in columns.values())
    last = max(int(column.line.max()) for column in columns.values())
    others = [(int(c.line.min()), int(c.line.max())) for key, c in reading.columns.items() if key.run != name]
    alone = all(end < first or last < begin for begin, end in others)
    after = min((begin for begin, _ in others if begin > last), default=2**62) if alone else 2**62
    before = max((end for _, end in others if end < first), default=0) if alone else 0
    mine = range(before + 1, after)
    return replace(
        reading,
        columns=columns,
        events=[event for event in reading.events if event.line in mine],
        status=[status for status in reading.status if status.line in mine],
        skips=[skip for skip in reading.skips if skip.line in mine],
        segments=[segment for segment in reading.segments if segment.line in mine and segment.why != "new_run"],
        rows=max(len(column.x) for column in columns.values()),
        part=number,
        first_line=first,
        why="new_run" if number else "start",
        is_cut=True,
        name=name,
    )


def told_entities(reading: Reading) -> Reading:
    """Return the reading without entities where only one is ever named."""
    named = {key.entity for key in reading.columns if key.entity is not None}
    kinds: dict[str, set[Entity]] = {}
    for entity in named:
        kinds.setdefault(entity.kind.value, set()).add(entity)
    alone = {next(iter(found)) for found in kinds.values() if len(found) == 1}
    if not alone:
        return reading
    return replace(reading, columns=joined_keys(reading.columns, lambda key: key._replace(entity=None) if key.entity in alone else key))


def joined_keys(columns: Mapping[ColumnKey, Column], renamed: Callable[[ColumnKey], ColumnKey]) -> dict[ColumnKey, Column]:
    """Return the columns under new keys; those that get the same key become one, in the order of their lines."""
    grouped: dict[ColumnKey, list[Column]] = {}
    for key, column in columns.items():
        grouped.setdefault(renamed(key), []).append(column)
    return {key: joined_columns(parts) for key, parts in grouped.items()}


def joined_columns(parts: Iterable[Column]) -> Column:
    """Return several columns as one, their rows in the order of their lines."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    order = np.argsort(np.concatenate([part.line for part in found]), kind="stable")
    whole = Column(*(np.concatenate([getattr(part, name) for part in found]) for name in ("x", "y", "line", "epoch", "of")))
    return whole.part(order)
