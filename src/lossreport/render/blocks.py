"""What HTML and Markdown share about blocks: the template of each kind, names of charts, where each
finding is told in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, assert_never

from jinja2 import Environment, FunctionLoader, StrictUndefined

from lossreport import regex as re
from lossreport.model.analysis import Finding
from lossreport.model.report import (
    NUMBERS,
    Block,
    Callout,
    Chart,
    FindingList,
    Prose,
    Report,
    Steps,
    Table,
    Tone,
)
from lossreport.render import labels
from lossreport.render.compiled import Compiled
from lossreport.resources import read_template
from lossreport.text import Value, finding_tag, visible
from lossreport.values import dataclass
from lossreport.words import SEVERITIES

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


def environment(markup: Literal["html", "md"]) -> Environment:
    """Return the templates of one markup. HTML escapes whatever is not markup already; Markdown is
    escaped by the functions it calls.
    """
    jinja = Environment(
        loader=FunctionLoader(read_template),
        autoescape=markup == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_seen if markup == "html" else None,
        bytecode_cache=Compiled(),
    )
    jinja.filters["tag"] = finding_tag
    jinja.globals.update(
        tag=finding_tag, texts=labels, shapes=labels.SHAPES, tones=labels.TONES, numbers=NUMBERS
    )
    return jinja


def _seen(value: object) -> object:
    """Return what a template prints; a string that is no markup without characters that act
    unseen.
    """
    return visible(value) if type(value) is str else value


def template_of(block: Block, markup: Literal["html", "md"]) -> str:
    """Return the name of the template that draws a block."""
    match block:
        case Prose():
            kind = "prose"
        case Table():
            kind = "table"
        case Chart():
            kind = "chart"
        case Callout():
            kind = "callout"
        case FindingList():
            kind = "findinglist"
        case Steps():
            kind = "steps"
        case _:
            assert_never(block)
    return f"blocks/{kind}.{markup}.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the title of a finding says: its severity as tone, shape and word, its kind, its
    subject.
    """

    tone: Tone
    severity: Value
    kind: Value
    subject: str


def heading(finding: Finding, names: Mapping[str, str]) -> Heading:
    """Return the parts of a finding's title."""
    subject = " · ".join(names.get(series, series) for series in finding.series[:3]) + (
        " …" if len(finding.series) > 3 else ""
    )
    tone: Tone = finding.severity.value
    return Heading(tone=tone, severity=SEVERITIES[tone], kind=finding.called, subject=subject)


def keyed(block: FindingList) -> list[tuple[str, Finding]]:
    """Return the findings of a list, each with the number by which the figure knows it and a blank,
    or nothing.
    """
    keys = [f"{key} " for key in NUMBERS] if block.numbered else []
    return [
        (keys[place] if place < len(keys) else "", finding)
        for place, finding in enumerate(block.findings)
    ]


def same_causes(findings: tuple[Finding, ...], finding: Finding) -> Finding | None:
    """Return an earlier finding of the list with the very same hypotheses, which need not be told
    twice.
    """
    for earlier in findings:
        if earlier is finding:
            return None
        if finding.hypotheses and earlier.hypotheses == finding.hypotheses:
            return earlier
    return None


def cause_of(findings: tuple[Finding, ...], finding: Finding) -> Finding | None:
    """Return the finding of the list under which this one is told as a symptom; None for one that
    stands by itself.

    A chain of explanations ends at its first cause; one that turns back on itself explains nothing.
    """
    by_key = {one.key: one for one in findings if one.key}
    seen, top = {finding.id}, finding
    while top.explained_by in by_key:
        top = by_key[top.explained_by]
        if top.id in seen:
            return None
        seen.add(top.id)
    return None if top is finding else top


def symptoms(findings: tuple[Finding, ...], cause: Finding) -> tuple[Finding, ...]:
    """Return the findings of the list that are told under `cause`."""
    return tuple(one for one in findings if cause_of(findings, one) is cause)


def told_in_full(report: Report) -> dict[str, FindingList]:
    """Return, by finding id, the first list that tells a finding in full: the target of links."""
    told: dict[str, FindingList] = {}
    for block in _blocks(report):
        if isinstance(block, FindingList) and not block.brief:
            for finding in block.findings:
                told.setdefault(finding.id, block)
    return told


def chart_names(report: Report) -> dict[int, str]:
    """Return a name for every chart, safe as a file name and an id and unique in the report, by
    `id` of the block.
    """
    names: dict[int, str] = {}
    for block in _blocks(report):
        panels = block.panels if isinstance(block, Table) else ()
        for chart in (block,) if isinstance(block, Chart) else panels:
            base = name = _UNSAFE.sub("-", chart.spec.id).strip("-") or "chart"
            count = 1
            while name in names.values():
                count += 1
                name = f"{base}-{count}"
            names[id(chart)] = name
    return names


def table_names(report: Report) -> dict[int, str]:
    """Return a name for every table, an id that its frame and caption share, by `id` of the
    block.
    """
    tables = (block for block in _blocks(report) if isinstance(block, Table))
    return {id(table): f"table-{number}" for number, table in enumerate(tables, 1)}


def _blocks(report: Report) -> Iterator[Block]:
    for section in report.sections:
        yield from section.blocks
