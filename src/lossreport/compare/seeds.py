"""Which runs differ in nothing but their seed, and in which settings the others differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport.compare.member import Member
from lossreport.knowledge.provenance import SEED, is_place
from lossreport.model.run import FactValue


def groups(members: Sequence[Member]) -> tuple[tuple[Member, ...], ...]:
    """Return the runs in groups of equal settings, equal length and different seeds, in their
    order; a run without its like is a group by itself.

    Runs without any setting besides the seed are not taken for equal: nothing says that they are.
    """
    found: dict[object, list[Member]] = {}
    for member in members:
        seed, rest = _parted(member)
        key = ("alone", member.id) if not seed or not rest else ("alike", rest)
        found.setdefault(key, []).append(member)
    parted = [
        one
        for group in found.values()
        for alike in _of_one_length(group)
        for one in _distinct(alike)
    ]
    return tuple(sorted(parted, key=lambda group: members.index(group[0])))


SAME_LENGTH: Final = 1.1
"""Runs of one configuration end within a tenth of each other; 600 and 1,200 rows differ in more
than their seed.
"""


def _of_one_length(group: list[Member]) -> list[list[Member]]:
    """Return the group in parts of runs that are about as long, the longest first; the place where
    each ends tells.
    """
    parts: list[list[Member]] = []
    for member in sorted(group, key=length, reverse=True):
        if parts and length(parts[-1][0]) <= SAME_LENGTH * length(member):
            parts[-1].append(member)
        else:
            parts.append([member])
    return [sorted(part, key=group.index) for part in parts]


def length(member: Member) -> float:
    """Return where the training of a run ends, by the series with most rows."""
    longest = max(member.series, key=len, default=None)
    return float(longest.x[-1]) if longest is not None and len(longest) else 0.0


def alike_but_length(members: Sequence[Member]) -> tuple[tuple[Member, ...], ...]:
    """Return the runs whose settings differ in the seed alone and that are of different lengths all
    the same.
    """
    found: dict[object, list[Member]] = {}
    for member in members:
        seed, rest = _parted(member)
        if seed and rest:
            found.setdefault(rest, []).append(member)
    return tuple(tuple(group) for group in found.values() if len(_of_one_length(group)) > 1)


def _distinct(group: list[Member]) -> list[tuple[Member, ...]]:
    """Return the group as one where all seeds differ; else every run by itself: a repeated seed is
    a repeated run, no sample.
    """
    seeds = [_parted(member)[0] for member in group]
    return [tuple(group)] if len(set(seeds)) == len(seeds) else [(member,) for member in group]


def _parted(
    member: Member,
) -> tuple[tuple[tuple[str, FactValue], ...], tuple[tuple[str, FactValue], ...]]:
    known = [(name, value) for name, value in sorted(member.facts.items()) if not is_place(name)]
    seed = tuple(item for item in known if SEED.fullmatch(item[0]))
    return seed, tuple(item for item in known if not SEED.fullmatch(item[0]))


def differing(members: Sequence[Member]) -> dict[str, tuple[FactValue, ...]]:
    """Return the settings that are not the same in all runs, by name, with the value of each run;
    None where a run does not say.
    """
    names = dict.fromkeys(name for member in members for name in member.facts)
    values = {name: tuple(member.facts.get(name) for member in members) for name in names}
    return {
        name: row for name, row in sorted(values.items()) if any(value != row[0] for value in row)
    }
