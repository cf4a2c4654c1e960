"""Reads a note line by line and keeps what a passage is about: the metric and the log file that its
heading or lead names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import Metric
from lossreport.lint.subjects import Vocabulary, split_said
from lossreport.values import dataclass

HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s+(.*)$")
TABLE: Final = re.compile(r"^\s*\|.*\|\s*$")
RULER: Final = re.compile(r"^[\s|:+-]+$")
MARKS: Final = re.compile(r"[*`_]{2,}|\*|`")
ITEM: Final = re.compile(r"^\s*(?:[-*+]|\d+[.)、])\s")
"""A file named in a list item is the subject of that item alone; one named in a heading or
paragraph that of the passage.
"""
LEAD: Final = re.compile(r"[:：]\s*$")
"""A line that ends with a colon leads the lines below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """One line of a note: its number from 1, its text without Markdown marks, what its passage is
    about.

    `header` holds the titles of the table it is a row of, else nothing; `lead` is the heading and
    the last line that ended with a colon, `split` the one that the passage is about.
    """

    number: int
    text: str
    heading: str
    lead: str
    metrics: tuple[Metric, ...]
    passage_metrics: tuple[Metric, ...]
    source: str | None
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    split: str = ""
    names_source: bool = False

    @property
    def metric(self) -> Metric | None:
        """The one metric of the line, or of its passage where the line names none; None where it
        names several.
        """
        named = self.metrics or self.passage_metrics
        return named[0] if len(named) == 1 else None


def read_note(text: str, known: Vocabulary, sources: Sequence[str]) -> Iterator[NoteLine]:
    """Yield the lines of a note; `known` are the metrics and `sources` the files that the logs
    know.
    """
    heading, lead = "", ""
    source: str | None = None
    header: tuple[str, ...] = ()
    for number, raw in enumerate(text.splitlines(), 1):
        line = MARKS.sub("", raw).replace("\\_", "_").strip()
        found = HEADING.match(raw)
        if found:
            heading, lead, source, header = MARKS.sub("", found[1]), "", None, ()
        named = [one for one in sources if one in raw]
        only = named[0] if len(named) == 1 else None
        here = only if named else source
        if not ITEM.match(raw):
            source = here
        cells = (
            tuple(cell.strip() for cell in line.strip("|").split("|")) if TABLE.match(raw) else ()
        )
        if not cells:
            header = ()
        own = known.metrics(line)
        if cells and not header:
            header = cells
        elif line and not RULER.match(line):
            about = _about(lead, known) or _about(heading, known)
            yield NoteLine(
                number=number,
                text=line,
                heading=heading,
                lead=lead,
                metrics=own,
                passage_metrics=about,
                source=here,
                names_source=len(named) == 1,
                cells=cells,
                header=header if cells else (),
                split="" if about else _split(lead) or _split(heading),
            )
        if LEAD.search(line):
            lead = line


TITLE: Final = 16
"""A heading with so many characters besides the name of a metric is its title; a longer one says
something of its own.
"""


def _about(text: str, known: Vocabulary) -> tuple[Metric, ...]:
    """Return the metrics that a heading or lead names; one alone only where the text is little more
    than its name.
    """
    mentions = known.mentions(text)
    rest = len(text) - sum(one.end - one.start for one in mentions)
    found = known.metrics(text)
    return found if len(found) != 1 or rest <= TITLE else ()


def _split(text: str) -> str:
    return split_said(text) if len(text) <= TITLE else ""
