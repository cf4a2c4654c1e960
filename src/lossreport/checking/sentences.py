"""Checks the numbers of a sentence: by the rules of its kind, by the places it has, or by all that
such a sentence may cite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

import numpy as np

from lossreport.checking.ground import Ground, Rule, Rules
from lossreport.checking.kinds.excursions import (
    back,
    baseline,
    batches,
    excess,
    finer,
    one_batch,
    peak,
    recovery,
)
from lossreport.checking.kinds.levels import gains
from lossreport.checking.kinds.machine import clipped_share
from lossreport.checking.measures import middle
from lossreport.checking.printed import Between, Candidate, Place, names, number_of, places, shows
from lossreport.model.run import Axis, Floats, Ints, Series
from lossreport.text import Join, Phrase, Value, show_value

SENTINEL: Final = -1.0
"""What pycocotools prints where nothing was evaluated: such a row was not measured."""
SHARES: Final = ("accuracy", "map", "error_rate")
CLASSES: Final = ("num_classes", "num_labels", "nb_classes", "n_classes", "classes")
"""What configurations call the number of classes."""


# ------------------------------------------------------------------------------------- courses
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


def _y(ground: Ground, which: int) -> Iterator[Candidate]:
    yield from (float(series.y[row]) for series, row in _row(ground, which))


def _x(ground: Ground, which: int) -> Iterator[Candidate]:
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


def _best(ground: Ground, of: str) -> Iterator[Candidate]:
    for series in ground.series:
        yield from (
            float((series.y if of == "y" else series.x)[row]) for row in best_rows(ground, series)
        )


FIRST: Final[Rules] = {"first": lambda g, p: _y(g, 0), "last": lambda g, p: _y(g, -1)}
COUNTED: Final[Rules] = {
    "count": lambda g, p: (float(len(measured(one))) for one in g.series),
    "need": lambda g, p: iter([Between(2.0, 100.0)]),
}


def _tenths(ground: Ground, *, last: bool) -> Iterator[Candidate]:
    for series in ground.series:
        kept = series.y[np.isfinite(series.y)]
        part = max(1, len(series) // 10)
        yield middle(kept[-part:] if last else kept[:part])


def _too_few(ground: Ground, phrase: Phrase, name: str) -> Iterator[Candidate]:
    """Yield what counts as the rows of a series that has too few: all, or the finite ones, below
    the need that is told.
    """
    need = phrase.values.get("need")
    for series in ground.series:
        for rows in (len(series), int(np.isfinite(series.y).sum()), len(measured(series))):
            if not isinstance(need, int) or rows < need:
                yield float(rows)


# ------------------------------------------------------------------------------------- trends
def _epochs(ground: Ground, of: str) -> Iterator[Candidate]:
    """Yield places and values that the change over the last epochs may name: rows of the metric at
    whole places.
    """
    mine = {(one.source, one.split, one.name) for one in ground.series}
    for series in ground.run.series:
        if (series.source, series.split, series.name) in mine:
            yield from (float(value) for value in (series.x if of == "x" else series.y))


def _span(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    yield round(_said(phrase, "x1") - _said(phrase, "x0"), 2)


def _said(phrase: Phrase, name: str) -> float:
    return next(
        (number_of(place.value) for place in places(phrase) if place.name == name), math.nan
    )


def _trends(name: str, ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
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


def _flat(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    yield ground.threshold("flat_gain")


def _goes_up(ground: Ground, series_id: str) -> bool:
    return any(goal.series == series_id and goal.mode == "max" for goal in ground.analysis.goals)


# ---------------------------------------------------------------------- what the run says of itself
def _progress(ground: Ground, at: int) -> Iterator[Candidate]:
    for pair in (ground.run.progress.epochs, ground.run.progress.steps):
        value = pair[at]
        if value is not None and None not in pair:
            yield float(value)


def _fact(ground: Ground, *called: str) -> Iterator[float]:
    for name in called:
        value = ground.value(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _norms(ground: Ground) -> list[Series]:
    return [
        one
        for one in ground.run.series
        if one.metric_type == "grad_norm" and np.isfinite(one.y).any()
    ]


def _below_training(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the share of the rows of a validation that lie below the training loss."""
    if len(ground.series) > 1:
        val, train = ground.series[0], ground.series[1]
        yield float(np.mean(val.y < np.interp(val.x, train.x, train.y)))


