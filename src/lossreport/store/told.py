"""Tells a report made earlier anew: its verdict, findings and advice as blocks, out of the JSON
inside it.

The JSON holds plain texts in two languages, so a report is made of it in one language at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lossreport.analysis.detector import title_of
from lossreport.compose import goal_figure
from lossreport.compose.compose import GIVEN, TITLE
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
    Evidence,
    Finding,
    Hypothesis,
    Position,
    Severity,
    State,
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
from lossreport.model.run import frozen_floats, shown_x
from lossreport.model.states import SHADES, STATES
from lossreport.text import Join, Lang, Phrase, Text, number
from lossreport.words import AXES

Json = Any
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


def report_of(data: Mapping[str, Json], lang: Lang) -> Report:
    """Return verdict, findings and advice of a report as blocks, in one language."""
    runs = data["runs"]
    sections = [
        section for run in runs for section in _sections(data, run, lang, several=len(runs) > 1)
    ]
    names = Join(items=tuple(str(run["name"]) for run in runs))
    meta = Meta(title=TITLE(name=names), version=str(data["version"]))
    short = _short(data, runs[0], lang) if len(runs) == 1 else _short_of_several(data)
    return Report(analysis=Analysis(runs=()), meta=meta, sections=tuple(sections), short=short)


def run_verdict(data: Mapping[str, Json], run: str) -> Mapping[str, Json]:
    """Return the verdict on a whole run; raises UsageError where there is none."""
    for verdict in data["verdicts"]:
        if verdict["run"] == run and not verdict["series"]:
            found: Mapping[str, Json] = verdict
            return found
    raise UsageError(
        f"The report has no verdict on run {run}",
        hint="Write it anew from the logs: lossreport build PATH.",
    )


def state_name(data: Mapping[str, Json], run: Mapping[str, Json]) -> Text:
    """Return what the state of a run is called; see `Story.state_name`."""
    goal = run.get("goal")
    own = next(
        (one["state"] for one in data["verdicts"] if goal and one["series"] == [goal["series"]]),
        None,
    )
    return called(State(run_verdict(data, run["id"])["state"]), State(own) if own else None)


def findings_of(data: Mapping[str, Json], run: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return the findings of one run, in the order of the report."""
    ids = {series["id"] for series in data["series"] if series["run"] == run["id"]}
    return [finding for finding in data["findings"] if ids & set(finding["series"])]


def names_of(data: Mapping[str, Json]) -> dict[str, str]:
    """Return what to print for the ids of series and sources."""
    paths = {source["id"]: str(source["path"]) for run in data["runs"] for source in run["sources"]}
    return paths | {
        one["id"]: f"{label_of(one)} ({paths.get(one['source'], '')})" for one in data["series"]
    }


def label_of(series: Mapping[str, Json]) -> str:
    """Return how a reader calls a series of the JSON; see `Series.label`."""
    name = series["name"] if series["split"] == "train" else f"{series['split']}/{series['name']}"
    whose = series.get("entity")
    return name if whose is None else f"{name} [{whose['kind']} {whose['value']}]"


