"""Checks what is said of several records: regimes in one series, sources that disagree, a reduction
that is mixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rules
from lossreport.checking.printed import Between, Candidate, phrases, places
from lossreport.model.run import Floats, Ints, Series
from lossreport.text import Phrase

Pair = tuple[Series, Series, Ints, Ints]
"""Two series and their rows of the same places."""


# ------------------------------------------------------------------------------------- regimes
def regimes(ground: Ground) -> Iterator[str]:
    """Demand that the counts and ranges of the two groups are those of the rows, each group's
    places hold values of its range.
    """
    finding, series = ground.finding, ground.subject
    if finding is None:
        return
    if finding.groups:
        yield from _joint(ground)
        return
    told = finding.numbers
    if told["low_n"] + told["high_n"] != len(finding.rows):
        yield (
            f"{told['low_n']:g} and {told['high_n']:g} rows are not the {len(finding.rows)} "
            f"that are named"
        )
    y = series.y[list(finding.rows)]
    if told["low_max"] < told["high_min"]:
        ordered, size = np.sort(y), int(told["low_n"])
        edges = {
            "low_min": ordered[0],
            "low_max": ordered[size - 1],
            "high_min": ordered[min(size, len(y) - 1)],
            "high_max": ordered[-1],
        }
        yield from (
            f"{name} is {float(value):g}" for name, value in edges.items() if value != told[name]
        )
    for group in ("low", "high"):
        inside = int(np.sum((y >= told[f"{group}_min"]) & (y <= told[f"{group}_max"])))
        if inside < told[f"{group}_n"]:
            yield f"{inside} rows lie in the {group} group, not {told[f'{group}_n']:g}"
        for place in places(finding.text):
            if place.name == f"{group}_rows":
                values = series.y[series.x == float(place.value)]  # type: ignore[arg-type]
                if not np.any((values >= told[f"{group}_min"]) & (values <= told[f"{group}_max"])):
                    yield f"the row at {place.value} is not in the {group} group"


def _joint(ground: Ground) -> Iterator[str]:
    finding = ground.finding
    if finding is None:
        return
    named = [row for rows in finding.groups for row in rows]
    if len(set(named)) != len(named) or sorted(named) != list(finding.rows):
        yield "a row is in two clusters or in none"


def _group_edges(ground: Ground) -> Iterator[Candidate]:
    """Yield the values that may be the edge of a group: those of the rows; `regimes` holds the
    ranges against the counts.
    """
    yield from (float(value) for value in ground.subject.y[list(ground.rows)])


def _letters(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the places of the rows of a cluster, or of none."""
    x = ground.subject.x
    groups = ground.finding.groups if ground.finding is not None else ()
    letter = phrase.values.get("name")
    if isinstance(letter, str):
        yield from (
            float(x[row])
            for row in groups["ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter) % max(1, len(groups))]
        )
        return
    inside = {row for rows in groups for row in rows}
    yield from (float(x[row]) for row in range(len(x)) if row not in inside)


def _extremes(ground: Ground, *, low: bool) -> Iterator[Candidate]:
    """Yield the least, or the greatest, value of each cluster in each of the metrics."""
    for series in ground.series:
        for rows in ground.finding.groups if ground.finding is not None else ():
            yield float(series.y[list(rows)].min() if low else series.y[list(rows)].max())


def _group_rows(ground: Ground) -> Iterator[Candidate]:
    yield from (float(ground.subject.x[row]) for row in ground.rows)


MIXTURE: Final[Rules] = {
    **dict.fromkeys(("low_min", "low_max", "high_min", "high_max"), lambda g, p: _group_edges(g)),
    "low_n": lambda g, p: iter([Between(1.0, float(len(g.rows) - 1))]),
    "high_n": lambda g, p: iter([float(len(g.rows)) - g.numbers["low_n"]]),
    "low_rows": lambda g, p: _group_rows(g),
    "high_rows": lambda g, p: _group_rows(g),
    "count": lambda g, p: _sizes_of_groups(g),
    "rows": _letters,
    "single": _letters,
    "low": lambda g, p: _extremes(g, low=True),
    "high": lambda g, p: _extremes(g, low=False),
    "clusters": lambda g, p: iter([float(len(g.finding.groups))] if g.finding is not None else []),
    "p": lambda g, p: iter([Between(0.0, 0.05)]),
}


def _sizes_of_groups(ground: Ground) -> Iterator[Candidate]:
    if ground.finding is not None and ground.finding.groups:
        yield float(len(ground.subject) - len(ground.rows))
        return
    yield ground.numbers["low_n"]
    yield ground.numbers["high_n"]


# ------------------------------------------------------------------------------------- sources
def pair(ground: Ground) -> Pair:
    """Return the two records of a disagreement and their common rows: places of both, or the last
    rows of the epochs of the finer one.
    """
    a, b = ground.series[0], ground.series[1]
    if not len(b.epoch) or a.axis is b.axis:
        _, left, right = np.intersect1d(a.x, b.x, return_indices=True)
        return a, b, left, right
    last = {float(epoch): row for row, epoch in enumerate(b.epoch)}
    final = {float(x): row for row, x in enumerate(a.x)}
    common = sorted(set(last) & set(final))
    left, right = (
        np.array([final[x] for x in common], dtype=np.int64),
        np.array([last[x] for x in common], dtype=np.int64),
    )
    good = np.isfinite(a.y[left]) & np.isfinite(b.y[right]) & (a.y[left] > 0) & (b.y[right] > 0)
    return a, b, left[good], right[good]


def ratios(ground: Ground) -> Floats:
    """Return the ratio of the two records at their common places."""
    a, b, left, right = pair(ground)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(a.y[left] / b.y[right])


FAR: Final = 0.05
"""Sources agree at a place within 5 %."""


def disagree(ground: Ground) -> Iterator[str]:
    """Demand that the two records differ at some common place, and what is listed of them fits
    their ratios.
    """
    a, b, left, right = pair(ground)
    if not len(left):
        yield "the two have no place in common"
    elif np.allclose(a.y[left], b.y[right], rtol=0.01, equal_nan=True):
        yield "the two agree at every common place"
    ratio = ratios(ground)
    for phrase in phrases(ground.finding.text) if ground.finding is not None else ():
        for name, value in (
            ("low_min", 1 / ratio[ratio < 1 - FAR].max(initial=0.0))
            if np.any(ratio < 1 - FAR)
            else ("", 0.0),
            ("low_max", 1 / ratio.min()),
        ):
            told = phrase.values.get(name)
            if isinstance(told, str) and told and abs(float(told) - value) > 0.051:
                yield f"{told} is not {value:.1f}"


def _common(ground: Ground) -> Iterator[Candidate]:
    _, _, left, _ = pair(ground)
    yield float(len(left))


def _constant(ground: Ground) -> Iterator[Candidate]:
    a, b, left, right = pair(ground)
    good = np.isfinite(a.y[left]) & np.isfinite(b.y[right])
    one, other = a.y[left][good], b.y[right][good]
    yield float("nan")
    yield float(np.median(other - one))
    with np.errstate(divide="ignore", invalid="ignore"):
        ordered = np.sort(other / one)
    if len(ordered):
        # of an even number of rows the median lies between two, by their mean or that of their
        # logarithms
        yield Between(float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2]))


