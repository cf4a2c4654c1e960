"""What a piece of advice is: what it asks of the findings, and what it then says to do. One file
each in `analysis/advice/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from lossreport.analysis.cause import general
from lossreport.analysis.context import Context
from lossreport.model.analysis import Finding, Recommendation, State, Verdict
from lossreport.registry import load_units
from lossreport.values import dataclass


@dataclass(frozen=True)
class Case:
    """All that advice may rest on: the run with its findings, and the verdicts."""

    context: Context
    verdicts: tuple[Verdict, ...]

    def ids(self, *kinds: str) -> tuple[str, ...]:
        """Return the ids of the findings of these kinds."""
        return tuple(finding.id for finding in self.context.found if finding.kind in kinds)

    def in_state(self, *states: State) -> list[Verdict]:
        """Return the verdicts on single series with one of these states."""
        return [verdict for verdict in self.verdicts if verdict.series and verdict.state in states]

    @property
    def lr(self) -> float | None:
        """The learning rate by the configuration, else the highest that was logged; None where
        neither is known.
        """
        said = self.context.facts.get("lr")
        if isinstance(said, int | float) and not isinstance(said, bool):
            return float(said)
        rates = [
            s
            for s in self.context.judged
            if s.metric_type == "learning_rate" and not self.context.has("broken_metric", s)
        ]
        logged = [s.y for s in rates if len(s) and np.isfinite(s.y).any()]
        highest = float(np.nanmax(logged[0])) if logged else 0.0
        return highest or None  # one that is 0 throughout was printed with too few decimals

    @property
    def run_state(self) -> State:
        """The state of the whole run."""
        return next(verdict.state for verdict in self.verdicts if not verdict.series)

    @property
    def improved_to_the_end(self) -> bool:
        """Whether the run counts as converged because its schedule has run out, while the goal
        itself improved to its last row.
        """
        goal = self.context.goal
        own = (
            verdict.state
            for verdict in self.verdicts
            if goal is not None and verdict.series == (goal.series,)
        )
        return self.run_state is State.CONVERGED and State.IMPROVING in own


def has_step(finding: Finding) -> bool:
    """Return whether the likeliest cause of a finding says what to do: a general step beside it
    would only repeat it.
    """
    return any(
        one.rank == 1 and one.do is not None and one.id not in general()
        for one in finding.hypotheses
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A rule from evidence to action. Lower `order` comes first in the report."""

    id: str
    advise: Callable[[Case], Iterator[Recommendation]]
    order: int = 50


@cache
def advices() -> tuple[Advice, ...]:
    """Return all advice in the order of the report."""
    units: Sequence[Advice] = load_units("lossreport.analysis.advice", "ADVICE", Advice)
    return tuple(sorted(units, key=lambda unit: unit.order))
