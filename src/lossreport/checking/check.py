"""Holds an analysis against its rows before it is told: what they contradict is left out, and told
as a failure.

No claim is mended here. What falls takes along only what rests on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from typing import Final, TypeVar

import numpy as np

from lossreport.checking.citing import may_cite
from lossreport.checking.ground import Family, Ground, Kind, Rules
from lossreport.checking.items import (
    against_agreement,
    against_best,
    against_forecast,
    against_hours,
    against_jury,
    against_outcome,
    against_scale,
    against_schedule,
    against_share,
    misplaced,
)
from lossreport.checking.printed import Between, Place, entry, names, phrases, places, shows
from lossreport.checking.sentences import wrong_numbers
from lossreport.checking.states import CONDITIONS, against_run
from lossreport.checking.words import wrong_words
from lossreport.errors import ClaimError
from lossreport.model.analysis import (
    Analysis,
    Evidence,
    Failure,
    Finding,
    Forecast,
    Hypothesis,
    Outcome,
    Recommendation,
    State,
    Verdict,
)
from lossreport.model.run import Run, Series
from lossreport.registry import load_units
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

T = TypeVar("T")
WITHDRAWN: Final = Text(
    zh="对这次训练的判断没有通过自检（与日志中的行不符），已撤下；原因见报告末尾未能跑完的检查。",
    en="The verdict on this run did not stand up to the check against the rows of the log and "
    "is withdrawn; the failed checks are listed at the end.",
)


@cache
def kinds() -> Mapping[str, Kind]:
    """Return how each kind of finding is checked; of a kind that is not here only the places and
    the numbers are.
    """
    families: Sequence[Family] = load_units("lossreport.checking.kinds", "CHECK", Family)
    return {name: kind for family in families for name, kind in family.kinds.items()}


def kind_of(finding: Finding) -> Kind | None:
    """Return how a finding is checked, None where only its places and numbers are."""
    kind = kinds().get(finding.kind)
    if kind is None or not set(kind.declares) <= set(finding.numbers):
        return None
    foreign = [
        name
        for name, value in finding.numbers.items()
        if name not in kind.values and value not in FLAG
    ]
    # another detector's finding of the same kind declares other numbers
    return None if foreign else kind


def checked(
    analysis: Analysis, raw: Run, beside: Sequence[Run] = (), *, strict: bool = False
) -> Analysis:
    """Return the analysis of one run with the claims that its rows bear out, and a failure for each
    that they do not.

    With `strict` the first such claim raises ClaimError. `raw` is the run as it was read, `beside`
    are other runs that notes name.
    """
    court = Court(strict)
    ground = Ground(analysis, analysis.runs[0], raw, beside=tuple(beside))
    kept = tuple(
        one
        for one in (court.finding(ground, finding) for finding in analysis.findings)
        if one is not None
    )
    kept = tuple(_untied(finding, kept) for finding in kept)
    now = replace(analysis, findings=kept, verdicts=_verdicts(court, ground, analysis, kept))
    return _rest(court, replace(ground, analysis=now), now)


@dataclass
class Court:
    """Collects what the rows contradict."""

    strict: bool
    failures: list[Failure] = field(default_factory=list)

    def holds(self, unit: str, wrong: Callable[..., Iterable[str]], *of: object) -> bool:
        """Return whether nothing speaks against a claim; a rule that raises is a failure of its
        own, and the claim stays.
        """
        try:
            found = list(dict.fromkeys(wrong(*of)))
        except Exception as error:
            if self.strict:
                raise
            self.failures.append(
                Failure(unit=f"check of {unit}", error=f"{type(error).__name__}: {error}")
            )
            return True
        if found and self.strict:
            raise ClaimError(
                f"{unit}: {'; '.join(found)}",
                hint="The rows contradict this claim: mend what makes it, or its check.",
            )
        if found:
            self.failures.append(Failure(unit=f"claim {unit}", error="; ".join(found)))
        return not found

    # --------------------------------------------------------------------------------- findings
    def finding(self, ground: Ground, finding: Finding) -> Finding | None:
        """Return a finding with the notes and signs that stand, None where it does not stand
        itself.
        """
        unit = f"{finding.kind} {finding.id}"
        if not _holds_all(ground.run, finding):
            self.holds(unit, lambda: ["it names a series that the run does not hold"])
            return None
        kind = kind_of(finding)
        own = ground.of(
            finding, as_read=kind is not None and kind.as_read and _holds_all(ground.raw, finding)
        )
        if not self.holds(unit, against_finding, own, kind):
            return None
        notes = tuple(
            note for note in finding.notes if self.holds(f"{unit} note", against_note, own, note)
        )
        signs = tuple(
            one
            for one in (self._hypothesis(own, unit, one) for one in finding.hypotheses)
            if one is not None
        )
        same = len(notes) == len(finding.notes) and all(
            a is b for a, b in zip(signs, finding.hypotheses, strict=False)
        )
        return (
            finding
            if same and len(signs) == len(finding.hypotheses)
            else replace(finding, notes=notes, hypotheses=signs)
        )

    def _hypothesis(self, ground: Ground, unit: str, one: Hypothesis) -> Hypothesis | None:
        """Return a hypothesis with the signs that stand; None where all that spoke for it fell."""

        def stand(signs: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
            return tuple(
                sign for sign in signs if self.holds(f"{unit} {one.id}", against_note, ground, sign)
            )

        support, against = stand(one.support), stand(one.against)
        if one.support and not support:
            return None
        whole = support == one.support and against == one.against
        return one if whole else replace(one, support=support, against=against)


def _holds_all(run: Run, finding: Finding) -> bool:
    ids = {series.id for series in run.series}
    return bool(finding.series) and set(finding.series) <= ids


def against_finding(ground: Ground, kind: Kind | None) -> Iterator[str]:
    """Yield what the rows say against a finding: its places, its evidence, the rules of its kind,
    its numbers and words.
    """
    finding = ground.finding
    if finding is None:
        return
    series = ground.subject
    yield from _places(ground, finding, series)
    rules: Rules = kind.values if kind is not None else {}
    own: Rules = (
        {"x": _own_x, "line": _own_line, **rules}
        if kind is not None
        else {"x": _cited_x, "line": _cited_line}
    )
    wrong = list(_declared(ground, finding, own))
    yield from wrong
    if kind is not None and not wrong:
        yield from kind.holds(ground)
    yield from _unnamed(ground, finding)
    yield from _otherwise(ground, finding, own)
    yield from _sentence(ground, finding.text, own)


def _own_x(ground: Ground, phrase: Phrase) -> Iterator[float]:
    if ground.finding is not None:
        yield ground.finding.start.x


def _cited_x(ground: Ground, phrase: Phrase) -> Iterator[float]:
    """Yield the places that a finding of unknown make may tell: of its first and last row, and what
    it declares.
    """
    if ground.finding is not None:
        yield from (ground.finding.start.x, ground.finding.end.x, *ground.finding.numbers.values())


def _cited_line(ground: Ground, phrase: Phrase) -> Iterator[float]:
    """Yield the lines that a finding of unknown make may tell: of its rows, its evidence, and of
    events.
    """
    if ground.finding is not None:
        yield from (float(at.line) for at in (ground.finding.start, ground.finding.end))
        yield from (float(one.line) for one in ground.finding.evidence)
        yield from (float(event.line) for event in ground.run.events)


def _own_line(ground: Ground, phrase: Phrase) -> Iterator[float]:
    if ground.finding is not None:
        yield float(ground.finding.start.line)


def _places(ground: Ground, finding: Finding, series: Series) -> Iterator[str]:
    if not finding.rows:  # of an event: it stands in a line of its own
        return
    yield from misplaced(series, finding.start)
    yield from misplaced(series, finding.end)
    if finding.rows[0] != finding.start.row or finding.rows[-1] != finding.end.row:
        yield "its rows are not those from its start to its end"
    if any(not 0 <= row < len(series) for row in finding.rows):
        yield "it names a row that is not there"
        return
    known = [*ground.series, *ground.run.series]
    for one in finding.evidence:
        if not any(_stands(ground, other, one) for other in known):
            yield f"no row of line {one.line} is {one.value:g} at {one.x:g}"
            return
    for row, one in zip(finding.rows[:QUOTED], finding.evidence, strict=False):
        if not _stands(ground, series, one) or one.line != int(series.line[row]):
            yield f"its evidence is not that of row {row}"
            return


QUOTED: Final = 20
"""Rows of a finding that are quoted as evidence, before those of other series."""


def _stands(ground: Ground, series: Series, one: Evidence) -> bool:
    rows: Iterable[int] = (
        range(*np.searchsorted(series.line, [one.line, one.line + 1]).tolist())
        if ground.once(_rises, series)
        else np.flatnonzero(series.line == one.line).tolist()
    )
    return any(
        series.x[row] == one.x
        and (series.y[row] == one.value or (np.isnan(one.value) and np.isnan(series.y[row])))
        for row in rows
    )


def _rises(series: Series) -> bool:
    return bool(np.all(series.line[1:] >= series.line[:-1]))


def _declared(ground: Ground, finding: Finding, rules: Rules) -> Iterator[str]:
    """Yield the entries of `numbers` that no rule gives; one without a rule is held against what a
    finding may cite.
    """
    for name, value in finding.numbers.items():
        printed = entry(float(value))
        if name in rules:
            if not any(shows(printed, candidate) for candidate in rules[name](ground, NO_SENTENCE)):
                yield f"{name} = {value:g} is not what the rows give"
        elif value in FLAG:
            continue
        elif not may_cite(ground, ground, Place(finding.text, name, printed)):
            yield f"{name} = {value:g} is no number that the rows give"


def _otherwise(ground: Ground, finding: Finding, rules: Rules) -> Iterator[str]:
    """Yield the numbers of the sentence that the finding declares otherwise, where its rule bounds
    them only.
    """
    for place in places(finding.text):
        told = finding.numbers.get(place.name)
        if told is None or place.name not in rules:
            continue
        given = list(rules[place.name](ground, finding.text))
        if any(not isinstance(one, Between) and shows(place.value, one) for one in given):
            continue
        loose = any(isinstance(one, Between) for one in given)
        if loose and not any(shows(place.value, one) for one in (told, -told, told + 1)):
            # a change has its sign, a multiple is 1 more
            yield f"{place.name} is declared as {told:g}"


NO_SENTENCE: Final = Text(zh="（数字）", en="(numbers)")()
"""What stands for the sentence where an entry of `numbers` is held against the rows."""
FLAG: Final = (0.0, 1.0)
"""What an entry of `numbers` holds that is a yes or no for other rooms."""


def _unnamed(ground: Ground, finding: Finding) -> Iterator[str]:
    """Yield that the sentence names another metric than the finding is about."""
    metric = finding.text.values.get("metric")
    called = {name for series in ground.series for name in (series.label, series.name)}
    if isinstance(metric, str) and metric not in called:
        yield f"it is about {ground.subject.label}, not {metric}"


def _sentence(ground: Ground, phrase: Phrase, rules: Rules) -> Iterator[str]:
    """Yield the numbers and words of a sentence, and of those inside it, that do not hold."""
    yield from wrong_numbers(ground, phrase, rules)
    yield from _words(ground, phrase)


def against_note(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Yield the numbers and words of a sentence about a finding that do not hold."""
    yield from wrong_numbers(ground, phrase, {}, nested=True)
    yield from _words(ground, phrase)