def series_of(data: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """Return the series of a report by their ids."""
    return {one["id"]: one for one in data["series"]}


def said(text: Mapping[str, str], lang: Lang) -> Phrase:
    """Return a plain text of the JSON as a phrase: it is a value, and escaped like one. The JSON
    holds Chinese and English alone.
    """
    return GIVEN(title=text.get(lang, text["en"]))


def _sections(
    data: Mapping[str, Json], run: Mapping[str, Json], lang: Lang, *, several: bool
) -> list[Section]:
    found = [
        finding_of(finding, lang, told_before(data), series_of(data))
        for finding in findings_of(data, run)
    ]
    names = names_of(data)
    lists: list[Block] = (
        [FindingList(findings=tuple(found), names=names)]
        if found
        else [Prose(text=anomalies.NONE())]
    )
    mine = [one for one in data["recommendations"] if one["run"] == run["id"]]
    made = [
        Section(id="answer", title=answer.TITLE, blocks=(_callout(data, run, lang),)),
        Section(id="anomalies", title=anomalies.TITLE, blocks=tuple(lists)),
        Section(id="recommendations", title=recommendations.TITLE, blocks=(steps_of(mine, lang),))
        if mine
        else None,
    ]
    of = str(run["id"]) if several else ""
    return [
        Section(id=f"{of}-{s.id}" if of else s.id, title=s.title, blocks=s.blocks, of=of)
        for s in made
        if s is not None
    ]


def placed_in(data: Mapping[str, Json]) -> Placed:
    """Return what says where a finding of this report stands."""
    series = series_of(data)
    paths = {source["id"]: str(source["path"]) for run in data["runs"] for source in run["sources"]}

    def placed(finding: Finding) -> Phrase:
        one = series[finding.series[0]]
        points, at = one["points"], finding.start
        rows = points.get("row", range(len(points["x"])))
        value = next(
            (float(y) for row, y in zip(rows, points["y"], strict=True) if row == at.row), None
        )
        pieces = [
            piece["source"] for piece in one.get("pieces", ()) if piece["first_row"] <= at.row
        ]
        place = f"{paths.get((pieces or [one['source']])[-1], '')}:{at.line}"
        return placed_text(
            finding, label_of(one), value, str(one["unit"]), AXES[one["axis"]], at.x, place
        )

    return placed


def _short(data: Mapping[str, Json], run: Mapping[str, Json], lang: Lang) -> tuple[Block, ...]:
    """Return the answer of a report in a few lines, as far as its JSON tells it."""
    found_all = [finding_of(one, lang, told_before(data)) for one in findings_of(data, run)]
    found = [one for one in found_all if one.explained_by is None]
    top = tuple(
        {one.kind: one for one in reversed(found) if one.severity is not Severity.LOW}.values()
    )[::-1][:TOP]
    advice = [one for one in data["recommendations"] if one["run"] == run["id"]]
    now = [one for one in advice if one["when"] == "now"] or advice[:1]
    blocks: list[Block] = [_callout(data, run, lang), *_picture(data, run, top, found_all)]
    blocks += [FindingList(findings=top, names=names_of(data), numbered=True), steps_of(now, lang)]
    return shortened(blocks, placed_in(data), _best(data, run))


def _picture(
    data: Mapping[str, Json],
    run: Mapping[str, Json],
    events: Sequence[Finding],
    found: Sequence[Finding],
) -> Iterator[Chart]:
    """Yield the curve of the goal with the events on its axis; one that holds for all of it is
    shown by what it explains there.
    """
    goal = run.get("goal")
    series = next((one for one in data["series"] if goal and one["id"] == goal["series"]), None)
    if series is None or not series["points"]["x"]:
        return
    points = series["points"]
    curve = Curve(
        name=series["split"],
        x=frozen_floats([float(x) for x in points["x"]]),
        y=frozen_floats([float(y) for y in points["y"]]),
    )
    width = float(points["x"][-1]) - float(points["x"][0])
    beside = {one["id"] for one in data["series"] if one["axis"] == series["axis"]}
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
            if one.series[0] in ({series["id"]} if wide else beside)
        ][:1]
    spec = LineChart(
        id=f"goal-{series['id']}",
        curves=(curve,),
        unit=str(series["unit"]),
        bands=tuple(bands),
        x_title=str(series["axis"]),
    )
    title = goal_figure.TITLE(metric=label_of(series), below=goal_figure.EMPTY)
    yield Chart(title=title, alternative=title, spec=spec)


def _best(data: Mapping[str, Json], run: Mapping[str, Json]) -> Phrase | None:
    """Return the best value of the goal, or of the first validation metric, with its checkpoint;
    None where the run is broken.
    """
    bests = run.get("bests") or ()
    if not bests or run_verdict(data, run["id"])["state"] == State.BROKEN:
        return None
    best = next(
        (one for one in bests if run.get("goal") and one["series"] == run["goal"]["series"]),
        bests[0],
    )
    series = next(one for one in data["series"] if one["id"] == best["series"])
    axis, x = AXES[series["axis"]], shown_x(float(best["x"]))
    at = answer.BEST_AT(
        metric=label_of(series),
        value=number(float(best["value"]), str(series["unit"])),
        axis=axis,
        x=x,
    )
    if best["checkpoint"]:
        at = answer.AT_FILE(at=at, path=str(best["checkpoint"]))
    return CHECKPOINT(label=_best_label(data, run, best, series), at=at)


def _best_label(
    data: Mapping[str, Json],
    run: Mapping[str, Json],
    best: Mapping[str, Json],
    series: Mapping[str, Json],
) -> Text:
    """Return what the best value of a series is called, as the report calls it; of an earlier
    version's the most general.
    """
    judged = [one["series"] for one in data["verdicts"] if one["run"] == run["id"]]
    terms = next(
        (
            [term["name"] for term in share["terms"]]
            for share in data["shares"]
            if share["run"] == run["id"]
        ),
        [],
    )
    main = [series["id"]] in judged and (not terms or series["name"] in terms)
    is_score = (
        bool(run.get("goal"))
        and run["goal"]["series"] == series["id"]
        and run["goal"]["mode"] == "max"
    )
    is_loss = loss_type(series["metric_type"]).role == "loss" and main and not is_score
    is_loss = is_loss and answer.is_called_loss(series["name"], series["metric_type"])
    return answer.best_label(
        series["split"],
        is_loss=is_loss and "contested" in best,
        contested=bool(best.get("contested")),
    )


