"""Makes the user's own Markdown notes fit for a report: they may format, list, tabulate and link,
and can neither run nor load anything.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from lossreport import regex as re
from lossreport.text import visible

EXTENSIONS: Final = ("tables", "fenced_code", "sane_lists")
TAGS: Final = {
    *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "del", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
SCHEMES: Final = {"http", "https", "mailto"}
HEADING: Final = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)
DEEPEST: Final = 6
NO_ADDRESS: Final = re.compile(r'<a rel="[^"]*">((?:(?!<a rel=").)*?)</a>', re.DOTALL)
"""A link whose address was taken out is only its words."""
NO_TARGET: Final = re.compile(r"\]\((?!(?:https?://|mailto:|#))")
NO_DEFINITION: Final = re.compile(
    r"^([ >]{0,20})\[(?=[^\]\n]{0,1000}\]:[ \t]{0,20}(?!(?:https?://|mailto:|#)))", re.MULTILINE
)
"""What would begin a link in Markdown, or define one, to another place than the web, mail or the
page itself.
"""
IMAGE: Final = re.compile(r"!(?=\[)")


def notes_html(text: str) -> Markup:
    """Return notes as HTML of harmless elements only: no raw HTML, no images, no styles; links to
    http(s) and mail.
    """
    if not text.strip():
        return Markup("")
    import nh3
    from markdown import Markdown

    raw = Markdown(extensions=list(EXTENSIONS), output_format="html").convert(
        _lowered(_seen(text), 2)
    )
    clean = nh3.clean(
        raw,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
    )
    return Markup(NO_ADDRESS.sub(r"\1", clean))


def notes_markdown(text: str) -> str:
    """Return notes as Markdown for inside a report: headings below its own, images as links, raw
    HTML as text.
    """
    outside = re.split(r"(```.*?```|`[^`\n]+`)", _seen(text), flags=re.DOTALL)
    kept = [part if i % 2 else _harmless(part) for i, part in enumerate(outside)]
    return _lowered("".join(kept), 2).strip()


def _harmless(prose: str) -> str:
    """Return prose without images, raw HTML and links to anything but the web, mail and places of
    the page.
    """
    linked = NO_TARGET.sub(r"\\](", IMAGE.sub("", prose).replace("<", "&lt;"))
    return NO_DEFINITION.sub(r"\1\\[", linked)


def _seen(text: str) -> str:
    """Return notes without characters that act unseen, their lines and tabs as they are."""
    return "\n".join(
        "\t".join(map(visible, line.split("\t"))) for line in text.replace("\r\n", "\n").split("\n")
    )


def _lowered(text: str, levels: int) -> str:
    return HEADING.sub(lambda match: "#" * min(DEEPEST, len(match[1]) + levels), text)
