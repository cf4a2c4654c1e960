"""What a cause is: a signature over findings, series, facts and events. One file each in
`analysis/causes/`.

A cause is a hypothesis, never a fact: it is named with what speaks for it, what speaks against it
and what would decide, and only where something tells it from its rivals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from lossreport.analysis.context import Context
from lossreport.model.analysis import Finding, Hypothesis, Severity
from lossreport.model.work import Work
from lossreport.registry import load_units
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

STRONG: Final = 2
"""The sign tells the cause from its rivals: few other causes leave it."""
WEAK: Final = 1
"""The sign fits the cause and others as well."""
MOST: Final = 5
"""Hypotheses kept at one finding; more are a list that nobody works through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One observation that bears on a cause; a weight below 0 speaks against it."""

    weight: int
    text: Phrase


def strong(text: Phrase) -> Sign:
    """Return a sign that tells the cause from its rivals."""
    return Sign(weight=STRONG, text=text)


def weak(text: Phrase) -> Sign:
    """Return a sign that fits other causes as well."""
    return Sign(weight=WEAK, text=text)


def against(text: Phrase, weight: int = WEAK) -> Sign:
    """Return a sign that speaks against the cause."""
    return Sign(weight=-weight, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A cause seen behind one finding, the signs it is seen by, and what to do with this run's
    numbers.

    `do` is None where the words of the cause itself suffice; `code` is one line to type, where the
    framework is known: an argument, a call, a flag.
    """

    finding: Finding
    signs: tuple[Sign, ...]
    do: Phrase | None = None
    code: str = ""

    @property
    def weight(self) -> int:
        """The sum of the weights of its signs."""
        return sum(sign.weight for sign in self.signs)

    @property
    def is_told(self) -> bool:
        """Whether a discriminating sign speaks for it and more speaks for than against it."""
        return self.weight >= STRONG and any(sign.weight >= STRONG for sign in self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that maintainers found behind such logs; `reference` is the public thread or
    document it is from.

    `family` groups causes that exclude each other or share their fix. `suspect` yields a suspicion
    for each finding that the cause may stand behind; `otherwise` is asked besides, and counts where
    no cause is told for any finding above low.
    """

    id: str
    family: str
    title: Text
    decided_by: Text
    do: Text
    reference: str
    suspect: Callable[[Context], Iterator[Suspicion]]
    otherwise: Callable[[Context], Iterator[Suspicion]] | None = None


@cache
def causes() -> tuple[Cause, ...]:
    """Return all causes, by id."""
    units = load_units("lossreport.analysis.causes", "CAUSE", Cause, "lossreport.causes")
    return tuple(sorted(units, key=lambda unit: unit.id))


@cache
def general() -> frozenset[str]:
    """Return the ids of the causes that may stand without a sign of their own: the general advice
    is the step against them.
    """
    return frozenset(cause.id for cause in causes() if cause.otherwise is not None)


def with_causes(context: Context, work: Work) -> tuple[Finding, ...]:
    """Return the findings with their causes as hypotheses, best supported first, before the general
    ones.

    What is suspected behind a symptom stands at the finding that leads its event.
    """
    told = _told(context, work, [(cause, cause.suspect) for cause in causes()])
    left = _told(
        context,
        work,
        [(cause, cause.otherwise) for cause in causes() if cause.otherwise is not None],
    )
    explained = any(
        finding.key in told for finding in context.found if finding.severity is not Severity.LOW
    )
    return tuple(
        _with(
            finding, told.get(finding.key) or (None if explained else left.get(finding.key)) or ()
        )
        for finding in context.found
    )


Suspect = Callable[[Context], Iterator[Suspicion]]


def _told(
    context: Context, work: Work, asked: Sequence[tuple[Cause, Suspect]]
) -> dict[str, list[tuple[Cause, Suspicion]]]:
    """Return what the causes suspect and tell, by the key of the finding that leads."""
    leads = {finding.key: finding.explained_by for finding in context.found}
    seen: dict[str, list[tuple[Cause, Suspicion]]] = {}
    for cause, suspect in asked:
        for suspicion in work.take(f"cause {cause.id}", lambda suspect=suspect: suspect(context)):  # type: ignore[misc]
            if suspicion.is_told:
                key = suspicion.finding.key
                lead = leads.get(key)
                seen.setdefault(lead if lead in leads else key, []).append((cause, suspicion))
    return seen


def _with(finding: Finding, seen: Sequence[tuple[Cause, Suspicion]]) -> Finding:
    if not seen:
        return finding
    ordered = sorted(seen, key=lambda pair: (-pair[1].weight, pair[0].id))
    told = {cause.id: _hypothesis(cause, suspicion) for cause, suspicion in reversed(ordered)}
    named = [*reversed(told.values()), *finding.hypotheses][:MOST]
    ranked = tuple(replace(one, rank=rank) for rank, one in enumerate(named, 1))
    return replace(finding, hypotheses=ranked)


def _hypothesis(cause: Cause, suspicion: Suspicion) -> Hypothesis:
    return Hypothesis(
        id=cause.id,
        rank=0,
        title=cause.title(),
        support=tuple(sign.text for sign in suspicion.signs if sign.weight > 0),
        against=tuple(sign.text for sign in suspicion.signs if sign.weight < 0),
        decided_by=cause.decided_by(),
        do=suspicion.do or cause.do(),
        code=suspicion.code,
        reference=cause.reference,
    )