def _words(ground: Ground, phrase: Phrase) -> Iterator[str]:
    inner = ground.within(phrase)
    yield from wrong_words(inner, phrase)
    for value in phrase.values.values():
        for child in _children(value):
            yield from _words(inner, child)


def _children(value: object) -> list[Phrase]:
    items = getattr(value, "items", None)
    if isinstance(value, Phrase):
        return [value]
    return [one for item in items for one in _children(item)] if isinstance(items, tuple) else []


def _untied(finding: Finding, kept: Sequence[Finding]) -> Finding:
    """Return a finding that is not explained by one that fell, and whose notes name none that
    did.
    """
    ids = {one.id for one in kept}
    explained = (
        finding.explained_by
        if finding.explained_by in ids or not _is_id(finding.explained_by)
        else None
    )
    notes = tuple(
        note
        for note in finding.notes
        if all(not _is_id(name) or name in ids for name in names(note))
    )
    same = explained == finding.explained_by and len(notes) == len(finding.notes)
    return finding if same else replace(finding, explained_by=explained, notes=notes)


def _is_id(name: str | None) -> bool:
    short = (name or "").rpartition("-")[2]
    return short[:1] == "F" and short[1:].isdigit()


# ------------------------------------------------------------------------------------- verdicts
def _verdicts(
    court: Court, ground: Ground, analysis: Analysis, kept: Sequence[Finding]
) -> tuple[Verdict, ...]:
    """Return the verdicts that stand; that on the run is withdrawn in words where it falls, for a
    report must have one.
    """
    by_id = {finding.id: finding for finding in kept}
    made: list[Verdict] = []
    for verdict in analysis.verdicts:
        because = tuple(by_id[one] for one in verdict.because if one in by_id)
        mine = (
            replace(verdict, because=tuple(one.id for one in because))
            if len(because) < len(verdict.because)
            else verdict
        )
        name = (
            f"verdict {verdict.state.value} {verdict.series[0] if verdict.series else verdict.run}"
        )
        if verdict.series:
            about = ground.about(ground.by_id(verdict.series[0]))
            if court.holds(name, _against_series, about, mine, because):
                made.append(mine)
            continue
        now = replace(ground, analysis=replace(analysis, verdicts=(*made, mine)))
        held = court.holds(name, _against_run, now, mine, because)
        made.append(mine if held else _withdrawn(mine))
    return tuple(made)