def _short_of_several(data: Mapping[str, Json]) -> tuple[Block, ...]:
    lines = [
        RunLine(
            id=str(run["id"]),
            name=str(run["name"]),
            state=State(run_verdict(data, run["id"])["state"]),
            called=state_name(data, run),
            severe=sum(
                Severity(one["severity"]).rank >= Severity.MEDIUM.rank
                for one in findings_of(data, run)
            ),
        )
        for run in data["runs"]
    ]
    return short_of_runs(lines)


def _callout(data: Mapping[str, Json], run: Mapping[str, Json], lang: Lang) -> Callout:
    verdict = run_verdict(data, run["id"])
    state, outcome = State(verdict["state"]), run.get("outcome")
    shade = STATES[state].shade if outcome is None else SHADES[outcome["tone"]]
    return Callout(
        tone=shade,
        title=answer.HEAD(state=state_name(data, run)),
        body=(said((outcome or verdict)["text"], lang),),
    )


def steps_of(given: Sequence[Mapping[str, Json]], lang: Lang) -> Steps:
    """Return advice as steps, what is to do now first."""
    ordered = sorted(given, key=lambda one: one["when"] != "now")
    return Steps(
        steps=tuple(
            Step(text=said(one["text"], lang), because=tuple(one["because"]), source=one["source"])
            for one in ordered
        )
    )


Told = Mapping[tuple[str, str], Mapping[str, Json]]
"""Hypotheses by the finding that weighs them and their id."""


def told_before(data: Mapping[str, Json]) -> Told:
    """Return the hypotheses that are told in full: inside HTML those of later findings only refer
    to them (`told_in`).
    """
    return {
        (f["id"], one["id"]): one
        for f in data["findings"]
        for one in f["hypotheses"]
        if "told_in" not in one
    }


def finding_of(
    found: Mapping[str, Json],
    lang: Lang,
    told: Told | None = None,
    series: Mapping[str, Mapping[str, Json]] | None = None,
) -> Finding:
    """Return a finding of the JSON with its evidence, named by `series`, and hypotheses, those that
    it only refers to taken from `told`.
    """
    whole = [
        (told or {}).get((one.get("told_in", ""), one["id"]), one) | {"rank": one["rank"]}
        for one in found["hypotheses"]
    ]
    numbers = {name: float(value) for name, value in found["numbers"].items() if value is not None}
    return Finding(
        id=found["id"],
        kind=found["kind"],
        severity=Severity(found["severity"]),
        series=tuple(found["series"]),
        start=_position(found["start"]),
        end=_position(found["end"]),
        text=said(found["text"], lang),
        evidence=tuple(_evidence(found, one, series or {}) for one in found["evidence"]),
        key=found["key"],
        explained_by=found["explained_by"],
        numbers=numbers,
        title=title_of(found["kind"], numbers),
        hypotheses=tuple(_hypothesis(one, lang) for one in whole),
    )


def _evidence(
    found: Mapping[str, Json], one: Mapping[str, Json], series: Mapping[str, Mapping[str, Json]]
) -> Evidence:
    """Return a row of evidence with its metric; what a report of an earlier version does not say of
    it stays unsaid.
    """
    metric, axis = "", str(one.get("axis", ""))
    own = (
        name
        for name in found["series"]
        if name in series and series[name]["source"] == one["source"]
    )
    of = series.get(one.get("of") or next(own, "")) if "axis" not in one else None
    if of is not None and ("of" in one or _holds(of, one)):
        metric, axis = str(of["name"]), str(of["axis"])
    return Evidence(
        source=one["source"],
        line=one["line"],
        x=float(one["x"]),
        value=float(one["value"]),
        metric=metric,
        axis=axis,
    )


def _holds(series: Mapping[str, Json], one: Mapping[str, Json]) -> bool:
    """Return whether the points of a series hold a value on its line; rows that findings cite are
    always among them.
    """
    points = series["points"]
    return any(
        line == one["line"] and y == one["value"]
        for line, y in zip(points["line"], points["y"], strict=True)
    )


def _position(at: Mapping[str, Json]) -> Position:
    return Position(x=float(at["x"]), row=at["row"], line=at["line"])


def _hypothesis(one: Mapping[str, Json], lang: Lang) -> Hypothesis:
    return Hypothesis(
        id=one["id"],
        rank=one["rank"],
        title=said(one["title"], lang),
        support=tuple(said(text, lang) for text in one["for"]),
        against=tuple(said(text, lang) for text in one["against"]),
        decided_by=said(one["decided_by"], lang),
    )
