"""Extraordinary rows at the same place in several runs: more than chance puts there, they speak for
what the runs have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport.compare.aligning import Metric
from lossreport.compare.member import Flag, Member
from lossreport.values import dataclass

NEAR: Final = 1.5
"""Rows that lie at most one row apart are the same place: loggers differ by one."""
CHANCE: Final = 0.05
"""Only coincidences that are less likely than this by chance are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coincidence:
    """The runs that have an extraordinary row of one metric near the same x, and how likely chance
    alone is to give one such place.
    """

    metric: str
    axis: str
    x: float
    flags: tuple[tuple[Member, Flag], ...]
    chance: float


def coincidences(metrics: Sequence[Metric]) -> tuple[Coincidence, ...]:
    """Return the places at which at least two runs have an extraordinary row and chance would
    hardly put two.
    """
    return tuple(one for metric in metrics for one in _of(metric))


def _of(metric: Metric) -> list[Coincidence]:
    flags = [
        (track.member, flag)
        for track in metric.tracks
        for flag in track.member.flags
        if _fits(flag, metric)
    ]
    spacing = max(float(np.median(np.diff(track.x))) for track in metric.tracks)
    slots = max(1.0, (metric.end - metric.start) / spacing)
    places: list[list[tuple[Member, Flag]]] = []
    for item in sorted(flags, key=lambda item: item[1].x):
        if places and item[1].x - places[-1][0][1].x <= NEAR * spacing:
            places[-1].append(item)
        else:
            places.append([item])
    counts = [sum(member is track.member for member, _ in flags) for track in metric.tracks]
    chance = _chance(counts, slots)
    shared = [place for place in places if len({member.id for member, _ in place}) > 1]
    if chance >= CHANCE:
        return []
    return [
        Coincidence(
            metric=metric.name, axis=metric.axis, x=place[0][1].x, flags=tuple(place), chance=chance
        )
        for place in shared
    ]


def _fits(flag: Flag, metric: Metric) -> bool:
    return (
        flag.metric == metric.name
        and flag.axis == metric.axis
        and metric.start <= flag.x <= metric.end
    )


def _chance(counts: Sequence[int], slots: float) -> float:
    """Return how likely flags strewn at random give at least one common place of two runs (pairs,
    three rows each).
    """
    missed = 1.0
    for i, first in enumerate(counts):
        for second in counts[i + 1 :]:
            missed *= (1 - min(1.0, 3 * second / slots)) ** first
    return 1 - missed