def _steps(ground: Ground) -> Iterator[Candidate]:
    """Yield the steps that were made, as far as the log counts them."""
    done = ground.run.progress.steps[0]
    if done is not None:
        yield float(done)
    counted = [
        float(np.nanmax(one.x))
        for one in ground.run.series
        if one.axis in (Axis.STEP, Axis.ITERATION) and len(one)
    ]
    if counted:
        yield max(counted)


def _spikes(ground: Ground, *, late: bool) -> Iterator[Candidate]:
    """Yield the spikes of each series in its first, or its second half."""
    for series in ground.run.series:
        rows = [
            one.start.row
            for one in ground.excursions
            if one.kind == "spike" and one.series[0] == series.id and one.explained_by is None
        ]
        yield float(sum((row >= len(series) / 2) is late for row in rows))


def _over_half(ground: Ground) -> Iterator[Candidate]:
    """Yield the range of the relative rise of a series over its last half."""
    for series in ground.series:
        fall = gains(ground, series, max(2, len(series) // 2))
        yield Between(-fall.high, -fall.low)


SHARES_OF_RATE: Final = (
    1 / 2,
    1 / 3,
    1 / 5,
    1 / 10,
    1 / 100,
    *(images / 16 for images in range(1, 16)),
)
"""Sixteen images are the batch of the published detection recipes: linear scaling makes the rate
for fewer.
"""


def _rates(ground: Ground) -> Iterator[Candidate]:
    """Yield every rate of the run, and what advice makes of one: a share of it, or its share for
    another number of images.
    """
    known = _logged_rates(ground)
    yield from (known, *(known * share for share in SHARES_OF_RATE))


def _logged_rates(ground: Ground) -> Floats:
    """Return the rates that the run was told or has logged."""
    told = list(_fact(ground, "lr"))
    logged = [
        series.y[np.isfinite(series.y)]
        for series in ground.run.series
        if series.metric_type == "learning_rate"
    ]
    return np.concatenate([np.array(told, dtype=np.float64), *logged])


def _of_rates(ground: Ground, of: Callable[[Floats], float]) -> Iterator[Candidate]:
    yield from (
        float(of(one.y))
        for one in ground.run.series
        if one.metric_type == "learning_rate" and len(one)
    )


def _of_the_steps(ground: Ground) -> Iterator[Candidate]:
    """Yield how long a warm-up may be that a step asks for: at most a tenth of the steps of a
    series.
    """
    yield from (
        Between(1.0, max(1.0, 0.1 * float(one.x[-1]) + 0.5))
        for one in ground.run.series
        if len(one)
    )


# --------------------------------------------------------------------------------- places of spikes
def _companion(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
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


def _at_line(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the values of the rows in the line that a sentence names."""
    told = [number_of(place.value) for place in places(phrase) if place.name == "line"]
    for series in ground.within(phrase).series:
        yield from (float(value) for value in series.y[np.isin(series.line, told)])


def _finer(what: str, ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
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
    name: partial(_finer, name) for name in ("first", "last", "highest", "line", "median", "share")
}


def _in_epochs(ground: Ground, phrase: Phrase, *, highest: bool) -> Iterator[Candidate]:
    """Yield the highest and the median row of the epochs that a sentence lists, of each series of
    the file that it names.
    """
    epochs = [number_of(place.value) for place in places(phrase) if place.name == "rows"]
    for series in ground.of_paths(phrase):
        inside = series.y[np.isin(series.epoch, epochs)] if len(series.epoch) else np.empty(0)
        inside = inside[np.isfinite(inside)]
        if len(inside):
            yield float(inside.max()) if highest else middle(inside)


def _needed(phrase: Phrase) -> float:
    """Return what the other ranks must have contributed to a mean of all."""
    own, others = _said(phrase, "own_n"), _said(phrase, "other_n")
    return ((own + others) * _said(phrase, "value") - own * _said(phrase, "own")) / others


def _back_line(ground: Ground) -> Iterator[Candidate]:
    row = back(ground)
    if row is not None:
        yield float(ground.subject.line[row])


def _last_sound(of: str, ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the last finite row before a finding, or of one the row before that."""
    series = ground.series[0]
    start = ground.rows[0] if ground.rows else len(series)
    good = [row for row in np.flatnonzero(np.isfinite(series.y)).tolist() if row <= start]
    for row in good[-3:]:
        yield float({"x": series.x, "line": series.line, "value": series.y}[of][row])


def _last_quarter(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the median of the last quarter of what was measured."""
    for series in ground.series:
        y = series.y[measured(series)]
        yield float(np.median(y[len(y) - len(y) // 4 :]))


def _first_quarter(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the median of the first quarter of what was measured."""
    for series in ground.series:
        y = series.y[measured(series)]
        yield float(np.median(y[: len(y) // 4]))


Shape = tuple[str, bool, Rules]
"""The names of the places of a sentence, whether its numbers are of the finding that it stands in,
and their rules.
"""
KNOWN: Final[tuple[Shape, ...]] = (
    # courses of a metric; numbers are of the series that the sentence around names
    ("last axis x", False, {"last": lambda g, p: _y(g, -1), "x": lambda g, p: _x(g, -1)}),
    ("first last axis x", False, {**FIRST, "x": lambda g, p: _x(g, -1)}),
    (
        "best axis x last end",
        False,
        {
            **FIRST,
            "best": lambda g, p: _best(g, "y"),
            "x": lambda g, p: _best(g, "x"),
            "end": lambda g, p: _x(g, -1),
        },
    ),
    (
        "best axis x last end level early",
        False,
        {
            **FIRST,
            "best": lambda g, p: _best(g, "y"),
            "x": lambda g, p: _best(g, "x"),
            "end": lambda g, p: _x(g, -1),
            "level": _last_quarter,
            "early": _first_quarter,
        },
    ),
    (
        "first last axis x end",
        False,
        {**FIRST, "x": lambda g, p: _x(g, 0), "end": lambda g, p: _x(g, -1)},
    ),
    (
        "metric first last best axis x",
        False,
        {
            "first": lambda g, p: _tenths(g, last=False),
            "last": lambda g, p: _tenths(g, last=True),
            "best": lambda g, p: (float(np.nanmax(one.y)) for one in g.series),
            "x": lambda g, p: (float(one.x[row]) for one in g.series for row in best_rows(g, one)),
        },
    ),
    ("metric path first last", False, FIRST),
    (
        "metric path axis x0 x1 first last need",
        False,
        {**FIRST, **COUNTED, "x0": lambda g, p: _x(g, 0), "x1": lambda g, p: _x(g, -1)},
    ),
    ("metric course count", False, COUNTED),
    (
        "metric path count zeros",
        False,
        {
            "count": lambda g, p: (float(len(one)) for one in g.series),
            "zeros": lambda g, p: (float(np.sum(one.y == 0)) for one in g.series),
        },
    ),
    ("metric course gain rows", False, {name: partial(_trends, name) for name in ("gain", "rows")}),
    (
        "metric course gain high low rows",
        False,
        {name: partial(_trends, name) for name in ("gain", "low", "high", "rows")},
    ),
    (
        "metric course top last",
        False,
        {
            "top": lambda g, p: _of_rates(g, np.max),
            "last": lambda g, p: _of_rates(g, lambda y: y[-1]),
        },
    ),
    ("metric path rows need", False, {**COUNTED, "rows": lambda g, p: _too_few(g, p, "rows")}),
    ("metric path count need", False, {**COUNTED, "count": lambda g, p: _too_few(g, p, "count")}),
    ("metric count need", False, {**COUNTED, "count": lambda g, p: _too_few(g, p, "count")}),
    ("need", False, COUNTED),
    ("need sentences", False, COUNTED),
    ("times within", False, {"times": partial(_trends, "times"), "within": _flat}),
    ("within", False, {"within": _flat}),
    (
        "rows axis first last gain of low high epochs",
        False,
        {name: partial(_trends, name) for name in ("rows", "first", "last", "gain", "low", "high")},
    ),
    (
        "count x0 x1 y0 y1 gain",
        False,
        {
            "count": _span,
            "x0": lambda g, p: _epochs(g, "x"),
            "x1": lambda g, p: _epochs(g, "x"),
            "y0": lambda g, p: _epochs(g, "y"),
            "y1": lambda g, p: _epochs(g, "y"),
            "gain": lambda g, p: iter([_said(p, "y1") / _said(p, "y0") - 1]),
        },
    ),
    # how the run ended
    (
        "done planned unit",
        False,
        {"done": lambda g, p: _progress(g, 0), "planned": lambda g, p: _progress(g, 1)},
    ),
    # advice
    (
        "names axis x metric before after",
        True,
        {
            "x": lambda g, p: (float(one.start.x) for one in g.analysis.findings),
            "before": lambda g, p: (
                float(v)
                for one in g.run.series
                if one.metric_type == "learning_rate"
                for v in one.y
            ),
            "after": lambda g, p: _of_rates(g, lambda y: y[-1]),
        },
    ),
    (
        "least most",
        False,
        {"least": lambda g, p: _of_the_steps(g), "most": lambda g, p: _of_the_steps(g)},
    ),
    (
        "share clip lr",
        False,
        {
            "share": lambda g, p: (
                clipped_share(one, clip) for one in _norms(g) for clip in _fact(g, "clip_grad")
            )
        },
    ),
    (
        "peak clip share level",
        False,
        {
            "peak": lambda g, p: (float(v) for one in _norms(g) for v in one.y),
            "level": lambda g, p: (
                float(np.percentile(one.y[np.isfinite(one.y)], 90)) for one in _norms(g)
            ),
            "share": lambda g, p: (
                float(np.mean(one.y[np.isfinite(one.y)] > clip))
                for one in _norms(g)
                for clip in _fact(g, "clip_grad")
            ),
        },
    ),
    (
        "count steps",
        False,
        {
            "count": lambda g, p: iter(
                [float(sum(event.kind == "overflow" for event in g.run.events))]
            ),
            "steps": lambda g, p: _steps(g),
        },
    ),
    (
        "first second",
        False,
        {
            "first": lambda g, p: _spikes(g, late=False),
            "second": lambda g, p: _spikes(g, late=True),
        },
    ),
    ("metric gain weight", False, {"gain": lambda g, p: _over_half(g)}),
)
"""Of verdicts, answers, advice and reasons."""
IN_FINDINGS: Final[tuple[Shape, ...]] = (
    # places of spikes; numbers are of the finding
    ("rows line", True, {"rows": lambda g, p: recovery(g), "line": lambda g, p: _back_line(g)}),
    ("line", True, {"line": lambda g, p: _back_line(g)}),
    (
        "n one all",
        True,
        {
            "n": lambda g, p: batches(g),
            "one": lambda g, p: one_batch(g),
            "all": lambda g, p: iter([float(g.subject.y[peak(g)])]),
        },
    ),
    (
        "base excess all",
        True,
        {
            "base": lambda g, p: iter([baseline(g)]),
            "excess": lambda g, p: iter([excess(g)]),
            "all": lambda g, p: iter([float(g.subject.y[peak(g)])]),
        },
    ),
    ("path first last highest line median", True, FINER),
    ("path first last highest line median share", True, FINER),
    ("path line share", True, FINER),
    ("path first last share", True, FINER),
    ("path first last median", True, FINER),
    ("path line value", True, {**FINER, "value": lambda g, p: _finer("highest", g, p)}),
    (
        "rows local highest median",
        False,
        {
            "rows": lambda g, p: (float(x) for one in g.run.series for x in one.x),
            "highest": lambda g, p: _in_epochs(g, p, highest=True),
            "median": lambda g, p: _in_epochs(g, p, highest=False),
        },
    ),
    (
        "x value own_n metric own other_n needed partner actual",
        False,
        {
            "own_n": lambda g, p: (ranks - _said(p, "other_n") for ranks in _fact(g, "world_size")),
            "other_n": lambda g, p: (Between(1.0, ranks - 1) for ranks in _fact(g, "world_size")),
            "needed": lambda g, p: iter([_needed(p)]),
        },
    ),
    ("metric ratio when line", False, {"ratio": _companion, "line": lambda g, p: lines(g, p)}),
    (
        "metric value line ratio",
        False,
        {"value": _at_line, "ratio": _companion, "line": lambda g, p: lines(g, p)},
    ),
    ("metric value when line", False, {"value": _at_line, "line": lambda g, p: lines(g, p)}),
    ("metric ratio path line", False, {"ratio": _companion, "line": lambda g, p: lines(g, p)}),
    ("share val", True, {"share": _below_training}),
    # no part of what the critic explains
    ("metric path share least level", True, {"least": lambda g, p: iter([0.1])}),
    (
        "axis x path line value",
        True,
        {name: partial(_last_sound, name) for name in ("x", "line", "value")},
    ),
)
"""Of the notes and signs of findings."""


def _by_shape(shapes: tuple[Shape, ...]) -> dict[frozenset[str], tuple[bool, Rules]]:
    return {frozenset(names.split()): (of_finding, rules) for names, of_finding, rules in shapes}


SHAPES: Final = {False: _by_shape(KNOWN), True: _by_shape(IN_FINDINGS)}
"""The sentences of known shape, by whether they stand in a finding and by the names of their
places.
"""


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


PATIENCE: Final = 10
"""Early stopping that is advised waits for a tenth of the rounds that were trained."""
ROLES: Final[Rules] = {
    "line": lines,
    "lines": lines,
    "x": _xs,
    "x0": _xs,
    "x1": _xs,
    "lr": lambda g, p: _rates(g),
    "top": lambda g, p: _rates(g),
    "clip": lambda g, p: _fact(g, "clip_grad"),
    "ranks": lambda g, p: _fact(g, "world_size"),
    "every": lambda g, p: _fact(g, "save_steps"),
    "done": lambda g, p: (
        float(pair[0])
        for pair in (g.run.progress.epochs, g.run.progress.steps)
        if pair[0] is not None
    ),
    "planned": lambda g, p: _progress(g, 1),
    "full_score": lambda g, p: iter((1.0, 100.0)),  # of a share, or in percent
    "class_count": lambda g, p: _fact(g, *CLASSES),
    "guessed": lambda g, p: (
        full / classes for classes in _fact(g, *CLASSES) if classes for full in (1.0, 100.0)
    ),
    "warm_up": lambda g, p: _fact(g, "warmup_epochs", "warmup_steps"),
    "need": COUNTED["need"],
    "window": lambda g, p: (
        float(one.window) for one in (*g.within(p).series, *g.series) if one.window
    ),
    # a threshold that the detector names
    "limit": lambda g, p: iter([Between(-math.inf, math.inf)]),
    "less": lambda g, p: iter([Between(0.0, max(_logged_rates(g).tolist(), default=math.inf))]),
    "more": lambda g, p: iter([Between(0.0, math.inf)]),
    "length": lambda g, p: iter([Between(0.0, math.inf)]),
    "rounds": lambda g, p: (
        float(max(1, round(float(one.x[-1]) / PATIENCE))) for one in g.run.series if len(one)
    ),
}
"""What a number may be by the name of its place alone, wherever it stands."""


def rules_of(phrase: Phrase, *, in_finding: bool) -> tuple[bool, Rules] | None:
    """Return the rules of a sentence of known shape, and whether its numbers are of the finding it
    stands in.
    """
    return SHAPES[in_finding].get(frozenset(phrase.values))


def rule_for(
    place: Place, own: Rules, *, nested: bool, in_finding: bool
) -> tuple[Rule, bool] | None:
    """Return the rule of a number, and whether it is of the claim as a whole; None where only what
    may be cited bounds it.
    """
    if place.name in own and not (
        nested and rules_of(place.phrase, in_finding=in_finding) is not None
    ):
        return own[place.name], True
    shaped = rules_of(place.phrase, in_finding=in_finding)
    if shaped is not None and place.name in shaped[1]:
        return shaped[1][place.name], shaped[0]
    if place.name in ROLES:
        return ROLES[place.name], True
    return None


LEFT_OUT: Final = {"count"}
"""`4 more`: how many names an enumeration leaves out is no number of the rows."""


def wrong_numbers(
    ground: Ground, phrase: Phrase, own: Rules, *, nested: bool = False, outer: Ground | None = None
) -> Iterator[str]:
    """Yield the numbers of a sentence, and of those inside it, that the rows do not bear out."""
    whole = outer or ground
    inner = ground.within(phrase)
    for place in places(phrase):
        found = rule_for(place, own, nested=nested, in_finding=whole.finding is not None)
        if found is None:
            if set(phrase.values) != LEFT_OUT and not may_cite(whole, inner, place):
                yield f"{_told(place)} is no number that the rows give"
            continue
        rule, of_claim = found
        if not any(
            shows(place.value, candidate)
            for candidate in rule(whole if of_claim else inner, phrase)
        ):
            yield f"{_told(place)} is not what the rows give"
    for value in phrase.values.values():
        for child in _phrases(value):
            yield from wrong_numbers(inner, child, own, nested=True, outer=whole)


def _phrases(value: Value) -> Iterable[Phrase]:
    if isinstance(value, Phrase):
        return (value,)
    if isinstance(value, Join):
        return [one for item in value.items for one in _phrases(item)]
    return ()


def _told(place: Place) -> str:
    return f"{place.name} = {show_value(place.value, 'en')}"


# ----------------------------------------------------------------------- what any sentence may cite
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
