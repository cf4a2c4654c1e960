"""Remembers the first and the last time stamp that the rows of a log print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.reading.parser import RawTime

DATE: Final = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?[ T,_-]{1,3}\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?")
BEFORE: Final = re.compile(
    r"^\W{0,2}(?:\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[-/]\d\d?(?:[-/]\d\d(?:\d\d)?)?|"
    r"[A-Z][a-z]{2} {1,3}\d{1,2})?[ T,_-]{0,3}\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
    r"(?:Z|[+-]\d\d:?\d\d)?\W{0,2}"
)
"""What `ts`, containers and e-mails write before a line."""
QUOTED: Final = "> "
REACH: Final = 60
"""A stamp stands at the beginning of a line."""


def bare(text: str) -> str:
    """Return a line without the time stamp or the quotation mark before it."""
    return (
        BEFORE.sub("", text.removeprefix(QUOTED), count=1)
        if text[:1].isdigit() or text[:1] in ("[", ">")
        else text
    )


class Stamps:
    """The first and the last stamp among the lines seen."""

    def __init__(self, pattern: re.Pattern[str] = DATE, reach: int = REACH) -> None:
        self._pattern, self._reach = pattern, reach
        self._seen: list[str] = []

    def see(self, text: str) -> None:
        """Take in a row."""
        match = self._pattern.search(text, 0, self._reach)
        if match is not None:
            self._seen[1:] = [match[0]] if self._seen else []
            self._seen = self._seen or [match[0]]

    def fits(self, text: str) -> bool:
        """Return whether a row has a stamp."""
        return self._pattern.search(text, 0, self._reach) is not None

    def records(self) -> Iterator[RawTime]:
        """Yield what was seen, the first before the last."""
        yield from (RawTime(stamp) for stamp in self._seen)


class RowDates:
    """The first and the last date that records give under a name such as `time` or `created_at`:
    "2026-01-02T03:04:05". A number there may be a duration and is none.
    """

    def __init__(self) -> None:
        self._first, self._last = "", ""

    def see(self, row: Mapping[str, Any]) -> None:
        """Take in a record."""
        for name, value in row.items():
            if isinstance(value, str) and DATED.fullmatch(name) and (found := DATE.match(value)):
                self._last = found[0].replace("T", " ").partition(",")[0].partition(".")[0]
                self._first = self._first or self._last
                return

    def records(self) -> Iterator[RawTime]:
        """Yield what was seen, the first before the last."""
        if self._first:
            yield RawTime(self._first)
            yield RawTime(self._last)


DATED: Final = re.compile(
    r"_?(?:time|ts|date|date_?time|time_?stamp|wall_?time|created_at|logged_at|asctime|@timestamp|"
    r"时间|日期)",
    re.IGNORECASE,
)
"""Names under which a program writes when a row was logged."""
