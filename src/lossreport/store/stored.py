"""Reads a report that was made earlier, HTML or JSON, by whatever version: the values that every
command of the archive starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Final

from lossreport import regex as re
from lossreport.analysis.found import titled
from lossreport.errors import MissingPathError, ReportError, malformed
from lossreport.model.analysis import Analysis
from lossreport.reading.kit.untrusted import Unreadable, json_line
from lossreport.render.anatomy import Anatomy, anatomy
from lossreport.render.attachments import PREFIX, Attachment, unpacked
from lossreport.render.from_json import from_dict
from lossreport.render.seal import DATA_ID, SEAL_ID
from lossreport.values import dataclass

SCHEMA: Final = "lossreport/"
_BLOCK: Final = r'<script type="application/json" id="{}">(.*?)</script>'
_DATA: Final = re.compile(_BLOCK.format(DATA_ID), re.DOTALL)
_SEAL: Final = re.compile(_BLOCK.format(SEAL_ID), re.DOTALL)
_LOGS: Final = re.compile(_BLOCK.format(rf"{PREFIX}\d+"), re.DOTALL)
_TITLE: Final = re.compile(r"<title>([^<]{0,4000}+)</title>", re.DOTALL)
LARGEST_FILE: Final = 1 << 29
"""Bytes of a report: half a gigabyte holds five of packed logs."""
LARGEST_SUM: Final = 2 << 30
"""Bytes of all logs of one report together."""
LANGUAGES: Final = {"zh-CN": "zh", "en": "en", "ja": "ja"}


@dataclass(frozen=True)
class Stored:
    """A report as it lies on disk: its file, its text, and the JSON of the contract. JSON reports
    have no page, seal or logs.
    """

    path: Path
    text: str
    data: dict[str, Any]
    is_page: bool
    raw: str = ""
    """The text of a JSON report as it lies on disk."""

    @property
    def version(self) -> str:
        """The version of lossreport that wrote it."""
        return str(self.data.get("version", "?"))

    @cached_property
    def analysis(self) -> Analysis:
        """What it says, typed, its findings called as their detectors call them. Raises ReportError
        where it is no sound report.
        """
        with malformed(self.path.name):
            held = from_dict(self.data)
            return replace(held, findings=tuple(titled(one) for one in held.findings))

    @cached_property
    def seal(self) -> dict[str, Any] | None:
        """The seal, or None: reports of versions before it have none. Raises ReportError where it
        is damaged.
        """
        if not self.is_page:
            seal = self.data.get("seal")
            return seal if isinstance(seal, dict) else None
        found = _SEAL.search(self.text)
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

        found = _TITLE.search(self._head) if self.is_page else None
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

    @property
    def _head(self) -> str:
        """What stands before the style of a page, where title, owner and tags are."""
        return self.text[: max(0, self.text.find("<style"))] or self.text

    def _meta(self, name: str) -> str:
        import html

        found = re.search(rf'<meta name="{name}" content="([^"]*)">', self._head)
        return html.unescape(found[1]) if found else ""

    def logs(self) -> Iterator[Attachment]:
        """Yield the embedded logs; raises ReportError at one that is damaged."""
        left = LARGEST_SUM
        for found in _LOGS.finditer(self.text) if self.is_page else ():
            log = unpacked(found[1])
            left -= len(log.content)
            if left < 0:
                raise ReportError(
                    f"The logs in {self.path.name!r} unpack to more than {LARGEST_SUM >> 30} GiB",
                    hint="Do not trust this report.",
                )
            yield log


def read_report(path: str | PathLike[str]) -> Stored:
    """Read a report; raises MissingPathError where there is none and ReportError where the file is
    no report of lossreport.
    """
    place = Path(path)
    try:
        with place.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise MissingPathError(
            f"There is no file {str(path)!r}", hint="Check the spelling and the folder you are in."
        ) from None
    except OSError as error:
        raise ReportError(
            f"Couldn't read {str(path)!r}: {error.strerror}", hint="Name one report, HTML or JSON."
        ) from error
    if len(raw) > LARGEST_FILE:
        raise ReportError(
            f"{str(path)!r} has more than {LARGEST_FILE >> 20} MiB",
            hint="Name one report, HTML or JSON.",
        )
    return parse_report(raw, place)


def parse_report(raw: bytes, place: Path) -> Stored:
    """Return the report that `raw` holds; raises ReportError where it holds none."""
    if raw.lstrip()[:1] == b"{":
        return Stored(
            place,
            "",
            _checked(_json(raw, place), place),
            is_page=False,
            raw=raw.decode("utf-8", "surrogateescape"),
        )
    text = raw.decode("utf-8", "surrogateescape")
    found = _DATA.search(text)
    if found is None:
        raise ReportError(
            f"{place.name!r} is no report of lossreport",
            hint="Name an HTML or JSON report that lossreport build wrote.",
        )
    return Stored(place, text, _checked(_json(found[1], place), place), is_page=True)


def _json(text: str | bytes, place: Path) -> dict[str, Any]:
    try:
        value = json_line(
            text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
        )
    except Unreadable as error:
        raise ReportError(
            f"The data inside {place.name!r} is damaged: {error}",
            hint="Take the report from where it was first stored.",
        ) from error
    if not isinstance(value, dict):
        raise ReportError(
            f"{place.name!r} is no report of lossreport",
            hint="Name an HTML or JSON report that lossreport build wrote.",
        )
    return value


def _checked(data: dict[str, Any], place: Path) -> dict[str, Any]:
    runs = data.get("runs")
    if (
        not str(data.get("schema", "")).startswith(SCHEMA)
        or not isinstance(runs, list)
        or not all(isinstance(run, dict) for run in runs)
    ):
        raise ReportError(
            f"{place.name!r} is no report of lossreport",
            hint="Name an HTML or JSON report that lossreport build wrote.",
        )
    return data
