"""Compares runs metric by metric: levels at the common end, best values, differences from the first
run with what is known of noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.compare.aligning import Metric, Track, metrics
from lossreport.compare.coincidence import Coincidence, coincidences
from lossreport.compare.difference import (
    Difference,
    Level,
    Spread,
    difference,
    level,
    of_seeds,
    of_spread,
    pooled,
    tail_start,
)
from lossreport.compare.member import Member
from lossreport.compare.seeds import alike_but_length, differing, groups
from lossreport.model.run import FactValue
from lossreport.values import dataclass

SAME_ROWS: Final = 8
"""From so many equal rows on two records are one, logged twice or copied on resuming."""
SAME_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One group of runs in one metric. `level` is None where it has no finite row at the end;
    `last` and `best` are rows of `track`.

    `levels` are those of its runs, one each. `difference` is that from the first entry, None for
    itself and where nothing may be said. `copy_of` names a run with the same rows.
    """

    tracks: tuple[Track, ...]
    level: Level | None
    last: int | None
    best: int | None
    difference: Difference | None
    copy_of: str = ""
    levels: tuple[Level, ...] = ()

    @property
    def track(self) -> Track:
        """The first run of the group that may be judged, else the first."""
        return next((track for track in self.tracks if not track.silent), self.tracks[0])

    @property
    def left_out(self) -> tuple[Track, ...]:
        """The runs of the group on which nothing may be said, where others of it may be judged."""
        return () if self.silent else tuple(track for track in self.tracks if track.silent)

    @property
    def silent(self) -> str:
        """The verdict that forbids a statement on every run of the group, or nothing."""
        return self.tracks[0].silent if all(track.silent for track in self.tracks) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric with an entry for each group; the first that may be judged is the reference.
    `since` is where levels begin, `spread` that of seeds.
    """

    metric: Metric
    entries: tuple[Entry, ...]
    since: float
    spread: Spread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All of it: `facts` are the settings that differ, by name, a value each run; `unequal` runs
    differ in seed and length.
    """

    members: tuple[Member, ...]
    groups: tuple[tuple[Member, ...], ...]
    metrics: tuple[Compared, ...]
    facts: dict[str, tuple[FactValue, ...]]
    unequal: tuple[tuple[Member, ...], ...]
    coincidences: tuple[Coincidence, ...]


def compare(members: Sequence[Member], by: str | None = None) -> Comparison:
    """Compare runs over a common axis; raises UsageError where they have no metric in common."""
    aligned, grouped = metrics(members, by), groups(members)
    return Comparison(
        members=tuple(members),
        groups=grouped,
        metrics=tuple(_compared(metric, grouped) for metric in aligned),
        facts=differing(members),
        unequal=alike_but_length(members),
        coincidences=coincidences(aligned),
    )


def _compared(metric: Metric, grouped: Sequence[Sequence[Member]]) -> Compared:
    since = tail_start([track.x for track in metric.judged], metric.start, metric.end)
    by_run = {track.member.id: track for track in metric.tracks}
    found = [
        tuple(by_run[member.id] for member in group if member.id in by_run) for group in grouped
    ]
    entries = [_entry(metric, tracks, since) for tracks in found if tracks]
    reference = next(
        (entry for entry in entries if not entry.silent and entry.level is not None), None
    )
    if reference is None:
        return Compared(metric=metric, entries=tuple(entries), since=since)
    spread = pooled([entry.levels for entry in entries if not entry.silent])
    return Compared(
        metric=metric,
        entries=tuple(_against(entry, reference, spread) for entry in entries),
        since=since,
        spread=spread,
    )


def _entry(metric: Metric, tracks: tuple[Track, ...], since: float) -> Entry:
    judged = [track for track in tracks if not track.silent] or list(tracks)
    levels = [
        one
        for track in judged
        if (one := level(track.x, track.series.y, metric.start, metric.end, since)) is not None
    ]
    track = judged[0]
    last, best = _ends(metric, track)
    return Entry(
        tracks=tracks,
        level=of_seeds(levels) if len(levels) > 1 else next(iter(levels), None),
        last=last,
        best=best,
        difference=None,
        levels=tuple(levels),
    )


def _ends(metric: Metric, track: Track) -> tuple[int | None, int | None]:
    """Return the rows of the last and the best value of a run up to the common end."""
    inside = np.flatnonzero((track.x <= metric.end) & np.isfinite(track.series.y))
    if not len(inside):
        return None, None
    y = track.series.y[inside]
    best = (
        None
        if metric.goal == "none"
        else int(inside[y.argmin() if metric.goal == "down" else y.argmax()])
    )
    return int(inside[-1]), best


def group_values(compared: Compared, entry: Entry) -> tuple[list[float], list[float]]:
    """Return the last and the best values of the runs of a group that may be judged, one each."""
    lasts: list[float] = []
    bests: list[float] = []
    for track in entry.tracks:
        if not track.silent or entry.silent:
            last, best = _ends(compared.metric, track)
            lasts += [float(track.series.y[last])] if last is not None else []
            bests += [float(track.series.y[best])] if best is not None else []
    return lasts, bests


def _against(entry: Entry, reference: Entry, spread: Spread | None) -> Entry:
    if entry is reference or entry.silent or entry.level is None or reference.level is None:
        return entry
    if _is_copy(entry.track, reference.track):
        return replace(entry, copy_of=reference.track.member.label)
    one, other = entry.level, reference.level
    if spread is not None:
        one, other = (
            of_spread(one, spread, len(entry.levels)),
            of_spread(other, spread, len(reference.levels)),
        )
    resolution = max(entry.track.series.resolution or 0.0, reference.track.series.resolution or 0.0)
    return replace(entry, difference=difference(one, other, spread=spread, resolution=resolution))


def _is_copy(a: Track, b: Track) -> bool:
    """Return whether two records hold the same values at the same places: one run logged twice, not
    two runs.
    """
    common, i, j = np.intersect1d(a.x, b.x, return_indices=True)
    if len(common) < min(SAME_ROWS, len(a.x), len(b.x)):
        return False
    same = a.series.y[i] == b.series.y[j]
    return bool(same.mean() >= SAME_SHARE and np.ptp(a.series.y[i][same]) > 0)
