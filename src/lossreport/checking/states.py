"""What must be true of the rows for each state of a verdict: necessary conditions, so that a true
verdict never fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from lossreport.checking.courses import measured
from lossreport.checking.ground import Ground
from lossreport.checking.kinds.levels import gains, not_flat
from lossreport.checking.measures import SURE, middle, noise, order
from lossreport.checking.printed import entry, shows
from lossreport.model.analysis import Finding, State, Trend, Verdict
from lossreport.model.run import Series
from lossreport.model.states import TROUBLES

LEAST_ROWS: Final = 5
"""With so many finite rows something is said of a series."""
SLOPE_ROWS: Final = 12
"""With fewer rows nothing is said of slopes."""
FLAT: Final = 0.02
"""A 90 % interval within 2 % is flat, by the criteria that a report prints."""

Because = tuple[Finding, ...]
"""The findings that a verdict names, as far as they stood up to their own check."""
Condition = Callable[[Ground, Verdict, Because], Iterator[str]]


def sign_of(ground: Ground, series: Series) -> float:
    """Return -1 for a score of which more is better, else 1: by it every series becomes a cost."""
    return (
        -1.0
        if any(goal.series == series.id and goal.mode == "max" for goal in ground.analysis.goals)
        else 1.0
    )


def cost(ground: Ground) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the measured rows of the subject as a cost."""
    series = ground.subject
    return np.asarray(sign_of(ground, series) * series.y[measured(series)])


def _rests_on(because: Because, *kinds: str) -> bool:
    return any(
        finding.kind in kinds or (finding.numbers.get("dead") and "dead" in kinds)
        for finding in because
    )


