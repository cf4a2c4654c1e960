"""Holds what a note says of the run as a whole against the logs: its duration, restarts, condition,
learning rate, spikes and intervals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import numpy as np

from lossreport.lint.answers import (
    NOT_KNOWN,
    Answer,
    confirmed,
    contradicted,
    kindest,
    shown,
    unchecked,
)
from lossreport.lint.claim import CountOf, Happened, Place, RateIs, Took
from lossreport.lint.happened import SPIKES, said
from lossreport.lint.ledger import Ledger, rows_at, seen
from lossreport.model.analysis import State
from lossreport.model.run import Axis, Series
from lossreport.model.states import STATES
from lossreport.text import Join, Text, number

ZERO: Final = 0.02
"""A rate has decayed to zero where it ends within 2 % of its highest value."""
DECAYED: Final = 0.9
"""A rate has decayed where it ends below nine tenths of its highest value."""
APART: Final = 5
"""Rows flagged within so many of each other are one spike."""
FALLEN: Final = 0.9
"""A loss that ends below nine tenths of its first value has not diverged."""
DURATIONS: Final = (
    "train_runtime",
    "training_time",
    "total_time",
    "elapsed",
    "runtime",
    "wall_time",
)
"""Settings and summaries that tell the seconds of the training."""

LASTED = Text(zh="日志中的时长为 {found} 秒。", en="by the logs it took {found} seconds.")
LAUNCHES = Text(zh="日志中有 {count} 次启动。", en="the logs hold {count} launches.")
ONE_LAUNCH = Text(zh="日志中只有一次启动，没有续训。", en="the logs hold one launch and no resume.")
CONDITION = Text(zh="这次训练的判断是：{state}。", en="the run is judged: {state}.")
FELL = Text(
    zh="没有发散：`{metric}` 从 {first} 降到 {last}，没有 NaN。",
    en="it has not diverged: `{metric}` goes from {first} to {last}, without NaN.",
)
RATE = Text(
    zh="学习率从 {first} 到 {last}，最高 {top}。",
    en="the learning rate goes from {first} to {last}, at most {top}.",
)
SPIKES_FOUND = Text(zh="日志中的尖峰在 {found}。", en="the logs have spikes at {found}.")
NONE = Text(zh="无", en="none")
INTERVAL = Text(zh="日志中的间隔为 {found} 步。", en="the logs show an interval of {found} steps.")

GOOD: Final = (State.CONVERGED, State.IMPROVING)
BAD: Final = (State.BROKEN, State.DIVERGING)
WEAK: Final = (State.UNSTABLE, State.OVERFITTING, State.WORSENING)


def check_took(claim: Took, ledger: Ledger) -> Answer:
    """Check the duration of the training by what the logs say of it and by their dates."""
    found = sorted(set(_durations(ledger)))
    if not found:
        return unchecked(claim, NOT_KNOWN)
    if any(claim.low <= seconds <= claim.high for seconds in found):
        return confirmed(claim)
    return contradicted(claim, LASTED(found=Join(items=tuple(number(one) for one in found))))


def _durations(ledger: Ledger) -> Iterator[float]:
    for run in ledger.analysis.runs:
        for name in DURATIONS:
            value = run.value(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield float(value)
        first, last = (_moment(one) for one in run.time)
        if (
            first is not None
            and last is not None
            and (first.tzinfo is None) is (last.tzinfo is None)
        ):
            yield (last - first).total_seconds()


def _moment(text: str | None) -> datetime | None:
    """Return the time that a run tells of its first or last row; None where it is no date."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("/", "-").replace(",", ".", 1))
    except ValueError:
        return None


def check_restart(claim: Happened, ledger: Ledger) -> Answer:
    """Check whether a run was resumed: an event tells of it, or its rows were joined from several
    launches.
    """
    resumed = any(
        event.kind == "resume" for run in ledger.analysis.runs for event in run.events
    ) or any(
        series.derived is not None and series.derived.how == "joined"
        for series in ledger.vocabulary.series
    )
    if resumed:
        count = max(len(run.launches) for run in ledger.analysis.runs)
        return said(claim, is_so=True, text=LAUNCHES(count=max(2, count)), places=())
    if all(len(run.segments) <= len(run.sources) for run in ledger.analysis.runs):
        return said(claim, is_so=False, text=ONE_LAUNCH(), places=())
    return unchecked(claim, NOT_KNOWN)


