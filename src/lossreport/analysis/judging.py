"""Judges a loss: the first of the contract's states that holds, what it rests on, and the state of
a run made of several losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.analysis.beginning import begins_late, is_wild_beginning
from lossreport.analysis.beside import accuracy_rose
from lossreport.analysis.breakage import DEAD, breakages, is_masked, is_reported
from lossreport.analysis.composition import weighted_terms
from lossreport.analysis.context import Context, clean
from lossreport.analysis.decay import decay_trend
from lossreport.analysis.detectors.no_learning import hardly_moved
from lossreport.analysis.detectors.overfitting import training_falls
from lossreport.analysis.detectors.rollback import CutShort
from lossreport.analysis.detectors.spike import MORE
from lossreport.analysis.goal import measured, mode_of, unchanged
from lossreport.analysis.level import is_near_full
from lossreport.analysis.mosaic import FACT as CLOSE_MOSAIC
from lossreport.analysis.payloads import LevelShift, LostGround, Oscillation, Standstill, ZeroLoss
from lossreport.analysis.restarts import FACT as LR_RESTART
from lossreport.analysis.schedule import lr_changes
from lossreport.analysis.trend import (
    FLAT,
    FLAT_GAIN,
    FLAT_HIGH,
    MIN_ROWS,
    TAIL,
    WIDE_TAIL,
    flat_trend,
    gains,
    is_flat,
    is_improving,
    tail_trend,
)
from lossreport.analysis.unmeasured import counted_of_nothing
from lossreport.curves.stats import fill
from lossreport.knowledge.loss_type import GENERIC, loss_type
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Confidence, Finding, Goal, Severity, State, Trend
from lossreport.model.run import Floats, Series, is_epoch_level
from lossreport.model.states import TROUBLES
from lossreport.values import dataclass

LEAST_ROWS: Final = 5
LEAST_TAIL: Final = 3
SECOND_HALF: Final = 0.5
VERY_SHORT: Final = 20
"""Two spikes among so few rows are a share that makes no curve stable, wherever they stand."""
WARM_UP: Final = 0.10
MIN_SPIKES: Final = 2
BURST: Final = 0.01
"""Excursions within 1 % of the rows count once (SCIENCE.md section 7)."""
NEAR_CHANCE: Final = 0.03
OVER_TARGET: Final = 1.10
LAST_EPOCHS: Final = 3
"""The change quoted in words is that over the last three epochs."""
NO_METRIC: Final = ("diffusion", "flow_matching", "gan", "policy", "value", "preference")
"""Kinds whose loss is not the metric: a flat loss is never called converged (SCIENCE.md R22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A state with the findings it rests on and the trend it was read from; `is_game` where the
    loss is no measure to judge by.

    `by_half` where the tail was too noisy and a clear gain of the last half of the rows decided;
    `is_back` where what the tail gained was lost before and nothing new is reached; `is_frozen`
    where the loss stopped to be measured; `is_still` where it is flat, which for its kind settles
    nothing; `is_cut` where the rows end long before the training did.
    """

    state: State
    because: tuple[str, ...] = ()
    trend: Trend | None = None
    confidence: Confidence = "medium"
    is_game: bool = False
    by_half: bool = False
    is_back: bool = False
    is_frozen: bool = False
    is_still: bool = False
    is_cut: bool = False


def judge(context: Context, series: Series) -> Judgement:
    """Return the first state of the contract that holds for one series."""
    lost = _lost(context, series)
    if lost is not None:
        return lost
    finite = np.isfinite(series.y)
    tail = finite[-max(1, round(0.25 * len(series))) :]
    if finite.sum() < LEAST_ROWS or tail.sum() < min(LEAST_TAIL, len(tail)):
        return _guessing(context, series) or _of_few(context, series, series.y)
    found = _no_curve(context, series) or _troubled(context, series)
    if found is not None:
        return found
    if len(series) < MIN_ROWS:
        return _guessing(context, series) or _of_few(context, series, series.y)
    return _by_trend(context, series, clean(series, context.spike_spans(series)))


def _lost(context: Context, series: Series) -> Judgement | None:
    """Return that a series is broken: nothing is trained, or it ends on no number, or a logger hid
    that.
    """
    because: tuple[str, ...] = ()
    if dead := dead_findings(context, series):
        because = tuple(finding.id for finding in dead)
    elif (len(series) and not np.isfinite(series.y[-1])) or is_reported(context):
        because = finding_ids(context, series, ("nonfinite",), anywhere=True)
    elif is_masked(context, series):
        because = finding_ids(context, series, ("masked_nonfinite",))
    else:
        return None
    return Judgement(state=State.BROKEN, because=because, confidence="high")


def _no_curve(context: Context, series: Series) -> Judgement | None:
    """Return that the rows of a series are no curve whose course could be judged: mixed, frozen,
    cut short, or of a game.
    """
    if context.has("mixture", series):
        because = finding_ids(context, series, ("mixture", "mixed_reduction"))
        return Judgement(state=State.MIXED, because=because, confidence="high")
    if frozen := _not_measured(context, series):
        return Judgement(
            state=State.INCONCLUSIVE, because=frozen, confidence="high", is_frozen=True
        )
    if short := _cut_short(context, series):
        return Judgement(state=State.INCONCLUSIVE, because=short, confidence="high", is_cut=True)
    if not context.is_measure(series):
        return Judgement(state=State.INCONCLUSIVE, confidence="high", is_game=True)
    return None


def _troubled(context: Context, series: Series) -> Judgement | None:
    """Return the first trouble that was found in a series."""
    if context.has("divergence", series):
        return Judgement(
            state=State.DIVERGING,
            because=finding_ids(context, series, ("divergence",)),
            confidence="high",
        )
    if unstable := _unstable(context, series):
        return Judgement(
            state=State.UNSTABLE,
            because=tuple(finding.id for finding in unstable),
            confidence="medium",
        )
    if any(
        f.kind == "overfitting" and not lost.component
        for f, lost in context.seen(LostGround, series)
    ):
        return Judgement(
            state=State.OVERFITTING,
            because=finding_ids(context, series, ("overfitting",)),
            confidence="medium",
        )
    return _worsening(context, series) if context.has("worsening", series) else None


def judge_goal(context: Context, goal: Goal) -> Judgement:
    """Return the state of the goal: of a loss as of any, of a score by the same rules with its sign
    turned.
    """
    series = context.by_id[goal.series]
    if series in context.progress and goal.mode == "min":
        return judge(context, series)
    dead = dead_findings(context, series)
    if dead:
        return Judgement(
            state=State.BROKEN, because=tuple(finding.id for finding in dead), confidence="high"
        )
    if goal.mode == "min" and len(series) and not np.isfinite(series.y[-1]):
        return Judgement(
            state=State.BROKEN,
            because=finding_ids(context, series, ("nonfinite",), anywhere=True),
            confidence="high",
        )
    if context.has("mixture", series):
        return Judgement(
            state=State.MIXED, because=finding_ids(context, series, ("mixture",)), confidence="high"
        )
    if context.has("constant_metric", series):
        because = finding_ids(context, series, ("constant_metric",))
        state = State.CONVERGED if is_near_full(context, series) else State.PLATEAU_HIGH
        return Judgement(state=state, because=because, confidence="high")
    if context.has("worsening", series):
        return _worsening(context, series)
    if frozen := _not_measured(context, series):
        return Judgement(
            state=State.INCONCLUSIVE, because=frozen, confidence="high", is_frozen=True
        )
    values = measured(context, series)
    cost = -values if goal.mode == "max" else values
    if np.isfinite(cost).sum() < MIN_ROWS:
        return _rests_at_best(context, series, cost) or _of_few(context, series, cost)
    judged = _by_trend(context, series, fill(cost))
    return (
        replace(judged, trend=replace(judged.trend, rises=goal.mode == "max"))
        if judged.trend is not None
        else judged
    )


def dead_findings(context: Context, series: Series) -> list[Finding]:
    """Return the findings that show that nothing is trained: a loss at a clamp, an explosion, loss
    and gradient exactly 0.
    """
    return [broken.finding for broken in breakages(context, *DEAD, series=series)]


def _not_measured(context: Context, series: Series) -> tuple[str, ...]:
    """Return the findings that what a series prints is most likely not measured: it froze, or is 0
    with nothing beside it that moves.
    """
    alone = [f.id for f, zero in context.seen(ZeroLoss, series) if zero.alone]
    return (*finding_ids(context, series, ("frozen_metric",)), *alone)


def _cut_short(context: Context, series: Series) -> tuple[str, ...]:
    """Return the findings that the file of a series holds a part of its steps only."""
    found = (f for f, _ in context.seen(CutShort))
    return tuple(f.id for f in found if context.subject(f).source == series.source)


def _guessing(context: Context, series: Series) -> Judgement | None:
    """Return that a few rows stand at the level of guessing or at a margin, where that was found:
    their level tells what their slope cannot.
    """
    if not any(still.uniform or still.margin for _, still in context.seen(Standstill, series)):
        return None
    return Judgement(
        state=State.PLATEAU_HIGH,
        because=finding_ids(context, series, ("no_learning",)),
        confidence="medium",
    )


LEAST_EVALUATIONS: Final = 3
FEW_GAIN: Final = 0.02
"""Of few evaluations the last must be better than the first by 2 %, the width of "flat" ..."""
FEW_ORDER: Final = 0.6
"""... and of all pairs four in five in the order of a gain (Kendall's tau): of the 120 orders of
five 14 are.
"""


FEW_LOST: Final = 0.05
"""And of what it gained no more than a twentieth is lost again at the last: past its best it is not
"still" improving.
"""
LATE_LOST: Final = 0.1
"""Nor a tenth of what the later half gained: a first step from 0.87 to 0.97 makes no loss of the
last evaluation small.
"""


def _worsening(context: Context, series: Series) -> Judgement:
    few = int(np.isfinite(measured(context, series)).sum()) < MIN_ROWS
    because = finding_ids(context, series, ("worsening",))
    found = next(iter(context.of_kind("worsening", series=series)))
    at_once = isinstance(found.payload, LostGround) and found.payload.sudden is not None
    overfits = (
        series.split != "train" and not at_once and training_falls(context, series, found.rows[0])
    )
    state = State.OVERFITTING if overfits else State.WORSENING
    return Judgement(state=state, because=because, confidence="low" if few else "medium")


def _rests_at_best(context: Context, series: Series, cost: Floats) -> Judgement | None:
    """Return that a few values are flat: the later half of them is the best value to the last
    digit, reached after a start that was worse.
    """
    values = cost[np.isfinite(cost)]
    if not unchanged(context, series) or values[-1] > np.min(values) or values[-1] >= values[0]:
        return None
    return Judgement(state=State.CONVERGED, confidence="low")


def _of_few(context: Context, series: Series, cost: Floats) -> Judgement:
    """Judge three to eleven values, by their order alone: whether they gained; nothing is said of
    slopes.
    """
    values = cost[np.isfinite(cost)]
    if context.has("worsening", series):
        return _worsening(context, series)
    if len(values) < LEAST_EVALUATIONS or (
        series.split == "train" and len(values) < LEAST_ROWS and series in context.progress
    ):
        return Judgement(state=State.INSUFFICIENT, confidence="high")
    gain = float(values[0] - values[-1])
    level = max(abs(float(values[0])), abs(float(values[-1]))) + 1e-12
    falls = [np.sign(a - b) for i, a in enumerate(values) for b in values[i + 1 :]]
    lost, late = (
        float(values[-1] - np.min(values)),
        float(values[len(values) // 2 - 1] - np.min(values)),
    )
    kept = lost <= FEW_LOST * gain and lost <= LATE_LOST * late
    if gain > FEW_GAIN * level and float(np.mean(falls)) >= FEW_ORDER and kept:
        return Judgement(state=State.IMPROVING, confidence="low")
    return Judgement(state=State.INCONCLUSIVE, confidence="low")


def _by_trend(context: Context, series: Series, y: Floats) -> Judgement:
    trend, wide = tail_trend(series, y), tail_trend(series, y, WIDE_TAIL)
    if trend is None:
        return Judgement(state=State.INCONCLUSIVE, confidence="low")
    if series.split != "train" and trend.high < -FLAT_HIGH and wide is not None and wide.gain < 0:
        return Judgement(state=State.WORSENING, trend=trend, confidence="low")
    if (
        hardly_moved(y) is not None
        and not is_near_full(context, series)
        and not accuracy_rose(context, series)
        and (context.has("no_learning", series) or not begins_late(series))
    ):
        because = finding_ids(context, series, ("no_learning",))
        return Judgement(
            state=State.PLATEAU_HIGH,
            because=because,
            trend=trend,
            confidence="high" if because else "medium",
        )
    decays = not lr_changes(context)
    within = context.threshold(FLAT)
    flat = flat_trend(series, y, decays=decays, high=within)
    if flat is not None:
        return _flat(context, series, y, flat)
    shape = decay_trend(series, y, TAIL) if decays and trend.low <= 0 else None
    if shape is not None and is_flat(shape, high=within) and trend.low < shape.high:
        return _flat(context, series, y, shape)
    fell = [f for f, shift in context.seen(LevelShift, series) if f.explained_by and shift.size < 0]
    since = _since_drop(series, y, max((f.start.row for f in fell), default=0), trend, within)
    if since is not None:
        return _flat(context, series, y, since)
    by_half = not gains(trend)
    # a policy may find what earns late: no sum of decays
    accelerates = series.metric_type == "reward"
    lost = trend.gain < -FLAT_HIGH  # what the half, or the shape of the whole, gained
    rests = by_half and (_fell_at_once(context, series) or lost)
    if is_improving(trend, wide, decays=decays and not accelerates) and not rests:
        if _is_back(series, y, trend):
            return Judgement(state=State.INCONCLUSIVE, trend=trend, confidence="low", is_back=True)
        return Judgement(
            state=State.IMPROVING,
            trend=trend,
            confidence="high" if trend.low > 0 else "medium",
            by_half=by_half,
        )
    if trend.gain > 0 and any(f.start.row >= trend.first.row for f in fell):
        # the drop of the learning rate within the tail is its gain
        return Judgement(
            state=State.IMPROVING,
            because=tuple(f.id for f in fell),
            trend=trend,
            confidence="medium",
        )
    if shape is not None and shape.low > FLAT_GAIN and shape.low < trend.high and not lost:
        return Judgement(state=State.IMPROVING, trend=shape, confidence="medium")
    return Judgement(state=State.INCONCLUSIVE, trend=trend, confidence="low")


BACK_PART: Final = 20
"""The level at the end, and any level before it, is the median of a twentieth of the rows, as in
`curves/worse.py`.
"""


def _is_back(series: Series, y: Floats, trend: Trend) -> bool:
    """Return whether an evaluation that gains in its tail only comes back to a level that it had
    before: nothing new is reached.
    """
    if series.split == "train" and series.metric_type != "reward":
        return False
    rows = max(2, len(y) // BACK_PART)
    before = y[: len(y) - trend.rows]
    if len(before) < rows:
        return False
    levels = [float(np.median(before[at : at + rows])) for at in range(len(before) - rows + 1)]
    return float(np.median(y[-rows:])) >= min(levels)


def _since_drop(series: Series, y: Floats, row: int, tail: Trend, within: float) -> Trend | None:
    """Return the trend since the learning rate dropped at a row inside the tail, where at least
    twelve rows show it to be flat.
    """
    rows = len(y) - row - 1  # the shift may be told one row early
    if row < tail.first.row or rows < MIN_ROWS:
        return None
    since = tail_trend(series, y, rows / len(y))
    return since if since is not None and is_flat(since, high=within * rows / tail.rows) else None


def _fell_at_once(context: Context, series: Series) -> bool:
    """Return whether what the last half gained may be one fall at one row, which says nothing of
    the rows since.
    """
    found = [
        f for kind in ("level_shift", "staircase") for f in context.of_kind(kind, series=series)
    ]
    falls = {row for f in found for row in f.rows if row >= (1 - WIDE_TAIL) * len(series)}
    return len(falls) == 1  # falls that come again are how it improves


def _flat(context: Context, series: Series, y: Floats, trend: Trend) -> Judgement:
    high = _is_high(context, series, y)
    low = State.INCONCLUSIVE if series.metric_type in NO_METRIC else State.CONVERGED
    state = State.PLATEAU_HIGH if high else low
    return Judgement(
        state=state,
        because=finding_ids(context, series, ("no_learning",)),
        trend=trend,
        confidence="high" if high else "medium",
        is_still=state is State.INCONCLUSIVE,
    )


AT_FIRST: Final = 0.05
"""A validation whose lowest value stands among the first twentieth of its rows gained nothing by
training.
"""


def _is_high(context: Context, series: Series, y: Floats) -> bool:
    if mode_of(context, series) == "max":
        return _is_poor(context, series)
    if series.split != "train" and int(np.nanargmin(y)) < AT_FIRST * len(y):
        return True  # a validation that was never better than at first
    level = float(np.median(y[-max(2, len(y) // 20) :]))
    chance = context.chance(series) or (
        loss_type("cross_entropy").chance(context.known(series))
        if series.metric_type == GENERIC
        else None
    )
    target = context.facts.get(f"target.{series.name}")
    near = (
        chance is not None
        and abs(level - chance.value) < NEAR_CHANCE * chance.value
        and not accuracy_rose(context, series)
    )
    above = isinstance(target, int | float) and level > OVER_TARGET * target
    return near or above or context.has("constant_metric", series)


LEAST_AFTER: Final = 20
"""Of so many values in no order the first is the best in one of twenty cases."""


def never_better(context: Context, series: Series) -> bool:
    """Return whether a score never was better than its first value, nor came back to it behind its
    first rows: the training gained nothing.
    """
    values = measured(context, series)
    values = values[np.isfinite(values)]
    if len(values) < LEAST_AFTER or mode_of(context, series) != "max":
        return False
    at_best = np.flatnonzero(values >= values[0])
    # rounded values may stand twice
    return bool(np.max(values) == values[0]) and int(at_best[-1]) <= AT_FIRST * len(values)


def _is_poor(context: Context, series: Series) -> bool:
    """Return whether a score stands where a guess would be, below its target, at 0, or was never
    better than at first.
    """
    if never_better(context, series):
        return True
    values = measured(context, series)
    level = float(np.nanmedian(values[-max(2, len(values) // 20) :]))
    target = context.facts.get(f"target.{series.name}")
    below = isinstance(target, int | float) and level < target / OVER_TARGET
    return level == 0 or below or context.has("constant_metric", series)


def _unstable(context: Context, series: Series) -> list[Finding]:
    """Return the findings that make a series unstable: two spikes in the second half (anywhere in
    20 rows), or an epoch above chance after warm-up.

    Spikes of a validation alone are the noise of evaluating: they count where a training loss
    spiked as well.
    """
    late = 0.0 if len(series) <= VERY_SHORT else SECOND_HALF * len(series)
    spikes = [
        f
        for f in context.found
        if f.kind == "spike"
        and f.series[0] == series.id
        and f.start.row >= late
        and f.explained_by not in (CLOSE_MOSAIC, LR_RESTART, MORE)
    ]
    if series.split != "train" and not any(
        f.kind == "spike" and f.series[0] in context.training for f in context.found
    ):
        spikes = []
    if _are_mild(spikes, len(series)) or is_wild_beginning(series, context.spike_spans(series)):
        spikes = []
    chance = [
        f
        for f in context.found
        if f.kind == "above_chance"
        and f.series[0] == series.id
        and is_epoch_level(series)
        and any(row >= WARM_UP * len(series) for row in f.rows)
    ]
    swings = [f for f, swing in context.seen(Oscillation, series) if not swing.with_epochs]
    return (spikes if _events(spikes, len(series)) >= MIN_SPIKES else []) + chance + swings


LONG: Final = 100
MILD_SHARE: Final = 0.05
"""Of a hundred rows and more, excursions that double nothing and cost no half of the progress, and
hold less than a twentieth of the rows, make nothing unstable: 14 of 1.2 to 1.7 times the level, 37
of 2 600 rows, in a segmentation run of 360 epochs whose loss halved meanwhile.
"""


def _are_mild(spikes: Sequence[Finding], rows: int) -> bool:
    """Return whether spikes are few and small among many rows."""
    held = sum(f.end.row - f.start.row + 1 for f in spikes)
    return (
        rows >= LONG
        and all(f.severity.rank < Severity.HIGH.rank for f in spikes)
        and held < MILD_SHARE * rows * SECOND_HALF
    )


def _events(spikes: Sequence[Finding], rows: int) -> int:
    """Return how many events the spikes are: those within 1 % of the rows of each other are one
    burst.
    """
    ordered = sorted(spikes, key=lambda finding: finding.start.row)
    apart = sum(
        after.start.row - before.end.row > BURST * rows for before, after in pairwise(ordered)
    )
    return apart + bool(ordered)


def evaluation_alone(context: Context) -> bool:
    """Return whether all that is not finite are values of a validation: the training losses are
    finite in every row, and no exit is reported.

    Without a training loss the accuracy of the validation has to show that nothing was counted.
    """
    train = [series for series in context.progress if series.split == "train"]
    broken = is_reported(context) or any(is_masked(context, series) for series in train)
    if not train:
        bad = [series for series in context.progress if not np.isfinite(series.y).all()]
        return (
            bool(bad)
            and not broken
            and all(counted_of_nothing(context, series) is not None for series in bad)
        )
    return not broken and all(np.isfinite(series.y).all() for series in train)


def finding_ids(
    context: Context, series: Series, kinds: Sequence[str], anywhere: bool = False
) -> tuple[str, ...]:
    return tuple(
        f.id for f in context.found if f.kind in kinds and (anywhere or series.id in f.series)
    )


TERM_SHARE: Final = 0.01
"""A term of less than a hundredth of the total does not decide: what it does is lost in the noise
of the others.
"""


def main_losses(context: Context) -> list[Series]:
    """Return the losses that matter to the goal: the total and its terms where they are known, else
    all; validation included.
    """
    train = [series for series in context.progress if series.split == "train"]
    totals = {s.name for s in train if is_total(s.name)} or {
        s.name for s in train if s.metric_type == GENERIC
    }
    terms = {
        series.name for series, _ in weighted_terms(context, train) if not _is_small(series, train)
    } | totals
    chosen = [series for series in context.progress if series.name in terms]
    return chosen or list(context.progress)


def _is_small(term: Series, train: Sequence[Series]) -> bool:
    """Return whether a term is less than a hundredth of the total of its source, in the median
    row.
    """
    total = next(
        (s for s in train if is_total(s.name) and s.source == term.source and s is not term), None
    )
    if total is None or not np.isfinite(total.y).any() or not np.isfinite(term.y).all():
        return False
    return float(np.median(np.abs(term.y))) < TERM_SHARE * float(np.nanmedian(np.abs(total.y)))


def run_state(states: Sequence[State]) -> State:
    """Return the state of a run without a goal: the first trouble of any of its losses; converged
    only where all are flat, improving where any is.

    Series that are too short count only where all are.
    """
    told = [state for state in states if state is not State.INSUFFICIENT]
    if not told:
        return State.INSUFFICIENT
    for trouble in (*TROUBLES, State.PLATEAU_HIGH):
        if trouble in told:
            return trouble
    if State.IMPROVING in told:
        return State.IMPROVING
    return (
        State.CONVERGED if all(state is State.CONVERGED for state in told) else State.INCONCLUSIVE
    )