def broken(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that the last row is not finite, or a finding says why nothing behind it counts."""
    ended = len(ground.subject) and not np.isfinite(ground.subject.y[-1])
    if not ended and not _rests_on(because, "nonfinite", "masked_nonfinite", "dead"):
        yield "the last row is finite, and no finding tells why it is broken"


def mixed(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that a finding names the groups."""
    if not _rests_on(because, "mixture", "mixed_reduction"):
        yield "no finding names groups"


def _ends_worse(ground: Ground) -> Iterator[str]:
    y = cost(ground)
    tail = middle(y[-max(2, len(y) // 20) :])
    if len(y) < 2 or not max(tail, float(y[-1])) > float(y.min()):
        yield "the end is not worse than the best"


def diverging(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that a finding of divergence stands, and the end is worse than the best."""
    if not _rests_on(because, "divergence"):
        yield "no divergence was found"
    yield from _ends_worse(ground)


def unstable(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that at least two spikes, a swing, or an epoch above chance stand."""
    spikes = sum(finding.kind == "spike" for finding in because)
    if spikes < 2 and not _rests_on(because, "oscillation", "above_chance"):
        yield "it rests on less than two spikes, and on no swing or epoch above chance"


def overfitting(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that a finding of it stands, of a series that is no training, and the end is worse
    than the best.
    """
    if not _rests_on(because, "overfitting", "worsening"):
        yield "no rise of the validation was found"
    if ground.subject.split == "train":
        yield "it is a series of the training"
    yield from _ends_worse(ground)


def worsening(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that a finding of it stands or the tail surely rises, and the end is worse than the
    best.
    """
    trend = verdict.trend
    if not _rests_on(because, "worsening") and (trend is None or trend.high >= 0):
        yield "neither a finding nor the tail says so"
    yield from _ends_worse(ground)
    yield from _trend(ground, trend)


def insufficient(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that fewer rows hold a value than are needed."""
    rows = len(measured(ground.subject))
    if rows >= LEAST_ROWS:
        yield f"{rows} rows hold a value"


def flat(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that the trend that is told lies within what is called flat, and the rows do."""
    trend = verdict.trend
    if trend is None:
        y = cost(ground)
        rests = len(y) > 1 and y[-1] == np.min(y) < y[0] and bool(np.all(y[len(y) // 2 :] == y[-1]))
        if not (because or rests):
            yield "there is no trend, and the later half is not its best value"
        return
    yield from _trend(ground, trend)
    bound = ground.threshold("flat_gain") * _quarters(ground, trend)
    if not (trend.high < bound * 1.0001 and trend.low > -bound * 1.0001):
        yield f"its interval ({trend.low:+.3g} to {trend.high:+.3g}) is wider than flat"
    yield from not_flat(ground, ground.subject, trend.rows, sign_of(ground, ground.subject))


def poor(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that the tail is flat, or the whole curve hardly moved."""
    trend = verdict.trend
    if trend is None:
        y = cost(ground)
        if not _rests_on(because, "no_learning", "constant_metric") and float(
            np.ptp(y)
        ) > STILL * abs(middle(y)):
            yield "there is no trend, and its rows differ"
        return
    yield from _trend(ground, trend)
    wide = max(ground.threshold("flat_gain") * _quarters(ground, trend), STILL)
    y = sign_of(ground, ground.subject) * ground.quiet(ground.subject)
    if trend.low > wide or (
        middle(y[: max(1, len(y) // 10)]) - middle(y[-max(1, len(y) // 10) :])
        > FAR * abs(middle(y))
        and trend.high > wide
    ):
        yield f"it still gains {trend.gain:.3g}"


STILL: Final = 0.04
"""Blocks of a curve that hardly moved lie within 4 %."""
FAR: Final = 0.5


def improving(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that the trend that is told gains; with few rows the last one is better than the first
    and most pairs are in that order.
    """
    trend, y = verdict.trend, cost(ground)
    if trend is None:
        if len(y) < 2 or not y[-1] < y[0] or order(y) >= 0:
            yield (
                "the last row is not better than the first, or the order of the rows does not "
                "say so"
            )
        return
    yield from _trend(ground, trend)
    half = y[len(y) // 2 :]
    later = middle(half[len(half) // 2 :]) - middle(half[: len(half) // 2])
    if not (trend.low > 0 or (trend.gain > FLAT / 2 and trend.low > -FLAT / 2)):
        if not (_rests_on(because, "level_shift") or trend.high > FLAT):
            yield f"its interval ({trend.low:+.3g} to {trend.high:+.3g}) holds no gain"
        elif later > SURE * noise(y):
            yield "the last quarter is worse than the one before it"


def undecided(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Demand that nothing that is told decides it."""
    series = ground.subject
    if (
        len(series)
        and not np.isfinite(series.y[-1])
        and not because
        and sign_of(ground, series) > 0
        and verdict.confidence != "high"
    ):
        yield "the last row is not finite"
    if verdict.trend is not None:
        yield from _trend(ground, verdict.trend)


def _quarters(ground: Ground, trend: Trend) -> float:
    return max(1.0, round(4 * trend.rows / max(1, len(ground.subject))))


def _trend(ground: Ground, trend: Trend | None) -> Iterator[str]:
    """Yield what is wrong with a trend: its rows, its order, and a gain that the rows rule out."""
    if trend is None:
        return
    series = ground.subject
    first, last = len(series) - trend.rows, len(series) - 1
    if (
        (trend.first.row, trend.last.row) != (first, last)
        or trend.first.x != series.x[first]
        or trend.last.x != series.x[last]
    ):
        yield "its trend is not that of the last rows"
        return
    if not trend.low <= trend.gain <= trend.high:
        yield "the estimate of its trend lies outside the interval"
    allowed = gains(ground, series, trend.rows, sign_of(ground, series))
    if not shows(entry(trend.gain), allowed):
        yield f"its last rows gain {(allowed.low + allowed.high) / 2:.3g}, not {trend.gain:.3g}"


CONDITIONS: Final[Mapping[State, Condition]] = {
    State.BROKEN: broken,
    State.MIXED: mixed,
    State.DIVERGING: diverging,
    State.UNSTABLE: unstable,
    State.OVERFITTING: overfitting,
    State.WORSENING: worsening,
    State.INSUFFICIENT: insufficient,
    State.PLATEAU_HIGH: poor,
    State.CONVERGED: flat,
    State.IMPROVING: improving,
    State.INCONCLUSIVE: undecided,
}


RUN_OUT: Final = 0.1
"""A rate at a tenth of its highest or below has decayed."""


def _has_run_out(ground: Ground) -> bool:
    """Return whether some learning rate of the run ends at the lowest it ever had behind its peak,
    and far below it.
    """
    rates = [one.y for one in ground.run.series if one.metric_type == "learning_rate" and len(one)]
    return any(
        float(y[-1]) <= RUN_OUT * float(y.max())
        and float(y[-1]) <= float(y[int(np.argmax(y)) :].min())
        for y in rates
    )


def against_run(ground: Ground, verdict: Verdict, because: Because) -> Iterator[str]:
    """Yield what speaks against the verdict on a run: that of its goal, and those on its series."""
    mine = [one for one in ground.analysis.verdicts if one.run == ground.run.id and one.series]
    states = {one.state for one in mine}
    goal = next((one for one in ground.analysis.goals if one.run == ground.run.id), None)
    of_goal = next(
        (one.state for one in mine if goal is not None and one.series == (goal.series,)), None
    )
    if verdict.state in TROUBLES:
        if verdict.state not in states:
            yield f"no series is {verdict.state.value}"
    elif verdict.state is State.INCONCLUSIVE:
        if of_goal is not None and of_goal is not State.INCONCLUSIVE and not because:
            yield f"its goal is {of_goal.value}"
        if goal is None and mine and all(state is State.CONVERGED for state in states):
            yield "every series is flat"
    elif goal is not None and of_goal is not None:
        spent = (
            verdict.state is State.CONVERGED and of_goal is State.IMPROVING and _has_run_out(ground)
        )
        if verdict.state is not of_goal and not spent:
            yield f"its goal is {of_goal.value}"
    elif verdict.state is State.INSUFFICIENT and states <= {State.INSUFFICIENT, State.BROKEN}:
        return
    elif mine and verdict.state not in states:
        yield f"no series is {verdict.state.value}"
