"""Which reports of an index belong on one line: the seeds of one configuration; and which are
copies of another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from lossreport.compare.seeds import SAME_LENGTH
from lossreport.index.entry import Entry

Family = tuple[Entry, ...]
ALONE: Final = ""


def families(entries: Sequence[Entry]) -> list[Family]:
    """Return the entries by path, the runs of one configuration that differ in their seed and in
    nothing else as one family.

    They have equal settings, one goal, and end within a tenth of each other; a seed that stands
    twice is no sample, and such runs stay alone.
    """
    ours = copies(entries)
    alike: dict[tuple[str, str, bool], list[Entry]] = {}
    found: list[Family] = []
    for entry in entries:
        if entry.configuration == ALONE or entry.seed == ALONE or entry.path in ours:
            found.append((entry,))
        else:
            alike.setdefault((entry.configuration, entry.goal, entry.rises), []).append(entry)
    for group in alike.values():
        for part in _of_one_length(group):
            seeds = Counter(entry.seed for entry in part)
            distinct = len(seeds) == len(part)
            found += [tuple(part)] if distinct else [(entry,) for entry in part]
    return sorted(found, key=lambda family: family[0].path)


def copies(entries: Sequence[Entry]) -> dict[str, str]:
    """Return, for every report of logs that an earlier one was made of, the path of that one."""
    first: dict[tuple[str, ...], str] = {}
    found: dict[str, str] = {}
    for entry in entries:
        if entry.logs:
            path = first.setdefault(entry.logs, entry.path)
            if path != entry.path:
                found[entry.path] = path
    return found


def _of_one_length(group: Sequence[Entry]) -> list[list[Entry]]:
    parts: list[list[Entry]] = []
    for entry in sorted(group, key=lambda one: -(one.length or 0.0)):
        if parts and (parts[-1][0].length or 0.0) <= SAME_LENGTH * (entry.length or 0.0):
            parts[-1].append(entry)
        else:
            parts.append([entry])
    return [sorted(part, key=lambda one: one.path) for part in parts]
