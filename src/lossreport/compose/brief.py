"""How much of the first screen is read at once: whole sentences within a budget of words; what is
beyond it stands behind a fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from lossreport.model.analysis import Finding
from lossreport.model.report import Brief, Step
from lossreport.text import Phrase, Value, first_sentence, run_on, sentences, show_value
from lossreport.values import dataclass

MOST_WORDS: Final = 130
"""Words of a first screen, which is read in thirty seconds: silent reading runs at 240 words a
minute (Brysbaert 2019, doi 10.1016/j.jml.2019.104047).
"""
MARGIN: Final = 18
"""Of them the labels of folds, and signs that stand by themselves."""
OUTCOMES: Final = (72, 48, 38, 28, 18)
"""Words of the outcome: the fewer, the more the events need."""
STEP: Final = 36
HEAD: Final = 4
"""Words around a finding: its number, shape, severity and id."""
COST: Final = "代价"
"""How the sentence on the cost of a step begins, which is asked after the step is understood."""


def words(values: Iterable[Value]) -> int:
    """Return how many words values have in English."""
    return sum(len(show_value(value, "en").split()) for value in values)


def brief(text: Phrase, most: int, least: int = 1) -> Brief:
    """Return the first sentences of a text that hold at most so many words, `least` of them in any
    case.
    """
    parts = sentences(text)
    seen = min(least, len(parts))
    while (
        seen < len(parts)
        and not parts[seen].text.zh.startswith(COST)
        and words(parts[: seen + 1]) <= most
    ):
        seen += 1
    return Brief(
        seen=run_on(parts[:seen]), rest=run_on(parts[seen:]) if seen < len(parts) else None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What stands around the figure of a first screen, each within its share of the words."""

    outcome: Brief
    events: tuple[Finding, ...]
    steps: tuple[Step, ...]


def fitted(
    outcome: Phrase,
    events: Sequence[Finding],
    places: Sequence[Phrase],
    steps: Sequence[Step],
    room: int,
) -> Screen:
    """Return outcome, events and steps in so many words: all of the events before all of the
    outcome, and of the steps the first.
    """
    actions = tuple(replace(step, brief=brief(step.text, STEP)) for step in steps)
    first = [step.brief.seen for step in actions[:1] if step.brief is not None]
    # how the run ended is no answer without how its goal went
    least = 2 if "status" in outcome.values else 1
    for whole, most in ((whole, most) for whole in (1, 0) for most in OUTCOMES):
        said = brief(outcome, most, least)
        told = brief_events(events, places, room - words([said.seen, *first]), whole)
        left = room - words([said.seen, *first]) - words_of(told)
        if left >= 0:
            break
    longer = tuple(replace(step, brief=brief(step.text, STEP + max(left, 0))) for step in steps[:1])
    return Screen(outcome=said, events=told, steps=(*longer, *actions[1:]))


def brief_events(
    findings: Sequence[Finding], places: Sequence[Phrase], room: int, whole: int = 1
) -> tuple[Finding, ...]:
    """Return findings each in its first sentence as far as they fit into so many words, `whole` in
    any case, the later ones by their places.
    """
    told = tuple(replace(one, text=first_sentence(one.text)) for one in findings)
    placed = tuple(replace(one, text=at) for one, at in zip(findings, places, strict=True))
    mixed = ((*told[:n], *placed[n:]) for n in range(len(findings), whole, -1))
    return next(
        (made for made in mixed if words_of(made) <= room), (*told[:whole], *placed[whole:])
    )


def words_of(findings: Sequence[Finding]) -> int:
    """Return how many words a short list of findings holds."""
    return sum(HEAD + words([one.called, one.text]) for one in findings)
