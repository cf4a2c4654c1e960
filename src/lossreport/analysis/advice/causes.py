"""What to do about the likeliest cause of a finding: the step that its maintainers took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.cause import general
from lossreport.model.analysis import Finding, Hypothesis, Recommendation, Severity, State
from lossreport.text import Phrase, Text

MOST: Final = 3
"""Steps that a reader takes; the others stand beside their findings."""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield the step of each finding's first cause, once a cause, with all findings that it stands
    behind.
    """
    made: dict[str, Recommendation] = {}
    for finding in case.context.found:
        first = next(
            (one for one in finding.hypotheses if one.rank == 1 and one.do is not None), None
        )
        if (
            first is None
            or first.id in general()
            or finding.explained_by is not None
            or finding.kind in NOTHING_TO_DO
        ):
            continue
        known = made.get(first.id)
        because = (finding.id,) if known is None else (*known.because, finding.id)
        made[first.id] = (
            _step(case, first, finding) if known is None else replace(known, because=because)
        )
    yield from list(made.values())[:MOST]


NOTHING_TO_DO: Final = ("harmless",)
"""What needs no step: its cause is told beside the finding."""
STANDING: Final = ("no_learning", "constant_metric")
"""What a run that stands still is stopped for, however grave the finding alone."""


def _step(case: Case, cause: Hypothesis, finding: Finding) -> Recommendation:
    assert cause.do is not None
    stands = (
        finding.kind in STANDING
        and finding.severity is not Severity.LOW
        and case.run_state in (State.PLATEAU_HIGH, State.BROKEN)
    )
    grave = stands or finding.severity.rank >= Severity.HIGH.rank
    return Recommendation(
        id="",
        when="now" if grave else "next",
        text=_with_cost(cause.do, finding),
        because=(finding.id,),
        source=cause.reference,
        code=cause.code,
    )


def _with_cost(do: Phrase, finding: Finding) -> Phrase:
    """Return a step with what it costs, where it does not say so itself."""
    if "Cost: " in do.plain("en"):
        return do
    return WITH_COST(
        do=do,
        cost=COST_OF_BREAK()
        if finding.kind in BREAKS and finding.severity.rank >= Severity.HIGH.rank
        else COST(),
    )


BREAKS: Final = ("nonfinite", "masked_nonfinite", "divergence", "lost_metric", "skipped_steps")
WITH_COST = Text(zh="{do}代价：{cost}。", en="{do} Cost: {cost}.")
COST = Text(zh="几分钟检查，必要时重新训练", en="minutes to check, and another run where it is so")
COST_OF_BREAK = Text(zh="那里之后的训练", en="the training after that place")
ADVICE = Advice(id="causes", advise=advise, order=9)
