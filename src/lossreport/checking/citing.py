"""What a sentence may cite without a rule of its own: rows, levels and settings it is about."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Ground
from lossreport.checking.measures import middle
from lossreport.checking.printed import Place, number_of, places, shows
from lossreport.model.run import Floats, Series

PARTS: Final = (2, 3, 4, 5, 10, 20)
"""Halves to twentieths, of which a sentence may tell the median."""
MOST_SERIES: Final = 40
MOST_LEVELS: Final = 6
"""So many series give levels of which two make a ratio."""


def may_cite(whole: Ground, inner: Ground, place: Place) -> bool:
    """Return whether a number is one that a sentence may cite: a row, a count, a fact, a level of a
    part, or of two of them the ratio.
    """
    named = (
        *inner.series,
        *inner.called(place.phrase),
        *inner.of_paths(place.phrase),
        *whole.series,
    )
    series = tuple({one.id: one for one in named}.values())[:MOST_SERIES]
    if any(_is_row(place, one) for one in series) or _is_in_line(whole, place):
        return True
    known = {*_declared(whole), *_facts(whole), *_siblings(place)}
    if any(shows(place.value, value) for value in known):
        return True
    ends = {level for one in series[:MOST_LEVELS] for level in _ends(one)}
    if _is_of_two(place, np.array([one for one in ends if math.isfinite(one)])):
        return True
    levels = {level for one in series[:MOST_LEVELS] for level in _levels(one)}
    cited = np.array(sorted({*ends, *levels, *known, *_cited(whole)}))
    cited = cited[np.isfinite(cited)]
    beside = [number_of(other.value) for other in places(place.phrase) if other.name != place.name]
    with_beside = np.array([*cited, *(value for value in beside if math.isfinite(value))])
    if shows(place.value, cited) or _is_of_two(place, with_beside):
        return True
    return any(_is_median(place, one) for one in series[:MOST_LEVELS])


def _is_row(place: Place, series: Series) -> bool:
    value = number_of(place.value)
    if (isinstance(place.value, int) or value.is_integer()) and bool(np.any(series.x == value)):
        return True
    if isinstance(place.value, int):
        return bool(
            np.any(series.y == value) or np.any(series.x == value) or np.any(series.line == value)
        )
    if not math.isfinite(value):
        return bool(np.any(~np.isfinite(series.y)))
    near = series.y[np.isfinite(series.y)]
    near = near[np.abs(near - value) <= 0.01 * abs(value) + 1e-12]
    return shows(place.value, near)


def _is_in_line(ground: Ground, place: Place) -> bool:
    """Return whether a number is a value of any series in the line that its sentence names."""
    told = [number_of(other.value) for other in places(place.phrase) if other.name == "line"]
    return bool(told) and any(
        shows(place.value, one.y[np.isin(one.line, told)]) for one in ground.run.series
    )


def _declared(ground: Ground) -> Iterator[float]:
    unfinite = [one for one in ground.run.series if len(one) and not np.isfinite(one.y).all()]
    yield from (float(len(unfinite)), float(len({one.name for one in unfinite})))
    sources = {one.source for one in ground.series}
    sound = [
        one.metric_type
        for one in ground.run.series
        if one.source in sources and len(one) and np.isfinite(one.y).all()
    ]
    yield from (float(len(sound)), *(float(sound.count(kind)) for kind in set(sound)))
    for value in ground.numbers.values():
        yield value
        if value > 0:
            yield math.log(value)
    yield float(len(ground.rows))
    for series in ground.series:
        yield float(len(series))
        yield float(np.isfinite(series.y).sum())
        yield float(np.sum(~np.isfinite(series.y)))
    yield float(len(ground.run.events))
    for kind in {event.kind for event in ground.run.events}:
        yield float(sum(event.kind == kind for event in ground.run.events))


def _facts(ground: Ground) -> Iterator[float]:
    for fact in ground.run.facts:
        parts = fact.value if isinstance(fact.value, tuple) else (fact.value,)
        for value in parts:
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield float(value)
                if value > 0:
                    yield math.log(value)


def _siblings(place: Place) -> Iterator[float]:
    """Yield the logarithms and exponentials of the other numbers of the sentence: ln 65536, e^L."""
    for other in places(place.phrase):
        value = number_of(other.value)
        if other.name != place.name and math.isfinite(value):
            if value > 0:
                yield from (math.log(value), math.log2(value), math.sqrt(value))
            if value < 700:
                yield math.exp(value)


def _ends(series: Series) -> Iterator[float]:
    y = series.y[np.isfinite(series.y)]
    if len(y):
        yield from (float(y[0]), float(y[-1]), float(y.min()), float(y.max()))


def _levels(series: Series) -> Iterator[float]:
    """Yield the levels that a sentence may tell of a series: of its ends, of their parts, of the
    rows up to one.
    """
    y = series.y[np.isfinite(series.y)]
    if not len(y):
        return
    for row in (int(np.argmin(y)), int(np.argmax(y))):  # how far into the run the best is
        yield from (row / len(y), (row + 1) / len(y))
    for whole in (y, y[len(y) // 2 :]):
        for part in PARTS:
            rows = max(1, len(whole) // part)
            yield from (middle(whole[:rows]), middle(whole[-rows:]))
    yield middle(y)
    for rows in (3, 5):
        yield from (middle(y[:rows]), middle(y[-rows:]))
    if len(y) <= SHORT:
        yield from (middle(y[:rows]) for rows in range(1, len(y)))


SHORT: Final = 100
"""Of so few rows a sentence may tell the level up to any of them."""


def _cited(ground: Ground) -> Iterator[float]:
    if ground.finding is not None:
        yield from (one.value for one in ground.finding.evidence)
    for scale in ground.analysis.scales:
        if any(one.id == scale.series[0] for one in ground.series):
            yield from (
                value
                for value in (scale.value, scale.chance, scale.floor, scale.bits)
                if value is not None
            )


def _is_median(place: Place, series: Series) -> bool:
    """Return whether a number is the median of some stretch of a short series."""
    y = series.y[np.isfinite(series.y)]
    if isinstance(place.value, int) or len(y) > SHORT:
        return False
    return any(
        shows(place.value, middle(y[first:last]))
        for first in range(len(y))
        for last in range(first + 1, len(y) + 1)
    )


def _is_of_two(place: Place, cited: Floats) -> bool:
    """Return whether a number is the ratio, the difference or the relative change of two cited
    ones.
    """
    value = number_of(place.value)
    if isinstance(place.value, int) or not math.isfinite(value) or len(cited) > 400:
        return False
    a, b = np.meshgrid(cited, cited)
    with np.errstate(all="ignore"):
        made = np.concatenate([(a / b).ravel(), (a - b).ravel(), (a / b - 1).ravel()])
    near = made[np.isfinite(made) & (np.abs(made - value) <= 0.01 * abs(value) + 1e-12)]
    return shows(place.value, near)
