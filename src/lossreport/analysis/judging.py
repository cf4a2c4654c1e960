"""Judges a loss: the first of the contract's states that holds, what it rests on, and the state of a run made of several losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.analysis.beginning import begins_late
from lossreport.analysis.best import TOTALS
from lossreport.analysis.composition import weighted_terms
from lossreport.analysis.context import Context, clean
from lossreport.analysis.decay import decay_trend
from lossreport.analysis.detectors.no_learning import hardly_moved
from lossreport.analysis.mosaic import FACT as CLOSE_MOSAIC
from lossreport.analysis.schedule import lr_changes
from lossreport.analysis.trend import FLAT_GAIN, FLAT_HIGH, TAIL, WIDE_TAIL, flat_trend, gains, is_flat, is_improving, tail_trend
from lossreport.knowledge.loss_type import GENERIC, loss_type
from lossreport.model.analysis import Confidence, Finding, State, Trend
from lossreport.model.run import Floats, Series, is_epoch_level

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
    """A state with the findings it rests on and the trend it was read from; `is_game` where the loss is no measure to judge by.

    `by_half` where the tail was too noisy and a clear gain of the last half of the rows decided; `is_frozen` where the loss stopped to be measured.
    """

    state: State
    because: tuple[str, ...] = ()
    trend: Trend | None = None
    confidence: Confidence = "medium"
    is_game: bool = False
    by_half: bool = False
    is_frozen: bool = False


def judge(context: Context, series: Series) -> Judgement:
    """Return the first state of the contract that holds for one series."""
    finite = np.isfinite(series.y)
    tail = finite[-max(1, round(0.25 * len(series))) :]
    if (len(series) and not finite[-1]) or _reported_nonfinite(context):
        return Judgement(state=State.BROKEN, because=finding_ids(context, series, ("nonfinite",), anywhere=True), confidence="high")
    if context.has("masked_nonfinite", series):
        return Judgement(state=State.BROKEN, because=finding_ids(context, series, ("masked_nonfinite",)), confidence="high")
    if finite.sum() < LEAST_ROWS or tail.sum() < min(LEAST_TAIL, len(tail)):
        return Judgement(state=State.INSUFFICIENT, confidence="high")
    if context.has("mixture", series):
        because = finding_ids(context, series, ("mixture", "mixed_reduction"))
        return Judgement(state=State.MIXED, because=because, confidence="high")
    if context.has("frozen_metric", series):
        because = finding_ids(context, series, ("frozen_metric",))
        return Judgement(state=State.INCONCLUSIVE, because=because, confidence="high", is_frozen=True)
    if not context.is_measure(series):
        return Judgement(state=State.INCONCLUSIVE, confidence="high", is_game=True)
    if context.has("divergence", series):
        return Judgement(state=State.DIVERGING, because=finding_ids(context, series, ("divergence",)), confidence="high")
    unstable = _unstable(context, series)
    if unstable:
        return Judgement(state=State.UNSTABLE, because=tuple(finding.id for finding in unstable), confidence="medium")
    if any(f.kind == "overfitting" and f.series[0] == series.id and not f.numbers["component"] for f in context.found):
        return Judgement(state=State.OVERFITTING, because=finding_ids(context, series, ("overfitting",)), confidence="medium")
    return _by_trend(context, series)


def _by_trend(context: Context, series: Series) -> Judgement:
    y = clean(series, context.spike_spans(series))
    trend, wide = tail_trend(series, y), tail_trend(series, y, WIDE_TAIL)
    if trend is None:
        return Judgement(state=State.INCONCLUSIVE, confidence="low")
    if hardly_moved(y) is not None and (context.has("no_learning", series) or not begins_late(series)):
        because = finding_ids(context, series, ("no_learning",))
        return Judgement(state=State.PLATEAU_HIGH, because=because, trend=trend, confidence="high" if because else "medium")
    decays = not lr_changes(context)
    within = context.threshold("flat_gain", FLAT_HIGH)
    flat = flat_trend(series, y, decays=decays, high=within)
    if flat is not None:
        return _flat(context, series, y, flat)
    shape = decay_trend(series, y, TAIL) if decays and trend.low <= 0 else None
    if shape is not None and is_flat(shape, high=within) and trend.low < shape.high:
        return _flat(context, series, y, shape)
    if is_improving(trend, wide, decays=decays):
        by_half = not gains(trend)
        return Judgement(state=State.IMPROVING, trend=trend, confidence="high" if trend.low > 0 else "medium", by_half=by_half)
    fell = [f for f in context.found if f.kind == "level_shift" and f.series[0] == series.id and f.explained_by and f.numbers["size"] < 0]
    if any(f.start.row >= trend.first.row for f in fell):  # the drop of the learning rate within the tail is its gain
        return Judgement(state=State.IMPROVING, because=tuple(f.id for f in fell), trend=trend, confidence="medium")
    if shape is not None and shape.low > FLAT_GAIN and shape.low < trend.high:
        return Judgement(state=State.IMPROVING, trend=shape, confidence="medium")
    return Judgement(state=State.INCONCLUSIVE, trend=trend, confidence="low")


def _flat(context: Context, series: Series, y: Floats, trend: Trend) -> Judgement:
    high = _is_high(context, series, y)
    state = State.PLATEAU_HIGH if high else State.INCONCLUSIVE if series.metric_type in NO_METRIC else State.CONVERGED
    return Judgement(
        state=state, because=finding_ids(context, series, ("no_learning",)), trend=trend, confidence="high" if high else "medium"
    )


def _is_high(context: Context, series: Series, y: Floats) -> bool:
    level = float(np.median(y[-max(2, len(y) // 20) :]))
    chance = context.chance(series) or (loss_type("cross_entropy").chance(context.known(series)) if series.metric_type == GENERIC else None)
    target = context.facts.get(f"target.{series.name}")
    near = chance is not None and abs(level - chance.value) < NEAR_CHANCE * chance.value
    above = isinstance(target, int | float) and level > OVER_TARGET * target
    return near or above or context.has("constant_metric", series)


def _unstable(context: Context, series: Series) -> list[Finding]:
    """Return the findings that make a series unstable: two spikes in the second half (anywhere in 20 rows), or an epoch above chance after warm-up.

    Spikes of a validation alone are the noise of evaluating: they count where a training loss spiked as well.
    """
    late = 0.0 if len(series) <= VERY_SHORT else SECOND_HALF * len(series)
    spikes = [
        f
        for f in context.found
        if f.kind == "spike" and f.series[0] == series.id and f.start.row >= late and f.explained_by != CLOSE_MOSAIC
    ]
    if series.split != "train" and not any(f.kind == "spike" and f.series[0] in context.training for f in context.found):
        spikes = []
    chance = [
        f
        for f in context.found
        if f.kind == "above_chance"
        and f.series[0] == series.id
        and is_epoch_level(series)
        and any(row >= WARM_UP * len(series) for row in f.rows)
    ]
    swings = [f for f in context.found if f.kind == "oscillation" and f.series[0] == series.id and not f.numbers["with_epochs"]]
    return (spikes if _events(spikes, len(series)) >= MIN_SPIKES else []) + chance + swings


def _events(spikes: Sequence[Finding], rows: int) -> int:
    """Return how many events the spikes are: those within 1 % of the rows of each other are one burst."""
    ordered = sorted(spikes, key=lambda finding: finding.start.row)
    apart = sum(after.start.row - before.end.row > BURST * rows for before, after in pairwise(ordered))
    return apart + bool(ordered)


def _reported_nonfinite(context: Context) -> bool:
    return any(finding.kind == "nonfinite" and finding.key.startswith("nonfinite:exit") for finding in context.found)


def evaluation_alone(context: Context) -> bool:
    """Return whether all that is not finite are values of a validation: the training losses are finite in every row, and no exit is reported."""
    train = [series for series in context.progress if series.split == "train"]
    broken = _reported_nonfinite(context) or any(context.has("masked_nonfinite", series) for series in train)
    return bool(train) and not broken and all(np.isfinite(series.y).all() for series in train)


def finding_ids(context: Context, series: Series, kinds: Sequence[str], anywhere: bool = False) -> tuple[str, ...]:
    return tuple(f.id for f in context.found if f.kind in kinds and (anywhere or series.id in f.series))


def main_losses(context: Context) -> list[Series]:
    """Return the losses that decide over the run: the total and its terms where they are known, else all; validation included."""
    train = [series for series in context.progress if series.split == "train"]
    totals = {s.name for s in train if s.name in TOTALS} or {s.name for s in train if s.metric_type == GENERIC}
    terms = {series.name for series, _ in weighted_terms(context, train)} | totals
    chosen = [series for series in context.progress if series.name in terms]
    return chosen or list(context.progress)


def run_state(states: Sequence[State]) -> State:
    """Return the state of a run: the first trouble of any of its losses; converged only where all are flat, improving where any is.

    Series that are too short count only where all are.
    """
    told = [state for state in states if state is not State.INSUFFICIENT]
    if not told:
        return State.INSUFFICIENT
    for trouble in (State.BROKEN, State.MIXED, State.DIVERGING, State.UNSTABLE, State.OVERFITTING, State.PLATEAU_HIGH):
        if trouble in told:
            return trouble
    if State.IMPROVING in told:
        return State.IMPROVING
    return State.CONVERGED if all(state is State.CONVERGED for state in told) else State.INCONCLUSIVE
