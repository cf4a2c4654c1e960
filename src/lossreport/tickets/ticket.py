"""Makes a ticket out of a report or of a folder of logs: title, labels, a body that fits the place,
and the files to attach.
"""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from lossreport import api
from lossreport.errors import OutputError, malformed
from lossreport.model.analysis import Analysis, Severity
from lossreport.model.report import Report
from lossreport.render.fitting import PLACES, Fitted, Place, fitted
from lossreport.render.voice import languages
from lossreport.store.changes import changes
from lossreport.store.stored import read_report
from lossreport.store.told import is_report, report_of, run_verdict, state_name
from lossreport.text import Join, Lang, LangChoice, Text, Value, show_value, visible
from lossreport.values import dataclass
from lossreport.words import SEVERITIES

HEAD = Text(zh="{name}：{state}", en="{name}: {state}")
COUNTED = Text(zh="{head}（{counts}）", en="{head} ({counts})")
COUNT = Text(zh="{count} 条{severity}", en="{count} {severity}")
MANY = Text(zh="{name} 等 {count} 次训练", en="{name} and {count} runs in all")
TITLE_LENGTH: Final = 250
"""Characters: GitHub takes 256 in a title, GitLab and Jira 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What to paste where; `attachments` are paths that were written, empty without a folder to
    write to.
    """

    title: str
    labels: tuple[str, ...]
    body: Fitted
    attachments: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Input:
    """A report to make a ticket of, and what it says; `path` is the file of one made earlier."""

    analysis: Analysis
    told: Report
    path: Path | None = None


def ticket(
    path: str,
    place_id: str,
    lang: LangChoice = "both",
    *,
    diff: str | None = None,
    folder: str | None = None,
) -> Ticket:
    """Make a ticket of a report (HTML, JSON) or of logs. With `diff` the body says only what
    changed since that report or those logs.

    With `folder` the attachments are written there. Raises what reading and writing raise.
    """
    with malformed(path) if is_report(path) else nullcontext():
        return _ticket(path, PLACES[place_id], lang, diff, folder)


def _ticket(
    path: str, place: Place, lang: LangChoice, diff: str | None, folder: str | None
) -> Ticket:
    given = _read(path)
    told = given.told
    if diff is not None:
        with malformed(diff) if is_report(diff) else nullcontext():
            before = _read(diff).analysis
            labels(before)
        told = changes(before, given.analysis, given.told.meta.version)
    written = _attach(given, Path(folder)) if folder is not None else ()
    return Ticket(
        title=title(given.analysis, lang),
        labels=labels(given.analysis),
        body=fitted(told, place, lang),
        attachments=written,
    )


def title(analysis: Analysis, lang: LangChoice) -> str:
    """Return one line: the run, the verdict on it, and how many findings are severe; of several
    runs the gravest.
    """
    return visible(" / ".join(_title(analysis, one) for one in languages(lang)))[:TITLE_LENGTH]


def labels(analysis: Analysis) -> tuple[str, ...]:
    """Return labels: `lossreport`, the verdict of every run, and the highest severity found."""
    states = dict.fromkeys(run_verdict(analysis, run).state.value for run in analysis.runs)
    worst = _severities(analysis)
    return (
        "lossreport",
        *(f"verdict:{state}" for state in states),
        *(f"severity:{one.value}" for one in list(worst)[:1]),
    )


def _title(analysis: Analysis, lang: Lang) -> str:
    runs = analysis.runs
    name: Value = runs[0].name if len(runs) == 1 else MANY(name=runs[0].name, count=len(runs))
    states = tuple({name.en: name for name in (state_name(analysis, run) for run in runs)}.values())
    head = HEAD(name=name, state=Join(items=states))
    severe = {
        severity: count
        for severity, count in _severities(analysis).items()
        if severity.rank >= Severity.HIGH.rank
    }
    counts = Join(
        items=tuple(
            COUNT(count=count, severity=SEVERITIES[severity.value])
            for severity, count in severe.items()
        )
    )
    return show_value(COUNTED(head=head, counts=counts) if severe else head, lang)


def _severities(analysis: Analysis) -> dict[Severity, int]:
    counted = Counter(finding.severity for finding in analysis.findings)
    return {one: counted[one] for one in reversed(Severity) if counted[one]}


def _read(path: str) -> Input:
    if is_report(path):
        stored = read_report(path)
        told = report_of(stored.analysis, stored.version)
        return Input(analysis=stored.analysis, told=told, path=Path(path))
    report = api.compose(api.analyze(api.read_runs([path])))
    return Input(analysis=report.analysis, told=report)


def _attach(given: Input, folder: Path) -> tuple[Path, ...]:
    """Write the report and, where it was made of logs, its charts; of a report made earlier there
    is that file alone.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if given.path is not None:
            target = folder / f"report{given.path.suffix}"
            shutil.copyfile(given.path, target)
            return (target,)
    except OSError as error:
        raise OutputError(
            f"Couldn't write to {str(folder)!r}: {error.strerror}",
            hint="Name another folder with -o DIR.",
        ) from error
    page, document = folder / "report.html", folder / "report.md"
    api.write(page, api.rendered(given.told, "html", "both"))
    made = api.rendered(given.told, "md", "both", stem=document.stem)
    api.write(document, made)
    return (
        page,
        document,
        *(folder / f"{document.stem}.files" / name for name in sorted(made.files)),
    )
