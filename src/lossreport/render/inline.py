"""Turns one phrase in one language into inline HTML or inline Markdown, the last step before a
template puts it in its place.

Prose is ours and is Markdown; values are from logs and are escaped. The two never meet in one
string before both are markup: the prose is converted with a private-use character in the place of
each value, and the escaped values are put in afterwards, once.
"""

from __future__ import annotations

from functools import cache
from typing import Final
from urllib.parse import quote

from markdown import Markdown
from markupsafe import Markup, escape

from lossreport import regex as re
from lossreport.text import (
    FIELD,
    SEPARATOR,
    Join,
    Lang,
    Phrase,
    Quantity,
    Text,
    Value,
    Verbatim,
    show_number,
    show_quantity,
    show_value,
)
from lossreport.text import visible as visible

_FIRST: Final = 0xE000
_TAG_OR_SLOT: Final = re.compile("<[^<>]*+>|[\ue000-\uf8ff]")
_SLOT: Final = re.compile("[\ue000-\uf8ff]")
_CODE: Final = re.compile(r"(`{1,9}+)(.{1,400}?)\1")
_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>~$&]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_ENTITIES: Final = {"<": "&lt;", "&": "&amp;"}
_LINE_START: Final = re.compile(r"^([#+=>-]|[*](?=\s)|/(?=\w))")
"""What begins a block of Markdown, and a quick action of GitLab (`/close`), which it takes out of
the text of an issue and does.
"""
_MENTION: Final = re.compile(r"(?<![\w@])@(?=\w)")
"""What GitHub and GitLab take for a person to notify, behind a backslash and as an entity too;
`mAP@0.5` is none.
"""
AT: Final = "\uff20"
"""The fullwidth at sign: reads as one, notifies nobody."""
_BREAKABLE: Final = frozenset(" /")
"""A shown number with one of these could be cut by a line break."""
_MARKED: Final = re.compile(r"[*_`\[\]\\<>&!#]")
"""What Markdown or HTML may mean something by: prose without any of these is its own HTML."""
_NUMBERED: Final = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


# --------------------------------------------------------------------------------------------- HTML
def to_inline_html(value: Value, lang: Lang) -> Markup:
    """Return a value as HTML: texts and phrases are prose, all else is escaped; measured numbers do
    not break across lines.
    """
    match value:
        case str():
            return escape(visible(value))
        case bool() | int():
            return escape(show_number(value))
        case float():
            return _unbroken(show_number(value))
        case Quantity():
            return _unbroken(show_quantity(value, lang))
        case Join():
            return Markup(SEPARATOR.of(lang)).join(
                to_inline_html(item, lang) for item in value.items
            )
        case Verbatim():
            return escape(visible(value.of(lang)))
        case Text():
            return _phrase_html(Phrase(text=value), lang)
        case Phrase():
            return _phrase_html(value, lang)


def _unbroken(shown: str) -> Markup:
    if not _BREAKABLE.intersection(shown):
        return escape(visible(shown))
    return Markup("<span>{}</span>").format(visible(shown))


def _phrase_html(phrase: Phrase, lang: Lang) -> Markup:
    template = phrase.text.of(lang)
    names = FIELD.findall(template)
    shown = [str(to_inline_html(phrase.values[name], lang)) for name in names]
    targets = [
        quote(show_value(phrase.values[name], lang), safe="", errors="replace") for name in names
    ]

    def fill(match: re.Match[str]) -> str:
        if match[0].startswith("<"):  # a value inside a tag can only be part of a link's address
            return _SLOT.sub(lambda slot: targets[ord(slot[0]) - _FIRST], match[0])
        return shown[ord(match[0]) - _FIRST]

    return Markup(_TAG_OR_SLOT.sub(fill, _prose_html(template)))


