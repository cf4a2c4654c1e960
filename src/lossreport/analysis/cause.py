"""What a cause is: a signature over findings, series, facts and events. One file each in `analysis/causes/`.

A cause is a hypothesis, never a fact: it is named with what speaks for it, what speaks against it and
what would decide, and only where something tells it from its rivals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from lossreport.analysis.context import Context
from lossreport.model.analysis import Finding, Hypothesis
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
    """A cause seen behind one finding, the signs it is seen by, and what to do with this run's numbers.

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
    """Something that maintainers found behind such logs; `reference` is the public thread or document it is from.

    `family` groups causes that exclude each other or share their fix. `suspect` yields a suspicion for
    each finding that the cause may stand behind.
    """

    id: str
    family: str
    title: Text
    decided_by: Text
    do: Text
    reference: str
    suspect: Callable[[Context], Iterator[Suspicion]]


@cache
def causes() -> tuple[Cause, ...]:
    """Return all causes, by id."""
    units = load_units("lossreport.analysis.causes", "CAUSE", Cause, "lossreport.causes")
    return tuple(sorted(units, key=lambda unit: unit.id))


def with_causes(context: Context, work: Work) -> tuple[Finding, ...]:
    """Return the findings with their causes as hypotheses, best supported first, before the general ones.

    What is suspected behind a symptom stands at the finding that leads its event.
    """
    leads = {finding.key: finding.explained_by for finding in context.found}
    seen: dict[str, list[tuple[Cause, Suspicion]]] = {}
    for cause in causes():
        suspicions = work.take(f"cause {cause.id}", lambda cause=cause: cause.suspect(context))  # type: ignore[misc]
        for suspicion in suspicions:
            if suspicion.is_told:
                key = suspicion.finding.key
                lead = leads.get(key)
                seen.setdefault(lead if lead in leads else key, []).append((cause, suspicion))
    return tuple(_with(finding, seen.get(finding.key, ())) for finding in context.found)


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
