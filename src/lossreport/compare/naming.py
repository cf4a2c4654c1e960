"""How the runs and groups of a comparison are called, and which of them is the reference."""

from __future__ import annotations

from collections.abc import Sequence

from lossreport.compare.comparison import Compared, Entry
from lossreport.compare.member import Member
from lossreport.text import Value


def reference_of(compared: Compared) -> Entry | None:
    """Return the run that the others are held against: the first with a level; None without."""
    return next(
        (entry for entry in compared.entries if not entry.silent and entry.level is not None), None
    )


def name_of(entry: Entry) -> Value:
    """Return how a run is called; of a group the ids of its runs, whose names stand in the table of
    runs.
    """
    return name_of_members([track.member for track in entry.tracks])


def name_of_members(members: Sequence[Member]) -> str:
    """Return how runs of one setting are called."""
    return members[0].label if len(members) == 1 else " + ".join(member.id for member in members)
