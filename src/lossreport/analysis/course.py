"""Tells how one metric went, in half a sentence: its best and its last value, or its first and last
where best means nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.goal import measured, mode_of
from lossreport.model.run import Floats, Series, shown_x
from lossreport.text import Phrase, Text, number
from lossreport.words import AXES

ONE = Text(zh="{last}（{axis} {x}）", en="{last} at {axis} {x}")
RISEN = Text(
    zh="从 {first} 到 {last}，最后一次（{axis} {x}）最好",
    en="from {first} to {last}, best at its last value ({axis} {x})",
)
CONSTANT = Text(zh="全部 {count} 个值都是 {value}", en="{value} in all {count} values")
PASSED = Text(
    zh="最好 {best}（{axis} {x}），最后 {last}（{axis} {end}）",
    en="best {best} at {axis} {x}, last {last} at {axis} {end}",
)
NOISY = Text(
    zh="最好 {best}（{axis} {x}），最后 {last}（{axis} {end}），最后四分之一的中位数 "
    "{level}（最初四分之一为 {early}）",
    en="best {best} at {axis} {x}, last {last} at {axis} {end}, {level} in the median of the "
    "last quarter ({early} in that of the first)",
)
EPISODES: Final = 48
"""A reward of the training is one of single episodes or batches: with so many its best and its last
are two of them, and their level is the median of twelve and more.
"""
FROM_TO = Text(
    zh="从 {first} 到 {last}（{axis} {x} 到 {end}）",
    en="from {first} to {last} ({axis} {x} to {end})",
)
NOTHING = Text(zh="没有测得的值", en="no value was measured")


def course(context: Context, series: Series) -> Phrase:
    """Return from where to where a series went; of what a checkpoint can be chosen by, also its
    best value and place.
    """
    values = measured(context, series)
    rows = np.flatnonzero(np.isfinite(values))
    if not len(rows):
        return NOTHING()
    first, last = int(rows[0]), int(rows[-1])
    axis = AXES[series.axis.value]
    end = shown_x(series.x[last])
    value = number(float(values[last]), series.unit)
    if len(rows) == 1:
        return ONE(last=value, axis=axis, x=end)
    start = number(float(values[first]), series.unit)
    if series.split == "train" and series in context.losses:
        return FROM_TO(first=start, last=value, axis=axis, x=shown_x(series.x[first]), end=end)
    if np.nanmin(values) == np.nanmax(values):
        return CONSTANT(value=value, count=len(rows))
    best = best_row(values, up=is_up(context, series))
    if best == last:
        return RISEN(first=start, last=value, axis=axis, x=end)
    best_value = number(float(values[best]), series.unit)
    if series.split == "train" and series.metric_type == "reward" and len(rows) >= EPISODES:
        quarter = len(rows) // 4
        level, early = (
            number(float(np.median(values[part])), series.unit)
            for part in (rows[-quarter:], rows[:quarter])
        )
        return NOISY(
            best=best_value,
            axis=axis,
            x=shown_x(series.x[best]),
            last=value,
            end=end,
            level=level,
            early=early,
        )
    return PASSED(best=best_value, axis=axis, x=shown_x(series.x[best]), last=value, end=end)


def is_up(context: Context, series: Series) -> bool:
    """Return whether more of a series is better: as the goal says where it is the goal, else as its
    kind tells.
    """
    if context.goal is not None and context.goal.series == series.id:
        return context.goal.mode == "max"
    return mode_of(context, series) == "max"


def best_row(values: Floats, *, up: bool) -> int:
    """Return the row of the best finite value, the first of equals; there must be one."""
    cost = -values if up else values
    return int(np.nanargmin(cost))
