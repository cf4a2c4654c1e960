"""Checks what is said of the log itself: breaks, rows written twice, gaps, a torn end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rules
from lossreport.checking.kinds.broken import said
from lossreport.checking.printed import Candidate
from lossreport.model.run import Segment

WORDS: Final = {"resumed": "resume", "restarted": "restart"}
"""What a sentence calls a break, and what the reading called it."""


def segment(ground: Ground) -> Segment | None:
    """Return the stretch of lines that begins at the row of a finding, None where none does."""
    source, row = ground.subject.source, ground.rows[0]
    lines = ground.subject.line
    before = int(lines[row - 1]) if row else 0
    starts = [
        one
        for one in ground.run.segments
        if one.source == source and before < one.first_line <= int(lines[row])
    ]
    return starts[0] if starts else None


def rolled_back(ground: Ground) -> Iterator[str]:
    """Demand that the place goes back, where a stretch of the kind that is told begins."""
    x, row, begun = ground.subject.x, ground.rows[0], segment(ground)
    if not (0 < row < len(x) and x[row] <= x[row - 1]):
        yield f"the log does not go back at row {row}"
    if begun is None:
        yield "no new stretch begins there"
    elif begun.why not in [why for word, why in WORDS.items() if word in said(ground)]:
        yield f"the stretch is a {begun.why}"


def appended(ground: Ground) -> Iterator[str]:
    """Demand that a run of its own begins there."""
    begun = segment(ground)
    why = "interleaved" if "in turn" in said(ground) else "new_run"
    if begun is None or begun.why != why:
        yield "no new run begins there"


def _repeated(ground: Ground) -> Iterator[Candidate]:
    x, row = ground.subject.x, ground.rows[0]
    yield float(np.sum(x[:row] >= x[row]))


def _line(ground: Ground) -> Iterator[Candidate]:
    begun = segment(ground)
    if begun is not None:
        yield float(begun.first_line)


def twice(ground: Ground) -> Iterator[str]:
    """Demand that each row repeats place and value of an earlier one."""
    series = ground.subject
    pairs = list(zip(series.x.tolist(), series.y.tolist(), strict=True))
    seen = {pair: row for row, pair in reversed(list(enumerate(pairs)))}
    for row in ground.rows:
        if seen[pairs[row]] >= row:
            yield f"row {row} repeats nothing"


def _duplicates(ground: Ground) -> Iterator[Candidate]:
    series = ground.subject
    counts = Counter(zip(series.x.tolist(), series.y.tolist(), strict=True))
    yield float(sum(count - 1 for count in counts.values()))


def torn(ground: Ground) -> Iterator[str]:
    """Demand that the source is read as torn."""
    source = ground.run.source(ground.subject.source)
    if not source.torn:
        yield f"{source.path} ends with a whole line"


def gap(ground: Ground) -> Iterator[str]:
    """Demand that the rows are neighbours and further apart than rows usually are."""
    x, rows = ground.subject.x, ground.rows
    if rows[1] != rows[0] + 1:
        yield "there are rows between"
    elif not x[rows[1]] - x[rows[0]] > 1.5 * float(np.median(np.diff(x))):
        yield "the distance is the usual one"


def _x(ground: Ground, row: int) -> Iterator[Candidate]:
    yield float(ground.subject.x[row])


BREAK: Final[Rules] = {
    "before": lambda g, p: _x(g, g.rows[0] - 1),
    "after": lambda g, p: _x(g, g.rows[0]),
    "line": lambda g, p: _line(g),
    "count": lambda g, p: _repeated(g),
    "rows": lambda g, p: _repeated(g),
}
CHECK = Family(
    id="log",
    kinds={
        "rollback": Kind(holds=rolled_back, values=BREAK, as_read=True),
        "appended_run": Kind(holds=appended, values=BREAK, as_read=True),
        "duplicate_rows": Kind(
            holds=twice,
            values={"count": lambda g, p: _duplicates(g), "rows": lambda g, p: _duplicates(g)},
            as_read=True,
        ),
        "truncated_log": Kind(
            holds=torn,
            values={
                "line": lambda g, p: iter([float(g.run.source(g.subject.source).lines)]),
                "last": lambda g, p: _x(g, len(g.subject) - 1),
                "steps": lambda g, p: (
                    float(f.value)
                    for f in g.run.facts
                    if f.name == "summary/_step" and isinstance(f.value, int | float)
                ),
            },
            as_read=True,
        ),
        "log_gap": Kind(
            holds=gap,
            values={
                "before": lambda g, p: _x(g, g.rows[0]),
                "after": lambda g, p: _x(g, g.rows[1]),
                "line": lambda g, p: iter([float(g.subject.line[g.rows[1]])]),
                "distance": lambda g, p: iter(
                    [float(g.subject.x[g.rows[1]] - g.subject.x[g.rows[0]])]
                ),
            },
            as_read=True,
        ),
    },
)
