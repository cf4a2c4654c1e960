"""Compares the runs of one input by the metric that they share: the best, the spread, those that
end alike, and copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from lossreport.model.analysis import Analysis, Goal, State
from lossreport.model.run import Run, Series, shown_x
from lossreport.text import Join, Phrase, Text, number, show_value
from lossreport.words import AXES

ALIKE: Final = 0.05
"""Runs end alike that lie within 5 % of each other: as far apart as seeds of one setting may lie
(Picard 2021: up to 2 % of accuracy).
"""
LEAST_ALIKE: Final = 3
APART: Final = 0.25
"""... and are told where the best is better by a quarter: else all runs are of one level."""
MOST_NAMED: Final = 8
LEAST_ROWS: Final = 5
"""So many equal rows are no coincidence."""

COMPARED = Text(
    zh="**{count} 次训练里最好的 {metric}**：{best}（{first}，{axis} {x}）。"
    "{spread} {worst}（{last}）。{stuck}{copies}",
    en="**Best {metric} of {count} runs**: {best} ({first}, {axis} {x}). "
    "{spread} {worst} ({last}).{stuck}{copies}",
)
MEDIAN = Text(zh="中位数 {median}，最差", en="Median {median}, worst")
WORST = Text(zh="最差", en="Worst")
BEST_OF = Text(zh="`{metric}`", en="`{metric}`")
LAST_OF = Text(zh="`{metric}` 末值", en="last `{metric}`")
STUCK = Text(
    zh="{count} 次处在同一水平（{level}）：{runs}。",
    en=" {count} of them lie at one level ({level}): {runs}.",
)
SPAN = Text(zh="{low} 到 {high}", en="{low} to {high}")
COPIES = Text(
    zh="{runs} 的 `{metric}` 逐行相同：这是一个结果，不能算作多次。",
    en=" {runs} hold the same `{metric}` row by row: one result, not several.",
)
OTHERS = Text(zh="另 {count} 次", en="{count} more")
NONE: Final = ""


class Ended(NamedTuple):
    """A run with its goal and the value it is compared by."""

    run: Run
    series: Series
    value: float


def comparisons(analysis: Analysis) -> Iterator[Phrase]:
    """Yield a sentence for each metric that is the goal of two runs or more."""
    groups: dict[tuple[str, str, str, str], list[Ended]] = {}
    runs = {run.id: run for run in analysis.runs}
    states = {verdict.run: verdict.state for verdict in analysis.verdicts if not verdict.series}
    for goal in analysis.goals:
        run = runs[goal.run]
        series = next(one for one in run.series if one.id == goal.series)
        value = _value(series, goal)
        if value is not None and _tells(states.get(goal.run), goal, series):
            groups.setdefault(
                (series.split, series.name, series.metric_type, goal.mode), []
            ).append(Ended(run, series, value))
    for (split, _, _, mode), ended in groups.items():
        if len(ended) > 1:
            yield _compared(
                sorted(ended, key=lambda one: one.value, reverse=mode == "max"),
                is_last=_is_last(split, mode),
                mode=mode,
            )


def _tells(state: State | None, goal: Goal, series: Series) -> bool:
    """Return whether a value may be compared: not one of a broken run, and no last training loss
    that was hardly measured.
    """
    return state is not State.BROKEN and not (
        state is State.INSUFFICIENT and _is_last(series.split, goal.mode)
    )


def _is_last(split: str, mode: str) -> bool:
    """Return whether runs are compared by their last value: of a training loss the lowest row is a
    matter of luck.
    """
    return split == "train" and mode == "min"


def _value(series: Series, goal: Goal) -> float | None:
    finite = series.y[np.isfinite(series.y)]
    if not len(finite):
        return None
    if _is_last(series.split, goal.mode):
        return float(finite[-1])
    return float(finite.max() if goal.mode == "max" else finite.min())


def _compared(ended: Sequence[Ended], *, is_last: bool, mode: str) -> Phrase:
    best, worst = ended[0], ended[-1]
    unit = best.series.unit
    return COMPARED(
        metric=(LAST_OF if is_last else BEST_OF)(metric=best.series.label),
        count=len(ended),
        best=number(best.value, unit),
        first=best.run.id,
        axis=AXES[best.series.axis.value],
        x=shown_x(
            float(best.series.x[np.flatnonzero(best.series.y == best.value)[-1 if is_last else 0]])
        ),
        spread=MEDIAN(median=number(float(np.median([one.value for one in ended])), unit))
        if len(ended) > 2
        else WORST(),
        worst=number(worst.value, unit),
        last=worst.run.id,
        stuck=_stuck(ended, mode) or NONE,
        copies=_copies(ended) or NONE,
    )


def _stuck(ended: Sequence[Ended], mode: str) -> Phrase | None:
    """Return the sentence on the largest group of runs that end at one level, surely behind the
    best; None without. The runs come from the best to the worst.
    """
    cost = np.array([one.value for one in ended]) * (-1.0 if mode == "max" else 1.0)
    after = np.searchsorted(cost, cost + ALIKE * np.abs(cost), side="right")
    begin = int(np.argmax(after - np.arange(len(ended))))
    largest = ended[begin : int(after[begin])]
    if len(largest) < LEAST_ALIKE:
        return None
    level, best = largest[0].value, ended[0].value
    equal = level == largest[-1].value  # copies are told as such
    behind = (best - level if mode == "max" else level - best) >= APART * max(abs(level), abs(best))
    if not behind or equal:
        return None
    values, unit = [one.value for one in largest], largest[0].series.unit
    low, high = number(min(values), unit), number(max(values), unit)
    same = show_value(low, "en") == show_value(high, "en")
    return STUCK(
        count=len(largest),
        level=low if same else SPAN(low=low, high=high),
        runs=_named([one.run for one in largest]),
    )


def _copies(ended: Sequence[Ended]) -> Phrase | None:
    """Return the sentence on the largest group of runs whose goal has the same values in the same
    rows; None without.
    """
    groups: dict[bytes, list[Ended]] = {}
    for one in ended:
        if len(one.series) >= LEAST_ROWS and np.ptp(one.series.y) > 0:
            groups.setdefault(one.series.x.tobytes() + one.series.y.tobytes(), []).append(one)
    same = max(groups.values(), key=len, default=[])
    return (
        COPIES(runs=_named([one.run for one in same]), metric=same[0].series.label)
        if len(same) > 1
        else None
    )


def _named(runs: Sequence[Run]) -> Join:
    shown = tuple(run.id for run in runs[:MOST_NAMED])
    return Join(
        items=(*shown, OTHERS(count=len(runs) - MOST_NAMED)) if len(runs) > MOST_NAMED else shown
    )
