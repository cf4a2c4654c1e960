"""What to do about the likeliest cause of a finding: the step that its maintainers took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Finding, Hypothesis, Recommendation, Severity

MOST: Final = 3
"""Steps that a reader takes; the others stand beside their findings."""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield the step of each finding's first cause, once a cause, with all findings that it stands behind."""
    made: dict[str, Recommendation] = {}
    for finding in case.context.found:
        first = next((one for one in finding.hypotheses if one.rank == 1 and one.do is not None), None)
        if first is None or finding.explained_by is not None:
            continue
        known = made.get(first.id)
        because = (finding.id,) if known is None else (*known.because, finding.id)
        made[first.id] = _step(first, finding) if known is None else replace(known, because=because)
    yield from list(made.values())[:MOST]


def _step(cause: Hypothesis, finding: Finding) -> Recommendation:
    assert cause.do is not None
    grave = finding.severity.rank >= Severity.HIGH.rank
    return Recommendation(
        id="",
        when="now" if grave else "next",
        text=cause.do,
        because=(finding.id,),
        source=cause.reference,
        code=cause.code,
    )


ADVICE = Advice(id="causes", advise=advise, order=9)
