"""Says in words how the rows of a file were weighed: every reading with its cost, the witnesses,
and how to choose another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Skipped
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.parser import Parser
from lossreport.reading.runs.belonging import prepared
from lossreport.reading.runs.reading import Reading, read_log
from lossreport.reading.runs.weighing import RUNS, Weighed, weighed

SHOWN: Final = 12
"""Breaks and series listed of a file; the others are counted."""


def explained(log: LogFile, parser: Parser) -> Iterator[str]:
    """Yield the lines of the explanation of one file."""
    found = read_log(log, parser)
    if isinstance(found, Skipped):
        yield found.reason.plain("en")
        return
    for reading in prepared(found):
        if reading.columns:
            yield from _of(reading, weighed(reading))


def _of(reading: Reading, found: Weighed) -> Iterator[str]:
    whose = f" of {reading.name}" if reading.name else ""
    yield f"{reading.rows} rows{whose}, {len(reading.columns)} series; margin {found.margin:.2f}"
    for because in reading.weighing.because:
        yield f"  {because.plain('en')}"
    for number, candidate in enumerate(found.candidates):
        choose = f"  [--set {RUNS}={candidate.kind.value}]" if number else ""
        yield (
            f"  {'>' if not number else ' '} cost {candidate.cost:6.2f}  "
            f"{candidate.what.plain('en')}{choose}"
        )
    for one in found.breaks[:SHOWN]:
        told = "; ".join(phrase.plain("en") for phrase in one.told) or "nothing bears it out"
        yield f"    line {one.line}: {one.axis.value} {one.before:g} -> {one.to:g}: {told}"
    if len(found.breaks) > SHOWN:
        yield f"    and {len(found.breaks) - SHOWN} more breaks"
    for key, column in list(reading.columns.items())[:SHOWN]:
        entity = f" [{key.entity}]" if key.entity else ""
        yield (
            f"    {key.split}/{key.name}{entity}: {len(column.x)} rows, {key.axis.value} "
            f"{column.x[0]:g} .. {column.x[-1]:g}"
        )
    if len(reading.columns) > SHOWN:
        yield f"    and {len(reading.columns) - SHOWN} more series"
