"""Sets rows apart that name their own run, and drops names and entities that tell nothing apart: a
fold column that is always 0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Entity, EntityKind, frozen_floats
from lossreport.reading.parser import ColumnKey, RawFact
from lossreport.reading.runs.reading import Column, Reading
from lossreport.reading.runs.tracks import UNCOUNTED
from lossreport.text import Text
from lossreport.words import ENTITIES

MOST_RUNS: Final = 200
"""More names than this are no runs a person could look at one by one: the rows stay together."""
MOST_ENTITIES: Final = 50
"""More entities than this are told by their mean."""
SUMMARISED = Text(
    zh="{count} 个{entity}：逐处取平均", en="{count} of {entity}: the mean over them at every place"
)
RESULTS: Final = ("best_", "final_")
"""Facts that a run reached: they are of the run among whose lines they stand, while settings are of
all.
"""
MIN_ROWS: Final = 2
"""Names with a single row each count something; they are no runs."""


def named_apart(reading: Reading) -> list[Reading]:
    """Return one reading a run that the rows name, or the reading itself where they name none or
    one.

    Rows without a name (a heading above all folds) go to every run only as settings and events;
    values without a name stay by themselves.
    """
    names = list(dict.fromkeys(key.run for key in reading.columns))
    called = [name for name in names if name]
    if len(called) > 1 and all(
        len(column.x) == 1 for key, column in reading.columns.items() if key.run
    ):
        return [_of_repetitions(reading)]
    if len(called) < 2 or not _are_runs(reading, called):
        return [
            replace(
                reading,
                columns=joined_keys(reading.columns, lambda key: key._replace(run="")),
                name=called[0] if len(called) == 1 else "",
            )
        ]
    return [_only(reading, name, number) for number, name in enumerate(names)]


def _of_repetitions(reading: Reading) -> Reading:
    """Return a reading of which every run has a single row: the results of repetitions are no
    curve, each stands by itself.

    The mean over them and its deviation are facts.
    """
    facts, columns = list(reading.facts), {}
    for key, column in reading.columns.items():
        *_, word = key.run.split(" ") or [""]
        if SUMMED.fullmatch(word):
            facts.append(
                RawFact(f"{word.lower()}_{key.name}", float(column.y[0]), int(column.line[0]))
            )
        elif key.run and key.entity is None:
            whose = Entity(kind=EntityKind.TRIAL, value=key.run)
            at = np.zeros(1) if key.axis is Axis.ROW else column.x
            columns[key._replace(run="", entity=whose)] = replace(column, x=frozen_floats(at))
        else:
            columns[key._replace(run="")] = column
    return replace(reading, columns=columns, facts=facts)


SUMMED: Final = re.compile(r"mean|avg|average|std|stdev|median|sem|平均|标准差", re.IGNORECASE)
"""What stands in the place of the number of a run in the rows that sum all of them up."""


def _are_runs(reading: Reading, names: Sequence[str]) -> bool:
    """Return whether names tell runs apart: each has rows of its own that do not merely go on where
    the one before stopped, as stages do.
    """
    rows = [
        max(
            (len(column.x) for key, column in reading.columns.items() if key.run == name), default=0
        )
        for name in names
    ]
    return (
        len(names) <= MOST_RUNS and float(np.mean(rows)) >= MIN_ROWS and not _go_on(reading, names)
    )


def _go_on(reading: Reading, names: Sequence[str]) -> bool:
    """Return whether the places of every name begin behind those of the name before."""
    spans = [_span(reading, name) for name in names]
    known = [span for span in spans if span is not None]
    return len(known) == len(names) and all(
        after[0] > before[1] for before, after in pairwise(known)
    )


def _span(reading: Reading, name: str) -> tuple[float, float] | None:
    """Return the first and the last place of a run's rows; None where its rows are only counted."""
    columns = [
        c for key, c in reading.columns.items() if key.run == name and key.axis not in UNCOUNTED
    ]
    if not columns:
        return None
    return min(float(c.x.min()) for c in columns), max(float(c.x.max()) for c in columns)


def _only(reading: Reading, name: str, number: int) -> Reading:
    columns = {
        key._replace(run=""): column for key, column in reading.columns.items() if key.run == name
    }
    first = min(int(column.line.min()) for column in columns.values())
    last = max(int(column.line.max()) for column in columns.values())
    others = [
        (int(c.line.min()), int(c.line.max()))
        for key, c in reading.columns.items()
        if key.run != name
    ]
    alone = all(end < first or last < begin for begin, end in others)
    after = min((begin for begin, _ in others if begin > last), default=2**62) if alone else 2**62
    before = max((end for _, end in others if end < first), default=0) if alone else 0
    mine = range(before + 1, after)
    # how the run before ended stands between its last row and the first of this one
    own = range(first if before else 1, after)
    return replace(
        reading,
        columns=columns,
        facts=list(_facts(reading, mine, own, alone=alone)),
        events=[
            event for event in reading.events if event.line in (mine if event.ends is None else own)
        ],
        status=[status for status in reading.status if status.line in own],
        skips=[skip for skip in reading.skips if skip.line in mine],
        segments=[
            segment
            for segment in reading.segments
            if segment.line in mine and segment.why != "new_run"
        ],
        rows=max(len(column.x) for column in columns.values()),
        part=number,
        first_line=first,
        why="new_run" if number else "start",
        is_cut=True,
        name=name,
    )


