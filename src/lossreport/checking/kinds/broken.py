"""Checks what is said of values that are not finite, do not change, cannot be, or are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rules
from lossreport.checking.printed import Between, Candidate, fixed
from lossreport.model.run import Floats, Series
from lossreport.text import Text

FOLLOWS: Final = ("finite values follow", "no finite value follows")


def said(ground: Ground) -> str:
    """Return what the fixed parts of the sentence say, in English: of several ways to end it the
    one that was chosen.
    """
    chosen: list[Text] = list(fixed(ground.finding.text)) if ground.finding is not None else []
    return " ".join(text.en for text in chosen)


def unfinite(ground: Ground) -> Iterator[str]:
    """Demand that the rows named are those that are not finite, and what follows is as it is
    told.
    """
    finding, series = ground.finding, ground.subject
    if finding is None or "quote" in finding.text.values:
        yield from _exit(ground)
        return
    bad = np.flatnonzero(~np.isfinite(series.y)).tolist()
    if list(finding.rows) != bad:
        yield f"{len(bad)} rows are not finite, not the {len(finding.rows)} that are named"
        return
    follows = bool(np.isfinite(series.y[bad[0] :]).any())
    ended = not np.isfinite(series.y[-1])
    told = said(ground)
    if "no finite value follows" in told and follows:
        yield "finite values follow"
    if "not finite again" in told and not (follows and ended):
        yield "the last row is finite"
    if "no finite" not in told and "not finite again" not in told and (not follows or ended):
        yield "no finite value follows at the end"


def _exit(ground: Ground) -> Iterator[str]:
    line = ground.finding.start.line if ground.finding is not None else 0
    there = [event for event in ground.run.events if event.line == line]
    printed = any(
        "tensor(nan" in event.quote.lower() or "inf" in event.quote.lower() for event in there
    )
    if not any(event.kind == "nonfinite_exit" for event in there) and not printed:
        yield "the log reports no such exit there"
    elif printed and any(one.line[-1] > line for one in ground.series if len(one)):
        yield "rows follow it"


def masked(ground: Ground) -> Iterator[str]:
    """Demand that the rows are one value to the end while the other series is not finite from there
    on.
    """
    yield from _same(ground.subject, ground.rows)
    other, subject, first = ground.series[1], ground.subject, ground.rows[0]
    # places that were rounded to the same number
    shared = len(other) == len(subject) and np.array_equal(other.x, subject.x)
    behind = other.y[first:] if shared else other.y[other.x >= subject.x[first]]
    if not len(behind) or np.isfinite(behind).any():
        yield f"{other.label} is finite there"


def _same(series: Series, rows: tuple[int, ...]) -> Iterator[str]:
    if rows[-1] != len(series) - 1:
        yield "the rows do not reach the end"
    if not np.all(series.y[rows[0] :] == series.y[-1]):
        yield "the rows are not one value"
    if rows[0] > 0 and series.y[rows[0] - 1] == series.y[-1]:
        yield "the row before is the same value"


def frozen(ground: Ground) -> Iterator[str]:
    """Demand that the rows are one value to the end, and most rows before them differ from the one
    before.
    """
    yield from _same(ground.subject, ground.rows)
    before = np.diff(ground.subject.y[max(0, ground.rows[0] - 30) : ground.rows[0]])
    if not len(before) or np.mean(before != 0) < 0.5:
        yield "it did not change before either"


def constant(ground: Ground) -> Iterator[str]:
    """Demand that all rows are one value."""
    y = ground.subject.y[ground.rows[0] :]
    if not np.all(y == y[0]):
        yield f"it takes {len(np.unique(y))} values"


def lost(ground: Ground) -> Iterator[str]:
    """Demand that the series ends at the row named, and another of its file goes on."""
    series = ground.subject
    if ground.rows[-1] != len(series) - 1:
        yield "it goes on"
    longest = max(
        one.x[-1]
        for one in ground.run.series
        if one.source == series.source and one.axis is series.axis and len(one)
    )
    if not longest > series.x[-1]:
        yield "nothing in the file goes on"


def _end_of_others(ground: Ground) -> Iterator[Candidate]:
    series = ground.subject
    yield from (
        float(one.x[-1])
        for one in ground.run.series
        if one.source == series.source and len(one) and one is not series
    )


def impossible(ground: Ground) -> Iterator[str]:
    """Demand that each row is below 0, above the greatest share, or below the least
    perplexity.
    """
    series, rows = ground.subject, list(ground.rows)
    y = series.y[rows]
    if series.metric_type == "perplexity":
        out = y < 1
    elif series.metric_type in ("accuracy", "map"):
        out = y > 1
    elif series.metric_type == "learning_rate":
        return
    elif ground.numbers.get("worst", 0.0) > 1:
        out = y > 1
    else:
        out = y < 0
    if not out.all():
        yield f"{float(y[~out][0]):g} is possible"


def poisoned(ground: Ground) -> Iterator[str]:
    """Demand that the mean is not finite in the rows and the value beside it is."""
    mean, beside, rows = ground.series[0], ground.series[1], list(ground.rows)
    if np.isfinite(mean.y[rows]).any():
        yield "the mean is finite in one of the rows"
    if not np.isfinite(beside.y[rows]).all():
        yield "the value beside it is not finite either"


def skipped(ground: Ground) -> Iterator[str]:
    """Demand that the counter is above 0 in each row."""
    if not np.all(ground.subject.y[list(ground.rows)] > 0):
        yield "the counter is 0 in one of the rows"


UNITS: Final = 2.0


def coarse(ground: Ground) -> Iterator[str]:
    """Demand values of at most eight significant bits, or that the last quarter differs by two
    units of its finest step at most.
    """
    last = _last_quarter(ground)
    if len(last) > 1 and np.ptp(last) <= UNITS * float(np.diff(last).min()) * (1 + 1e-9):
        return
    y = ground.subject.y[np.isfinite(ground.subject.y)]
    values = np.unique(y[y != 0])
    scaled = np.frexp(values)[0] * 256
    if np.abs(scaled - np.round(scaled)).max(initial=0.0) > 1e-2:
        yield "a value lies beside the grid"


def _last_quarter(ground: Ground) -> Floats:
    y = ground.subject.y[np.isfinite(ground.subject.y)]
    return np.unique(y[-max(1, len(y) // 4) :])


def _grid_step(ground: Ground) -> Iterator[Candidate]:
    last = _last_quarter(ground)
    if len(last) > 1:
        yield float(np.diff(last).min())
    if ground.subject.resolution:
        yield ground.subject.resolution
    y = ground.subject.y[np.isfinite(ground.subject.y)]
    level = float(np.median(np.abs(y[-max(5, len(y) // 20) :])))
    yield 2.0 ** (np.floor(np.log2(level)) - 7) if level > 0 else 0.0


def _distinct(ground: Ground) -> float:
    return float(len(np.unique(ground.subject.y[np.isfinite(ground.subject.y)])))


def unfound(ground: Ground) -> Iterator[str]:
    """Demand that every class named stays at or below the highest told to its end, and the last
    series named is at the value of the best.
    """
    *lost, best = ground.series
    highest, value = ground.numbers["highest"], ground.numbers["best"]
    for one in lost:
        last = one.y[np.isfinite(one.y)][-3:]
        if len(last) < 3 or last.max() > highest:
            yield f"{one.label} reaches {last.max():g}"
    if best.y[np.isfinite(best.y)][-1] != value or value < 50 * highest:
        yield f"{best.label} does not stand at {value:g}, far above them"


def _classes(ground: Ground) -> Iterator[Candidate]:
    first = ground.subject
    alike = [
        s
        for s in ground.run.series
        if s.source == first.source
        and s.split == first.split
        and s.metric_type == first.metric_type
    ]
    yield Between(float(len(ground.series)), float(len(alike)))


COUNT: Final[Rules] = {
    "count": lambda g, p: iter([float(len(g.rows))]),
    "value": lambda g, p: iter([float(g.subject.y[g.rows[0]])]),
}
ANY_ROW: Final[Rules] = {
    "value": lambda g, p: iter([float(value) for value in g.subject.y]),
    "line": lambda g, p: iter([float(line) for line in g.subject.line]),
}
CHECK = Family(
    id="broken",
    kinds={
        "nonfinite": Kind(
            holds=unfinite,
            values={
                "count": lambda g, p: iter(
                    [float(np.sum(~np.isfinite(g.subject.y))) if g.rows else 1.0]
                ),
                "rows": lambda g, p: iter([float(len(g.subject))]),
                "aside": lambda g, p: iter([0.0, 1.0]),
            },
        ),
        "masked_nonfinite": Kind(holds=masked, values=COUNT),
        "frozen_metric": Kind(declares=("value", "count"), holds=frozen, values=COUNT),
        "constant_metric": Kind(
            declares=("value",),
            holds=constant,
            values={**COUNT, "count": lambda g, p: iter([float(g.rows[-1] - g.rows[0] + 1)])},
        ),
        "lost_class": Kind(
            declares=("lost", "classes", "highest", "best"),
            holds=unfound,
            values={
                "lost": lambda g, p: iter([float(len(g.series) - 1)]),
                "classes": lambda g, p: _classes(g),
                "count": lambda g, p: _classes(g),
                "rows": lambda g, p: iter([3.0]),
                "highest": lambda g, p: iter(
                    [max(float(one.y[np.isfinite(one.y)][-3:].max()) for one in g.series[:-1])]
                ),
                "best": lambda g, p: iter([float(g.series[-1].y[np.isfinite(g.series[-1].y)][-1])]),
                "value": lambda g, p: iter(
                    [float(g.series[-1].y[np.isfinite(g.series[-1].y)][-1])]
                ),
            },
        ),
        "lost_metric": Kind(holds=lost, values={"end": lambda g, p: _end_of_others(g)}),
        "broken_metric": Kind(
            declares=("worst", "count"),
            holds=impossible,
            values={
                **COUNT,
                **ANY_ROW,
                "worst": lambda g, p: iter(
                    [float(g.subject.y[list(g.rows)].max()), float(g.subject.y[list(g.rows)].min())]
                ),
            },
        ),
        "poisoned_mean": Kind(holds=poisoned, values=COUNT),
        "skipped_steps": Kind(holds=skipped, values=COUNT),
        "quantised": Kind(
            holds=coarse,
            values={
                "distinct": lambda g, p: iter([_distinct(g), float(len(_last_quarter(g)))]),
                "share": lambda g, p: iter(
                    [_distinct(g) / max(1, int(np.isfinite(g.subject.y).sum()))]
                ),
                "step": lambda g, p: _grid_step(g),
            },
        ),
    },
)
