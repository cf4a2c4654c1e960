"""How far a training came and what was planned: epochs or rounds, and steps, of all rows or of those of one launch.

Done is what the rows reach, planned what they print beside their place (`Epoch 3/60`), or else what the settings say. A plan that the rows
have left behind is none of theirs: it counts something else, or is of another launch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from lossreport.model.run import Axis, Fact, Floats, Progress, Statistic, Status
from lossreport.reading.kit.plans import STEPS_DONE
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.plans import Plan, epoch_plans, round_plans, step_plans
from lossreport.reading.runs.reading import Column, Reading
from lossreport.reading.runs.spans import Span

BEYOND: Final = 1.05
"""A plan of steps may be exceeded by the last rollout or window, at most by 5 %."""
NEXT_ROW: Final = 0.02
"""Rows at most 2 % of the plan apart: where the next would stand behind the plan, all of them are there."""
MISSED: Final = 1.5
"""So many row distances before the plan a row is missing for sure."""
STRAY: Final = 10
"""An epoch behind a gap of ten usual distances is of another process, or no epoch."""
MOST: Final = 0.9
"""The last epoch is complete where it has 90 % of the rows that the others have."""
EPSILON: Final = 1e-6
COUNTED: Final = ("train", "val", "valid", "eval", "dev", "test")


class Came(NamedTuple):
    """How far it came, whether every planned row is there, whether some are missing for sure, and the last epoch begun, as a fraction."""

    progress: Progress
    full: bool
    short: bool
    furthest: float = 0.0

    def ended(self, status: Status) -> Progress:
        """Return the progress of a launch that ended so: the last row of a finished one stands a little before the end of its epoch."""
        done, planned = self.progress.epochs
        if status is not Status.FINISHED or done is None or done + 1 != planned or math.ceil(self.furthest - EPSILON) != planned:
            return self.progress
        return replace(self.progress, epochs=(planned, planned))


class Counts(NamedTuple):
    """What was done of what was planned; see `Came`."""

    done: int | None = None
    planned: int | None = None
    full: bool = False
    short: bool = False


class Place(NamedTuple):
    """The rows of one column that are of the launch, and the column with all its rows, which tells whether it counts from 0."""

    key: ColumnKey
    rows: Column
    whole: Column
    inner: bool

    @property
    def epochs(self) -> Floats:
        """The epochs of the rows: x itself, or what is printed beside it."""
        return _finite(self.rows.x if self.key.axis in (Axis.EPOCH, Axis.ROUND) else self.rows.epoch)

    @property
    def base(self) -> int:
        """Whether epochs are counted from 0 or from 1."""
        every = _finite(self.whole.x if self.key.axis in (Axis.EPOCH, Axis.ROUND) else self.whole.epoch)
        return 1 if len(every) and every.min() >= 1 else 0


def came(parts: Sequence[tuple[Reading, Span | None]], settings: Sequence[Fact]) -> Came:
    """Return how far the rows of the launches came; of settings of one name the first counts."""
    places = [place for part, span in parts for place in _places(part, span)]
    steps = _steps(places, settings)
    epochs = _epochs(places, settings)
    full = epochs.full or steps.full
    progress = Progress(epochs=(epochs.done, epochs.planned), steps=(steps.done, steps.planned))
    return Came(progress, full, not full and (epochs.short or steps.short), _furthest(places))


def _places(part: Reading, span: Span | None) -> list[Place]:
    found = []
    for key, column in part.columns.items():
        inside = np.ones(len(column.x), bool) if span is None else (column.line >= span.first) & (column.line <= span.last)
        if inside.any() and key.split.split("_")[0] in COUNTED:
            found.append(Place(key, column.part(np.flatnonzero(inside)), column, key in part.inner))
    return found


def _epochs(places: Sequence[Place], settings: Sequence[Fact]) -> Counts:
    """Return the epochs; where rows count rounds, the epochs beside them are those of single clients."""
    rounds = any(place.key.axis is Axis.ROUND for place in places)
    counted = [place for place in places if len(place.epochs) and (place.key.axis is Axis.ROUND or not rounds)]
    printed = _printed([place for place in counted if place.key.axis in (Axis.EPOCH, Axis.ROUND)])
    plans = round_plans(settings, printed) if rounds else epoch_plans(settings, printed)
    done = max((_completed(place) for place in counted), default=None)
    for plan in plans:
        if done is None:
            return Counts(None, plan.value)
        at, of = _agreed(done, plan, min(place.base for place in counted))
        if at <= of or plan.given:
            return Counts(at, of, full=at >= of, short=at < of and plan.sure)
    return Counts(done)


def _agreed(done: int, plan: Plan, base: int) -> tuple[int, int]:
    """Return (done, planned) where the count from 0 goes one beyond the plan.

    Rows of epoch 0 to 24 that print 24 beside them are 25 of 25; by a setting of 24 the row of epoch 0 was before the training.
    """
    if base == 0 and done == plan.value + 1:
        return (done, done) if plan.printed else (plan.value, plan.value)
    return done, plan.value


def _completed(place: Place) -> int:
    """Return how many epochs the rows complete: up to the last one, which may still be going on."""
    epochs = place.epochs
    if np.any(np.abs(epochs - np.round(epochs)) > EPSILON):
        return int(epochs.max() + EPSILON)
    seen = np.unique(np.round(epochs))
    while len(seen) > 3 and seen[-1] - seen[-2] > STRAY * float(np.median(np.diff(seen[:-1]))):
        seen = seen[:-1]
    return int(seen[-1]) + 1 - place.base - (not _is_complete(place, seen))


def _is_complete(place: Place, seen: Floats) -> bool:
    """Return whether the rows of the last epoch reach its end, as far as those of the epochs before tell."""
    if place.key.axis in (Axis.EPOCH, Axis.ROUND):
        counts = [int(np.count_nonzero(place.epochs == epoch)) for epoch in seen]
        return len(counts) < 3 or counts[-1] >= MOST * float(np.median(counts[:-1]))
    x = place.rows.x[np.isfinite(place.rows.epoch)]
    ends = np.array([x[place.epochs == epoch].max() for epoch in seen])
    distance = _distance(x)
    if place.inner and np.isfinite(end := place.rows.of[np.flatnonzero(place.rows.x == ends[-1])[-1]]):
        return bool(end - ends[-1] < max(distance, 1.0))
    if len(x) == len(seen) and (place.key.split != "train" or place.key.statistic is Statistic.EPOCH_MEAN):
        return True  # the validation behind every epoch
    if len(seen) < 2:
        return False
    lengths = np.diff(ends) if len(seen) > 2 else np.array([ends[0] - x.min() + distance, ends[1] - ends[0]])
    return bool(lengths[-1] >= float(np.median(lengths[:-1])) - 0.5 * distance)


def _furthest(places: Sequence[Place]) -> float:
    return max((float(place.epochs.max()) for place in places if len(place.epochs)), default=0.0)


def _steps(places: Sequence[Place], settings: Sequence[Fact]) -> Counts:
    """Return the steps; iterations only where a limit is known, for loggers without one may count batches."""
    known = max((int(fact.value) for fact in settings if fact.name == STEPS_DONE and isinstance(fact.value, int)), default=0)
    for axis in (Axis.STEP, Axis.ITERATION):
        mine = [place for place in places if place.key.axis is axis]
        training = _finite(np.concatenate([place.rows.x for place in mine if place.key.split == "train"] or [np.zeros(0)]))
        every = _finite(np.concatenate([place.rows.x for place in mine] or [np.zeros(0)]))
        if not len(every):
            continue
        total = _printed([place for place in mine if not place.inner and not len(place.epochs)])
        for plan in step_plans(settings, total, axis):
            reached = int(max(training.max(initial=0), every[every <= plan.value].max(initial=0), known))
            if reached <= BEYOND * plan.value or plan.given:
                return _of_plan(reached, plan, every, exact=known >= reached)
        if axis is Axis.STEP and len(training):
            return Counts(int(training.max()))
    planned = step_plans(settings, None, Axis.STEP) if not any(_has_steps(place) for place in places) else []
    return Counts(None, planned[0].value) if planned and planned[0].sure else Counts()


def _has_steps(place: Place) -> bool:
    return place.key.axis in (Axis.STEP, Axis.ITERATION)


def _of_plan(reached: int, plan: Plan, x: Floats, *, exact: bool) -> Counts:
    """Return the counts of a plan: counted from 0, its last step is one below it, and of rows in regular distances the last may stand before it.

    `exact` says that the number of steps is known besides the rows.
    """
    if exact:
        return Counts(reached, plan.value, full=reached >= plan.value, short=reached < plan.value)
    from_zero = x.min() == 0
    if from_zero and reached == plan.value - 1:
        reached = plan.value
    distance = _distance(x)
    after = reached + distance
    full = reached >= plan.value or (
        distance <= NEXT_ROW * plan.value and (after > plan.value or (from_zero and after == plan.value)) and plan.sure
    )
    return Counts(reached, plan.value, full, not full and plan.sure and reached + MISSED * distance < plan.value)


def _printed(places: Sequence[Place]) -> int | None:
    """Return the total that most rows print beside their place: a stray row of another process prints another one."""
    totals = _finite(np.concatenate([place.rows.of for place in places] or [np.zeros(0)]))
    if not len(totals):
        return None
    values, counts = np.unique(totals, return_counts=True)
    return int(values[int(np.argmax(counts))]) or None


def _distance(x: Floats) -> float:
    steps = np.diff(np.unique(x))
    return float(np.median(steps)) if len(steps) else 1.0


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]
