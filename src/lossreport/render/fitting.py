"""Makes a report fit into a ticket: leaves out whole blocks, least important first, until the text
is within the limit, and says which.

A pure function of report, place and language. Nothing is ever cut inside a table, a list entry or a
fence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Literal

from lossreport.errors import OutputError
from lossreport.model.analysis import Severity
from lossreport.model.report import (
    Block,
    Callout,
    Chart,
    FindingList,
    Prose,
    Report,
    Section,
    Table,
)
from lossreport.render.citation import VISIBLE
from lossreport.render.parted import Parted, assembled
from lossreport.render.to_jira import to_ticket_jira
from lossreport.render.to_mail import to_ticket_mail
from lossreport.render.to_markdown import to_ticket_markdown
from lossreport.render.voice import languages
from lossreport.text import Join, Lang, LangChoice, Phrase, Text, Value
from lossreport.values import dataclass

PlaceId = Literal["github", "gitlab", "jira", "feishu", "email", "summary"]


def utf16(text: str) -> int:
    """Return the length as JavaScript, Java and Ruby's strictest databases count it: 2 for
    characters beyond U+FFFF.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """Return the length in bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def in_json(text: str) -> int:
    """Return the bytes that a text takes inside a JSON request."""
    return utf8(json.dumps(text, ensure_ascii=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a body goes: the markup it takes, how long a body may be, and how that is counted."""

    id: PlaceId
    markup: Literal["md", "jira", "html"]
    limit: int
    measure: Callable[[str], int]
    folds: bool = True


PLACES: Final[dict[str, Place]] = {
    "github": Place(id="github", markup="md", limit=65_536, measure=utf16),
    "gitlab": Place(id="gitlab", markup="md", limit=1_000_000, measure=utf16),
    "jira": Place(id="jira", markup="jira", limit=32_767, measure=utf16, folds=False),
    "feishu": Place(id="feishu", markup="md", limit=20 * 1024 - 512, measure=in_json, folds=False),
    "email": Place(id="email", markup="html", limit=102_000, measure=utf8, folds=False),
    "summary": Place(id="summary", markup="md", limit=1024 * 1024, measure=utf8),
}
"""Limits: GitHub "body is too long (maximum is 65536 characters)"; GitLab's notes 1 000 000; Jira's
default of jira.text.field.character.limit; the request of a custom bot of Feishu at most 20 KB
(open.feishu.cn, add-custom-bot), 512 bytes of it for the envelope; Gmail clips above about 102 kB;
a job summary of GitHub 1024 k.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A body within its limit, what was left out for it, and what it is put together of."""

    text: str
    dropped: tuple[Value, ...] = ()
    parts: tuple[Parted, ...] = ()


LEFT_OUT = Text(zh="因篇幅限制略去的内容", en="Left out to fit")
SAYS = Text(
    zh="这里放不下整份报告，以下内容已略去，完整报告见附件：{what}。",
    en="The whole report does not fit here. Left out, and told in the attached report: {what}.",
)
TABLES_OF = Text(zh="“{section}”一节的表格", en="the tables of “{section}”")
CHARTS_OF = Text(zh="“{section}”一节的图", en="the charts of “{section}”")
LOW = Text(zh="低严重度的发现（{count} 条）", en="findings of low severity ({count})")
MANY_ROWS = Text(
    zh="每条发现前 {count} 条之后的依据", en="evidence beyond the first {count} rows of a finding"
)
DETAILS = Text(zh="各条发现的依据与可能原因", en="evidence and possible causes of the findings")
REST = Text(zh="其余 {count} 条发现", en="{count} more findings")
RUNS = Text(zh="其余 {count} 次训练", en="{count} more runs")
SECTION = Text(zh="“{section}”一节", en="the section “{section}”")
LEAST_FIRST: Final = (
    "method",
    "references",
    "convergence/tables",
    "convergence",
    "composition",
    "unknown",
    "scale",
    "sources",
)
"""What is left out first. The answer, the findings and what to do stay; of the findings the details
go, then the least severe.
"""


