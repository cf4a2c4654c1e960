"""Sets the series of several runs over one axis: for every metric that two runs have, one series a
run, of the same statistic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from lossreport.compare.member import Member
from lossreport.errors import UsageError
from lossreport.knowledge.loss_type import loss_type
from lossreport.model.run import Floats, Series, Statistic
from lossreport.values import dataclass

BY: Final = ("step", "samples", "tokens", "episode", "epoch", "round", "time")
ORDER: Final = ("step", "iteration", "samples", "tokens", "episode", "epoch", "round", "time")
"""What is preferred where runs log over several axes."""
ROLES: Final = ("loss", "regulariser", "metric")
PER_STEP: Final = {
    "samples": ("global_batch_size", "total_train_batch_size", "effective_batch_size"),
    "tokens": ("tokens_per_step", "tokens_per_batch"),
}
"""Facts that turn steps into samples or tokens; a batch size of one device does not, without the
number of devices and accumulation.
"""
NOT_JUDGED: Final = ("broken", "mixed")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """One run's series of a metric with x on the common axis. `silent` is the verdict that forbids
    a statement, or nothing.
    """

    member: Member
    series: Series
    x: Floats
    silent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric over one axis, of at least two runs; `start` and `end` bound the stretch that all
    of them have.
    """

    name: str
    axis: str
    statistic: Statistic
    tracks: tuple[Track, ...]
    start: float
    end: float

    @property
    def judged(self) -> tuple[Track, ...]:
        """The tracks on which something may be said; all where that is fewer than two."""
        found = tuple(track for track in self.tracks if not track.silent)
        return found if len(found) > 1 else self.tracks

    @property
    def goal(self) -> str:
        """down, up or none: where the metric should go."""
        return loss_type(self.tracks[0].series.metric_type).goal


def metrics(members: Sequence[Member], by: str | None = None) -> tuple[Metric, ...]:
    """Return every metric that at least two runs have over a common axis, first that which most
    runs are trained for, then those of most runs.

    Raises UsageError where there is none.
    """
    labels = dict.fromkeys(
        series.label for member in members for series in member.series if _is_compared(series)
    )
    goals = Counter(member.goal for member in members if member.goal)
    goal = goals.most_common(1)[0][0] if goals else ""
    found = [metric for label in labels if (metric := _metric(label, members, by)) is not None]
    if not found:
        axis = f" by {by}" if by else ""
        raise UsageError(
            f"No metric of two runs can be aligned{axis}",
            hint="Compare runs that log the same metric over the same axis.",
        )
    return tuple(
        sorted(
            found,
            key=lambda m: (
                m.name != goal,
                -len(m.tracks),
                m.name not in ("loss", "total_loss"),
                m.name not in ("val/loss", "eval/loss"),
            ),
        )
    )


def _is_compared(series: Series) -> bool:
    return (
        loss_type(series.metric_type).role in ROLES
        and series.statistic is not Statistic.RUNNING_MEAN
    )


def _metric(label: str, members: Sequence[Member], by: str | None) -> Metric | None:
    ways: dict[tuple[str, Statistic], dict[str, Track]] = {}
    for member in members:
        for series in member.series:
            if series.label == label and _is_compared(series):
                for axis, x in _axes(series, member.facts):
                    if by in (None, axis):
                        _keep(
                            ways.setdefault((axis, series.statistic), {}), _track(member, series, x)
                        )
    chosen = max(
        ways.items(), key=lambda item: (len(item[1]), -ORDER.index(item[0][0])), default=None
    )
    if chosen is None or len(chosen[1]) < 2:
        return None
    tracks = tuple(chosen[1].values())
    judged = [track for track in tracks if not track.silent]
    # a run that broke down early does not shorten the others
    bounding = judged if len(judged) > 1 else tracks
    start, end = max(float(t.x.min()) for t in bounding), min(float(t.x.max()) for t in bounding)
    if start >= end:
        return None
    return Metric(
        name=label, axis=chosen[0][0], statistic=chosen[0][1], tracks=tracks, start=start, end=end
    )


def _keep(tracks: dict[str, Track], track: Track) -> None:
    """Keep the track of a run that has the most rows; of equal ones the first."""
    before = tracks.get(track.member.id)
    if before is None or len(track.series) > len(before.series):
        tracks[track.member.id] = track


def _track(member: Member, series: Series, x: Floats) -> Track:
    states = (member.states.get(series.id, ""), member.states.get("", ""))
    return Track(
        member=member,
        series=series,
        x=x,
        silent=next((state for state in states if state in NOT_JUDGED), ""),
    )


def _axes(series: Series, facts: Mapping[str, object]) -> Iterator[tuple[str, Floats]]:
    """Yield the axes a series can be drawn over, each with its x: as logged, and as its epochs or
    known batch sizes give it.
    """
    if len(series) < 2 or not bool((np.diff(series.x) > 0).all()):
        return
    axis = series.axis.value
    if axis in ORDER:
        yield axis, series.x
    if (
        axis != "epoch"
        and len(series.epoch) == len(series)
        and bool((np.diff(series.epoch) > 0).all())
    ):
        yield "epoch", series.epoch
    for other, names in PER_STEP.items():
        size = next(
            (facts[name] for name in names if isinstance(facts.get(name), int | float)), None
        )
        if axis == "step" and isinstance(size, int | float) and size > 0:
            yield other, np.asarray(series.x * size)