@cache
def _prose_html(template: str) -> str:
    """Return the HTML of a template in which the n-th placeholder is the n-th private-use
    character.
    """
    pieces = FIELD.split(" ".join(_SLOT.sub("\ufffd", template).split("\n")))
    prose = "".join(chr(_FIRST + i // 2) if i % 2 else piece for i, piece in enumerate(pieces))
    leading, trailing = (
        prose[: len(prose) - len(prose.lstrip(" "))],
        prose[len(prose.rstrip(" ")) :],
    )
    inner = prose.strip(" ")
    inner = _inline_markdown().reset().convert(inner) if _MARKED.search(inner) else inner
    return leading + inner.removeprefix("<p>").removesuffix("</p>") + trailing


@cache
def _inline_markdown() -> Markdown:
    """Return a converter that knows strong, emphasis, code, escapes and links: no blocks, no images
    and no raw HTML.
    """
    markdown = Markdown(output_format="html")
    for name in ("html_block",):
        markdown.preprocessors.deregister(name, strict=False)
    for name in (
        "empty",
        "indent",
        "code",
        "hashheader",
        "setextheader",
        "hr",
        "olist",
        "ulist",
        "quote",
        "reference",
    ):
        markdown.parser.blockprocessors.deregister(name, strict=False)
    for name in (
        "html",
        "entity",
        "automail",
        "autolink",
        "image_link",
        "image_reference",
        "short_image_ref",
        "reference",
        "short_reference",
    ):
        markdown.inlinePatterns.deregister(name, strict=False)
    return markdown


# ----------------------------------------------------------------------------------------- Markdown
def to_inline_markdown(value: Value, lang: Lang) -> str:
    """Return a value as one line of GitHub-flavoured Markdown. See `in_cell` and `in_paragraph` for
    the place it goes to.
    """
    match value:
        case str():
            return escape_markdown(value)
        case bool() | int() | float() | Quantity() | Verbatim():
            return escape_markdown(show_value(value, lang))
        case Join():
            return SEPARATOR.of(lang).join(to_inline_markdown(item, lang) for item in value.items)
        case Text():
            return _phrase_markdown(Phrase(text=value), lang)
        case Phrase():
            return _phrase_markdown(value, lang)


def escape_markdown(value: str) -> str:
    """Return a string as Markdown that shows it as it is; `|` is left to `in_cell`, line starts to
    `in_paragraph`.
    """
    return _SPECIAL.sub(_escaped, unmentioned(visible(value)))


def _escaped(match: re.Match[str]) -> str:
    """Return a character as text; of HTML as an entity, since not every reader of Markdown takes a
    backslash before it.
    """
    return _ENTITIES.get(match[0], "\\" + match[0])


def unmentioned(value: str) -> str:
    """Return a text that notifies nobody where it is shown as prose; inside code sites look for no
    names.
    """
    return _MENTION.sub(AT, value)


def code_span(content: str) -> str:
    """Return a string as code, in a fence longer than any run of backticks in it.

    A backslash before `|` cannot be told from an escaped `|` inside code of a table cell, so such a
    string is plain text. So is one with `<`: readers that are not of CommonMark pass over Markdown
    inside an element, and would take it for one more.
    """
    content = visible(content)
    if not content.strip() or "\\|" in content or "<" in content:
        return escape_markdown(content)
    fence = "`" * (max((len(run) for run in re.findall("`+", content)), default=0) + 1)
    pad = " " if content[0] in "` " or content[-1] in "` " else ""
    return f"{fence}{pad}{content}{pad}{fence}"


def in_cell(markdown: str) -> str:
    """Return inline Markdown for a cell of a table."""
    return markdown.replace("|", "\\|").strip()


def in_paragraph(markdown: str) -> str:
    """Return inline Markdown for the start of a line: what would begin a heading, list, quote or
    rule is escaped.
    """
    line = markdown.strip()
    return _NUMBERED.sub(r"\1\\\2", _LINE_START.sub(r"\\\1", line))


def _phrase_markdown(phrase: Phrase, lang: Lang) -> str:
    template = phrase.text.of(lang).replace("\n", " ")
    written, end = [], 0
    for code in _CODE.finditer(template):
        written.append(_prose_markdown(template[end : code.start()], phrase, lang))
        written.append(
            code_span(FIELD.sub(lambda match: show_value(phrase.values[match[1]], lang), code[2]))
        )
        end = code.end()
    written.append(_prose_markdown(template[end:], phrase, lang))
    return "".join(written)


def _prose_markdown(prose: str, phrase: Phrase, lang: Lang) -> str:
    pieces = FIELD.split(prose)
    return "".join(
        to_inline_markdown(phrase.values[piece], lang) if i % 2 else piece.replace("<", "&lt;")
        for i, piece in enumerate(pieces)
    )
