"""The picture of several runs: the metric that most of them share, one curve a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from lossreport.compose.charting import axis_scale, curve_of
from lossreport.compose.section import shown
from lossreport.model.analysis import Analysis, State
from lossreport.model.report import Chart, LineChart, Star
from lossreport.model.run import Run, Series, Statistic, shown_x
from lossreport.text import Join, Phrase, Text, Value
from lossreport.words import AXES

MOST_CURVES: Final = 6
"""So many colours and line styles can be told apart; of more runs the best five and the worst are
drawn.
"""
LEAST_CURVES: Final = 2
LEAST_POINTS: Final = 2

ASIDE: Final = frozenset(
    ("time", "memory", "throughput", "learning_rate", "counter", "loss_scale", "grad_norm")
)
"""Kinds that no run is compared by, however many runs log them."""

TITLE = Text(zh="`{metric}`：各次训练", en="`{metric}` of the runs")
ALTERNATIVE = Text(zh="横轴为 {axis}；{ends}{best}{left}。", en="Over {axis}; {ends}{best}{left}.")
END = Text(zh="{run} 从 {first} 到 {last}", en="{run} from {first} to {last}")
BEST = Text(
    zh="；星号是最好的 {value}（{axis} {x}）", en="; the star is the best, {value} at {axis} {x}"
)
LEFT_OUT_OF_BOTH = Text(
    zh="；另有 {count} 次没有画（两端的已画）",
    en="; {count} more are not drawn (those at both ends are)",
)
LEFT_OUT = Text(
    zh="；另有 {count} 次没有画（最好的和最差的已画）",
    en="; {count} more are not drawn (the best and the worst are)",
)
EMPTY: Final = ""


class Drawn(NamedTuple):
    """A run with the series that stands for it in the picture; `mode` says which end is the better
    one, None where neither is.
    """

    run: Run
    series: Series
    mode: str | None
    broken: bool


def overlay(analysis: Analysis) -> Iterator[Chart]:
    """Yield the chart of the metric that most runs share; nothing where no two share one."""
    shared = _shared(analysis)
    if len(shared) < LEAST_CURVES:
        return
    ranked = sorted(shared, key=_order)
    chosen = ranked if len(ranked) <= MOST_CURVES else [*ranked[: MOST_CURVES - 1], ranked[-1]]
    drawn = [one for one in shared if one in chosen]
    series = drawn[0].series
    scale, linthresh = axis_scale([one.series.y for one in drawn])
    star = _star(ranked[0])
    spec = LineChart(
        id="runs-overlaid",
        curves=tuple(curve_of(one.series, one.run.id) for one in drawn),
        scale=scale,
        linthresh=linthresh,
        unit=series.unit,
        star=star,
        x_title=series.axis.value,
    )
    axis = AXES[series.axis.value]
    best: Value = (
        BEST(value=shown(star.y), axis=axis, x=shown_x(star.x)) if star is not None else EMPTY
    )
    cut = LEFT_OUT_OF_BOTH if ranked[0].mode is None else LEFT_OUT
    left: Value = cut(count=len(ranked) - len(drawn)) if len(ranked) > len(drawn) else EMPTY
    told = ALTERNATIVE(axis=axis, ends=Join(items=tuple(map(_ends, drawn))), best=best, left=left)
    yield Chart(title=TITLE(metric=series.label), alternative=told, spec=spec)


def _shared(analysis: Analysis) -> Sequence[Drawn]:
    """Return the runs that have one metric over one axis, as many as possible: the goal of most,
    else a series of the log that most have.
    """
    goals: dict[tuple[object, ...], list[Drawn]] = {}
    others: dict[tuple[object, ...], dict[str, Drawn]] = {}
    for run in analysis.runs:
        goal = analysis.goal(run.id)
        broken = analysis.run_verdict(run.id).state is State.BROKEN
        for series in run.series:
            if (
                series.derived
                or series.statistic is Statistic.RUNNING_MEAN
                or int(np.isfinite(series.y).sum()) < LEAST_POINTS
            ):
                continue
            key = (series.name, series.split, series.axis, series.entity)
            if goal is not None and goal.series == series.id:
                goals.setdefault(key, []).append(Drawn(run, series, goal.mode, broken))
            if series.metric_type not in ASIDE:
                others.setdefault(key, {}).setdefault(run.id, Drawn(run, series, None, broken))
    best = max(goals.values(), key=len, default=[])
    return (
        best
        if len(best) >= LEAST_CURVES
        else list(max(others.values(), key=len, default={}).values())
    )


def _order(one: Drawn) -> tuple[bool, float]:
    """Return what puts the best run first; what a broken one prints is no result, least of all its
    best.
    """
    finite = one.series.y[np.isfinite(one.series.y)]
    return one.broken, -float(finite.max()) if one.mode == "max" else float(finite.min())


def _star(best: Drawn) -> Star | None:
    """Return the best place of the best run, None where nothing says which end is better or a
    training loss has it by luck.
    """
    if best.mode is None or best.broken or (best.series.split == "train" and best.mode == "min"):
        return None
    y = best.series.y
    row = int(np.nanargmax(y) if best.mode == "max" else np.nanargmin(y))
    return Star(x=float(best.series.x[row]), y=float(y[row]))


def _ends(one: Drawn) -> Phrase:
    finite = one.series.y[np.isfinite(one.series.y)]
    return END(run=one.run.id, first=shown(finite[0]), last=shown(finite[-1]))
