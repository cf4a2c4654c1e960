"""The log_history of a trainer's state in bulk, where it stands as `json.dumps(..., indent=2)` lays
it out: a key a line.

The values come from the document, which orjson has read; the line of each from the layout, which is
held against the text, every key of every record. What is laid out otherwise, and a record that
holds more than numbers, is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lossreport.model.run import Floats, Ints
from lossreport.reading.kit.rows import ONCE
from lossreport.values import dataclass

KEY: Final = '"log_history"'
NUMBERS: Final = frozenset((float, int, type(None)))
"""What a value is that can be read in bulk: not a bool, nor a string that holds a number."""
Names = tuple[str, ...]


class Value(NamedTuple):
    """The values of one name in some records, which of them are given (not null), and how many
    lines below the record's own they stand.
    """

    y: Floats
    given: Any
    below: int


class Group(NamedTuple):
    """Records of the same names, by their number, with the values of each name."""

    records: Ints
    values: dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """A history whose records stand a key a line: the records, which of them have the same names,
    their places in the text, and their 1-based lines.
    """

    records: Sequence[dict[str, Any]]
    alike: Mapping[Names, Ints]
    places: Ints
    lines: Ints

    def stretches(self) -> Iterator[int | list[Group]]:
        """Yield what comes next: the number of a record that is to be read by itself, or groups of
        records to be read in bulk.
        """
        groups = [
            found
            for names, records in self.alike.items()
            if (found := self._group(names, records)) is not None
        ]
        bulk = np.zeros(len(self.records), dtype=bool)
        for group in groups:
            bulk[group.records] = True
        edges = np.flatnonzero(np.diff(bulk, prepend=not bulk[0], append=not bulk[-1]))
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if bulk[first]:
                yield [
                    part for group in groups if len((part := _between(group, first, last)).records)
                ]
            else:
                yield from range(first, last)

    def _group(self, names: Names, records: Ints) -> Group | None:
        """Return the values of records of the same names; None where they are to be read one by
        one.
        """
        if "step" not in names or any(name in ONCE for name in names):
            return None
        held = [self.records[number] for number in records.tolist()]
        values = {}
        for below, name in enumerate(names, 1):
            column = [record[name] for record in held]
            kinds = set(map(type, column))
            if not kinds <= NUMBERS or (name == "step" and type(None) in kinds):
                return None
            given = (
                np.array([value is not None for value in column])
                if type(None) in kinds
                else np.ones(len(column), dtype=bool)
            )
            values[name] = Value(np.array(column, dtype=np.float64), given, below)
        return Group(records, values)


def laid_out(text: str, history: int, records: object) -> Layout | None:
    """Return the layout of the records whose list begins at a place of the text; None where they do
    not stand a key a line.

    `records` is the list that the document holds.
    """
    if not isinstance(records, list) or not records or not text.isascii() or text.count(KEY) != 1:
        return None
    if not all(type(record) is dict and record for record in records):
        return None
    raw = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(raw == ord("\n")) + 1, [len(raw) + 1]])
    first = int(np.searchsorted(starts, history, side="right"))
    sizes = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    lines = first + np.concatenate([[0], np.cumsum(sizes[:-1] + 2)])
    if lines[-1] + sizes[-1] + 2 >= len(starts):
        return None
    outer, inner = _indent(text, int(starts[first])), _indent(text, int(starts[first + 1]))
    layout = Layout(
        records=records, alike=_alike(records), places=starts[lines] + outer, lines=lines + 1
    )
    return layout if _stands(raw, starts, layout, " " * outer, " " * inner, sizes) else None


def _stands(raw: Any, starts: Ints, layout: Layout, outer: str, inner: str, sizes: Ints) -> bool:
    """Return whether every record stands where the layout has it: its brackets on lines of their
    own, each of its keys at the head of its line.
    """
    lines = layout.lines - 1
    ends = lines + sizes + 1
    if not _begin(raw, starts[lines], f"{outer}{{\n") or not _begin(
        raw, starts[ends], f"{outer}}}"
    ):
        return False
    for names, records in layout.alike.items():
        at = lines[records] + 1
        if not all(
            _begin(raw, starts[at + below], f'{inner}"{name}":') for below, name in enumerate(names)
        ):
            return False
    return True


def _begin(raw: Any, places: Ints, words: str) -> bool:
    """Return whether a text stands at every one of some places."""
    wanted = np.frombuffer(words.encode("utf-8"), dtype=np.uint8)
    if len(raw) < len(wanted) or int(places.max()) > len(raw) - len(wanted):
        return False
    return bool((sliding_window_view(raw, len(wanted))[places] == wanted).all())


def _alike(records: Sequence[dict[str, Any]]) -> dict[Names, Ints]:
    """Return the records of each set of names, in the order in which the sets appear."""
    groups: dict[Names, list[int]] = {}
    for number, names in enumerate(map(tuple, records)):
        groups.setdefault(names, []).append(number)
    return {names: np.array(numbers, dtype=np.int64) for names, numbers in groups.items()}


def _between(group: Group, first: int, last: int) -> Group:
    """Return the records of a group from one number up to another."""
    rows = slice(*np.searchsorted(group.records, (first, last)).tolist())
    if rows == slice(0, len(group.records)):
        return group
    return Group(
        group.records[rows],
        {
            name: Value(held.y[rows], held.given[rows], held.below)
            for name, held in group.values.items()
        },
    )


def _indent(text: str, start: int) -> int:
    """Return how many blanks a line begins with, up to what any layout has."""
    head = text[start : start + DEEPEST]
    return len(head) - len(head.lstrip(" "))


DEEPEST: Final = 64
