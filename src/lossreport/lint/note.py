"""Reads a note line by line and keeps what a passage is about: the metric and the log file that its heading or lead names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.values import dataclass

HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s+(.*)$")
TABLE: Final = re.compile(r"^\s*\|.*\|\s*$")
RULER: Final = re.compile(r"^[\s|:+-]+$")
MARKS: Final = re.compile(r"[*`_]{2,}|\*|`")
ITEM: Final = re.compile(r"^\s*(?:[-*+]|\d+[.)、])\s")
"""A file named in a list item is the subject of that item alone; one named in a heading or paragraph that of the passage."""
LEAD: Final = re.compile(r"[:：]\s*$")
"""A line that ends with a colon leads the lines below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """One line of a note: its number from 1, its text without Markdown marks, what its passage is about.

    `header` holds the titles of the table it is a row of, else nothing; `lead` is the heading and the last line that ended with a colon.
    """

    number: int
    text: str
    heading: str
    lead: str
    metrics: tuple[str, ...]
    passage_metrics: tuple[str, ...]
    source: str | None
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()

    @property
    def metric(self) -> str | None:
        """The one metric of the line, or of its passage where the line names none; None where it names several."""
        named = self.metrics or self.passage_metrics
        return named[0] if len(named) == 1 else None


def read_note(text: str, metrics: Sequence[str], sources: Sequence[str]) -> Iterator[NoteLine]:
    """Yield the lines of a note; `metrics` and `sources` are the names that the logs know."""
    heading, lead = "", ""
    source: str | None = None
    header: tuple[str, ...] = ()
    for number, raw in enumerate(text.splitlines(), 1):
        line = MARKS.sub("", raw).strip()
        found = HEADING.match(raw)
        if found:
            heading, lead, source, header = MARKS.sub("", found[1]), "", None, ()
        named = [one for one in sources if one in raw]
        here = (named[0] if len(named) == 1 else None) if named else source
        if not ITEM.match(raw):
            source = here
        cells = tuple(cell.strip() for cell in line.strip("|").split("|")) if TABLE.match(raw) else ()
        if not cells:
            header = ()
        own = names_in(line, metrics)
        if cells and not header:
            header = cells
        elif line and not RULER.match(line):
            about = names_in(lead, metrics) or names_in(heading, metrics)
            yield NoteLine(
                number=number,
                text=line,
                heading=heading,
                lead=lead,
                metrics=own,
                passage_metrics=about,
                source=here,
                cells=cells,
                header=header if cells else (),
            )
        if LEAD.search(line):
            lead = line


def names_in(text: str, metrics: Sequence[str]) -> tuple[str, ...]:
    """Return the metrics that a text names, in its order; letter case does not matter, longer names win."""
    found: dict[str, int] = {}
    taken: list[tuple[int, int]] = []
    for name in sorted(metrics, key=len, reverse=True):
        for match in re.finditer(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text, re.IGNORECASE):
            if not any(a <= match.start() < b for a, b in taken):
                taken.append(match.span())
                found.setdefault(name, match.start())
    return tuple(sorted(found, key=lambda name: found[name]))