def fitted(report: Report, place: Place, lang: LangChoice, limit: int | None = None) -> Fitted:
    """Return the report as the body of a ticket within the place's limit; raises OutputError where
    not even the answer fits.

    Its short form is seen at once; the sections are folded away, or stand below a rule where the
    place knows no folds.
    """
    most = place.limit if limit is None else limit
    report, dropped = replace(report, sections=tuple(_rest(report))), tuple[Value, ...]()
    if place.markup == "md" and not place.folds:
        report, dropped = _unfolded(report)
    made = _drawn(report, dropped, place, lang)
    for smaller, what in _steps(report):
        if place.measure(made.text) <= most:
            break
        report, dropped = smaller(report), _with(dropped, what)
        made = _drawn(report, dropped, place, lang)
    return made if place.measure(made.text) <= most else _fewest(report, dropped, place, lang, most)


def _rest(report: Report) -> Iterator[Section]:
    """Yield the sections; of the first screen only what its short form leaves out and no other
    section tells.
    """
    for section in report.sections:
        if section.id != "answer" or not report.short:
            yield section
            continue
        more = [
            Prose(text=phrase)
            for block in section.blocks
            if isinstance(block, Callout)
            for phrase in block.body[1:]
        ]
        tables = [block for block in section.blocks if isinstance(block, Table)]
        if more or tables:
            yield replace(section, blocks=(*more, *tables))


def _drawn(report: Report, dropped: tuple[Value, ...], place: Place, lang: LangChoice) -> Fitted:
    if dropped:
        note = Section(
            id="left-out", title=LEFT_OUT, blocks=(Prose(text=SAYS(what=Join(items=dropped))),)
        )
        report = replace(report, sections=(*report.sections, note))
    write = WRITERS[place.markup]
    parts = tuple(write(report, one) for one in languages(lang))
    return Fitted(
        text=assembled(parts, place.markup, folds=place.folds), dropped=dropped, parts=parts
    )


WRITERS: Final[dict[str, Callable[[Report, Lang], Parted]]] = {
    "md": to_ticket_markdown,
    "jira": to_ticket_jira,
    "html": to_ticket_mail,
}


def _with(dropped: tuple[Value, ...], what: Phrase) -> tuple[Value, ...]:
    """Add what was left out; of a section left out as a whole, its tables need not be told."""
    if what.text is SECTION:
        tables = TABLES_OF(section=what.values["section"])
        dropped = tuple(one for one in dropped if one != tables)
    return (*dropped, what)


# -------------------------------------------------------------------------------- what to leave out
def _steps(report: Report) -> Iterator[tuple[Callable[[Report], Report], Phrase]]:
    """Yield how the report becomes smaller, step by step, and what that leaves out; steps without
    effect are not among them.
    """
    for name in LEAST_FIRST:
        kind, _, part = name.partition("/")
        sections = [section for section in report.sections if _kind(section) == kind]
        if sections and not part:
            yield _without_section(kind), SECTION(section=sections[0].title)
        elif any(isinstance(block, Table) for section in sections for block in section.blocks):
            yield _without_blocks(kind, Table), TABLES_OF(section=sections[0].title)
    findings = [section for section in report.sections if _kind(section) == "anomalies"]
    for sort, text in ((Chart, CHARTS_OF), (Table, TABLES_OF)):
        if any(isinstance(block, sort) for section in findings for block in section.blocks):
            yield _without_blocks("anomalies", sort), text(section=findings[0].title)
    low = _count(report, lambda severity: severity is Severity.LOW)
    if low:
        yield _without_low, LOW(count=low)
    if any(
        isinstance(block, FindingList) and not block.brief
        for section in report.sections
        for block in section.blocks
    ):
        yield _in_brief, DETAILS()


def _kind(section: Section) -> str:
    return section.id.removeprefix(f"{section.of}-") if section.of else section.id


def _without_section(kind: str) -> Callable[[Report], Report]:
    return lambda report: replace(
        report, sections=tuple(section for section in report.sections if _kind(section) != kind)
    )