def _facts(reading: Reading, mine: range, own: range, *, alone: bool) -> Iterator[RawFact]:
    """Yield the facts of a run that a name tells apart: what it reached, and the settings above it,
    its own before those of the runs before.
    """
    printed = {fact.name for fact in reading.facts if fact.line in mine} if alone else set[str]()
    for fact in reading.facts:
        if fact.name.startswith(RESULTS):
            if alone and fact.line in own:
                yield fact
        elif fact.line in mine or (fact.name not in printed and fact.line < mine.stop):
            yield fact


def told_entities(reading: Reading) -> Reading:
    """Return the reading without entities that tell nothing apart, and with the mean over entities
    that are too many to look at.
    """
    named: dict[EntityKind, set[Entity]] = {}
    for key in reading.columns:
        if key.entity is not None:
            named.setdefault(key.entity.kind, set()).add(key.entity)
    dropped = {kind for kind, found in named.items() if not _tell_apart(reading, found)}
    many = {
        kind: len(found)
        for kind, found in named.items()
        if len(found) > MOST_ENTITIES and kind not in dropped
    }
    if not dropped and not many:
        return reading

    def renamed(key: ColumnKey) -> ColumnKey:
        gone = key.entity is not None and (key.entity.kind in dropped or key.entity.kind in many)
        return key._replace(entity=None) if gone else key

    columns = joined_keys(reading.columns, renamed)
    told = tuple(
        SUMMARISED(count=count, entity=ENTITIES[kind.value]) for kind, count in many.items()
    )
    if many:
        columns = {key: _mean_over_places(column) for key, column in columns.items()}
    weighing = replace(reading.weighing, because=(*reading.weighing.because, *told))
    return replace(reading, columns=columns, weighing=weighing)


def _tell_apart(reading: Reading, entities: Collection[Entity]) -> bool:
    """Return whether entities are several, and each a name or a number that comes again: a number
    of its own in every row counts something.

    Where several have a value at one place each of them is something, however seldom it comes.
    """
    if len(entities) < 2:
        return _stands_beside_all(reading, next(iter(entities)))
    if _share_places(reading, entities):
        return True
    rows = [len(column.x) for key, column in reading.columns.items() if key.entity in entities]
    return float(np.mean(rows)) >= MIN_ROWS or not all(
        entity.value.isdigit() for entity in entities
    )


def _stands_beside_all(reading: Reading, entity: Entity) -> bool:
    """Return whether the only class of a table stands beside the row of all classes, at the same
    place.
    """
    if entity.kind is not EntityKind.LABEL:
        return False
    whole = {key: column for key, column in reading.columns.items() if key.entity is None}
    own = (
        (key._replace(entity=None), column)
        for key, column in reading.columns.items()
        if key.entity == entity
    )
    return any(
        key in whole and (key.axis is Axis.ROW or bool(np.isin(column.x, whole[key].x).any()))
        for key, column in own
    )


def _share_places(reading: Reading, entities: Collection[Entity]) -> bool:
    """Return whether two entities have a value of one name at the same place."""
    seen: dict[tuple[str, str, Axis], set[float]] = {}
    for key, column in reading.columns.items():
        if key.entity not in entities or key.axis in UNCOUNTED or len(column.x) > 1:
            continue
        places = seen.setdefault((key.name, key.split, key.axis), set())
        if column.x[0] in places:
            return True
        places.add(float(column.x[0]))
    return False


def _mean_over_places(column: Column) -> Column:
    """Return one row a place: the mean over the entities, with the line of the last of them."""
    places, codes = np.unique(column.x, return_inverse=True)
    last = np.zeros(len(places), dtype=np.int64)
    last[codes] = np.arange(len(codes))
    means = np.bincount(codes, column.y) / np.bincount(codes)
    return replace(column.part(last), x=frozen_floats(places), y=frozen_floats(means))


def joined_keys(
    columns: Mapping[ColumnKey, Column], renamed: Callable[[ColumnKey], ColumnKey]
) -> dict[ColumnKey, Column]:
    """Return the columns under new keys; those that get the same key become one, in the order of
    their lines.
    """
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
    whole = Column(
        *(
            np.concatenate([getattr(part, name) for part in found])
            for name in ("x", "y", "line", "epoch", "of")
        )
    )
    return whole.part(order)
