"""Makes a ticket out of a report or of a folder of logs: title, labels, a body that fits the place,
and the files to attach.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from lossreport import api
from lossreport.errors import OutputError, malformed
from lossreport.model.analysis import Severity
from lossreport.model.report import Report
from lossreport.render.fitting import PLACES, Fitted, Place, fitted
from lossreport.render.parted import assembled
from lossreport.render.to_json import to_dict
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
    """A report to make a ticket of: its JSON, and its blocks in one language; `page` is the whole
    report where it was made just now.
    """

    data: Mapping[str, Any]
    told: Callable[[Lang], Report]
    page: Report | None = None
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
            before = _read(diff).data
            labels(before)

        def told(one: Lang) -> Report:
            return changes(before, given.data, one)

    body = _body(told, place, lang)
    written = _attach(given, Path(folder)) if folder is not None else ()
    return Ticket(
        title=title(given.data, lang), labels=labels(given.data), body=body, attachments=written
    )


def title(data: Mapping[str, Any], lang: LangChoice) -> str:
    """Return one line: the run, the verdict on it, and how many findings are severe; of several
    runs the gravest.
    """
    return visible(" / ".join(_title(data, one) for one in languages(lang)))[:TITLE_LENGTH]


def labels(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return labels: `lossreport`, the verdict of every run, and the highest severity found."""
    states = dict.fromkeys(run_verdict(data, run["id"])["state"] for run in data["runs"])
    worst = _severities(data)
    return (
        "lossreport",
        *(f"verdict:{state}" for state in states),
        *(f"severity:{one}" for one in list(worst)[:1]),
    )


def _title(data: Mapping[str, Any], lang: Lang) -> str:
    runs = data["runs"]
    name: Value = (
        str(runs[0]["name"]) if len(runs) == 1 else MANY(name=str(runs[0]["name"]), count=len(runs))
    )
    states = tuple({name.en: name for name in (state_name(data, run) for run in runs)}.values())
    head = HEAD(name=name, state=Join(items=states))
    severe = {
        severity: count
        for severity, count in _severities(data).items()
        if severity in ("critical", "high")
    }
    counts = Join(
        items=tuple(
            COUNT(count=count, severity=SEVERITIES[severity]) for severity, count in severe.items()
        )
    )
    return show_value(COUNTED(head=head, counts=counts) if severe else head, lang)


def _severities(data: Mapping[str, Any]) -> dict[str, int]:
    counted = Counter(str(finding["severity"]) for finding in data["findings"])
    return {one.value: counted[one.value] for one in reversed(Severity) if counted[one.value]}


def _read(path: str) -> Input:
    if is_report(path):
        data = read_report(path).data
        return Input(data=data, told=lambda lang: report_of(data, lang), path=Path(path))
    report = api.compose(api.analyze(api.read_runs([path])))
    return Input(data=to_dict(report.analysis), told=lambda lang: report, page=report)


def _body(told: Callable[[Lang], Report], place: Place, lang: LangChoice) -> Fitted:
    """Return the body; of blocks that are of one language, each language within its share of the
    limit.
    """
    first, *others = (told(one) for one in languages(lang))
    if not others or all(other is first for other in others):
        return fitted(first, place, lang)
    each = [
        fitted(report, place, one, place.limit // 2 - ROOM)
        for report, one in zip((first, *others), languages(lang), strict=True)
    ]
    dropped = tuple(
        what
        for i, part in enumerate(each)
        for what in part.dropped
        if not any(what in other.dropped for other in each[:i])
    )
    parts = tuple(part for one in each for part in one.parts)
    return Fitted(
        text=assembled(parts, place.markup, folds=place.folds), dropped=dropped, parts=parts
    )


ROOM: Final = 64
"""For what stands between the languages, and the fold of the second."""


def _attach(given: Input, folder: Path) -> tuple[Path, ...]:
    """Write the report and, where it was made of logs, its charts; of a report made earlier there
    is that file alone.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if given.page is None:
            if given.path is None:
                return ()
            target = folder / f"report{given.path.suffix}"
            shutil.copyfile(given.path, target)
            return (target,)
    except OSError as error:
        raise OutputError(
            f"Couldn't write to {str(folder)!r}: {error.strerror}",
            hint="Name another folder with -o DIR.",
        ) from error
    page, document = folder / "report.html", folder / "report.md"
    api.write(page, api.rendered(given.page, "html", "both"))
    made = api.rendered(given.page, "md", "both", stem=document.stem)
    api.write(document, made)
    return (
        page,
        document,
        *(folder / f"{document.stem}.files" / name for name in sorted(made.files)),
    )
