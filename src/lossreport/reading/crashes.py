"""Logs of a program that broke before it logged a metric, or only warned: they make a run without a
row, of which the report says what the words mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from lossreport.errors import LogError
from lossreport.model.run import ENDINGS, Status
from lossreport.reading.bytes.packed import is_archive
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import phrase_in
from lossreport.reading.kit.remarks import MEANT
from lossreport.reading.parser import parser
from lossreport.reading.runs.reading import Reading, read_log

BROKEN: Final = frozenset((*ENDINGS[Status.CRASHED], *ENDINGS[Status.INTERRUPTED]))
MOST_LINES: Final = 200_000
"""Of a longer log without a metric no more is looked through for an error."""
PLAIN_TEXT: Final = "generic_text"
"""The format that hands every line to the phrases of `kit/events.py`."""


def broken_before_rows(logs: Iterable[LogFile], parts: Sequence[Reading]) -> list[Reading]:
    """Return the readings of a run without a row: of logs that tell how it broke or hold a warning
    that is known, and of its settings; empty where no log does.
    """
    known = {part.log.shown: part for part in parts}
    broken = [
        found
        for log in logs
        if not is_archive(log)
        and not (log.shown in known and known[log.shown].parser.config)
        and _tells_an_error(log)
        and isinstance(found := known.get(log.shown) or read_log(log, parser(PLAIN_TEXT)), Reading)
    ]
    return [*broken, *(part for part in parts if part not in broken)] if broken else []


def _tells_an_error(log: LogFile) -> bool:
    if b"\0" in log.head:
        return False  # no text
    try:
        return any(_errors(log))
    except LogError:
        return False  # what cannot be read is told as such


def _errors(log: LogFile) -> Iterator[bool]:
    """Yield of each event of a log whether it tells how the program broke, or is a known
    warning.
    """
    for line in islice(log.lines(), MOST_LINES):
        found = phrase_in(line.text)
        if found is not None:
            ended = found.ends in (Status.CRASHED, Status.INTERRUPTED) or found.kind in BROKEN
            yield found in MEANT or (found.kind is not None and ended)