def check_condition(claim: Happened, ledger: Ledger) -> Answer:
    """Check whether the run is healthy, has failed or has diverged, by the verdicts on it."""
    if claim.what == "diverged":
        return _diverged(claim, ledger)
    if claim.what == "recovered":
        return _recovered(claim, ledger)
    states = [ledger.analysis.run_verdict(run.id).state for run in ledger.analysis.runs]
    if not states:
        return unchecked(claim, NOT_KNOWN)
    text = CONDITION(state=STATES[states[0]].name)
    bad, good = all(s in BAD for s in states), all(s in GOOD for s in states)
    if claim.what == "failed":
        if claim.denied and not good:
            return unchecked(claim, NOT_KNOWN)  # "not shown to be broken" is no praise
        if bad or _never_finite(ledger):
            return said(claim, is_so=True, text=text, places=())
        return (
            said(claim, is_so=False, text=text, places=()) if good else unchecked(claim, NOT_KNOWN)
        )
    if good or (_all_fell(ledger) and not any(s in (*BAD, *WEAK) for s in states)):
        return said(claim, is_so=True, text=text, places=())
    if bad or any(s in WEAK for s in states) or _never_finite(ledger):
        return said(claim, is_so=False, text=text, places=())
    return unchecked(claim, NOT_KNOWN)


def _losses(ledger: Ledger) -> list[Series]:
    return [
        series
        for series in ledger.vocabulary.series
        if series.derived is None and "loss" in series.name.lower()
    ]


def _never_finite(ledger: Ledger) -> bool:
    losses = _losses(ledger)
    return bool(losses) and not any(np.isfinite(series.y).any() for series in losses)


def _all_fell(ledger: Ledger) -> bool:
    losses = _losses(ledger)
    return bool(losses) and all(
        bool(np.isfinite(one.y).all()) and one.y[-1] < FALLEN * one.y[0] for one in losses
    )


def _diverged(claim: Happened, ledger: Ledger) -> Answer:
    """Check a divergence: NaN, or a verdict that says so; what has fallen and is finite has not
    diverged.
    """
    if claim.place is not None and (answer := _calm_at(claim, claim.place, ledger)):
        return answer
    states = [ledger.analysis.run_verdict(run.id).state for run in ledger.analysis.runs]
    if _never_finite(ledger) or any(state in BAD for state in states):
        state = states[0] if states else State.BROKEN
        return said(claim, is_so=True, text=CONDITION(state=STATES[state].name), places=())
    losses = _losses(ledger)
    if not _all_fell(ledger):
        return unchecked(claim, NOT_KNOWN)
    ends = (seen(losses[0], 0), seen(losses[0], len(losses[0]) - 1))
    text = FELL(metric=losses[0].label, first=shown(ends[:1]), last=shown(ends[1:]))
    return said(claim, is_so=False, text=text, places=ends)


def _calm_at(claim: Happened, place: Place, ledger: Ledger) -> Answer | None:
    """Return that no loss had exploded at a place: all rows up to it are finite and not above where
    they began; None where there is no row.
    """
    for series in _losses(ledger):
        rows = np.flatnonzero(series.x <= place.x)
        reaches = len(rows) and rows_at(series, place)
        if not reaches or series.split != "train":
            continue
        y = series.y[rows]
        if np.isfinite(y).all() and y[-1] < FALLEN * y[0]:
            ends = (seen(series, 0), seen(series, int(rows[-1])))
            text = FELL(metric=series.label, first=shown(ends[:1]), last=shown(ends[1:]))
            later = series.y[rows[-1] :][:SOON]
            return None if not np.isfinite(later).all() else contradicted(claim, text, ends)
    return None


SOON: Final = 5
"""What diverges within so many rows behind a place has diverged there."""
RECOVERED, LOST = 1.2, 1.5
"""A loss is back where it was within a fifth, and not beyond the half of it."""


def _recovered(claim: Happened, ledger: Ledger) -> Answer:
    """Check that the losses came back behind their highest spike to where they were before it."""
    for series in _losses(ledger):
        y = series.y
        if series.split != "train" or len(y) < MANY:
            continue
        if not np.isfinite(y[-1]):
            at = seen(series, len(y) - 1)
            return said(
                claim, is_so=False, text=NOT_BACK(metric=series.label, place=at.place), places=()
            )
        peak = int(np.nanargmax(y[TAIL:])) + TAIL
        before = float(np.nanmedian(y[max(0, peak - MANY) : peak]))
        after = float(np.median(y[-TAIL:]))
        if y[peak] < LOST * before:
            continue
        text = BACK(metric=series.label, before=number(before), after=number(after))
        if after <= RECOVERED * before:
            return said(claim, is_so=True, text=text, places=(seen(series, len(y) - 1),))
        if after > LOST * before:
            return said(claim, is_so=False, text=text, places=(seen(series, len(y) - 1),))
    return unchecked(claim, NOT_KNOWN)


MANY, TAIL = 10, 5
BACK = Text(
    zh="`{metric}` 尖峰之前约为 {before}，最后约为 {after}。",
    en="`{metric}` is about {before} before the spike and about {after} at the end.",
)
NOT_BACK = Text(
    zh="`{metric}` 最后一行不是有限值（{place}）。",
    en="`{metric}` ends without a finite value ({place}).",
)


