"""From the reading of one file to its runs: what the rows name themselves, then counters inside
epochs, one axis for a measure, then the weighing of launches and writers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lossreport.reading.runs.cutting import cut
from lossreport.reading.runs.headings import with_lost_headings
from lossreport.reading.runs.naming import named_apart, told_entities
from lossreport.reading.runs.nesting import unnested
from lossreport.reading.runs.one_axis import on_one_axis
from lossreport.reading.runs.places import counted
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.weighing import weighed
from lossreport.reading.runs.wishes import ONE, Wishes, corrected

NONE: Final = Wishes()
"""Nobody has said anything."""


def runs_of(reading: Reading, wishes: Wishes = NONE) -> list[Reading]:
    """Return the runs that a file holds, one reading each, numbered in their order."""
    found = list(_runs(reading, wishes))
    if len(found) < 2:
        return found
    return [replace(part, part=number, is_cut=True) for number, part in enumerate(found)]


def _runs(reading: Reading, wishes: Wishes) -> Iterator[Reading]:
    for whole in prepared(reading, wishes):
        if not whole.columns:
            yield whole
            continue
        yield from cut(whole, weighed(whole).as_wished(wishes.runs), together=wishes.runs == ONE)


def prepared(reading: Reading, wishes: Wishes = NONE) -> Iterator[Reading]:
    """Yield what is weighed: the rows of each run that they name, every counter counted on."""
    for named in named_apart(corrected(reading, wishes)):
        yield on_one_axis(counted(with_lost_headings(unnested(told_entities(named)))))
