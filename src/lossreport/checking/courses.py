"""What a sentence may say of the course of a series: first, last and best values, level, trend."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Ground, Rules
from lossreport.checking.measures import middle
from lossreport.checking.printed import Between, Candidate, number_of, places
from lossreport.model.run import Ints, Series
from lossreport.text import Phrase

SENTINEL: Final = -1.0
"""What pycocotools prints where nothing was evaluated: such a row was not measured."""
SHARES: Final = ("accuracy", "map", "error_rate")


def measured(series: Series) -> Ints:
    """Return the rows that hold a value: finite, and of a share not the sentinel of an evaluation
    of nothing.
    """
    kept = np.isfinite(series.y)
    if series.metric_type in SHARES:
        kept &= series.y != SENTINEL
    return np.flatnonzero(kept)


def _row(ground: Ground, which: int) -> Iterator[tuple[Series, int]]:
    for series in ground.series:
        rows = measured(series)
        if len(rows):
            yield series, int(rows[which])


def value_at(ground: Ground, which: int) -> Iterator[Candidate]:
    """Yield the value of a row among those that were measured: 0 is the first, -1 the last."""
    yield from (float(series.y[row]) for series, row in _row(ground, which))


def place_at(ground: Ground, which: int) -> Iterator[Candidate]:
    """Yield where a row among those that were measured stands: 0 is the first, -1 the last."""
    yield from (float(series.x[row]) for series, row in _row(ground, which))


def best_rows(ground: Ground, series: Series) -> list[int]:
    """Return the rows that may be called best: the lowest and the highest, or the one of them that
    the goal says.
    """
    rows = measured(series)
    if not len(rows):
        return []
    values = series.y[rows]
    lowest, highest = int(rows[np.argmin(values)]), int(rows[np.argmax(values)])
    goal = next((one for one in ground.analysis.goals if one.series == series.id), None)
    if goal is not None:
        return [highest if goal.mode == "max" else lowest]
    return [lowest, highest]


def best_value(ground: Ground, of: str) -> Iterator[Candidate]:
    """Yield the values ("y") or the places ("x") of the rows that may be called best."""
    for series in ground.series:
        yield from (
            float((series.y if of == "y" else series.x)[row]) for row in best_rows(ground, series)
        )


FIRST: Final[Rules] = {"first": lambda g, p: value_at(g, 0), "last": lambda g, p: value_at(g, -1)}
COUNTED: Final[Rules] = {
    "count": lambda g, p: (float(len(measured(one))) for one in g.series),
    "need": lambda g, p: iter([Between(2.0, 100.0)]),
}


def level_of_tenth(ground: Ground, *, last: bool) -> Iterator[Candidate]:
    """Yield the bounds between which the level of the first or the last tenth lies."""
    for series in ground.series:
        kept = series.y[np.isfinite(series.y)]
        part = max(1, len(series) // 10)
        yield middle(kept[-part:] if last else kept[:part])


def too_few_values(ground: Ground, phrase: Phrase, name: str) -> Iterator[Candidate]:
    """Yield what counts as the rows of a series that has too few: all, or the finite ones, below
    the need that is told.
    """
    need = phrase.values.get("need")
    for series in ground.series:
        for rows in (len(series), int(np.isfinite(series.y).sum()), len(measured(series))):
            if not isinstance(need, int) or rows < need:
                yield float(rows)


def change_over_epochs(ground: Ground, of: str) -> Iterator[Candidate]:
    """Yield places and values that the change over the last epochs may name: rows of the metric at
    whole places.
    """
    mine = {(one.source, one.split, one.name) for one in ground.series}
    for series in ground.run.series:
        if (series.source, series.split, series.name) in mine:
            yield from (float(value) for value in (series.x if of == "x" else series.y))


def span_of_trend(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield how far apart the ends of a trend stand, as the sentence names them."""
    yield round(number_said(phrase, "x1") - number_said(phrase, "x0"), 2)


def number_said(phrase: Phrase, name: str) -> float:
    """Return the number that a sentence has at a place; NaN without."""
    return next(
        (number_of(place.value) for place in places(phrase) if place.name == name), math.nan
    )


def bounds_of_trends(name: str, ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield what the verdicts on the series declare of their trends."""
    ids = {one.id for one in ground.series}
    for verdict in ground.analysis.verdicts:
        trend = verdict.trend
        if trend is not None and set(verdict.series) & ids:
            # a gain of a score is a rise, one of a loss a fall
            up = _goes_up(ground, verdict.series[0])
            told = {
                "rows": float(trend.rows),
                "first": trend.first.x,
                "last": trend.last.x,
                "gain": trend.gain if up else -trend.gain,
                "low": trend.low if up else -trend.high,
                "high": trend.high if up else -trend.low,
                "times": max(1.5, ((trend.high - trend.low) / ground.threshold("flat_gain")) ** 2),
            }
            yield told[name]


def width_of_flat(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the gain within which a series counts as flat."""
    yield ground.threshold("flat_gain")


def _goes_up(ground: Ground, series_id: str) -> bool:
    return any(goal.series == series_id and goal.mode == "max" for goal in ground.analysis.goals)