# ----------------------------------------------------------------------------------- learning rate
def check_rate(claim: RateIs, ledger: Ledger) -> Answer:
    """Check the shape of the learning rate, of every record of it."""
    named = {schedule.series[0]: schedule.schedule for schedule in ledger.analysis.lr_schedules}
    joined = {
        one
        for series in ledger.vocabulary.series
        if series.derived is not None and series.derived.how == "joined"
        for one in series.derived.of
    }
    every = [
        series
        for series in ledger.vocabulary.series
        if series.metric_type == "learning_rate"
        and series.id not in joined
        and np.isfinite(series.y).sum() > 1
    ]
    answers = [_rate_in(claim, one, named.get(one.id, "unknown")) for one in every]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _rate_in(claim: RateIs, series: Series, schedule: str) -> Answer:
    is_so = _has_shape(claim, series, schedule)
    if is_so is None:
        return unchecked(claim, NOT_KNOWN)
    finite = np.flatnonzero(np.isfinite(series.y))
    top = seen(series, int(finite[series.y[finite].argmax()]))
    ends = (seen(series, int(finite[0])), seen(series, int(finite[-1])))
    text = RATE(first=shown(ends[:1]), last=shown(ends[1:]), top=shown([top]))
    if is_so is not claim.denied:
        return confirmed(claim, ends)
    return contradicted(claim, text, (*ends, top))


def _has_shape(claim: RateIs, series: Series, schedule: str) -> bool | None:
    y = series.y[np.isfinite(series.y)]
    top, first, last = float(y.max()), float(y[0]), float(y[-1])
    constant = float(np.ptp(y)) <= 1e-6 * top
    match claim.shape:
        case "constant":
            return constant
        case "to_zero":
            return last <= ZERO * top
        case "decays":
            return last < DECAYED * top
        case "warmup":
            return _warms_up(claim, series, first < DECAYED * top)
        case "cosine" | "linear":
            if constant:
                return False
            return claim.shape in schedule if schedule != "unknown" else None
    return None


def _warms_up(claim: RateIs, series: Series, warm: bool) -> bool | None:
    """Return whether a rate warms up, over so many steps where the note tells them (one more or
    less: where counting starts).
    """
    if not warm or claim.steps is None:
        return warm
    finite = np.flatnonzero(np.isfinite(series.y))
    top = float(series.x[finite[series.y[finite].argmax()]])
    between = float(np.median(np.diff(series.x[finite]))) if len(finite) > 1 else 1.0
    return abs(top - claim.steps) <= max(1.0, between)


# ---------------------------------------------------------------------------- spikes and intervals
def check_spike_count(claim: CountOf, ledger: Ledger) -> Answer:
    """Check how many spikes there were, in any metric that has some."""
    counts: dict[int, list[float]] = {}
    by_series: dict[str, set[float]] = {}
    for finding in ledger.analysis.findings:
        if finding.kind in SPIKES:
            series = ledger.analysis.series(finding.series[0])
            rows = finding.rows or (finding.start.row,)
            by_series.setdefault(series.id, set()).update(float(series.x[row]) for row in rows)
    for places in [*by_series.values(), set().union(*by_series.values())]:
        ordered = sorted(places)
        apart = [x for n, x in enumerate(ordered) if not n or x - ordered[n - 1] > APART]
        counts[len(apart)] = apart
    if claim.count in counts:
        return confirmed(claim)
    longest = counts[max(counts)]
    shown_ = Join(items=tuple(number(x) for x in longest[:8]))
    return (
        contradicted(claim, SPIKES_FOUND(found=shown_)) if longest else unchecked(claim, NOT_KNOWN)
    )


SETTINGS: Final = {
    "evaluation_interval": ("eval_steps", "eval_interval", "val_interval", "evaluation_interval"),
    "save_interval": ("save_steps", "save_interval", "checkpoint_interval"),
}


def check_interval(claim: CountOf, ledger: Ledger) -> Answer:
    """Check every how many steps the run was evaluated or saved."""
    found = {
        int(value)
        for run in ledger.analysis.runs
        for name in SETTINGS[claim.what]
        if isinstance(value := run.value(name), int | float) and value >= 1
    }
    if claim.what == "evaluation_interval":
        found |= {
            int(np.median(np.diff(series.x)))
            for series in ledger.measured()
            if series.axis in (Axis.STEP, Axis.ITERATION) and len(series) > 2
        }
    if not found:
        return unchecked(claim, NOT_KNOWN)
    if claim.count in found:
        return confirmed(claim)
    return contradicted(claim, INTERVAL(found=Join(items=tuple(sorted(found)))))
