"""The stretches of lines of a file that one launch wrote: every start of the program, and every
resume.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from lossreport.model.run import distinct, frozen_ints
from lossreport.reading.parser import RawSegment
from lossreport.reading.runs.reading import Reading, with_header


class Span(NamedTuple):
    """The lines of one launch in one source, first and last, and why it began."""

    first: int
    last: int
    why: RawSegment

    def holds(self, line: int) -> bool:
        """Return whether a line is one of the launch."""
        return self.first <= line <= self.last


NO_ROWS: Final = frozen_ints([])
WHOLE: Final = Span(0, 2**62, RawSegment(0, "start"))
"""All lines of a reading without a metric: a launcher's output beside the logger's own files."""


def spans(part: Reading) -> list[Span]:
    """Return the stretches of lines of a reading, one a launch, in their order; none where it holds
    no metric.

    A launch begins with what it prints before its first row: its opening, its settings, and the
    line that says that it resumes.
    """
    if not part.columns:
        return []
    begin = part.begins or (
        min(int(column.line[0]) for column in part.columns.values()) if part.is_cut else 1
    )
    reasons = [RawSegment(begin, part.why), *boundaries(part)]
    starts = [begin, *(with_header(part, segment.line) for segment in reasons[1:])]
    ends = [start - 1 for start in starts[1:]] + [max(part.lines, starts[-1])]
    return [Span(start, end, why) for start, end, why in zip(starts, ends, reasons, strict=True)]


def boundaries(part: Reading) -> list[RawSegment]:
    """Return where another launch begins: at its segments, and where a log says that it resumes and
    its rows go on without a step back.
    """
    found = {segment.line: segment for segment in part.segments}
    resumes = [event for event in part.events if event.kind == "resume"]
    rows = distinct(column.line for column in part.columns.values()) if resumes else NO_ROWS
    for event in resumes:
        place = int(np.searchsorted(rows, event.line))
        if 0 < place < len(rows):
            known = any(rows[place - 1] < line <= rows[place] for line in found)
            if not known:
                found[int(rows[place])] = RawSegment(int(rows[place]), "resume")
    return [found[line] for line in sorted(found)]
