"""What a sentence may say of the rows around a place: what moved with it, the finer log, the last
sound row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from lossreport.checking.courses import measured, number_said
from lossreport.checking.ground import Ground, Rules
from lossreport.checking.kinds.excursions import (
    back,
    finer,
)
from lossreport.checking.measures import middle
from lossreport.checking.printed import Between, Candidate, names, number_of, places
from lossreport.text import Phrase


def moved_with_it(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the ratios that a row of another series has to the row before and to any level around
    the rows of the finding.
    """
    lines = {
        int(place.value)
        for place in places(phrase)
        if place.name == "line" and isinstance(place.value, int)
    }
    for series in ground.within(phrase).series:
        for row in np.flatnonzero(np.isin(series.line, list(lines))).tolist():
            reach = 25 + len(ground.rows)
            near = series.y[max(0, row - reach) : row + reach]
            near = near[np.isfinite(near)]
            value = float(series.y[row])
            if not math.isfinite(value):
                continue
            if row and series.y[row - 1]:
                yield value / float(series.y[row - 1])
            edges = sorted(value / edge for edge in (float(near.min()), float(near.max())) if edge)
            if near.min() > 0 or near.max() < 0:
                yield Between(edges[0], edges[-1])
            else:
                yield Between(-math.inf, math.inf)
            yield 1.0


def value_at_line(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the values of the rows in the line that a sentence names."""
    told = [number_of(place.value) for place in places(phrase) if place.name == "line"]
    for series in ground.within(phrase).series:
        yield from (float(value) for value in series.y[np.isin(series.line, told)])


def told_of_finer(what: str, ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield what the finer log says of the place: its lines, highest value, median, share."""
    for series, rows in finer(ground):
        y = series.y[rows]
        above = np.clip(y - np.median(y), 0.0, None)
        told = {
            "first": float(series.line[rows[0]]),
            "last": float(series.line[rows[-1]]),
            "highest": float(y.max()),
            "line": float(series.line[rows[int(np.argmax(y))]]),
            "median": float(np.median(y)),
            "share": float(above.max() / above.sum()) if above.sum() > 0 else 0.0,
        }
        yield told[what]


FINER: Final[Rules] = {
    name: partial(told_of_finer, name)
    for name in ("first", "last", "highest", "line", "median", "share")
}


def median_in_epochs(ground: Ground, phrase: Phrase, *, highest: bool) -> Iterator[Candidate]:
    """Yield the highest and the median row of the epochs that a sentence lists, of each series of
    the file that it names.
    """
    epochs = [number_of(place.value) for place in places(phrase) if place.name == "rows"]
    for series in ground.of_paths(phrase):
        inside = series.y[np.isin(series.epoch, epochs)] if len(series.epoch) else np.empty(0)
        inside = inside[np.isfinite(inside)]
        if len(inside):
            yield float(inside.max()) if highest else middle(inside)


def needed_value(phrase: Phrase) -> float:
    """Return what the other ranks must have contributed to a mean of all."""
    own, others = number_said(phrase, "own_n"), number_said(phrase, "other_n")
    return (
        (own + others) * number_said(phrase, "value") - own * number_said(phrase, "own")
    ) / others


def line_when_back(ground: Ground) -> Iterator[Candidate]:
    """Yield the line at which a series is back near the level around."""
    row = back(ground)
    if row is not None:
        yield float(ground.subject.line[row])


def last_sound_row(of: str, ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the last finite row before a finding, or of one the row before that."""
    series = ground.series[0]
    start = ground.rows[0] if ground.rows else len(series)
    good = [row for row in np.flatnonzero(np.isfinite(series.y)).tolist() if row <= start]
    for row in good[-3:]:
        yield float({"x": series.x, "line": series.line, "value": series.y}[of][row])


def level_of_last_quarter(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the median of the last quarter of what was measured."""
    for series in ground.series:
        y = series.y[measured(series)]
        yield float(np.median(y[len(y) - len(y) // 4 :]))


def level_of_first_quarter(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the median of the first quarter of what was measured."""
    for series in ground.series:
        y = series.y[measured(series)]
        yield float(np.median(y[: len(y) // 4]))


def lines(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the lines that a sentence may name: those of the rows of its series, of events,
    stretches and settings.
    """
    said = set(names(phrase))
    paths = {source.id for source in ground.run.sources if source.path in said}
    elsewhere = (
        [one for run in ground.beside for one in run.series if one.path in said]
        if "run" in phrase.values
        else []
    )
    sources = {one.source for one in (*ground.within(phrase).series, *ground.series)}
    for series in (*(one for one in ground.run.series if one.source in sources), *elsewhere):
        yield series.line
    for event in ground.run.events:
        if not paths or event.source in paths:
            yield float(event.line)
    for begun in ground.run.segments:
        yield float(begun.first_line)
    yield from (float(fact.line) for fact in ground.run.facts if fact.line is not None)
    yield from (float(line) for note in ground.run.notes for line in note.lines)
    yield from (float(source.lines) for source in ground.run.sources)


def _xs(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    sources = {one.source for one in (*ground.within(phrase).series, *ground.series)}
    for series in (one for one in ground.run.series if one.source in sources):
        yield series.x
    if ground.finding is not None:
        yield ground.finding.start.x
        yield ground.finding.end.x
