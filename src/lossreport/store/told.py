"""Tells a report made earlier anew: its verdict, findings and advice as blocks, out of the analysis
that its JSON holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from lossreport.compose import goal_figure
from lossreport.compose.compose import TITLE
from lossreport.compose.section import POINTING, called
from lossreport.compose.sections import anomalies, answer, recommendations
from lossreport.compose.sections.answer import TOP
from lossreport.compose.short import (
    CHECKPOINT,
    Placed,
    RunLine,
    placed_text,
    short_of_runs,
    shortened,
)
from lossreport.errors import UsageError
from lossreport.knowledge.loss_type import loss_type
from lossreport.model.analysis import (
    Analysis,
    Best,
    Finding,
    Recommendation,
    Severity,
    State,
    Verdict,
)
from lossreport.model.report import (
    NUMBERS,
    Band,
    Block,
    Callout,
    Chart,
    Curve,
    FindingList,
    LineChart,
    Meta,
    Prose,
    Report,
    Section,
    Step,
    Steps,
)
from lossreport.model.run import Floats, Run, Series, extent_of, shown_x
from lossreport.model.states import SHADES, STATES
from lossreport.text import Join, Phrase, Text, number
from lossreport.words import AXES

SUFFIXES: Final = (".html", ".htm", ".json")


def is_report(path: str) -> bool:
    """Return whether a path names a report made earlier and no logs: a page or JSON of ours."""
    place = Path(path)
    if place.suffix.lower() not in SUFFIXES or not place.is_file():
        return False
    if place.suffix.lower() != ".json":
        return True
    with place.open("rb") as file:
        return b'"schema":"lossreport/' in file.read(400).replace(b" ", b"")


def report_of(analysis: Analysis, version: str) -> Report:
    """Return verdict, findings and advice of a report, that this version wrote, as blocks."""
    runs = analysis.runs
    several = len(runs) > 1
    sections = [section for run in runs for section in _sections(analysis, run, several=several)]
    meta = Meta(title=TITLE(name=Join(items=tuple(run.name for run in runs))), version=version)
    short = _short_of_several(analysis) if several else _short(analysis, runs[0])
    return Report(analysis=Analysis(runs=()), meta=meta, sections=tuple(sections), short=short)


def run_verdict(analysis: Analysis, run: Run) -> Verdict:
    """Return the verdict on a whole run; raises UsageError where there is none."""
    try:
        return analysis.run_verdict(run.id)
    except KeyError:
        raise UsageError(
            f"The report has no verdict on run {run.id}",
            hint="Write it anew from the logs: lossreport build PATH.",
        ) from None


def state_name(analysis: Analysis, run: Run) -> Text:
    """Return what the state of a run is called; see `Story.state_name`."""
    goal = analysis.goal(run.id)
    own = next(
        (one.state for one in analysis.verdicts if goal and one.series == (goal.series,)), None
    )
    return called(run_verdict(analysis, run).state, own)


def findings_of(analysis: Analysis, run: Run) -> list[Finding]:
    """Return the findings of one run, in the order of the report."""
    ids = {series.id for series in run.series}
    return [finding for finding in analysis.findings if ids & set(finding.series)]


def names_of(analysis: Analysis) -> dict[str, str]:
    """Return what to print for the ids of series and sources."""
    paths = {source.id: source.path for run in analysis.runs for source in run.sources}
    return paths | {
        one.id: f"{one.label} ({paths.get(one.source, '')})"
        for run in analysis.runs
        for one in run.series
    }


def _sections(analysis: Analysis, run: Run, *, several: bool) -> list[Section]:
    found = tuple(findings_of(analysis, run))
    lists: list[Block] = (
        [FindingList(findings=found, names=names_of(analysis))]
        if found
        else [Prose(text=anomalies.NONE())]
    )
    mine = _advice(analysis, run)
    made = [
        Section(id="answer", title=answer.TITLE, blocks=(_callout(analysis, run),)),
        Section(id="anomalies", title=anomalies.TITLE, blocks=tuple(lists)),
        Section(id="recommendations", title=recommendations.TITLE, blocks=(steps_of(mine),))
        if mine
        else None,
    ]
    of = run.id if several else ""
    return [
        Section(id=f"{of}-{s.id}" if of else s.id, title=s.title, blocks=s.blocks, of=of)
        for s in made
        if s is not None
    ]


def _advice(analysis: Analysis, run: Run) -> list[Recommendation]:
    return [one for one in analysis.recommendations if one.run == run.id]


def placed_in(analysis: Analysis) -> Placed:
    """Return what says where a finding of this report stands."""
    paths = {source.id: source.path for run in analysis.runs for source in run.sources}

    def placed(finding: Finding) -> Phrase:
        series, at = analysis.series(finding.series[0]), finding.start
        place = f"{paths.get(series.source_of(at.row), '')}:{at.line}"
        value, axis = value_at(series, at.row), AXES[series.axis.value]
        return placed_text(finding, series.label, value, series.unit, axis, at.x, place)

    return placed


def value_at(series: Series, row: int) -> float | None:
    """Return the value of a row, None where a report holds others only."""
    at = np.flatnonzero(extent_of(series).rows == row)
    return float(series.y[at[0]]) if len(at) else None


def _short(analysis: Analysis, run: Run) -> tuple[Block, ...]:
    """Return the answer of a report in a few lines, as far as its JSON tells it."""
    found = findings_of(analysis, run)
    alone = [one for one in found if one.explained_by is None]
    top = tuple(
        {one.kind: one for one in reversed(alone) if one.severity is not Severity.LOW}.values()
    )[::-1][:TOP]
    advice = _advice(analysis, run)
    now = [one for one in advice if one.when == "now"] or advice[:1]
    events = FindingList(findings=top, names=names_of(analysis), numbered=True)
    blocks: list[Block] = [_callout(analysis, run), *_picture(analysis, run, top, found)]
    blocks += [events, steps_of(now)]
    return shortened(blocks, placed_in(analysis), _best(analysis, run))


def _picture(
    analysis: Analysis, run: Run, events: Sequence[Finding], found: Sequence[Finding]
) -> Iterator[Chart]:
    """Yield the curve of the goal with the events on its axis; one that holds for all of it is
    shown by what it explains there.
    """
    goal = analysis.goal(run.id)
    series = next((one for one in run.series if goal and one.id == goal.series), None)
    if series is None or not len(series):
        return
    width = float(series.x[-1]) - float(series.x[0])
    beside = {one.id for one in run.series if one.axis is series.axis}
    bands = []
    for key, event in zip(NUMBERS, events, strict=False):
        wide = abs(event.end.x - event.start.x) > goal_figure.WHOLE * abs(width)
        shown = (
            [one for one in found if one.explained_by == event.key and one.kind in POINTING]
            if wide
            else [event]
        )
        bands += [
            Band(first=one.start.x, last=one.end.x, label=key, severity=event.severity)
            for one in sorted(shown, key=lambda one: one.start.x)
            if one.series[0] in ({series.id} if wide else beside)
        ][:1]
    spec = LineChart(
        id=f"goal-{series.id}",
        curves=(Curve(name=series.split, x=series.x, y=series.y),),
        unit=series.unit,
        bands=tuple(bands),
        x_title=series.axis.value,
    )
    title = goal_figure.TITLE(metric=series.label, below=goal_figure.EMPTY)
    yield Chart(title=title, alternative=title, spec=spec)


def _best(analysis: Analysis, run: Run) -> Phrase | None:
    """Return the best value of the goal, or of the first validation metric, with its checkpoint;
    None where the run is broken.
    """
    bests = [one for one in analysis.bests if one.run == run.id]
    if not bests or run_verdict(analysis, run).state is State.BROKEN:
        return None
    goal = analysis.goal(run.id)
    best = next((one for one in bests if goal and one.series == goal.series), bests[0])
    series = analysis.series(best.series)
    at = answer.BEST_AT(
        metric=series.label,
        value=number(best.value, series.unit),
        axis=AXES[series.axis.value],
        x=shown_x(best.at.x),
    )
    if best.checkpoint:
        at = answer.AT_FILE(at=at, path=best.checkpoint)
    return CHECKPOINT(label=_best_label(analysis, run, best, series), at=at)


def _best_label(analysis: Analysis, run: Run, best: Best, series: Series) -> Text:
    """Return what the best value of a series is called, as the report calls it; of an earlier
    version's the most general.
    """
    judged = any(one.run == run.id and one.series == (series.id,) for one in analysis.verdicts)
    shares = (share.terms for share in analysis.shares if share.run == run.id)
    terms = {term.name for term in next(shares, ())}
    goal = analysis.goal(run.id)
    is_score = goal is not None and goal.series == series.id and goal.mode == "max"
    is_loss = (
        best.contested is not None
        and judged
        and (not terms or series.name in terms)
        and not is_score
        and loss_type(series.metric_type).role == "loss"
        and answer.is_called_loss(series.name, series.metric_type)
    )
    return answer.best_label(series.split, is_loss=is_loss, contested=bool(best.contested))


def _short_of_several(analysis: Analysis) -> tuple[Block, ...]:
    lines = [
        RunLine(
            id=run.id,
            name=run.name,
            state=run_verdict(analysis, run).state,
            called=state_name(analysis, run),
            severe=sum(
                one.severity.rank >= Severity.MEDIUM.rank for one in findings_of(analysis, run)
            ),
            course=_course(analysis, run),
        )
        for run in analysis.runs
    ]
    return short_of_runs(lines)


def _course(analysis: Analysis, run: Run) -> Floats | None:
    """Return the values of the goal of a run that its report holds."""
    goal = analysis.goal(run.id)
    return None if goal is None else analysis.series(goal.series).y


def _callout(analysis: Analysis, run: Run) -> Callout:
    verdict, outcome = run_verdict(analysis, run), analysis.outcome(run.id)
    shade = STATES[verdict.state].shade if outcome is None else SHADES[outcome.tone]
    return Callout(
        tone=shade,
        title=answer.headline(state_name(analysis, run), verdict.state, run.status.value),
        body=((outcome or verdict).text,),
    )


def steps_of(given: Sequence[Recommendation]) -> Steps:
    """Return advice as steps, what is to do now first."""
    ordered = sorted(given, key=lambda one: one.when != "now")
    return Steps(
        steps=tuple(Step(text=one.text, because=one.because, source=one.source) for one in ordered)
    )
