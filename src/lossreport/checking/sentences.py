"""Checks the numbers of a sentence: by the rules of its kind, by the places it has, or by all that
such a sentence may cite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final

from lossreport.checking.citing import may_cite
from lossreport.checking.courses import COUNTED
from lossreport.checking.ground import Ground, Rule, Rules
from lossreport.checking.kinds.levels import reach
from lossreport.checking.printed import Between, Place, places, shows
from lossreport.checking.settled import (
    CLASSES,
    logged_rates,
    progress_told,
    rates_told,
    setting_told,
)
from lossreport.checking.shapes import SHAPES
from lossreport.checking.surroundings import _xs, lines
from lossreport.text import Join, Phrase, Value, show_value

PATIENCE: Final = 10
"""Early stopping that is advised waits for a tenth of the rounds that were trained."""
ROLES: Final[Rules] = {
    "line": lines,
    "lines": lines,
    "x": _xs,
    "x0": _xs,
    "x1": _xs,
    "lr": lambda g, p: rates_told(g),
    "top": lambda g, p: rates_told(g),
    "clip": lambda g, p: setting_told(g, "clip_grad"),
    "spread": lambda g, p: iter([Between(0.0, 1.1 * reach(g))]),
    "ranks": lambda g, p: setting_told(g, "world_size"),
    "every": lambda g, p: setting_told(g, "save_steps"),
    "done": lambda g, p: (
        float(pair[0])
        for pair in (g.run.progress.epochs, g.run.progress.steps)
        if pair[0] is not None
    ),
    "planned": lambda g, p: progress_told(g, 1),
    "full_score": lambda g, p: iter((1.0, 100.0)),  # of a share, or in percent
    "class_count": lambda g, p: setting_told(g, *CLASSES),
    "guessed": lambda g, p: (
        full / classes for classes in setting_told(g, *CLASSES) if classes for full in (1.0, 100.0)
    ),
    "warm_up": lambda g, p: setting_told(g, "warmup_epochs", "warmup_steps"),
    "need": COUNTED["need"],
    "window": lambda g, p: (
        float(one.window) for one in (*g.within(p).series, *g.series) if one.window
    ),
    # a threshold that the detector names
    "limit": lambda g, p: iter([Between(-math.inf, math.inf)]),
    "less": lambda g, p: iter([Between(0.0, max(logged_rates(g).tolist(), default=math.inf))]),
    "more": lambda g, p: iter([Between(0.0, math.inf)]),
    "length": lambda g, p: iter([Between(0.0, math.inf)]),
    "rounds": lambda g, p: (
        float(max(1, round(float(one.x[-1]) / PATIENCE))) for one in g.run.series if len(one)
    ),
}
"""What a number may be by the name of its place alone, wherever it stands."""


def rules_of(phrase: Phrase, *, in_finding: bool) -> tuple[bool, Rules] | None:
    """Return the rules of a sentence of known shape, and whether its numbers are of the finding it
    stands in.
    """
    return SHAPES[in_finding].get(frozenset(phrase.values))


def rule_for(
    place: Place, own: Rules, *, nested: bool, in_finding: bool
) -> tuple[Rule, bool] | None:
    """Return the rule of a number, and whether it is of the claim as a whole; None where only what
    may be cited bounds it.
    """
    if place.name in own and not (
        nested and rules_of(place.phrase, in_finding=in_finding) is not None
    ):
        return own[place.name], True
    shaped = rules_of(place.phrase, in_finding=in_finding)
    if shaped is not None and place.name in shaped[1]:
        return shaped[1][place.name], shaped[0]
    if place.name in ROLES:
        return ROLES[place.name], True
    return None


LEFT_OUT: Final = {"count"}
"""`4 more`: how many names an enumeration leaves out is no number of the rows."""


def wrong_numbers(
    ground: Ground, phrase: Phrase, own: Rules, *, nested: bool = False, outer: Ground | None = None
) -> Iterator[str]:
    """Yield the numbers of a sentence, and of those inside it, that the rows do not bear out."""
    whole = outer or ground
    inner = ground.within(phrase)
    for place in places(phrase):
        found = rule_for(place, own, nested=nested, in_finding=whole.finding is not None)
        if found is None:
            if set(phrase.values) != LEFT_OUT and not may_cite(whole, inner, place):
                yield f"{_told(place)} is no number that the rows give"
            continue
        rule, of_claim = found
        if not any(
            shows(place.value, candidate)
            for candidate in rule(whole if of_claim else inner, phrase)
        ):
            yield f"{_told(place)} is not what the rows give"
    for value in phrase.values.values():
        for child in _phrases(value):
            yield from wrong_numbers(inner, child, own, nested=True, outer=whole)


def _phrases(value: Value) -> Iterable[Phrase]:
    if isinstance(value, Phrase):
        return (value,)
    if isinstance(value, Join):
        return [one for item in value.items for one in _phrases(item)]
    return ()


def _told(place: Place) -> str:
    return f"{place.name} = {show_value(place.value, 'en')}"
