"""Compares runs metric by metric: levels at the common end, best values, differences from the first run with what is known of noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.archive.aligning import Metric, Track, metrics
from lossreport.archive.coincidence import Coincidence, coincidences
from lossreport.archive.difference import Difference, Level, difference, level, of_seeds, tail_start, with_spread
from lossreport.archive.member import Member
from lossreport.archive.seeds import differing, groups
from lossreport.model.run import FactValue
from lossreport.values import dataclass

SAME_ROWS: Final = 8
"""From so many equal rows on two records are one, logged twice or copied on resuming."""
SAME_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One group of runs in one metric. `level` is None where it has no finite row at the end; `last` and `best` are rows of `track`.

    `difference` is that from the first entry, None for itself and where nothing may be said. `copy_of` names a run with the same rows.
    """

    tracks: tuple[Track, ...]
    level: Level | None
    last: int | None
    best: int | None
    difference: Difference | None
    copy_of: str = ""

    @property
    def track(self) -> Track:
        """The first run of the group."""
        return self.tracks[0]

    @property
    def silent(self) -> str:
        """The verdict that forbids a statement on any run of the group, or nothing."""
        return next((track.silent for track in self.tracks if track.silent), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric with an entry for each group; the first that may be judged is the reference. `since` is where levels begin."""

    metric: Metric
    entries: tuple[Entry, ...]
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All of it: `facts` are the settings that differ, by name, a value each run."""

    members: tuple[Member, ...]
    groups: tuple[tuple[Member, ...], ...]
    metrics: tuple[Compared, ...]
    facts: dict[str, tuple[FactValue, ...]]
    coincidences: tuple[Coincidence, ...]


def compare(members: Sequence[Member], by: str | None = None) -> Comparison:
    """Compare runs over a common axis; raises UsageError where they have no metric in common."""
    aligned, grouped = metrics(members, by), groups(members)
    return Comparison(
        members=tuple(members),
        groups=grouped,
        metrics=tuple(_compared(metric, grouped) for metric in aligned),
        facts=differing(members),
        coincidences=coincidences(aligned),
    )


def _compared(metric: Metric, grouped: Sequence[Sequence[Member]]) -> Compared:
    since = tail_start([track.x for track in metric.tracks], metric.start, metric.end)
    by_run = {track.member.id: track for track in metric.tracks}
    found = [tuple(by_run[member.id] for member in group if member.id in by_run) for group in grouped]
    entries = [_entry(metric, tracks, since) for tracks in found if tracks]
    reference = next((entry for entry in entries if not entry.silent and entry.level is not None), None)
    if reference is None:
        return Compared(metric=metric, entries=tuple(entries), since=since)
    return Compared(metric=metric, entries=tuple(_against(entry, reference) for entry in entries), since=since)


def _entry(metric: Metric, tracks: tuple[Track, ...], since: float) -> Entry:
    levels = [one for track in tracks if (one := level(track.x, track.series.y, metric.start, metric.end, since)) is not None]
    track = tracks[0]
    inside = np.flatnonzero((track.x <= metric.end) & np.isfinite(track.series.y))
    y = track.series.y[inside]
    best = None
    if len(inside) and metric.goal != "none":
        best = int(inside[y.argmin() if metric.goal == "down" else y.argmax()])
    return Entry(
        tracks=tracks,
        level=of_seeds(levels) if len(levels) > 1 else next(iter(levels), None),
        last=int(inside[-1]) if len(inside) else None,
        best=best,
        difference=None,
    )


def _against(entry: Entry, reference: Entry) -> Entry:
    if entry is reference or entry.silent or entry.level is None or reference.level is None:
        return entry
    if _is_copy(entry.track, reference.track):
        return replace(entry, copy_of=reference.track.member.label)
    one, other = entry.level, reference.level
    seeds = len(entry.tracks) > 1 or len(reference.tracks) > 1
    if len(entry.tracks) > 1 and len(reference.tracks) == 1:
        other = with_spread(other, one, len(entry.tracks))
    elif len(reference.tracks) > 1 and len(entry.tracks) == 1:
        one = with_spread(one, other, len(reference.tracks))
    resolution = max(entry.track.series.resolution or 0.0, reference.track.series.resolution or 0.0)
    return replace(entry, difference=difference(one, other, seeds=seeds, resolution=resolution))


def _is_copy(a: Track, b: Track) -> bool:
    """Return whether two records hold the same values at the same places: one run logged twice, not two runs."""
    common, i, j = np.intersect1d(a.x, b.x, return_indices=True)
    if len(common) < min(SAME_ROWS, len(a.x), len(b.x)):
        return False
    same = a.series.y[i] == b.series.y[j]
    return bool(same.mean() >= SAME_SHARE and np.ptp(a.series.y[i][same]) > 0)