def _withdrawn(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        state=State.INCONCLUSIVE,
        confidence="low",
        text=WITHDRAWN(),
        because=(),
        trend=None,
        change_mind=None,
    )


def _against_series(
    ground: Ground, verdict: Verdict, because: tuple[Finding, ...]
) -> Iterator[str]:
    yield from CONDITIONS[verdict.state](ground, verdict, because)
    metric = verdict.text.values.get("metric")
    if isinstance(metric, str) and metric != ground.subject.label:
        yield f"it is about {ground.subject.label}, not {metric}"
    yield from _sentence(ground, verdict.text, {})
    if verdict.change_mind is not None:
        yield from _sentence(ground, verdict.change_mind, {})


def _against_run(ground: Ground, verdict: Verdict, because: tuple[Finding, ...]) -> Iterator[str]:
    yield from against_run(ground, verdict, because)
    goal = next((one for one in ground.analysis.goals if one.run == ground.run.id), None)
    about = ground.about(ground.by_id(goal.series)) if goal is not None else ground
    yield from _sentence(about, verdict.text, {})
    if verdict.change_mind is not None:
        yield from _sentence(about, verdict.change_mind, {})


# ------------------------------------------------------------------------------------- all else
def _rest(court: Court, ground: Ground, analysis: Analysis) -> Analysis:
    def standing(
        name: str,
        items: Sequence[T],
        series: Callable[[T], str],
        wrong: Callable[[Ground, T], Iterable[str]],
    ) -> tuple[T, ...]:
        held = []
        for item in items:
            about = ground.about(ground.by_id(series(item)))
            if court.holds(f"{name} {series(item)}", wrong, about, item):
                held.append(item)
        return tuple(held)

    ids = {finding.id for finding in analysis.findings}
    advice = []
    for one in analysis.recommendations:
        because = tuple(name for name in one.because if name in ids)
        rests = because or not one.because  # what rested on fallen findings alone falls with them
        if rests and court.holds(f"recommendation {one.id}", _advice, ground, one.text):
            advice.append(one if because == one.because else replace(one, because=because))
    answers = [
        one
        for one in analysis.outcomes
        if court.holds(f"outcome {one.run}", _outcome, ground, one, analysis, advice)
    ]
    reasons = [
        one
        for one in analysis.not_applicable
        if not one.series
        or court.holds(f"reason {one.check}", _sentence, _about(ground, one.series), one.reason, {})
    ]
    return replace(
        analysis,
        bests=standing("best", analysis.bests, lambda one: one.series, against_best),
        agreements=standing(
            "agreement", analysis.agreements, lambda one: one.original, against_agreement
        ),
        scales=standing("scale", analysis.scales, lambda one: one.series[0], against_scale),
        shares=standing("share", analysis.shares, lambda one: one.terms[0].series, against_share),
        lr_schedules=standing(
            "schedule", analysis.lr_schedules, lambda one: one.series[0], against_schedule
        ),
        forecasts=standing("forecast", analysis.forecasts, lambda one: one.series[0], _forecast),
        juries=standing("jury", analysis.juries, lambda one: one.series[0], against_jury),
        not_applicable=tuple(reasons),
        recommendations=tuple(advice),
        outcomes=tuple(answers),
        failures=(*analysis.failures, *court.failures),
    )


def _about(ground: Ground, series: Sequence[str]) -> Ground:
    return ground.about(*(ground.by_id(one) for one in series))


def _forecast(ground: Ground, forecast: Forecast) -> Iterator[str]:
    yield from against_forecast(ground, forecast)
    for phrase in phrases(forecast.text):
        yield from against_hours(ground, phrase, forecast.rows)
    if not forecast.valid:
        yield from _sentence(ground, forecast.text, {})


def _advice(ground: Ground, text: Phrase) -> Iterator[str]:
    yield from _sentence(ground.about(*ground.run.series), text, {})


def _outcome(
    ground: Ground, outcome: Outcome, analysis: Analysis, advice: Sequence[Recommendation]
) -> Iterator[str]:
    yield from against_outcome(ground, outcome, analysis.findings)
    if outcome.do is not None and all(one.text != outcome.do for one in advice):
        yield "what to do is no recommendation that stands"
    goal = next((one for one in analysis.goals if one.run == ground.run.id), None)
    about = ground.about(ground.by_id(goal.series)) if goal is not None else ground
    yield from _sentence(about, outcome.text, {})
