"""Checks rows that stand out: spikes, single rows, rows above chance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rules, remembered
from lossreport.checking.measures import halfway, middle, spread, spread_without_one
from lossreport.checking.printed import Between, Candidate, phrases, places
from lossreport.model.run import Axis, Series
from lossreport.text import Phrase

NEIGHBOURS: Final = 5
"""Rows on each side whose median the sentence calls that of the neighbouring rows."""
BACK: Final = 0.25
"""Back: less than a quarter of the excess is left, or three times the noise."""
NOISE_ROWS: Final = 60


@remembered
def peak(ground: Ground) -> int:
    """Return the highest of the rows of a finding."""
    y = ground.subject.y
    return max(
        (row for row in ground.rows if np.isfinite(y[row])),
        key=lambda row: float(y[row]),
        default=ground.rows[0],
    )


@remembered
def stretch(ground: Ground) -> tuple[int, int]:
    """Return the unbroken stretch of the rows around the peak."""
    rows, first = set(ground.rows), peak(ground)
    last = first
    while first - 1 in rows:
        first -= 1
    while last + 1 in rows:
        last += 1
    return first, last


def baseline(ground: Ground) -> float:
    """Return the median of the rows beside a finding: what the finding declares where it does, so
    that all is held to one level.
    """
    declared = ground.numbers.get("baseline")
    return beside(ground) if declared is None else float(declared)


def beside(ground: Ground, *, infinite: bool = False) -> float:
    """Return the median of the rows beside the stretch of a finding, those of the finding left out;
    of the finite ones, or of all but NaN.
    """
    first, last = stretch(ground)
    series, own = ground.subject, set(ground.rows)
    around = [
        *range(max(0, first - NEIGHBOURS), first),
        *range(last + 1, min(len(series), last + 1 + NEIGHBOURS)),
    ]
    y = series.y[[row for row in around if row not in own]]
    return halfway(y[~np.isnan(y)]) if infinite and not np.isnan(y).all() else middle(y)


def excess(ground: Ground) -> float:
    """Return how far the peak stands above the rows beside it."""
    return float(ground.subject.y[peak(ground)]) - baseline(ground)


@remembered
def limit(ground: Ground) -> float:
    """Return the value under which a row counts as back."""
    y, top = ground.subject.y, peak(ground)
    before = y[max(0, top - NOISE_ROWS) : top]
    noise = spread(np.diff(before)) / 1.414 if len(before) > NEIGHBOURS else 0.0
    return baseline(ground) + max(BACK * excess(ground), 3 * noise)


def end_of_stretch(series: Series, row: int) -> int:
    """Return the last row of the segment that holds a row."""
    return next(
        (one.last_row for one in series.segments if one.first_row <= row <= one.last_row),
        len(series) - 1,
    )


@remembered
def back(ground: Ground) -> int | None:
    """Return the first row behind the excursion that is back, None where none is to the end of the
    segment.
    """
    y, (_, last) = ground.subject.y, stretch(ground)
    end = end_of_stretch(ground.subject, peak(ground))
    bound = limit(ground) * (1 + 1e-9)
    return next((row for row in range(last + 1, end + 1) if y[row] <= bound), None)


def batches(ground: Ground) -> Iterator[Candidate]:
    """Yield how many batches a row may average: one, the window of the logger, the iterations of
    the epoch.
    """
    series = ground.subject
    yield 1.0
    if series.window:
        yield float(series.window)
    epoch = series.x[peak(ground)]
    for other in ground.run.series:
        if other.axis is Axis.ITERATION and len(other.epoch):
            own, following = other.x[other.epoch == epoch], other.x[other.epoch == epoch + 1]
            if len(own) and len(following):
                yield float(following[0] - own[0])


def finer(ground: Ground) -> Iterator[tuple[Series, np.ndarray[tuple[int], np.dtype[np.int64]]]]:
    """Yield the series of the same metric that hold several rows of the epoch of the peak, and
    these rows.
    """
    series = ground.subject
    for other in ground.run.series:
        if (
            (other.name, other.split) == (series.name, series.split)
            and len(other.epoch)
            and other is not series
        ):
            rows = np.flatnonzero((other.epoch == series.x[peak(ground)]) & np.isfinite(other.y))
            if len(rows):
                yield other, rows


def one_batch(ground: Ground) -> Iterator[Candidate]:
    """Yield the value of the one batch that would lift the mean so far."""
    told = ground.numbers.get("batches")
    if told is not None:
        yield baseline(ground) + told * excess(ground)


def recovery(ground: Ground) -> Iterator[Candidate]:
    """Yield the rows from the peak until one is back."""
    row = back(ground)
    if row is not None:
        yield float(row - peak(ground))


def spiked(ground: Ground) -> Iterator[str]:
    """Demand that a spike stands above its neighbours, and rows behind it are lower."""
    y, top = ground.subject.y, peak(ground)
    _, last = stretch(ground)
    if not excess(ground) > 0:
        yield (
            f"{y[top]:g} does not stand above the median {baseline(ground):g} of the rows beside it"
        )
    if not np.any(y[last + 1 :] < y[top]):
        yield "no later row is lower: it does not recover"


def outlying(ground: Ground) -> Iterator[str]:
    """Demand that one row stands out and the next one is back."""
    yield from spiked(ground)
    first, last = stretch(ground)
    if ground.numbers.get("helper"):  # of a metric beside the loss nothing is said of the next row
        return
    if first != last:
        yield "more than one row stands out"
    elif back(ground) != last + 1:
        yield "the next row is not back at the level around"


def value_at_peak(ground: Ground) -> Iterator[Candidate]:
    yield float(ground.subject.y[peak(ground)])


def baselines(ground: Ground) -> Iterator[Candidate]:
    """Yield the medians beside an excursion; of other detectors, which leave out more rows or look
    at one side, their range.
    """
    yield beside(ground)
    yield beside(ground, infinite=True)
    if "score" not in ground.numbers:
        first, last = stretch(ground)
        y = ground.subject.y
        near = np.concatenate([y[max(0, first - WIDE) : first], y[last + 1 : last + 1 + WIDE]])
        near = near[np.isfinite(near)]
        if len(near):
            yield Between(float(near.min()), float(near.max()))


WIDE: Final = 50
"""Rows on each side that another detector may take the level from."""


def score(ground: Ground) -> Iterator[Candidate]:
    y, top = ground.subject.y, peak(ground)
    rise = float(y[top]) - baseline(ground)
    if len(y) > LONG and rise > 0 and math.isfinite(rise):
        low, high = ground.once(_spreads, ground.subject)
        yield Between(*(rise / one if one > 0 else math.inf for one in (high, low)))
        return
    apart = spread(np.delete(y, top))
    yield rise / apart if apart > 0 else math.inf


LONG: Final = 10_000
"""Of so many rows one more or less moves the spread in its fourth digit: its bounds are taken once
for all spikes of a series.
"""


def _spreads(series: Series) -> tuple[float, float]:
    return spread_without_one(series.y)


def ratio(ground: Ground) -> Iterator[Candidate]:
    level = baseline(ground)
    yield float(ground.subject.y[peak(ground)]) / level if level else math.nan


def closed(ground: Ground) -> Iterator[Candidate]:
    """Yield how many epochs the settings train without mosaic: Ultralytics' own 10 where they do
    not say.
    """
    said = ground.value("close_mosaic")
    yield float(said) if isinstance(said, int | float) else 10.0


def _restarted(ground: Ground) -> Iterator[tuple[Series, int]]:
    """Yield (rate, row) where a logged learning rate doubles and more, to no more than it was
    before, up to the peak.
    """
    place = ground.subject.x[peak(ground)]
    for rate in ground.run.series:
        if rate.metric_type == "learning_rate" and rate.axis is ground.subject.axis:
            for row in range(1, len(rate)):
                low, high = float(rate.y[row - 1]), float(rate.y[row])
                if 0 < 2 * low <= high <= 1.01 * float(rate.y[:row].max()) and rate.x[row] <= place:
                    yield rate, row


def _scene() -> Rules:
    return {
        "batches": lambda g, p: batches(g),
        "one_batch": lambda g, p: one_batch(g),
        "recovery_rows": lambda g, p: recovery(g),
        "finer_first_line": lambda g, p: (float(o.line[rows[0]]) for o, rows in finer(g)),
        "finer_last_line": lambda g, p: (float(o.line[rows[-1]]) for o, rows in finer(g)),
        "finer_highest": lambda g, p: (float(o.y[rows].max()) for o, rows in finer(g)),
    }


SPIKE: Final[Rules] = {
    "value": lambda g, p: value_at_peak(g),
    "baseline": lambda g, p: baselines(g),
    "ratio": lambda g, p: ratio(g),
    "score": lambda g, p: score(g),
    "helper": lambda g, p: iter([0.0, 1.0]),
    "closed": lambda g, p: closed(g),
    "low": lambda g, p: (float(rate.y[row - 1]) for rate, row in _restarted(g)),
    "high": lambda g, p: (float(rate.y[row]) for rate, row in _restarted(g)),
    "restart_line": lambda g, p: (float(rate.line[row]) for rate, row in _restarted(g)),
    "x": lambda g, p: iter([float(g.subject.x[peak(g)])]),
    "line": lambda g, p: iter([float(g.subject.line[peak(g)])]),
    **_scene(),
}


# ------------------------------------------------------------------------------------- above chance
def chances(ground: Ground) -> Iterator[Candidate]:
    """Yield the chance levels that the scales give for the metric, and the logarithms of the sizes
    among the facts.
    """
    series = ground.subject
    for scale in ground.analysis.scales:
        named = [one for one in ground.run.series if one.id == scale.series[0]]
        if scale.chance is not None and named and named[0].name == series.name:
            yield scale.chance
    for fact in ground.run.facts:
        if (
            isinstance(fact.value, int | float)
            and not isinstance(fact.value, bool)
            and fact.value > 1
        ):
            yield math.log(fact.value)
            yield math.log2(fact.value)


def above(ground: Ground) -> Iterator[str]:
    """Demand that every row named is above the chance level that is told, and is printed beside its
    own place.
    """
    y = ground.subject.y
    chance = ground.numbers["chance"]
    low = [row for row in ground.rows if not y[row] > chance]
    if low:
        yield f"row {low[0]} is {y[low[0]]:g}, not above {chance:g}"


def _ratios(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    chance = ground.numbers["chance"]
    if (
        "ratios" not in phrase.values
        and "value" not in phrase.values
        and set(phrase.values) == {"ratio"}
    ):
        yield math.exp(ground.numbers["value"] - chance)
        return
    yield from (float(ground.subject.y[row]) / chance for row in ground.rows)


ABOVE: Final[Rules] = {
    "value": lambda g, p: iter(
        [float(np.nanmax(g.subject.y[list(g.rows)])), float(g.subject.y[g.rows[0]])]
    ),
    "chance": lambda g, p: chances(g),
    "ratio": _ratios,
    "ratios": _ratios,
    "excess": lambda g, p: iter([g.numbers["value"] - g.numbers["chance"]]),
    "rows": lambda g, p: (float(g.subject.x[row]) for row in g.rows),
    "values": lambda g, p: (float(g.subject.y[row]) for row in g.rows),
    **_scene(),
}


def listed(ground: Ground) -> Iterator[str]:
    """Demand that the places, values and ratios that a sentence lists one beside the other are of
    the rows in their order.
    """
    if ground.finding is None:
        return
    y, x = ground.subject.y, ground.subject.x
    for phrase in phrases(ground.finding.text):
        shown = {
            name: [place.value for place in places(phrase) if place.name == name]
            for name in ("rows", "values")
        }
        if shown["rows"] and shown["values"]:
            for place, value, row in zip(shown["rows"], shown["values"], ground.rows, strict=False):
                if float(place) != x[row] or not math.isclose(value.value, y[row], rel_tol=1e-6):  # type: ignore[union-attr, arg-type]
                    yield f"{value} does not stand at {place}"


def above_and_listed(ground: Ground) -> Iterator[str]:
    yield from above(ground)
    yield from listed(ground)


CHECK = Family(
    id="excursions",
    kinds={
        "spike": Kind(declares=("value", "baseline"), holds=spiked, values=SPIKE),
        "batch_outlier": Kind(declares=("value", "baseline"), holds=outlying, values=SPIKE),
        "above_chance": Kind(declares=("value", "chance"), holds=above_and_listed, values=ABOVE),
    },
)
