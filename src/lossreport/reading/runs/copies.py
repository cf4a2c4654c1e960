"""Leaves out what another file of the same run holds as well: whole copies, and curves that a
second file tells under another name of the axis.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Floats, Skipped
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.files import process_of
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text

MIN_COPIED: Final = 2
"""One row that another process wrote as well is chance."""
MIN_ROWS: Final = 3
"""Fewer equal rows may be chance ..."""
MIN_VALUES: Final = 3
"""... and so may fewer different values among them."""
SAME: Final = 0.98
"""A curve is told twice where at least this share of its rows is equal: one may be torn."""
PRINTED: Final = 2e-4
"""How far a number printed with four or five digits may be from the same number in full, relative
to it.
"""

SINGLE: Final = 1e-6
"""The same number as a float32 and in full, relative to it."""

COPY = Text(
    zh="没有更多内容：其中的行 {other} 里都有",
    en="adds nothing: all of its rows are in {other} as well",
)
REPLICA = Text(zh="与 {other} 打印的数值完全相同", en="prints exactly the same values as {other}")
CURVES = Text(
    zh="其中 {count} 条曲线与 {other} 的逐行相同，只算一次",
    en="{count} of its curves are those of {other}, row by row: they count once",
)


def without_copies(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings that hold something of their own, and the others with the file that holds
    all of theirs.

    Such are the state in an older checkpoint, a copied log, the lines of a replica.
    """
    kept: list[Reading] = []
    begun: dict[tuple[object, ...], list[Reading]] = {}
    skipped: list[Skipped] = []
    for part in sorted(
        parts,
        key=lambda part: (
            -sum(len(column.x) for column in part.columns.values()),
            -len(part.facts),
        ),
    ):
        start = next(_starts(part), None)
        others = kept if start is None else begun.get(start, ())
        whole = next(
            (other for other in others if other.parser is part.parser and _holds(other, part)), None
        )
        if whole is None:
            kept.append(part)
            for one in _starts(part):
                begun.setdefault(one, []).append(part)
            continue
        reason = (REPLICA if part.log.writer else COPY)(other=whole.log.shown)
        skipped.append(Skipped(path=part.log.shown, reason=reason, code="copy"))
    left = set(map(id, kept))
    return [part for part in parts if id(part) in left], skipped


def _starts(part: Reading) -> Iterator[tuple[object, ...]]:
    """Yield what each column begins with: a copy begins as the whole does, so that of a thousand
    files few are held against each other.
    """
    for key, column in part.columns.items():
        if len(column.x):
            x, y = float(column.x[0]), float(column.y[0])
            yield key, None if math.isnan(x) else x, None if math.isnan(y) else y


def _holds(whole: Reading, part: Reading) -> bool:
    alone = max((len(column.x) for column in part.columns.values()), default=0) < MIN_COPIED
    if whole.log.shown == part.log.shown or (alone and process_of(whole) != process_of(part)):
        return False
    return all(
        key in whole.columns and _is_within(column, whole.columns[key])
        for key, column in part.columns.items()
    )


def _is_within(column: Column, whole: Column) -> bool:
    n = len(column.x)
    return n <= len(whole.x) and _same(column.x, whole.x[:n]) and _same(column.y, whole.y[:n])


def _same(a: Floats, b: Floats) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


def without_twins(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings without curves that another file tells on another axis or in another
    split, row by row the same.

    An epoch or an iteration says more than what an event file calls step, a validation more than no
    word on the split. Curves on one axis and in one split stay: that two files agree is told in the
    report.
    """
    dropped: dict[tuple[int, ColumnKey], Reading] = {}
    sure = frozenset((id(one), id(other)) for one, _, other, _ in _pairs(parts))
    for one, key, other, twin in _pairs(parts, sure):
        first = _says_more(key, one.columns[key], twin, other.columns[twin])
        loser, lost, winner = (other, twin, one) if first else (one, key, other)
        dropped.setdefault((id(loser), lost), winner)
    kept, skipped = [], []
    for part in parts:
        gone = {key: winner for (owner, key), winner in dropped.items() if owner == id(part)}
        left = {key: column for key, column in part.columns.items() if key not in gone}
        if left or part.facts or part.events or part.status:
            kept.append(part.without(list(gone)))
        for path in dict.fromkeys(winner.log.shown for winner in gone.values()):
            count = sum(winner.log.shown == path for winner in gone.values())
            skipped.append(
                Skipped(path=part.log.shown, reason=CURVES(count=count, other=path), code="copy")
            )
    return kept, skipped


def _pairs(
    parts: Sequence[Reading], sure: Collection[tuple[int, int]] = ()
) -> Iterator[tuple[Reading, ColumnKey, Reading, ColumnKey]]:
    """Yield the curves that two files tell; of `sure` pairs of files, which have one in common,
    also those with few values or a single one.
    """
    by_name: dict[str, list[tuple[Reading, ColumnKey]]] = {}
    for part in parts:
        for key in part.columns:
            by_name.setdefault(_leaf(key.name), []).append((part, key))
    for held in by_name.values():
        for at, (one, key) in enumerate(held):
            for other, twin in held[at + 1 :]:
                if one.log is other.log or not _differ(key, twin):
                    continue
                mine, its = one.columns[key], other.columns[twin]
                least = 1 if (id(one), id(other)) in sure else MIN_ROWS
                if _are_twins(
                    mine,
                    its,
                    least,
                    exact=_by_whole_epochs(key, mine) is not _by_whole_epochs(twin, its),
                ):
                    yield one, key, other, twin


def _by_whole_epochs(key: ColumnKey, column: Column) -> bool:
    return key.axis is Axis.EPOCH and bool(np.all(column.x == np.floor(column.x)))


def _leaf(name: str) -> str:
    return name.rsplit("/", 1)[-1].lower()


def _differ(a: ColumnKey, b: ColumnKey) -> bool:
    """Return whether two keys of one name may mean one curve: another axis, or another split of
    which one is unmarked.
    """
    if a.entity != b.entity or a.run != b.run:
        return False
    unmarked = a.split == "train" or b.split == "train"
    return (a.split == b.split and a.axis is not b.axis) or (a.split != b.split and unmarked)


def _are_twins(a: Column, b: Column, least: int, *, exact: bool) -> bool:
    """Return whether two columns are one curve: the same values, at least so many of them, at
    places that are one count under two names.

    With `exact` one is told over the epoch and the other over the steps at which the epochs end, as
    two loggers of Lightning do: then the places say nothing, and the values must be the same in
    full.
    """
    if len(a.y) != len(b.y) or len(np.unique(a.y)) < least:
        return False
    is_shifted = len(np.unique(np.round(a.x - b.x, 6))) == 1
    if not is_shifted and not exact:
        return False
    precision = PRINTED if is_shifted else SINGLE
    return float(np.mean(np.isclose(a.y, b.y, rtol=precision, atol=0, equal_nan=True))) >= SAME


def _says_more(a: ColumnKey, mine: Column, b: ColumnKey, its: Column) -> bool:
    """Return whether the first of two columns that tell the same curve says more than the
    second.
    """
    return _said(a, mine) >= _said(b, its)


def _said(key: ColumnKey, column: Column) -> tuple[bool, bool, bool, bool, bool]:
    """Return what a column says: its split, a step with the epoch beside it, the epoch, what else
    than a step, a name of one word.
    """
    both = key.axis is Axis.STEP and bool(np.isfinite(column.epoch).all())
    return (
        key.split != "train",
        both,
        key.axis is Axis.EPOCH,
        key.axis is not Axis.STEP,
        "/" not in key.name,
    )