def _far(ground: Ground) -> Floats:
    ratio = ratios(ground)
    return ratio[np.abs(np.log(ratio)) > FAR]


SOURCES: Final[Rules] = {
    "ratio_min": lambda g, p: iter([float(ratios(g).min())]),
    "ratio_max": lambda g, p: iter([float(ratios(g).max())]),
    "epochs": lambda g, p: iter([float(len(_far(g)))]),
    "ratio": lambda g, p: iter([float(np.median(ratios(g)))]),
    "low_n": lambda g, p: iter([float(np.sum(ratios(g) < 1 - FAR))]),
    "high": lambda g, p: (float(r) for r in ratios(g)[ratios(g) > 1 + FAR]),
    "high_rows": lambda g, p: (float(x) for x in pair(g)[0].x[pair(g)[2]][ratios(g) > 1 + FAR]),
    "rows": lambda g, p: _common(g),
    "count": lambda g, p: _common(g),
    "constant": lambda g, p: _constant(g),
}


# ------------------------------------------------------------------------------------- reductions
def mixed(ground: Ground) -> Iterator[str]:
    """Demand that at least three of the checks fire, and as many are told as the leading hypothesis
    holds signs of.
    """
    finding = ground.finding
    if finding is None:
        return
    if finding.numbers["checks"] < 3:
        yield "fewer than three checks fire"
    if finding.hypotheses and len(finding.hypotheses[0].support) < finding.numbers["checks"]:
        yield "more checks are told than signs"


def _key_order(ground: Ground) -> Iterator[Candidate]:
    yield from (
        float(len(note.lines))
        for note in ground.run.notes
        if note.kind == "key_order" and note.source == ground.subject.source
    )


def _impossible(ground: Ground) -> Iterator[Candidate]:
    for series in ground.run.series:
        if (
            series.metric_type in ("accuracy", "map")
            and series.source == ground.subject.source
            and np.isfinite(series.y).any()
        ):
            yield float(np.nanmax(series.y))


REDUCTION: Final[Rules] = {
    "checks": lambda g, p: iter([Between(3.0, 7.0)]),
    "rows": lambda g, p: (float(x) for x in g.subject.x),
    "count": lambda g, p: _key_order(g),
    "value": lambda g, p: _impossible(g),
}
CHECK = Family(
    id="groups",
    kinds={
        "mixture": Kind(holds=regimes, values=MIXTURE),
        "source_disagreement": Kind(holds=disagree, values=SOURCES),
        "mixed_reduction": Kind(declares=("checks",), holds=mixed, values=REDUCTION),
    },
)
