"""Renders a `Report` as Jira wiki markup: Jira shows pipe tables and `**` of Markdown as they are,
and has a markup of its own.

Source of the rules: Atlassian, "Text Formatting Notation Help". Values from logs are escaped; `{*}`
is bold that needs no blank around it, which Chinese text does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from lossreport import regex as re
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
from lossreport.render.inline import visible
from lossreport.render.parted import Parted
from lossreport.render.sparkline import brief_lines, chart_lines, sparkline
from lossreport.render.voice import languages
from lossreport.text import (
    FIELD,
    SEPARATOR,
    Join,
    Lang,
    LangChoice,
    Phrase,
    Text,
    Value,
    finding_tag,
    safe_address,
    show_value,
)

RULE: Final = "----"
_FIRST: Final = 0xE000
_SLOT: Final = re.compile("[\ue000-\uf8ff]")
_TOKEN: Final = re.compile(
    r"`(?P<code>[^`]+)`|(?P<bold>\*\*)|\[(?P<label>[^\]]{1,400}+)\]\((?P<url>[^)\s]{1,2000}+)\)|"
    r"\\(?P<escaped>.)"
)
_MARKS: Final = re.compile(
    r"""(?P<entity>\\|\||&(?=\#?\w+;)|:(?=//))            # what a backslash does not help against
      | (?P<mark>[{}\[\]*_+^~?!\#@]                       # marks of text, macros, links, images, mentions
               | (?<!\w)- | -(?!\w)                       # a dash that could begin or end a stroke
               | \((?=(?:[/!xyni?+*-]|on|off|flag|flagoff|\*[rgby])\))   # icons: (x), (on)
               | [:;](?=[()PD]))                          # smileys""",  # noqa: E501
    re.VERBOSE,
)
_LINE_START: Final = re.compile(r"^(h[1-6]|bq)\.")


def to_jira(report: Report, lang: LangChoice = "both") -> str:
    """Return the report as wiki markup; "both" is the whole Chinese text, a rule, and the whole
    English one.
    """
    return f"\n{RULE}\n\n".join(_text(report, one) for one in languages(lang))


def to_ticket_jira(report: Report, lang: Lang) -> Parted:
    """Return the report as the body of a ticket: its short form, and all sections below it."""
    link = safe_address(report.meta.link)
    head = [f"h1. {to_inline_jira(report.meta.title, lang)}", ""]
    short = [line for block in report.short for line in (*_block(report, block, lang), "")]
    told = [f"{to_inline_jira(labels.HEADED(word=labels.LINK), lang)} [{link}]", ""] if link else []
    rest = [line for section in report.sections for line in _section(report, section, lang)]
    return Parted(
        lang=lang,
        short=_joined([*head, *short, *told]),
        rest=_joined([*rest, f"lossreport {report.meta.version}"]),
    )


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def escape_jira(value: str) -> str:
    """Return a string as wiki markup that shows it as it is, on one line."""

    def escaped(match: re.Match[str]) -> str:
        return f"&#{ord(match['entity'])};" if match["entity"] else "\\" + match["mark"]

    return _MARKS.sub(escaped, visible(value))


def to_inline_jira(value: Value, lang: Lang) -> str:
    """Return a value as one line of wiki markup: texts and phrases are prose, all else is
    escaped.
    """
    match value:
        case Join():
            return SEPARATOR.of(lang).join(to_inline_jira(item, lang) for item in value.items)
        case Text():
            return _phrase(Phrase(text=value), lang)
        case Phrase():
            return _phrase(value, lang)
        case _:
            return escape_jira(show_value(value, lang))


def _phrase(phrase: Phrase, lang: Lang) -> str:
    """Return the prose of a phrase, Markdown until here; its values stand as private-use characters
    until both are markup.
    """
    pieces = FIELD.split(_SLOT.sub("\ufffd", phrase.text.of(lang).replace("\n", " ")))
    prose = "".join(chr(_FIRST + i // 2) if i % 2 else piece for i, piece in enumerate(pieces))
    shown = [to_inline_jira(phrase.values[name], lang) for name in pieces[1::2]]
    written, end = [], 0
    for token in _TOKEN.finditer(prose):
        written += [escape_jira(prose[end : token.start()]), _marked(token)]
        end = token.end()
    markup = "".join([*written, escape_jira(prose[end:])])
    return _SLOT.sub(lambda slot: shown[ord(slot[0]) - _FIRST], markup)


def _marked(token: re.Match[str]) -> str:
    """Return code, bold, a link or an escaped character of Markdown in wiki markup."""
    if token["code"]:
        return f"{{{{{escape_jira(token['code'])}}}}}"
    if token["label"]:
        return f"[{escape_jira(token['label'])}|{token['url']}]"
    return escape_jira(token["escaped"]) if token["escaped"] else "{*}"


# ------------------------------------------------------------------------------------------- blocks
def _text(report: Report, lang: Lang) -> str:
    lines = [f"h1. {to_inline_jira(report.meta.title, lang)}", ""]
    for section in report.sections:
        lines += _section(report, section, lang)
    return "\n".join([*lines, f"lossreport {report.meta.version}"]) + "\n"


def _section(report: Report, section: Section, lang: Lang) -> Iterator[str]:
    of = f"{escape_jira(section.of)} · " if section.of else ""
    yield from (f"h2. {of}{to_inline_jira(section.title, lang)}", "")
    if section.answer is not None:
        yield from (_paragraph(section.answer, lang), "")
    for block in section.blocks:
        yield from (*_block(report, block, lang), "")


def _block(report: Report, block: Block, lang: Lang) -> Iterator[str]:
    match block:
        case Prose():
            yield _paragraph(block.text, lang)
        case Table():
            yield from _table(block, lang)
        case Chart() if block.brief:
            yield from (f"* {to_inline_jira(line, lang)}" for line in brief_lines(block))
        case Chart():
            yield from (_bold(block.title, lang), "", _paragraph(block.alternative, lang))
            yield from (
                f"* {{{{{escape_jira(name)}}}}} {line}" for name, line in chart_lines(block)
            )
        case Callout():
            yield from ("{panel}", f"{labels.SHAPES[block.tone]} {_bold(block.title, lang)}")
            yield from (line for phrase in block.body for line in ("", _paragraph(phrase, lang)))
            yield "{panel}"
        case FindingList():
            for key, finding in keyed(block):
                yield from (
                    _brief(finding, block, lang, key)
                    if block.brief
                    else _full(report, finding, block, lang)
                )
        case Steps():
            for step in block.steps:
                yield f"# {to_inline_jira(step.text, lang)}{''.join(to_inline_jira(aside, lang) for aside in labels.asides(step))}"  # noqa: E501
        case _:
            assert_never(block)


def _table(table: Table, lang: Lang) -> Iterator[str]:
    yield from (_bold(table.caption, lang), "")
    yield "||" + "||".join(_cell(column.title, lang) for column in table.columns) + "||"
    for row in table.rows:
        shape = f"{labels.SHAPES[row.tone]} " if row.tone else ""
        yield f"|{shape}" + "|".join(_cell(cell, lang) for cell in row.cells) + "|"


def _cell(cell: Cell, lang: Lang) -> str:
    """Return a cell; an empty one must hold a blank, or the bars beside it would begin a head."""
    return (
        sparkline(cell.y, cell.flagged) if isinstance(cell, Spark) else to_inline_jira(cell, lang)
    ) or " "


def _brief(finding: Finding, block: FindingList, lang: Lang, key: str) -> Iterator[str]:
    head = heading(finding, block.names)
    kind = (
        f"{to_inline_jira(head.severity, lang)} · {to_inline_jira(head.kind, lang)} · "
        f"{finding_tag(finding.id)}"
    )
    yield f"* {key}{{*}}{labels.SHAPES[head.tone]} {kind}{{*}} {to_inline_jira(finding.text, lang)}"


def _full(report: Report, finding: Finding, block: FindingList, lang: Lang) -> Iterator[str]:
    head = heading(finding, block.names)
    said = " · ".join(
        to_inline_jira(value, lang) for value in (head.severity, head.kind, head.subject)
    )
    yield from (
        f"h3. {finding_tag(finding.id)} · {labels.SHAPES[head.tone]} {said}",
        "",
        _paragraph(finding.text, lang),
        "",
    )
    cited = citations(report.analysis, finding, block.names)
    yield to_inline_jira(labels.HEADED(word=labels.EVIDENCE), lang)
    for one in cited[:VISIBLE]:
        yield f"* {to_inline_jira(one.text, lang)}"
    if len(cited) > VISIBLE:
        yield f"* {to_inline_jira(labels.MORE(count=len(cited) - VISIBLE), lang)}"
    same = same_causes(block.findings, finding)
    if same is not None:
        yield from ("", f"{to_inline_jira(labels.SAME_CAUSES, lang)} {finding_tag(same.id)}")
    elif finding.hypotheses:
        yield from ("", to_inline_jira(labels.HEADED(word=labels.HYPOTHESES), lang))
        for hypothesis in sorted(finding.hypotheses, key=lambda one: one.rank):
            yield f"# {_bold(hypothesis.title, lang)}"
            told = [
                (word, phrase) for word, phrases in labels.points(hypothesis) for phrase in phrases
            ]
            yield from (
                f"#* {to_inline_jira(labels.SAYS(word=word, what=phrase), lang)}"
                for word, phrase in told
            )
    yield ""


def _bold(value: Value, lang: Lang) -> str:
    return f"{{*}}{to_inline_jira(value, lang).replace('{*}', '')}{{*}}"


def _paragraph(value: Value, lang: Lang) -> str:
    return _LINE_START.sub(r"\1&#46;", to_inline_jira(value, lang).strip())
