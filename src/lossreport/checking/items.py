"""Checks what an analysis holds besides findings and verdicts: bests, forecasts, scales, shares,
votes, agreements, schedules, the answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.checking.courses import best_rows, measured
from lossreport.checking.ground import Ground
from lossreport.checking.measures import SURE, middle, noise
from lossreport.checking.printed import entry, number_of, phrases, places, shows
from lossreport.model.analysis import (
    Agreement,
    Best,
    Finding,
    Forecast,
    Jury,
    LrSchedule,
    Outcome,
    Position,
    Scale,
    Share,
)
from lossreport.model.run import Series
from lossreport.model.states import STATES
from lossreport.text import Phrase

TOGETHER: Final = 1e-6
"""Shares of a total add up to 1."""


def misplaced(series: Series, at: Position) -> Iterator[str]:
    """Yield that a place is not that of its row."""
    if not 0 <= at.row < len(series):
        yield f"there is no row {at.row}"
    elif float(series.x[at.row]) != at.x:
        yield f"row {at.row} stands at {series.x[at.row]:g}, not at {at.x:g}"
    elif at.line != int(series.line[at.row]):
        yield f"row {at.row} stands in line {series.line[at.row]}, not {at.line}"


def against_best(ground: Ground, best: Best) -> Iterator[str]:
    """Yield what the rows say against a best row."""
    series = ground.subject
    wrong = list(misplaced(series, best.at))
    yield from wrong
    if wrong:
        return
    if float(series.y[best.at.row]) != best.value:
        yield f"row {best.at.row} is {series.y[best.at.row]:g}, not {best.value:g}"
    elif not any(
        series.y[row] == best.value for row in (*best_rows(ground, series), *_extremes(series))
    ):
        yield f"{best.value:g} is not the best of its rows"
    if best.checkpoint is not None and not _is_named(ground, best.checkpoint):
        yield f"no line names {best.checkpoint}"


def _extremes(series: Series) -> Iterator[int]:
    """Yield the lowest and the highest finite row: a contested loss is its lowest, whatever the
    goal is.
    """
    rows = np.flatnonzero(np.isfinite(series.y))
    if len(rows):
        yield int(rows[np.argmin(series.y[rows])])
        if series.metric_type in ("accuracy", "map", "image_quality", "reward") or not len(
            measured(series)
        ):
            yield int(rows[np.argmax(series.y[rows])])


def _is_named(ground: Ground, path: str) -> bool:
    told = [str(fact.value) for fact in ground.run.facts] + [
        event.quote for event in ground.run.events
    ]
    return any(path in one for one in told)


EXTRAPOLATED: Final = 1.1
"""A slope that is carried on may pass what the rows have fallen by a tenth."""


def against_forecast(ground: Ground, forecast: Forecast) -> Iterator[str]:
    """Yield what speaks against a forecast: its rows, its order, a fall of more than the curve has
    left.
    """
    series = ground.subject
    if forecast.rows != max(1, round(len(series) / 4)):
        yield f"{forecast.rows} rows are not a quarter of {len(series)}"
    if not forecast.valid:
        return
    if not 0 <= forecast.low <= forecast.mid <= forecast.high:
        yield "its bounds are not in order"
    y = ground.quiet(series)
    half = max(1, (len(y) - 1) // 3)
    reach = max(2, half // 2)
    recent = y[-1 - half - reach :]
    room = float(np.ptp(recent)) + 2 * SURE * noise(y)
    if forecast.mid > EXTRAPOLATED * forecast.rows / min(half, forecast.rows) * room:
        yield f"the rows have not fallen by {forecast.mid:.3g} lately"
    told = {
        "low": forecast.low,
        "mid": forecast.mid,
        "high": forecast.high,
        "rows": float(forecast.rows),
    }
    level = abs(float(np.median(y[-max(2, len(y) // 20) :])))
    told["share"] = forecast.mid / level if level > 0 else 0.0
    for place in places(forecast.text):
        if place.name in told and not shows(place.value, told[place.name]):
            yield f"{place.name} is {told[place.name]:g}"


def against_hours(ground: Ground, phrase: Phrase, rows: int) -> Iterator[str]:
    """Yield that no time beside the loss gives the hours that a forecast tells."""
    for place in places(phrase):
        if place.name == "hours":
            seconds = [
                middle(one.y)
                for one in ground.run.series
                if one.metric_type == "time" and len(one) > 2
            ]
            step = float(np.median(np.diff(ground.subject.x))) if len(ground.subject) > 1 else 1.0
            if not any(shows(place.value, one * step * rows / 3600) for one in seconds):
                yield f"no time in the log gives {number_of(place.value):.2g} hours"


def against_scale(ground: Ground, scale: Scale) -> Iterator[str]:
    """Yield what speaks against the scale of a loss: its value is the last finite one, the rest
    follows from it and from chance.
    """
    y = ground.subject.y[np.isfinite(ground.subject.y)]
    if not len(y) or float(y[-1]) != scale.value:
        yield f"the last value is {float(y[-1]) if len(y) else math.nan:g}, not {scale.value:g}"
        return
    follows = {
        "perplexity": (scale.perplexity, math.exp(min(scale.value, 700.0))),
        "normalised": (scale.normalised, scale.value / scale.chance if scale.chance else math.nan),
        "bits": (scale.bits, scale.value / math.log(2)),
    }
    for name, (told, true) in follows.items():
        if told is not None and not shows(entry(told), true):
            yield f"{name} is {true:g}, not {told:g}"


def against_share(ground: Ground, share: Share) -> Iterator[str]:
    """Yield what speaks against the shares of one row: their values stand in its line, and they add
    up.
    """
    total = sum(term.weight * term.value for term in share.terms)
    for term in share.terms:
        series = ground.by_id(term.series)
        if not np.any((series.line == share.at.line) & (series.y == term.value)):
            yield f"{term.name} is not {term.value:g} in line {share.at.line}"
        if not math.isclose(
            term.share * total, term.weight * term.value, rel_tol=TOGETHER, abs_tol=1e-12
        ):
            yield f"the share of {term.name} is not {term.share:g}"


def against_agreement(ground: Ground, agreement: Agreement) -> Iterator[str]:
    """Yield that two records hold fewer equal rows than are told, to the coarser print of both."""
    a, b = ground.by_id(agreement.original), ground.by_id(agreement.copy)
    if agreement.rows > min(len(a), len(b)):
        yield f"the shorter has {min(len(a), len(b))} rows"
        return
    best = 0
    for left, right in _alignments(a, b):
        one, other = a.y[left], b.y[right]
        near = np.isclose(
            one,
            other,
            rtol=1e-3,
            atol=max(a.resolution or 0.0, b.resolution or 0.0, 1e-6) * 1.1,
            equal_nan=True,
        )
        best = max(best, int(np.sum(near | _rounds(one, other))))
    if best < agreement.rows:
        yield f"{best} rows are equal"


def _rounds(
    a: np.ndarray[tuple[int], np.dtype[np.float64]], b: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    equal = np.zeros(len(a), dtype=bool)
    for decimals in range(2, 7):
        equal |= np.abs(np.round(a, decimals) - np.round(b, decimals)) <= 1.1 * 10.0**-decimals
        if decimals >= 2 and bool(equal.all()):
            break
    return equal


def _alignments(
    a: Series, b: Series
) -> Iterator[
    tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]
]:
    for offset in (0, -1, 1):
        _, left, right = np.intersect1d(a.x, b.x + offset, return_indices=True)
        yield left, right
    if len(a) == len(b):
        yield np.arange(len(a)), np.arange(len(a))


def against_jury(ground: Ground, jury: Jury) -> Iterator[str]:
    """Yield what speaks against the votes on one series: places of rows, and counts of finite
    ones.
    """
    series = ground.subject
    finite = int(np.isfinite(series.y).sum())
    for vote in jury.votes:
        if vote.rows not in (finite, len(series)):
            yield f"{finite} rows are finite, not {vote.rows}"
        for at in vote.fires[:1000]:
            yield from misplaced(series, at)


def against_schedule(ground: Ground, schedule: LrSchedule) -> Iterator[str]:
    """Yield what speaks against the class of a learning rate: what is constant does not move, what
    decays ends below its height.
    """
    y = ground.subject.y[np.isfinite(ground.subject.y)]
    if not len(y):
        yield "it has no rows"
        return
    top, name = float(y.max()), schedule.schedule
    if name == "constant" and float(np.ptp(y)) > 0.05 * abs(top):
        yield f"it goes from {float(y.min()):g} to {top:g}"
    if name in DECAYING and not float(y[-1]) < top:
        yield "it ends at its height"
    if name.startswith("warmup") and not float(y[0]) < top:
        yield "it begins at its height"


DECAYING: Final = (
    "cosine",
    "linear",
    "step",
    "exponential",
    "inverse_sqrt",
    "warmup_cosine",
    "warmup_linear",
    "wsd",
)


def against_outcome(ground: Ground, outcome: Outcome, found: Sequence[Finding]) -> Iterator[str]:
    """Yield what speaks against the answer on a run: it says what the verdict says, and names a
    finding as it stands.
    """
    verdict = next(
        (one for one in ground.analysis.verdicts if one.run == outcome.run and not one.series), None
    )
    if verdict is None or verdict.state is not outcome.state:
        yield "the verdict on the run is another"
        return
    if verdict.text not in list(phrases(outcome.text)):
        yield "it does not say what the verdict says"
    by_id = {finding.id: finding for finding in found}
    for phrase in phrases(outcome.text):
        if {"id", "kind", "metric", "axis", "x"} == set(phrase.values):
            finding = by_id.get(str(phrase.values["id"]))
            if finding is None:
                yield f"there is no finding {phrase.values['id']}"
            elif phrase.values["x"] != finding.start.x:
                yield f"{finding.id} stands at {finding.start.x:g}"
            elif phrase.values["metric"] != ground.by_id(finding.series[0]).label:
                yield f"{finding.id} is about {ground.by_id(finding.series[0]).label}"
    if outcome.checkpoint is not None and not _is_named(ground, outcome.checkpoint):
        yield f"no line names {outcome.checkpoint}"
    if TONES.index(outcome.tone) < TONES.index(STATES[outcome.state].tone):
        yield f"a run that is {outcome.state.value} is not told as {outcome.tone}"


TONES: Final = ("good", "open", "warn", "bad")
