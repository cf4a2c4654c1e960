"""Reads a report that was made earlier, HTML or JSON, by whatever version: the values that every command of the archive starts from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson

from lossreport import regex as re
from lossreport.errors import MissingPathError, ReportError
from lossreport.render.attachments import PREFIX, Attachment, unpacked
from lossreport.render.seal import DATA_ID, SEAL_ID, Anatomy, anatomy
from lossreport.values import dataclass

SCHEMA: Final = "lossreport/"
_BLOCK: Final = r'<script type="application/json" id="{}">(.*?)</script>'
_DATA: Final = re.compile(_BLOCK.format(DATA_ID), re.DOTALL)
_SEAL: Final = re.compile(_BLOCK.format(SEAL_ID), re.DOTALL)
_LOGS: Final = re.compile(_BLOCK.format(rf"{PREFIX}\d+"), re.DOTALL)
_TITLE: Final = re.compile(r"<title>([^<]{0,4000}+)</title>", re.DOTALL)
LANGUAGES: Final = {"zh-CN": "zh", "en": "en"}


@dataclass(frozen=True)
class Stored:
    """A report as it lies on disk: its file, its text, and the JSON of the contract. JSON reports have no page, seal or logs."""

    path: Path
    text: str
    data: dict[str, Any]
    is_page: bool

    @property
    def version(self) -> str:
        """The version of lossreport that wrote it."""
        return str(self.data.get("version", "?"))

    @cached_property
    def seal(self) -> dict[str, Any] | None:
        """The seal, or None: JSON reports and those of versions before it have none. Raises ReportError where it is damaged."""
        found = _SEAL.search(self.text) if self.is_page else None
        return None if found is None else _json(found[1], self.path)

    @cached_property
    def anatomy(self) -> Anatomy:
        """The claims and other parts of the page."""
        return anatomy(self.text)

    @property
    def language(self) -> str:
        """The languages of the page: both, zh or en."""
        if 'id="show-both"' in self.text:
            return "both"
        found = re.search(r'<html lang="([^"]*)"', self.text)
        return LANGUAGES.get(found[1] if found else "", "both")

    @property
    def title(self) -> str:
        """The title of the page, or of its first run."""
        import html

        found = _TITLE.search(self.text) if self.is_page else None
        if found:
            return html.unescape(" ".join(found[1].split()))
        runs = self.data.get("runs") or [{}]
        return str(runs[0].get("name", self.path.stem))

    @property
    def owner(self) -> str:
        """Who answers for the run, as the user wrote it; empty in a JSON report."""
        return self._meta("author")

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that the user gave."""
        return tuple(tag.strip() for tag in self._meta("keywords").split(",") if tag.strip())

    def _meta(self, name: str) -> str:
        import html

        found = re.search(rf'<meta name="{name}" content="([^"]*)">', self.text)
        return html.unescape(found[1]) if found else ""

    def logs(self) -> Iterator[Attachment]:
        """Yield the embedded logs; raises ReportError at one that is damaged."""
        for found in _LOGS.finditer(self.text) if self.is_page else ():
            yield unpacked(found[1])


def read_report(path: str | Path) -> Stored:
    """Read a report; raises MissingPathError where there is none and ReportError where the file is no report of lossreport."""
    place = Path(path)
    try:
        raw = place.read_bytes()
    except FileNotFoundError:
        raise MissingPathError(f"There is no file {str(path)!r}", hint="Check the spelling and the folder you are in.") from None
    except OSError as error:
        raise ReportError(f"Couldn't read {str(path)!r}: {error.strerror}", hint="Name one report, HTML or JSON.") from error
    return parse_report(raw, place)


def parse_report(raw: bytes, place: Path) -> Stored:
    """Return the report that `raw` holds; raises ReportError where it holds none."""
    if raw.lstrip()[:1] == b"{":
        return Stored(place, "", _checked(_json(raw, place), place), is_page=False)
    text = raw.decode("utf-8", "surrogateescape")
    found = _DATA.search(text)
    if found is None:
        raise ReportError(f"{place.name!r} is no report of lossreport", hint="Name an HTML or JSON report that lossreport build wrote.")
    return Stored(place, text, _checked(_json(found[1], place), place), is_page=True)


def _json(text: str | bytes, place: Path) -> dict[str, Any]:
    try:
        value = orjson.loads(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text)
    except orjson.JSONDecodeError as error:
        raise ReportError(
            f"The data inside {place.name!r} is damaged: {error}", hint="Take the report from where it was first stored."
        ) from error
    if not isinstance(value, dict):
        raise ReportError(f"{place.name!r} is no report of lossreport", hint="Name an HTML or JSON report that lossreport build wrote.")
    return value


def _checked(data: dict[str, Any], place: Path) -> dict[str, Any]:
    if not str(data.get("schema", "")).startswith(SCHEMA) or not isinstance(data.get("runs"), list):
        raise ReportError(f"{place.name!r} is no report of lossreport", hint="Name an HTML or JSON report that lossreport build wrote.")
    return data
