"""Renders a `Report` as the HTML of an e-mail: plain elements, no style sheet, no image; mail
programs strip or clip all else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, assert_never

from markupsafe import Markup

from lossreport.model.analysis import Finding
from lossreport.model.report import (
    Block,
    Callout,
    Cell,
    Chart,
    FindingList,
    Prose,
    Report,
    Section,
    Spark,
    Steps,
    Table,
)
from lossreport.render import labels
from lossreport.render.blocks import heading, keyed, same_causes
from lossreport.render.citation import VISIBLE, citations
from lossreport.render.inline import to_inline_html
from lossreport.render.parted import CLOSING, OPENING, Parted
from lossreport.render.sparkline import brief_lines, chart_lines, sparkline
from lossreport.render.voice import TAGS, languages
from lossreport.text import Lang, LangChoice, Value, finding_tag, safe_address

RULE: Final = Markup("\n<hr>\n")
TABLE: Final = Markup(
    '<p><b>{}</b></p>\n<table border="1" cellpadding="4" '
    'cellspacing="0">\n<tr>{}</tr>\n{}\n</table>'
)
_NL: Final = Markup("\n")


def to_mail(report: Report, lang: LangChoice = "both") -> str:
    """Return the report as a whole page; "both" is the whole Chinese text, a rule, and the whole
    English one.
    """
    parts = [
        Markup('<div lang="{}">\n{}\n</div>').format(TAGS[one], _text(report, one))
        for one in languages(lang)
    ]
    return str(OPENING + RULE.join(parts) + CLOSING)


def to_ticket_mail(report: Report, lang: Lang) -> Parted:
    """Return the report as the body of an e-mail: its short form, and all sections below it."""
    link = safe_address(report.meta.link)
    short = [part for block in report.short for part in _block(report, block, lang)]
    told = (
        [
            Markup('<p>{}<a href="{}">{}</a></p>').format(
                to_inline_html(labels.HEADED(word=labels.LINK), lang), link, link
            )
        ]
        if link
        else []
    )
    rest = [part for section in report.sections for part in _section(report, section, lang)]
    version = Markup("<p>lossreport {}</p>").format(report.meta.version)
    return Parted(
        lang=lang,
        short=_div([_in("h1", report.meta.title, lang), *short, *told], lang),
        rest=_div([*rest, version], lang),
    )


def _div(parts: Sequence[Markup], lang: Lang) -> str:
    return str(Markup('<div lang="{}">\n{}\n</div>').format(TAGS[lang], _NL.join(parts)))


def _text(report: Report, lang: Lang) -> Markup:
    sections = [part for section in report.sections for part in _section(report, section, lang)]
    return _NL.join(
        [
            _in("h1", report.meta.title, lang),
            *sections,
            Markup("<p>lossreport {}</p>").format(report.meta.version),
        ]
    )


def _section(report: Report, section: Section, lang: Lang) -> Iterator[Markup]:
    of = f"{section.of} · " if section.of else ""
    yield Markup("<h2>{}{}</h2>").format(of, to_inline_html(section.title, lang))
    if section.answer is not None:
        yield _in("p", section.answer, lang)
    for block in section.blocks:
        yield from _block(report, block, lang)


def _block(report: Report, block: Block, lang: Lang) -> Iterator[Markup]:
    match block:
        case Prose():
            yield _in("p", block.text, lang)
        case Table():
            yield _table(block, lang)
        case Chart() if block.brief:
            yield _list("ul", [to_inline_html(line, lang) for line in brief_lines(block)])
        case Chart():
            yield Markup("<p><b>{}</b></p>").format(to_inline_html(block.title, lang))
            yield _in("p", block.alternative, lang)
            yield _list(
                "ul",
                [
                    Markup("<code>{}</code> {}").format(to_inline_html(name, lang), line)
                    for name, line in chart_lines(block)
                ],
            )
        case Callout():
            title = Markup("<p><b>{} {}</b></p>").format(
                labels.SHAPES[block.tone], to_inline_html(block.title, lang)
            )
            body = _NL.join(_in("p", phrase, lang) for phrase in block.body)
            yield Markup("<blockquote>\n{}\n{}\n</blockquote>").format(title, body)
        case FindingList():
            if block.brief:
                yield _list(
                    "ul", [_brief(finding, block, lang, key) for key, finding in keyed(block)]
                )
            else:
                yield from (
                    part
                    for finding in block.findings
                    for part in _full(report, finding, block, lang)
                )
        case Steps():
            yield _list(
                "ol", [_said([step.text, *labels.asides(step)], lang, "") for step in block.steps]
            )
        case _:
            assert_never(block)


def _table(table: Table, lang: Lang) -> Markup:
    head = Markup("").join(_in("th", column.title, lang) for column in table.columns)
    rows = [
        _row([_cell(cell, lang) for cell in row.cells], labels.SHAPES[row.tone] if row.tone else "")
        for row in table.rows
    ]
    return TABLE.format(to_inline_html(table.caption, lang), head, _NL.join(rows))


def _row(cells: list[Markup], shape: str) -> Markup:
    shown = [Markup("{} {}").format(shape, cells[0]), *cells[1:]] if shape and cells else cells
    return Markup("<tr>{}</tr>").format(
        Markup("").join(Markup("<td>{}</td>").format(cell) for cell in shown)
    )


def _cell(cell: Cell, lang: Lang) -> Markup:
    return (
        Markup(sparkline(cell.y, cell.flagged))
        if isinstance(cell, Spark)
        else to_inline_html(cell, lang)
    )


def _brief(finding: Finding, block: FindingList, lang: Lang, key: str) -> Markup:
    head = heading(finding, block.names)
    kind = _said([head.severity, head.kind, finding_tag(finding.id)], lang)
    return Markup("{}<b>{} {}</b> {}").format(
        key, labels.SHAPES[head.tone], kind, to_inline_html(finding.text, lang)
    )


def _full(report: Report, finding: Finding, block: FindingList, lang: Lang) -> Iterator[Markup]:
    head = heading(finding, block.names)
    said = _said([head.severity, head.kind, head.subject], lang)
    yield Markup("<h3>{} · {} {}</h3>").format(
        finding_tag(finding.id), labels.SHAPES[head.tone], said
    )
    yield _in("p", finding.text, lang)
    cited = citations(report.analysis, finding, block.names)
    rows = [to_inline_html(one.text, lang) for one in cited[:VISIBLE]]
    more = (
        [to_inline_html(labels.MORE(count=len(cited) - VISIBLE), lang)]
        if len(cited) > VISIBLE
        else []
    )
    yield _in("p", labels.HEADED(word=labels.EVIDENCE), lang)
    yield _list("ul", [*rows, *more])
    same = same_causes(block.findings, finding)
    if same is not None:
        yield Markup("<p>{} {}</p>").format(
            to_inline_html(labels.SAME_CAUSES, lang), finding_tag(same.id)
        )
    elif finding.hypotheses:
        yield _in("p", labels.HEADED(word=labels.HYPOTHESES), lang)
        yield _list("ol", [_hypothesis(one, lang) for one in _causes(finding, lang)])


def _causes(finding: Finding, lang: Lang) -> Iterator[tuple[Value, list[Markup]]]:
    for one in sorted(finding.hypotheses, key=lambda hypothesis: hypothesis.rank):
        told = [(word, phrase) for word, phrases in labels.points(one) for phrase in phrases]
        yield (
            one.title,
            [to_inline_html(labels.SAYS(word=word, what=phrase), lang) for word, phrase in told],
        )


def _hypothesis(cause: tuple[Value, list[Markup]], lang: Lang) -> Markup:
    return Markup("<b>{}</b>\n{}").format(to_inline_html(cause[0], lang), _list("ul", cause[1]))


def _said(values: Iterable[Value], lang: Lang, between: str = " · ") -> Markup:
    return Markup(between).join(to_inline_html(value, lang) for value in values)


def _in(tag: str, value: Value, lang: Lang) -> Markup:
    return Markup(f"<{tag}>{{}}</{tag}>").format(to_inline_html(value, lang))


def _list(tag: str, items: Iterable[Markup]) -> Markup:
    return Markup(f"<{tag}>\n{{}}\n</{tag}>").format(
        _NL.join(Markup("<li>{}</li>").format(item) for item in items)
    )
