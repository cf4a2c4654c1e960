"""What the warnings of a log mean, where their words are known: that nothing is wrong, or what to
do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.knowledge.remarks import Remark, remark_of
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Event
from lossreport.text import Text

SAID = Text(
    zh="{title}（{place}：“{quote}”）。{means}{do}",
    en="{title} ({place}: “{quote}”). {means} {do}",
)
MOST: Final = 3
"""Warnings that are explained; the log may hold dozens."""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step for each kind of warning, unless a cause that was named rests on its words."""
    run = case.context.run
    found: dict[str, tuple[Remark, Event]] = {}
    for event in run.events:
        known = remark_of(event.quote) if event.kind == "other" and event.ends is None else None
        if known is not None and not _is_named(case, event):
            found.setdefault(known.id, (known, event))
    for known, event in list(found.values())[:MOST]:
        place = f"{run.source(event.source).path}:{event.line}"
        text = SAID(
            title=known.title, place=place, quote=event.quote, means=known.means, do=known.do
        )
        passing = bool(run.series) or known.harmless
        yield Recommendation(
            id="", when="next" if passing else "now", text=text, source=known.reference
        )


def _is_named(case: Case, event: Event) -> bool:
    """Return whether a hypothesis cites the line: what it means is told there."""
    return any(
        sign.values.get("line") == event.line and sign.values.get("quote") == event.quote
        for finding in case.context.found
        for hypothesis in finding.hypotheses
        for sign in hypothesis.support
    )


ADVICE = Advice(id="known_warnings", advise=advise, order=95)