def _without_blocks(kind: str, sort: type[Chart] | type[Table]) -> Callable[[Report], Report]:
    def kept(section: Section) -> Section:
        blocks = tuple(block for block in section.blocks if not isinstance(block, sort))
        return replace(section, blocks=blocks) if _kind(section) == kind else section

    return lambda report: replace(report, sections=tuple(map(kept, report.sections)))


def _without_low(report: Report) -> Report:
    def severe(block: FindingList) -> FindingList:
        return replace(
            block,
            findings=tuple(
                finding for finding in block.findings if finding.severity is not Severity.LOW
            ),
        )

    return _each_list(report, severe, "anomalies")


def _in_brief(report: Report) -> Report:
    return _each_list(report, lambda block: replace(block, brief=True))


def _fewest(
    report: Report, dropped: tuple[Value, ...], place: Place, lang: LangChoice, most: int
) -> Fitted:
    """Halve the number of findings, then that of runs, until the body fits."""
    whole = _count(report, lambda _: True)
    count = max((len(block.findings) for block in _lists(report)), default=0)
    others = dropped
    while count > 1:
        count //= 2
        report = _first_findings(report, count)
        dropped = (*others, REST(count=whole - _count(report, lambda _: True)))
        made = _drawn(report, dropped, place, lang)
        if place.measure(made.text) <= most:
            return made
    runs = list(dict.fromkeys(section.of for section in report.sections if section.of))
    keep = len(runs)
    while keep > 1:
        keep //= 2
        chosen = ("", *runs[:keep])
        short = replace(
            report, sections=tuple(section for section in report.sections if section.of in chosen)
        )
        told = (*dropped, RUNS(count=len(runs) - keep))
        made = _drawn(short, told, place, lang)
        if place.measure(made.text) <= most:
            return made
    raise OutputError(
        f"Not even the answer fits into {most} characters",
        hint="Attach the report itself: lossreport build PATH.",
    )


def _first_findings(report: Report, count: int) -> Report:
    """Keep the first findings of the full lists; the first screen holds the most severe ones
    already.
    """
    return _each_list(
        report, lambda block: replace(block, findings=block.findings[:count]), "anomalies"
    )


def _each_list(
    report: Report, change: Callable[[FindingList], FindingList], kind: str | None = None
) -> Report:
    def changed(block: Block) -> Block:
        return change(block) if isinstance(block, FindingList) else block

    return replace(
        report,
        sections=tuple(
            replace(section, blocks=tuple(map(changed, section.blocks)))
            if kind in (None, _kind(section))
            else section
            for section in report.sections
        ),
    )


def _count(report: Report, wanted: Callable[[Severity], bool]) -> int:
    return sum(wanted(finding.severity) for block in _lists(report) for finding in block.findings)


def _lists(report: Report) -> list[FindingList]:
    return [
        block
        for section in report.sections
        if _kind(section) == "anomalies"
        for block in section.blocks
        if isinstance(block, FindingList)
    ]


def _unfolded(report: Report) -> tuple[Report, tuple[Value, ...]]:
    """Return the report for a place that knows no `<details>`: tables open, evidence up to where it
    would be folded.
    """

    def opened(block: Block) -> Block:
        return replace(block, folded=False) if isinstance(block, Table) else block

    lists = [
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, FindingList) and not block.brief
    ]
    long = any(
        len(set(finding.evidence)) > VISIBLE for block in lists for finding in block.findings
    )
    short = replace(
        report,
        sections=tuple(
            replace(section, blocks=tuple(map(opened, section.blocks)), opened=None)
            for section in report.sections
        ),
    )

    def shown(block: FindingList) -> FindingList:
        findings = (
            replace(one, evidence=tuple(dict.fromkeys(one.evidence))[:VISIBLE])
            for one in block.findings
        )
        return replace(block, findings=tuple(findings))

    return (_each_list(short, shown), (MANY_ROWS(count=VISIBLE),)) if long else (short, ())
