"""Counts the numbers and claim words of a report that a predicate stands behind, and names those
without one.

Sentences of the analysis are held by their rules. What `compose` adds (tables, captions) is borne
out where its numbers are rows, counts, facts, or what the analysis declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Final

import numpy as np

from lossreport.checking.check import FLAG, kind_of
from lossreport.checking.citing import may_cite
from lossreport.checking.ground import THRESHOLDS, Ground, Rules
from lossreport.checking.printed import Place, entry, number_of, phrases, places, shows
from lossreport.checking.sentences import rule_for
from lossreport.checking.words import WORDS
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.report import (
    Block,
    Callout,
    Chart,
    FindingList,
    Prose,
    Report,
    Spark,
    Steps,
    Table,
)
from lossreport.model.run import Run
from lossreport.text import LANGS, Join, Phrase, Quantity, Value, show_value
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of an analysis: the kind of what says it, and its ground and rules."""

    kind: str
    ground: Ground
    text: Phrase
    rules: Rules = field(default_factory=dict)
    note: bool = False


@dataclass
class Coverage:
    """How many numbers a rule of their own holds, how many are among what a sentence may cite, how
    many claim words are covered.

    `bare` names those with nothing behind them.
    """

    ruled: int = 0
    cited: int = 0
    words: int = 0
    bare: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share with a predicate, 1 for all."""
        held = self.ruled + self.cited + self.words
        return held / (held + len(self.bare)) if held else 1.0


def claims(analysis: Analysis, raw: Run) -> Iterator[Claim]:
    """Yield the sentences of the analysis of one run that the check holds against its rows."""
    ground = Ground(analysis, analysis.runs[0], raw)
    for finding in analysis.findings:
        yield from _of_finding(ground, finding)
    goal = next(iter(analysis.goals), None)
    about = ground.about(ground.by_id(goal.series)) if goal is not None else ground
    for verdict in analysis.verdicts:
        kind = f"verdict {verdict.state.value}"
        own = ground.about(ground.by_id(verdict.series[0])) if verdict.series else about
        yield Claim(kind=kind, ground=own, text=verdict.text)
        if verdict.change_mind is not None:
            yield Claim(kind=kind, ground=own, text=verdict.change_mind)
    for outcome in analysis.outcomes:
        yield Claim(kind="outcome", ground=about, text=outcome.text)
    for forecast in analysis.forecasts:
        # by `against_forecast`
        held: Rules = dict.fromkeys(
            ("rows", "low", "mid", "high", "share", "hours"), lambda g, p: iter(())
        )
        yield Claim(
            kind="forecast",
            ground=ground.about(ground.by_id(forecast.series[0])),
            text=forecast.text,
            rules=held,
        )
    for advice in analysis.recommendations:
        yield Claim(
            kind="recommendation", ground=ground.about(*ground.run.series), text=advice.text
        )
    for reason in analysis.not_applicable:
        yield Claim(
            kind="reason",
            ground=ground.about(*(ground.by_id(one) for one in reason.series)),
            text=reason.reason,
        )


def _of_finding(ground: Ground, finding: Finding) -> Iterator[Claim]:
    kind = kind_of(finding)
    own = ground.of(finding)
    rules: Rules = {} if kind is None else {"x": _nothing, "line": _nothing, **kind.values}
    yield Claim(kind=f"finding {finding.kind}", ground=own, text=finding.text, rules=rules)
    for text in (
        *finding.notes,
        *(sign for one in finding.hypotheses for sign in (*one.support, *one.against)),
    ):
        yield Claim(kind=f"finding {finding.kind}", ground=own, text=text, note=True)


def _nothing(ground: Ground, phrase: Phrase) -> Iterator[float]:
    yield from ()


def of_analysis(analysis: Analysis, raw: Run) -> Coverage:
    """Return how far the sentences and declared numbers of the analysis of one run are covered."""
    found = Coverage()
    for claim in claims(analysis, raw):
        _numbers(found, claim.ground, claim.text, claim, nested=claim.note)
        for phrase in phrases(claim.text):
            _words(found, claim.kind, phrase)
    for finding in analysis.findings:
        kind, own = kind_of(finding), Ground(analysis, analysis.runs[0], raw).of(finding)
        for name, value in finding.numbers.items():
            if (kind is not None and name in kind.values) or value in FLAG:
                found.ruled += 1
            elif may_cite(own, own, Place(finding.text, name, entry(float(value)))):
                found.cited += 1
            else:
                found.bare.append(f"finding {finding.kind}: numbers[{name!r}]")
    return found


def _numbers(
    found: Coverage, ground: Ground, phrase: Phrase, claim: Claim, *, nested: bool
) -> None:
    inner = ground.within(phrase)
    for place in places(phrase):
        if (
            rule_for(
                place,
                {} if claim.note else claim.rules,
                nested=nested,
                in_finding=claim.ground.finding is not None,
            )
            is not None
        ):
            found.ruled += 1
        elif may_cite(claim.ground, inner, place):
            found.cited += 1
        else:
            found.bare.append(
                f"{claim.kind}: {place.name} = {show_value(place.value, 'en')} in "
                f"{phrase.text.en[:60]!r}"
            )
    for value in phrase.values.values():
        for child in _children(value):
            _numbers(found, inner, child, claim, nested=True)


def _children(value: Value) -> list[Phrase]:
    if isinstance(value, Phrase):
        return [value]
    return (
        [one for item in value.items for one in _children(item)] if isinstance(value, Join) else []
    )


def _words(found: Coverage, kind: str, phrase: Phrase) -> None:
    for lang in LANGS:
        said = phrase.text.of(lang)
        for word in WORDS:
            if word.said_in(said, lang):
                if word.covers(kind):
                    found.words += 1
                else:
                    found.bare.append(f"{kind}: the word “{word.id}” in {said[:60]!r}")


# ------------------------------------------------------------------------------------- reports
def coverage(report: Report, raw_runs: Sequence[Run]) -> Coverage:
    """Return how far a report is covered: the sentences of its analysis, and the numbers of the
    blocks around them.
    """
    found = Coverage()
    checked: set[int] = set()
    for run, raw in zip(report.analysis.runs, raw_runs, strict=True):
        own = of_run(report.analysis, run.id)
        told = of_analysis(own, raw)
        found.ruled += told.ruled
        found.cited += told.cited
        found.words += told.words
        found.bare += told.bare
        checked |= {id(inner) for claim in claims(own, raw) for inner in phrases(claim.text)}
    for section in report.sections:
        run = next(
            (one for one in report.analysis.runs if one.id == section.of), report.analysis.runs[0]
        )
        pool = Pool(report.analysis, run if section.of or len(report.analysis.runs) == 1 else None)
        if section.id.rpartition("-")[2] not in OWN_WORDS:
            for block in section.blocks:
                for value, name in _printed(block, checked):
                    _composed(found, pool, value, f"section {section.id}: {name}")
    return found


OWN_WORDS: Final = ("references", "glossary", "method", "unknown")
"""Sections that tell of the program and of published levels, not of the rows."""


def of_run(analysis: Analysis, run_id: str) -> Analysis:
    """Return the part of an analysis of several runs that is about one."""
    from dataclasses import replace

    run = next(one for one in analysis.runs if one.id == run_id)
    ids = {series.id for series in run.series}
    return replace(
        analysis,
        runs=(run,),
        goals=tuple(one for one in analysis.goals if one.run == run_id),
        outcomes=tuple(one for one in analysis.outcomes if one.run == run_id),
        bests=tuple(one for one in analysis.bests if one.run == run_id),
        findings=tuple(one for one in analysis.findings if set(one.series) <= ids),
        ignored=tuple(one for one in analysis.ignored if set(one.finding.series) <= ids),
        verdicts=tuple(one for one in analysis.verdicts if one.run == run_id),
        scales=tuple(one for one in analysis.scales if set(one.series) <= ids),
        shares=tuple(one for one in analysis.shares if one.run == run_id),
        forecasts=tuple(one for one in analysis.forecasts if set(one.series) <= ids),
        recommendations=tuple(one for one in analysis.recommendations if one.run == run_id),
        not_applicable=tuple(
            one for one in analysis.not_applicable if one.series and set(one.series) <= ids
        ),
    )


def _printed(block: Block, checked: set[int]) -> Iterator[tuple[int | float | Quantity, str]]:
    """Yield the numbers of a block that stand in no checked sentence, with the name of their
    place.
    """
    for value in _values(block):
        if isinstance(value, Phrase):
            yield from _of_phrase(value, checked)
        elif isinstance(value, Join):
            for item in value.items:
                yield from (
                    _of_phrase(item, checked)
                    if isinstance(item, Phrase)
                    else _of_value(item, "cell")
                )
        else:
            yield from _of_value(value, "cell")


def _of_value(value: Value, name: str) -> Iterator[tuple[int | float | Quantity, str]]:
    if isinstance(value, int | float | Quantity) and not isinstance(value, bool):
        yield value, name


def _of_phrase(phrase: Phrase, checked: set[int]) -> Iterator[tuple[int | float | Quantity, str]]:
    if id(phrase) in checked:
        return
    for place in places(phrase):
        yield place.value, f"{place.name} in {phrase.text.en[:50]!r}"
    for value in phrase.values.values():
        for child in _children(value):
            yield from _of_phrase(child, checked)


def _values(block: Block) -> Iterator[Value]:
    match block:
        case Prose():
            yield block.text
        case Table():
            yield block.caption
            for row in block.rows:
                yield from (cell for cell in row.cells if not isinstance(cell, Spark))
        case Chart():
            yield block.title
            yield block.alternative
        case Callout():
            yield block.title
            yield from block.body
        case FindingList():
            return
        case Steps():
            yield from (step.text for step in block.steps)


class Pool:
    """The numbers that a table may print: rows, places, lines, counts, facts, and what the analysis
    declares; of one run, or of all.
    """

    def __init__(self, analysis: Analysis, run: Run | None) -> None:
        runs = analysis.runs if run is None else (run,)
        self.series = [series for one in runs for series in one.series]
        parts = [
            array
            for series in self.series
            for array in (series.y, series.x, series.line.astype(np.float64))
        ]
        with np.errstate(all="ignore"):
            changes = [
                np.diff(series.y) / np.abs(series.y[:-1] + (series.y[:-1] == 0))
                for series in self.series
                if len(series) > 1
            ]
            steps = [np.diff(series.y) for series in self.series if len(series) > 1]
        extra = np.array([*_counts(analysis, runs), *_told(analysis)], dtype=np.float64)
        every = np.concatenate([*parts, *changes, *steps, extra])
        self.numbers = np.unique(every[np.isfinite(every)])

    def spans(self, place: float) -> bool:
        """Return whether a place lies inside those of some series."""
        return any(
            len(one) and float(one.x.min()) <= place <= float(one.x.max()) for one in self.series
        )

    def holds(self, value: int | float | Quantity) -> bool:
        """Return whether a printed number is one of them."""
        number = number_of(value)
        if not np.isfinite(number):
            return True
        return shows(
            value, self.numbers[np.abs(self.numbers - number) <= 0.01 * abs(number) + 1e-12]
        )


def _counts(analysis: Analysis, runs: Sequence[Run]) -> Iterator[float]:
    yield float(len(analysis.runs))
    for run in runs:
        flat = run.guidance.thresholds.get("flat_gain", THRESHOLDS["flat_gain"])
        yield from (flat, flat / 2)  # as the criteria of a report say
        mine = [
            one
            for one in analysis.findings
            if one.series and one.series[0] in {series.id for series in run.series}
        ]
        yield from (
            float(len(items))
            for items in (run.sources, run.events, run.segments, run.skipped, run.launches, mine)
        )
        for why in {one.why for one in run.segments}:
            yield float(sum(one.why == why for one in run.segments))
        for pair in (run.progress.epochs, run.progress.steps):
            yield from (float(value) for value in pair if value is not None)
        for source in run.sources:
            yield from (
                float(value)
                for value in (
                    source.rows,
                    source.skipped,
                    source.lines,
                    source.bytes,
                    source.unread,
                )
            )
            yield from (float(line) for line, _ in source.skips)
        yield float(sum(source.rows for source in run.sources))
        yield float(sum(source.skipped for source in run.sources))
        for event in run.events:
            yield float(event.line)
        for begun in run.segments:
            yield float(begun.first_line)
        for series in run.series:
            finite = series.y[np.isfinite(series.y)]
            yield from (float(len(series)), float(len(finite)), float(series.window or 0))
        for fact in run.facts:
            for value in fact.value if isinstance(fact.value, tuple) else (fact.value,):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield float(value)
        for copies in {agreement.original for agreement in analysis.agreements}:
            yield float(sum(one.original == copies for one in analysis.agreements))


def _told(analysis: Analysis) -> Iterator[float]:
    for finding in analysis.findings:
        yield from (float(value) for value in finding.numbers.values())
        yield from (float(len(finding.rows)), float(len(finding.groups)))
        # held by its own rules
        yield from (
            number_of(place.value) for inner in phrases(finding.text) for place in places(inner)
        )
    for verdict in analysis.verdicts:
        if verdict.trend is not None:
            yield from (*verdict.trend.change, float(verdict.trend.rows))
    for scale in analysis.scales:
        yield from (
            one
            for one in (
                scale.value,
                scale.chance,
                scale.perplexity,
                scale.normalised,
                scale.floor,
                scale.bits,
            )
            if one is not None
        )
        yield from (level for level, _ in scale.levels)
        for note in (*scale.notes, *(condition for _, condition in scale.levels)):
            # what a kind of loss says of its own value
            yield from (
                number_of(place.value) for inner in phrases(note) for place in places(inner)
            )
    for share in analysis.shares:
        for term in share.terms:
            yield from (term.weight, term.value, term.share, term.weight * term.value)
        yield sum(term.weight * term.value for term in share.terms)
    for jury in analysis.juries:
        for vote in jury.votes:
            yield from (float(vote.rows), float(vote.needs), float(len(vote.fires)))
    for agreement in analysis.agreements:
        yield float(agreement.rows)


MAPPED: Final = "x in '{number} {axis} {x}'"
"""A place that a chart takes over from another axis: a share of the run, not the place of a row."""


def _composed(found: Coverage, pool: Pool, value: int | float | Quantity, name: str) -> None:
    if pool.holds(value) or (MAPPED in name and pool.spans(number_of(value))):
        found.cited += 1
    else:
        found.bare.append(f"{name} = {show_value(value, 'en')}")
