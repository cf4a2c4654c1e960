"""Seals an HTML report: a digest of every claim, written into the page, by which `lossreport verify` finds what was edited later.

A claim is what a reader takes in at once: a paragraph, a row of a table, an item of a list, a heading. The seal is no signature: who
edits a claim and its digest alike is found out only by the logs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from typing import Any, Final

from lossreport.values import dataclass

SEAL_ID: Final = "lossreport-seal"
DATA_ID: Final = "lossreport-data"
WIDTH: Final = 4
"""Bytes of a digest: of a thousand edits one in four million goes by unnoticed as a claim, and none as a whole (`whole`)."""
BLOCKS: Final = frozenset(
    ("title", "h1", "h2", "h3", "p", "li", "tr", "caption", "summary", "dt", "dd", "div", "figcaption", "svg", "label", "footer")
)
CELLS: Final = frozenset(("td", "th"))
TAB: Final = "\t"


@dataclass(frozen=True, slots=True)
class Claim:
    """One piece of visible text: the 1-based line of the page, the section, the element, the language where it has one, the text.

    The cells of a table row are parted by tabs.
    """

    line: int
    section: str
    element: str
    lang: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """What a page consists of: its claims, its data blocks by id, and all else (markup, styles, drawings) by section."""

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


def seal_of(page: str) -> dict[str, Any]:
    """Return the seal of a page: digests of its claims in order, of its markup by section, and of each part of its data."""
    parts = anatomy(page)
    claims = b"".join(digest(claim.text) for claim in parts.claims)
    return {
        "claims": base64.b64encode(claims).decode(),
        "whole": sha256(TAB.join(claim.text for claim in parts.claims)),
        "markup": {name: _short(text) for name, text in parts.markup.items()},
        "data": data_digests(parts.blocks.get(DATA_ID, "")),
    }


def sealed(page: str) -> str:
    """Return the page with its seal as the last data block."""
    text = json.dumps(seal_of(page), separators=(",", ":"))
    block = f'<script type="application/json" id="{SEAL_ID}">{text}</script>\n'
    head, body, tail = page.rpartition("</body>")
    return f"{head}{block}{body}{tail}"


def data_digests(block: str) -> dict[str, str]:
    """Return a short digest for each part of the JSON data, `findings` in one; of what is no JSON object, for all of it."""
    try:
        data = json.loads(block)
    except (ValueError, RecursionError):
        return {"": _short(block)}
    if not isinstance(data, dict):
        return {"": _short(block)}
    return {name: _short(json.dumps(value, ensure_ascii=True, separators=(",", ":"))) for name, value in data.items()}


def digest(text: str) -> bytes:
    """Return the digest of one claim."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:WIDTH]


def sha256(text: str) -> str:
    """Return the whole sha256 of a text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _short(text: str) -> str:
    return sha256(text)[:16]


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
                self._line = self.getpos()[0] + len(data[: len(data) - len(data.lstrip())].split("\n")) - 1
            self._text.append(data)

    def end(self) -> None:
        """Close the claim that was being read."""
        cells = (" ".join(cell.split()) for cell in "".join(self._text).split(TAB))
        text = TAB.join(cells).strip(TAB) if self._element == "tr" else " ".join("".join(self._text).split())
        self._text.clear()
        if text:
            lang = next((lang for _, lang in reversed(self._langs) if lang), "")
            self.claims.append(Claim(self._line, self._section, self._element, lang, text))
