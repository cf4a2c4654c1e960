"""Leaves out what another file of the same run holds as well: whole copies, and curves that a second file tells under another name of the axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Floats, Skipped
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text

MIN_ROWS: Final = 3
"""Fewer equal rows may be chance ..."""
MIN_VALUES: Final = 3
"""... and so may fewer different values among them."""
SAME: Final = 0.98
"""A curve is told twice where at least this share of its rows is equal: one may be torn."""
PRINTED: Final = 2e-4
"""How far a number printed with four or five digits may be from the same number in full, relative to it."""

COPY = Text(zh="没有更多内容：其中的行 {other} 里都有", en="adds nothing: all of its rows are in {other} as well")
REPLICA = Text(zh="与 {other} 打印的数值完全相同", en="prints exactly the same values as {other}")
CURVES = Text(
    zh="其中 {count} 条曲线与 {other} 的逐行相同，只算一次", en="{count} of its curves are those of {other}, row by row: they count once"
)


def without_copies(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings that hold something of their own, and the others with the file that holds all of theirs.

    Such are the state in an older checkpoint, a copied log, the lines of a replica.
    """
    kept: list[Reading] = []
    skipped: list[Skipped] = []
    for part in sorted(parts, key=lambda part: (-sum(len(column.x) for column in part.columns.values()), -len(part.facts))):
        whole = next((other for other in kept if other.parser is part.parser and _holds(other, part)), None)
        if whole is None:
            kept.append(part)
            continue
        reason = (REPLICA if part.log.writer else COPY)(other=whole.log.shown)
        skipped.append(Skipped(path=part.log.shown, reason=reason, code="copy"))
    return [part for part in parts if part in kept], skipped


def _holds(whole: Reading, part: Reading) -> bool:
    if whole.log.shown == part.log.shown:
        return False
    return all(key in whole.columns and _is_within(column, whole.columns[key]) for key, column in part.columns.items())


def _is_within(column: Column, whole: Column) -> bool:
    n = len(column.x)
    return n <= len(whole.x) and _same(column.x, whole.x[:n]) and _same(column.y, whole.y[:n])


def _same(a: Floats, b: Floats) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


def without_twins(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings without curves that another file tells on another axis or in another split, row by row the same.

    An epoch or an iteration says more than what an event file calls step, a validation more than no word on the split. Curves on one axis and in one split
    stay: that two files agree is told in the report.
    """
    dropped: dict[tuple[int, ColumnKey], Reading] = {}
    for one, key, other, twin in _pairs(parts):
        loser, lost, winner = (other, twin, one) if _says_more(key, twin) else (one, key, other)
        dropped.setdefault((id(loser), lost), winner)
    kept, skipped = [], []
    for part in parts:
        gone = {key: winner for (owner, key), winner in dropped.items() if owner == id(part)}
        kept.append(replace(part, columns={key: c for key, c in part.columns.items() if key not in gone}) if gone else part)
        for path in dict.fromkeys(winner.log.shown for winner in gone.values()):
            count = sum(winner.log.shown == path for winner in gone.values())
            skipped.append(Skipped(path=part.log.shown, reason=CURVES(count=count, other=path), code="copy"))
    return kept, skipped


def _pairs(parts: Sequence[Reading]) -> Iterator[tuple[Reading, ColumnKey, Reading, ColumnKey]]:
    by_name: dict[str, list[tuple[Reading, ColumnKey]]] = {}
    for part in parts:
        for key in part.columns:
            by_name.setdefault(_leaf(key.name), []).append((part, key))
    for held in by_name.values():
        for at, (one, key) in enumerate(held):
            for other, twin in held[at + 1 :]:
                if one.log is not other.log and _differ(key, twin) and _are_twins(one.columns[key], other.columns[twin]):
                    yield one, key, other, twin


def _leaf(name: str) -> str:
    return name.rsplit("/", 1)[-1].lower()


def _differ(a: ColumnKey, b: ColumnKey) -> bool:
    """Return whether two keys of one name may mean one curve: another axis, or another split of which one is unmarked."""
    if a.entity != b.entity or a.run != b.run:
        return False
    unmarked = a.split == "train" or b.split == "train"
    return (a.split == b.split and a.axis is not b.axis) or (a.split != b.split and unmarked)


def _are_twins(a: Column, b: Column) -> bool:
    if len(a.y) != len(b.y) or len(a.y) < MIN_ROWS or len(np.unique(a.y)) < MIN_VALUES:
        return False
    if len(np.unique(np.round(a.x - b.x, 6))) > 1:  # places that are no more than a shift apart are one count under two names
        return False
    return float(np.mean(np.isclose(a.y, b.y, rtol=PRINTED, atol=0, equal_nan=True))) >= SAME


def _says_more(a: ColumnKey, b: ColumnKey) -> bool:
    """Return whether the first key says more than the second of the same curve."""
    return _detail(a) >= _detail(b)


def _detail(key: ColumnKey) -> tuple[bool, bool, bool]:
    return key.split != "train", key.axis not in (Axis.STEP, Axis.ROW), "/" not in key.name
