"""The values of an index by column: what its page can be searched, filtered and sorted by, where a
script may run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lossreport.index.cache import as_json
from lossreport.index.entry import Entry
from lossreport.text import visible

DIGITS: Final = 7
"""Significant digits of a value: enough to tell two runs apart, and half the size of all."""
FIXED: Final = (
    "path",
    "name",
    "title",
    "state",
    "owner",
    "tags",
    "date",
    "commit",
    "data",
    "seed",
    "goal",
)


def columns_of(entries: Sequence[Entry]) -> str:
    """Return JSON that may stand inside a script element: {column: [value a report]}, or {column:
    {"v": [values], "i": [which a report]}}.

    Columns are those of FIXED, settings that are not the same everywhere by their name, metrics as
    `last:NAME` and `best:NAME`.
    """
    found: dict[str, Any] = {
        "path": [visible(entry.path) for entry in entries],
        "name": [visible(entry.names[0]) for entry in entries],
        "title": [visible(entry.title) for entry in entries],
        "state": _coded([entry.state for entry in entries]),
        "owner": _coded([entry.owner for entry in entries]),
        "tags": _coded([" ".join(entry.tags) for entry in entries]),
        "date": _coded([entry.days[-1] if entry.days else "" for entry in entries]),
        "commit": _coded([entry.commit for entry in entries]),
        "data": _coded([entry.data for entry in entries]),
        "seed": _coded([entry.seed for entry in entries]),
        "goal": _coded([entry.goal for entry in entries]),
        "best:goal": [_short(entry.goal_best) for entry in entries],
        "last:goal": [_short(entry.goal_last) for entry in entries],
    }
    for name in sorted({name for entry in entries for name in entry.facts}):
        values = [entry.facts.get(name, "") for entry in entries]
        if len(set(values)) > 1:
            found.setdefault(visible(name), _coded(values))
    by_label = [{label: (last, best) for label, last, best in entry.values} for entry in entries]
    for label in sorted({label for values in by_label for label in values}):
        pairs = [values.get(label, (None, None)) for values in by_label]
        found[f"last:{visible(label)}"] = [_short(last) for last, _ in pairs]
        found[f"best:{visible(label)}"] = [_short(best) for _, best in pairs]
    return as_json(found)


def names_of(entries: Sequence[Entry]) -> tuple[list[str], list[str]]:
    """Return the names of the settings that are not the same everywhere, and of the metrics, as
    `columns_of` calls them.
    """
    values: dict[str, set[str]] = {}
    for entry in entries:
        for name, value in entry.facts.items():
            values.setdefault(name, set()).add(value)
    counts = {name: sum(name in entry.facts for entry in entries) for name in values}
    settings = [
        visible(name)
        for name in sorted(values)
        if len(values[name]) > 1 or counts[name] < len(entries)
    ]
    return settings, sorted({visible(label) for entry in entries for label, _, _ in entry.values})


def _coded(words: Sequence[str]) -> dict[str, Any]:
    """Return words as their distinct ones and which of them each is: settings repeat from run to
    run.
    """
    code = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return {"v": [visible(word) for word in code], "i": [code[word] for word in words]}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
