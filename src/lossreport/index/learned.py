"""Learns from an archive where its runs ended: reference ranges for `build --references`, each with
how many runs and which days.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from lossreport.index.entry import Entry
from lossreport.knowledge.provenance import digest_of
from lossreport.model.guidance import LEAST, spread_of

FILE: Final = "lossreport-references.json"
SCHEMA: Final = "lossreport-references/1"
DIGITS: Final = 7
Key = tuple[str, str, str, str, str, bool, str]


def ranges(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return n, median, 10 and 90 % of the last values of every metric that at least 8 sound runs
    have, by kind, name, split, unit, goal and data.

    Each is told with its values, and `of` says of which of the `distinct` runs each is, so that a
    report can leave out its own run.
    """
    found: dict[Key, list[tuple[float, int]]] = {}
    runs = distinct(entries)
    for number, entry in enumerate(runs):
        for kind, name, split, unit, value in entry.ends:
            found.setdefault(
                (kind, name, split, unit, entry.goal, entry.rises, entry.data), []
            ).append((value, number))
    return [_range(key, items, runs) for key, items in sorted(found.items()) if len(items) >= LEAST]


def distinct(entries: Sequence[Entry]) -> list[Entry]:
    """Return one entry a run, that of its last row: copies of its logs, and reports of it at an
    earlier row, widen no range and narrow none.
    """
    seen: set[str] = set()
    kept: list[Entry] = []
    for entry in sorted(entries, key=lambda one: (-(one.length or 0.0), one.path)):
        marks = set(marks_of(entry))
        if not marks & seen:
            kept.append(entry)
        seen |= marks
    return sorted(kept, key=lambda one: one.path)


def marks_of(entry: Entry) -> tuple[str, ...]:
    """Return what tells a run from every other: a digest of its logs, and of where its metrics
    begin.
    """
    return tuple(
        mark
        for mark in (entry.birth, digest_of("\n".join(entry.logs)) if entry.logs else "")
        if mark
    )


def _range(key: Key, items: Sequence[tuple[float, int]], runs: Sequence[Entry]) -> dict[str, Any]:
    kind, name, split, unit, goal, rises, data = key
    values = [float(f"{value:.{DIGITS}g}") for value, _ in items]
    low, median, high = spread_of(values)
    days = sorted({day for _, number in items for day in runs[number].days})
    return {
        "metric_type": kind,
        "name": name,
        "split": split,
        "unit": unit,
        "goal": goal,
        "rises": rises,
        "data": data,
        "n": len(items),
        "median": median,
        "low": low,
        "high": high,
        "days": [days[0], days[-1]] if days else [],
        "values": values,
        "of": [number for _, number in items],
    }


def references(entries: Sequence[Entry]) -> str:
    """Return the file of reference ranges as JSON text."""
    runs = [
        {"marks": marks_of(entry), "days": [*entry.days[:1], *entry.days[-1:]]}
        for entry in distinct(entries)
    ]
    found = ranges(entries)
    return (
        json.dumps(
            {"schema": SCHEMA, "ranges": found, "runs": runs if found else []},
            separators=(",", ":"),
        )
        + "\n"
    )
