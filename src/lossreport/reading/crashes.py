"""Finds what broke a program that logged no metric: its refusal says in which file, on which line
and in which words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from lossreport.errors import LogError
from lossreport.model.run import ENDINGS, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import REACH, quote, raised, said
from lossreport.reading.parser import RawEvent
from lossreport.reading.privacy.redaction import redact
from lossreport.text import Phrase, Text

BROKEN: Final = frozenset((*ENDINGS[Status.CRASHED], *ENDINGS[Status.INTERRUPTED]))
MOST_LINES: Final = 200_000
"""Of a longer log without a metric no more is looked through for an error."""
CRASHED = Text(zh="{file} 第 {line} 行报错：{quote}", en="{file} line {line} says: {quote}")


class Crash(NamedTuple):
    """Where an error stands, and what it says; `beside` are the other errors of its log, the latest
    first.
    """

    file: str
    line: int
    quote: str
    beside: tuple[str, ...] = ()

    def told(self, *, redacted: bool) -> Phrase:
        """Return it in words."""
        return CRASHED(
            file=self.file, line=self.line, quote=redact(self.quote) if redacted else self.quote
        )


def crash_of(logs: Iterable[LogFile]) -> Crash | None:
    """Return the last error of the first log that tells one: of a traceback the exception it ends
    with.
    """
    return next((crash for log in logs if (crash := _last(log)) is not None), None)


def _last(log: LogFile) -> Crash | None:
    if b"\0" in log.head:
        return None  # no text
    try:
        found = list(_crashes(log))
    except LogError:
        return None  # what cannot be read is told as such
    if not found:
        return None
    *others, last = found
    return last._replace(beside=tuple(one.quote for one in reversed(others))[:MOST_BESIDE])


MOST_BESIDE: Final = 50
"""Errors beside the last one that may say what it meant."""


def _crashes(log: LogFile) -> Iterator[Crash]:
    """Yield the errors of a log: the exception below each traceback, else the line that says what
    happened.
    """
    below: list[tuple[int, str]] | None = None
    for line in islice(log.lines(), MOST_LINES):
        if below is not None:
            below.append((line.number, line.text))
            if (found := raised(below)) is not None:
                yield Crash(log.shown, found[0], quote(found[1]))
                below = None
                continue
            below = below if len(below) <= REACH else None
        for word in said(line.text, line.number):
            if not isinstance(word, RawEvent):
                continue
            if word.kind == "traceback":
                below = []
            elif below is None and (
                word.ends in (Status.CRASHED, Status.INTERRUPTED) or word.kind in BROKEN
            ):
                yield Crash(log.shown, word.line, word.quote)
