"""How far a training came and what was planned: epochs or rounds, and steps, of all rows or of
those of one launch.

Done is what the rows reach, planned what they print beside their place (`Epoch 3/60`), or else what
the settings say. A plan that the rows have left behind is none of theirs: it counts something else,
or is of another launch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from lossreport.model.run import Axis, Fact, Floats, Progress, Status
from lossreport.reading.kit.plans import STEPS_DONE
from lossreport.reading.kit.rows import INSTANT
from lossreport.reading.runs.plans import Plan, epoch_plans, round_plans, step_plans
from lossreport.reading.runs.reached import (
    BY_EPOCH,
    EPSILON,
    Place,
    completed,
    distance_of,
    finite,
    of_one_count,
    places_of,
    telling,
)
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.spans import Span

BEYOND: Final = 1.05
"""A plan of steps may be exceeded by the last rollout or window, at most by 5 %."""
NEXT_ROW: Final = 0.02
"""Rows at most 2 % of the plan apart: where the next would stand behind the plan, all of them are
there.
"""
MISSED: Final = 1.5
"""So many row distances before the plan a row is missing for sure."""
LAST_PART: Final = 0.1
"""The last row of a finished training stands at most a tenth of an epoch before its end."""


class Came(NamedTuple):
    """How far it came, whether every planned row is there, whether some are missing for sure, and
    the last epoch begun, as a fraction.
    """

    progress: Progress
    full: bool
    short: bool
    furthest: float = 0.0

    def ended(self, status: Status) -> Progress:
        """Return the progress of a launch that ended so: the last row of a finished one stands a
        little before the end of its epoch.
        """
        done, planned = self.progress.epochs
        whole = math.ceil(self.furthest - EPSILON)
        if (
            status is not Status.FINISHED
            or done is None
            or done + 1 != whole
            or planned not in (None, whole)
            or whole - self.furthest > LAST_PART
        ):
            return self.progress
        return replace(self.progress, epochs=(whole, planned))


class Counts(NamedTuple):
    """What was done of what was planned; see `Came`."""

    done: int | None = None
    planned: int | None = None
    full: bool = False
    short: bool = False


def came(parts: Sequence[tuple[Reading, Span | None]], settings: Sequence[Fact]) -> Came:
    """Return how far the rows of the launches came; of settings of one name the first counts."""
    places = of_one_count([place for part, span in parts for place in places_of(part, span)])
    steps = _steps(places, settings)
    epochs = _epochs(places, settings)
    full = epochs.full or steps.full
    progress = Progress(epochs=(epochs.done, epochs.planned), steps=(steps.done, steps.planned))
    return Came(
        progress, full, not full and (epochs.short or steps.short), _furthest(places, steps.done)
    )


def _epochs(places: Sequence[Place], settings: Sequence[Fact]) -> Counts:
    """Return the epochs; where rows count rounds, the epochs beside them are those of single
    clients.
    """
    rounds = any(place.key.axis is Axis.ROUND or place.is_local for place in places)
    counted = [
        place
        for place in places
        if len(place.epochs) and (place.key.axis is Axis.ROUND or place.is_local or not rounds)
    ]
    printed = _printed(
        [place for place in counted if place.key.axis in BY_EPOCH and not place.is_local]
    )
    plans = round_plans(settings, printed) if rounds else epoch_plans(settings, printed)
    done = _done(counted)
    for plan in plans:
        if done is None:
            return Counts(None, plan.value)
        at, of = _agreed(
            done,
            plan,
            min(place.base for place in counted),
            resumed=all(place.begins > 1 for place in counted),
        )
        if at <= of or plan.given:
            return Counts(at, of, full=at >= of, short=at < of and plan.sure)
    return Counts(done)


def _done(places: Sequence[Place]) -> int | None:
    """Return the epochs completed; where rows close every epoch, the last one is not complete
    before its own.
    """
    # a test follows the last epoch
    trained = [place for place in places if not place.key.split.startswith("test")] or places
    done = max((completed(place) for place in telling(trained)), default=None)
    closing = (
        place
        for place in places
        if place.key.axis in BY_EPOCH
        and place.key.split == "train"
        and not INSTANT.fullmatch(place.key.name)
    )
    # a rate may be printed where the next epoch begins
    closed = max((completed(place) for place in closing), default=None)
    return closed if closed and done == closed + 1 else done


def _agreed(done: int, plan: Plan, base: int, *, resumed: bool) -> tuple[int, int]:
    """Return (done, planned), as far as the plan tells whether epochs are counted from 0 or from 1.

    Rows of epoch 0 to 24 that print 24 beside them are 25 of 25; by a setting of 24 the row of
    epoch 0 was before the training. Rows that begin in the middle do not tell how they count: up to
    one below the plan they count from 0.
    """
    if base == 0 and done == plan.value + 1:
        return (done, done) if plan.printed else (plan.value, plan.value)
    if resumed and done == plan.value - 1:
        return plan.value, plan.value
    return done, plan.value


def _furthest(places: Sequence[Place], done: int | None) -> float:
    """Return the epoch in which the rows end; where more steps were done than the rows show, that
    of the last step.
    """
    at, epoch = max(
        (
            (float(place.rows.x[-1]), float(place.epochs.max()))
            for place in places
            if len(place.epochs)
        ),
        key=lambda one: one[1],
        default=(0, 0),
    )
    fraction = epoch % 1 > EPSILON
    return epoch * max(1.0, done / at) if done is not None and at > epoch and fraction else epoch


def _steps(places: Sequence[Place], settings: Sequence[Fact]) -> Counts:
    """Return the steps; iterations only where a limit is known, for loggers without one may count
    batches.
    """
    known = max(
        (
            int(fact.value)
            for fact in settings
            if fact.name == STEPS_DONE and isinstance(fact.value, int)
        ),
        default=0,
    )
    for axis in (Axis.STEP, Axis.ITERATION):
        mine = [place for place in places if place.key.axis is axis]
        training = finite(
            np.concatenate(
                [place.rows.x for place in mine if place.key.split == "train"] or [np.zeros(0)]
            )
        )
        every = finite(np.concatenate([place.rows.x for place in mine] or [np.zeros(0)]))
        if not len(every):
            continue
        total = _printed([place for place in mine if not place.inner and not len(place.epochs)])
        for plan in step_plans(settings, total, axis):
            reached = int(
                max(training.max(initial=0), every[every <= plan.value].max(initial=0), known)
            )
            if reached <= BEYOND * plan.value or plan.given:
                return _of_plan(reached, plan, every, exact=known >= reached)
        if axis is Axis.STEP and len(training):
            return Counts(int(training.max()))
    planned = (
        step_plans(settings, None, Axis.STEP)
        if not any(_has_steps(place) for place in places)
        else []
    )
    return Counts(None, planned[0].value) if planned and planned[0].sure else Counts()


def _has_steps(place: Place) -> bool:
    return place.key.axis in (Axis.STEP, Axis.ITERATION, Axis.EPISODE)


def _of_plan(reached: int, plan: Plan, x: Floats, *, exact: bool) -> Counts:
    """Return the counts of a plan: counted from 0, its last step is one below it, and of rows in
    regular distances the last may stand before it.

    `exact` says that the number of steps is known besides the rows.
    """
    if exact:
        return Counts(reached, plan.value, full=reached >= plan.value, short=reached < plan.value)
    from_zero = x.min() == 0
    if from_zero and reached == plan.value - 1:
        reached = plan.value
    distance = distance_of(x)
    after = reached + distance
    full = reached >= plan.value or (
        distance <= NEXT_ROW * plan.value
        and (after > plan.value or (from_zero and after == plan.value))
        and plan.sure
    )
    return Counts(
        reached,
        plan.value,
        full,
        not full and plan.sure and reached + MISSED * distance < plan.value,
    )


def _printed(places: Sequence[Place]) -> int | None:
    """Return the total that most rows print beside their place: a stray row of another process
    prints another one.
    """
    totals = finite(np.concatenate([place.rows.of for place in places] or [np.zeros(0)]))
    if not len(totals):
        return None
    values, counts = np.unique(totals, return_counts=True)
    return int(values[int(np.argmax(counts))]) or None
