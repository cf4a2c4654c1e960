"""Takes an HTML report apart: the claims that a reader takes in, its data blocks, and all else.
What the seal is a digest of.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from lossreport.render.seal import TAB
from lossreport.values import dataclass

BLOCKS: Final = frozenset(
    (
        "title",
        "h1",
        "h2",
        "h3",
        "p",
        "li",
        "tr",
        "caption",
        "summary",
        "dt",
        "dd",
        "div",
        "figcaption",
        "svg",
        "label",
        "footer",
    )
)
CELLS: Final = frozenset(("td", "th"))


@dataclass(frozen=True, slots=True)
class Claim:
    """One piece of visible text: the 1-based line of the page, the section, the element, the
    language where it has one, the text.

    The cells of a table row are parted by tabs.
    """

    line: int
    section: str
    element: str
    lang: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """What a page consists of: its claims, its data blocks by id, and all else (markup, styles,
    drawings) by section.
    """

    claims: tuple[Claim, ...]
    blocks: dict[str, str]
    markup: dict[str, str]


def anatomy(page: str) -> Anatomy:
    """Take a page apart; whatever it holds, nothing raises."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.end()
    markup = {name: "".join(parts) for name, parts in reader.markup.items()}
    return Anatomy(claims=tuple(reader.claims), blocks=reader.blocks, markup=markup)


class _Reader(HTMLParser):
    """Gathers claims, data blocks and markup while the page goes by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.claims: list[Claim] = []
        self.blocks: dict[str, str] = {}
        self.markup: dict[str, list[str]] = {"": []}
        self._section, self._element, self._line = "", "", 1
        self._langs: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._data: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._data = given.get("id", "") if tag == "script" else ""
        if tag in BLOCKS:
            self.end()
            self._element = tag
        elif tag in CELLS:
            self._text.append(TAB)
        if tag == "section":
            self.end()
            self._section = given.get("id", "")
        if tag not in ("script", "meta", "input", "link", "br"):
            self._langs.append((tag, given.get("lang", "")))
        if self._data in (None, ""):
            self.markup.setdefault(self._section, []).append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.markup.setdefault(self._section, []).append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._data = None
        if tag in BLOCKS:
            self.end()
        while self._langs and tag in (name for name, _ in self._langs):
            if self._langs.pop()[0] == tag:
                break
        if tag == "section":
            self.end()
            self._section = ""

    def handle_data(self, data: str) -> None:
        if self._data:
            self.blocks[self._data] = self.blocks.get(self._data, "") + data
        elif self._data == "":
            self.markup.setdefault(self._section, []).append(data)
        else:
            if data.strip() and not any(part.strip() for part in self._text):
                self._line = (
                    self.getpos()[0] + len(data[: len(data) - len(data.lstrip())].split("\n")) - 1
                )
            self._text.append(data)

    def end(self) -> None:
        """Close the claim that was being read."""
        cells = (" ".join(cell.split()) for cell in "".join(self._text).split(TAB))
        text = (
            TAB.join(cells).strip(TAB)
            if self._element == "tr"
            else " ".join("".join(self._text).split())
        )
        self._text.clear()
        if text:
            lang = next((lang for _, lang in reversed(self._langs) if lang), "")
            self.claims.append(Claim(self._line, self._section, self._element, lang, text))
