"""Reads a report made earlier, HTML or JSON, back into blocks: verdict, findings and advice, as the JSON inside tells them.

The JSON holds plain texts in two languages, so a report is made of it in one language at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lossreport import regex as re
from lossreport.compose.compose import GIVEN, TITLE
from lossreport.compose.sections import anomalies, answer, recommendations
from lossreport.errors import MissingPathError, UsageError
from lossreport.model.analysis import Analysis, Evidence, Finding, Hypothesis, Position, Severity, State
from lossreport.model.report import Block, Callout, FindingList, Meta, Prose, Report, Section, Step, Steps
from lossreport.model.states import STATES
from lossreport.reading.kit.untrusted import Unreadable, json_line
from lossreport.text import Join, Lang, Phrase

Json = Any
LARGEST: Final = 1 << 29
"""Bytes of a report that are read; see `archive/stored.py`."""
SUFFIXES: Final = (".html", ".htm", ".json")
_DATA: Final = re.compile(r'<script type="application/json" id="lossreport-data">(.*?)</script>', re.DOTALL)


def is_report(path: str) -> bool:
    """Return whether a path names a report made earlier and no logs: a page or JSON of ours."""
    place = Path(path)
    if place.suffix.lower() not in SUFFIXES or not place.is_file():
        return False
    if place.suffix.lower() != ".json":
        return True
    with place.open("rb") as file:
        return b'"schema":"lossreport/' in file.read(400).replace(b" ", b"")


def read_report(path: str) -> dict[str, Json]:
    """Return the JSON of a report; raises MissingPathError and UsageError where it holds none of ours."""
    place = Path(path)
    if not place.is_file():
        raise MissingPathError(f"There is no file {path!r}", hint="Name a report (HTML or JSON), or a folder of logs.")
    with place.open("rb") as file:
        text = file.read(LARGEST).decode("utf-8", "replace")
    found = _DATA.search(text) if place.suffix.lower() != ".json" else None
    try:
        data = json_line(found[1] if found else text)
    except Unreadable:
        data = None
    if not isinstance(data, dict) or not str(data.get("schema", "")).startswith("lossreport/"):
        raise UsageError(f"{path!r} is no report of lossreport", hint="Name an HTML or JSON report, or a folder of logs.")
    return data


def report_of(data: Mapping[str, Json], lang: Lang) -> Report:
    """Return verdict, findings and advice of a report as blocks, in one language."""
    runs = data["runs"]
    sections = [section for run in runs for section in _sections(data, run, lang, several=len(runs) > 1)]
    names = Join(items=tuple(str(run["name"]) for run in runs))
    return Report(analysis=Analysis(runs=()), meta=Meta(title=TITLE(name=names), version=str(data["version"])), sections=tuple(sections))


def run_verdict(data: Mapping[str, Json], run: str) -> Mapping[str, Json]:
    """Return the verdict on a whole run; raises UsageError where there is none."""
    for verdict in data["verdicts"]:
        if verdict["run"] == run and not verdict["series"]:
            found: Mapping[str, Json] = verdict
            return found
    raise UsageError(f"The report has no verdict on run {run}", hint="Write it anew from the logs: lossreport build PATH.")


def findings_of(data: Mapping[str, Json], run: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return the findings of one run, in the order of the report."""
    ids = {series["id"] for series in data["series"] if series["run"] == run["id"]}
    return [finding for finding in data["findings"] if ids & set(finding["series"])]


def names_of(data: Mapping[str, Json]) -> dict[str, str]:
    """Return what to print for the ids of series and sources."""
    paths = {source["id"]: str(source["path"]) for run in data["runs"] for source in run["sources"]}
    labels = {one["id"]: one["name"] if one["split"] == "train" else f"{one['split']}/{one['name']}" for one in data["series"]}
    return paths | {one["id"]: f"{labels[one['id']]} ({paths.get(one['source'], '')})" for one in data["series"]}


def said(text: Mapping[str, str], lang: Lang) -> Phrase:
    """Return a plain text of the JSON as a phrase: it is a value, and escaped like one."""
    return GIVEN(title=text[lang])


def _sections(data: Mapping[str, Json], run: Mapping[str, Json], lang: Lang, *, several: bool) -> list[Section]:
    verdict = run_verdict(data, run["id"])
    state = State(verdict["state"])
    body = [said((run.get("outcome") or verdict)["text"], lang)]
    callout = Callout(tone=STATES[state].shade, title=answer.HEAD(state=STATES[state].name), body=tuple(body))
    found = [finding_of(finding, lang, told_before(data)) for finding in findings_of(data, run)]
    names = names_of(data)
    lists: list[Block] = [FindingList(findings=tuple(found), names=names)] if found else [Prose(text=anomalies.NONE())]
    mine = [one for one in data["recommendations"] if one["run"] == run["id"]]
    made = [
        Section(id="answer", title=answer.TITLE, blocks=(callout,)),
        Section(id="anomalies", title=anomalies.TITLE, blocks=tuple(lists)),
        Section(id="recommendations", title=recommendations.TITLE, blocks=(steps_of(mine, lang),)) if mine else None,
    ]
    of = str(run["id"]) if several else ""
    return [Section(id=f"{of}-{s.id}" if of else s.id, title=s.title, blocks=s.blocks, of=of) for s in made if s is not None]


def steps_of(given: Sequence[Mapping[str, Json]], lang: Lang) -> Steps:
    """Return advice as steps, what is to do now first."""
    ordered = sorted(given, key=lambda one: one["when"] != "now")
    return Steps(steps=tuple(Step(text=said(one["text"], lang), because=tuple(one["because"]), source=one["source"]) for one in ordered))


Told = Mapping[tuple[str, str], Mapping[str, Json]]
"""Hypotheses by the finding that weighs them and their id."""


def told_before(data: Mapping[str, Json]) -> Told:
    """Return the hypotheses that are told in full: inside HTML those of later findings only refer to them (`told_in`)."""
    return {(f["id"], one["id"]): one for f in data["findings"] for one in f["hypotheses"] if "told_in" not in one}


def finding_of(found: Mapping[str, Json], lang: Lang, told: Told | None = None) -> Finding:
    """Return a finding of the JSON with its evidence and hypotheses, those that it only refers to taken from `told`."""
    whole = [(told or {}).get((one.get("told_in", ""), one["id"]), one) | {"rank": one["rank"]} for one in found["hypotheses"]]
    return Finding(
        id=found["id"],
        kind=found["kind"],
        severity=Severity(found["severity"]),
        series=tuple(found["series"]),
        start=_position(found["start"]),
        end=_position(found["end"]),
        text=said(found["text"], lang),
        evidence=tuple(Evidence(source=e["source"], line=e["line"], x=float(e["x"]), value=float(e["value"])) for e in found["evidence"]),
        key=found["key"],
        numbers={name: float(value) for name, value in found["numbers"].items() if value is not None},
        hypotheses=tuple(_hypothesis(one, lang) for one in whole),
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
