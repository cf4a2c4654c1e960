"""From the reading of one file to its runs: what the rows name themselves, then counters inside epochs, then the weighing of launches and writers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lossreport.reading.runs.cutting import cut
from lossreport.reading.runs.naming import named_apart, told_entities
from lossreport.reading.runs.nesting import unnested
from lossreport.reading.runs.places import counted
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.weighing import weighed


def runs_of(reading: Reading) -> list[Reading]:
    """Return the runs that a file holds, one reading each, numbered in their order."""
    found = list(_runs(reading))
    if len(found) < 2:
        return found
    return [replace(part, part=number, is_cut=True) for number, part in enumerate(found)]


def _runs(reading: Reading) -> Iterator[Reading]:
    for named in named_apart(reading):
        whole = counted(unnested(told_entities(named)))
        if not whole.columns:
            yield whole
            continue
        yield from cut(whole, weighed(whole))
