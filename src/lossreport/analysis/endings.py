"""What ended the run, as far as its last words are known for something: the event, and the ending
they tell of.
"""

from __future__ import annotations

from dataclasses import replace

from lossreport.knowledge.ending import Ending, told
from lossreport.model.run import Event, Run, ending, last_words

PASSING = ("resume", "checkpoint", "overflow", "early_stop")
"""Kinds of events that end nothing."""


def ended_by(run: Run) -> tuple[Event, Ending | None] | None:
    """Return the event that ended the run, and what its words are known for; None where the run
    ended by itself or says nothing.

    Where the first line only says that something broke, a later one that knows more is taken, and
    with it its place.
    """
    first = ending(run)
    if first is None:
        return None
    last = [event for event in last_words(run) if event is not first and not _passes(event)]
    near = [first, *sorted(last, key=lambda event: (event.source != first.source, event.line))]
    found = told([event.quote for event in near])
    return (first, None) if found is None else (near[found[0]], found[1])


def _passes(event: Event) -> bool:
    """Return whether an event ends nothing: a resume, a checkpoint, a warning."""
    return event.kind in PASSING or (event.kind == "other" and event.ends is None)


def with_cause(run: Run) -> Run:
    """Return the run with the event that ended it naming what its words are known for."""
    event, known = ended_by(run) or (None, None)
    if known is None:
        return run
    cause = known.id
    return replace(
        run, events=tuple(replace(one, cause=cause) if one is event else one for one in run.events)
    )
