"""What a sentence prints: its numbers by the names of their places, and whether a printed number
shows a true one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from lossreport.model.run import Floats, Ints
from lossreport.text import Join, Phrase, Quantity, Text, Value, show_quantity
from lossreport.values import dataclass

Number = int | float | Quantity
EXACT: Final = 1e-6
"""Two ways to compute one number differ by rounding only."""
OF_NUMBERS: Final = 6
"""Digits to which an entry of `Finding.numbers` must hold."""


@dataclass(frozen=True, slots=True)
class Between:
    """Any number from `low` to `high`: where a rule bounds a number and does not give it."""

    low: float
    high: float


Candidate = float | Between | Floats | Ints
"""What a number may be: one number, any of a range, any of an array."""


@dataclass(frozen=True, slots=True)
class Place:
    """One number of a sentence: the phrase that prints it, the name of its place in the text, and
    the number.
    """

    phrase: Phrase
    name: str
    value: Number


def phrases(phrase: Phrase) -> Iterator[Phrase]:
    """Yield a phrase and all phrases inside it."""
    yield phrase
    for value in phrase.values.values():
        for inner in _items(value):
            if isinstance(inner, Phrase):
                yield from phrases(inner)


def places(phrase: Phrase) -> Iterator[Place]:
    """Yield the numbers that a phrase prints itself, not those of the phrases inside it."""
    for name, value in phrase.values.items():
        for inner in _items(value):
            if isinstance(inner, int | float | Quantity) and not isinstance(inner, bool):
                yield Place(phrase, name, inner)


def names(phrase: Phrase) -> Iterator[str]:
    """Yield the strings that a phrase prints: names of metrics, paths, quotes."""
    for value in phrase.values.values():
        yield from (inner for inner in _items(value) if isinstance(inner, str))


def fixed(phrase: Phrase) -> Iterator[Text]:
    """Yield the texts without places that a phrase prints as a value."""
    for value in phrase.values.values():
        yield from (inner for inner in _items(value) if isinstance(inner, Text))


def _items(value: Value) -> Iterator[Value]:
    if isinstance(value, Join):
        for item in value.items:
            yield from _items(item)
    else:
        yield value


def number_of(value: Number) -> float:
    """Return the number behind what is printed."""
    return float(value.value if isinstance(value, Quantity) else value)


def shows(printed: Number, true: Candidate) -> bool:
    """Return whether what is printed is `true`, or one of its numbers, to its printed digits."""
    value = number_of(printed)
    if isinstance(true, np.ndarray):
        return any(shows(printed, float(one)) for one in _next_to(value, printed, true))
    if isinstance(true, Between):
        slack = EXACT * max(abs(value), abs(true.low) if math.isfinite(true.low) else 0.0)
        return true.low - slack <= value <= true.high + slack
    true = float(true)
    if math.isnan(value) or math.isnan(true):
        return math.isnan(value) and math.isnan(true)
    if math.isinf(value) or math.isinf(true) or isinstance(printed, int):
        return value == true
    if math.isclose(value, true, rel_tol=EXACT, abs_tol=1e-12):
        return True
    quantity = printed if isinstance(printed, Quantity) else Quantity(value=value)
    if _is_apart(value, true, quantity):
        return False
    return show_quantity(replace(quantity, value=true), "en") == show_quantity(quantity, "en")


DIGITS: Final = 4
"""Up to so many digits a share near 100 % is shown no more coarsely than any other number."""


def _is_apart(value: float, true: float, quantity: Quantity) -> bool:
    """Return whether two numbers differ by more than any that are shown alike: half a unit of the
    last digit, for each of the two, and as much again.
    """
    if quantity.style in ("percent", "change") and (quantity.digits > DIGITS or abs(value) < TINY):
        return False
    return abs(value - true) > 2.0 * 10.0 ** (1 - quantity.digits) * max(abs(value), abs(true))


TINY: Final = 1e-4
"""Below this share, `<0.001 %` is said on both sides of an exact 0."""


def _next_to(value: float, printed: Number, many: Floats | Ints) -> Floats | Ints:
    """Return those of many numbers of which one is shown if any is: all that are shown alike lie
    side by side, so the next below and above.
    """
    if not math.isfinite(value):
        return many[np.isnan(many) if math.isnan(value) else many == value][:1]
    if (
        isinstance(printed, Quantity)
        and printed.style in ("percent", "change")
        and abs(value) < TINY
    ):
        return many[np.abs(many) < TINY]
    below, above = many <= value, many >= value
    nearest: list[Any] = []
    if below.any():
        nearest.append(np.max(many, where=below, initial=many[below.argmax()]))
    if above.any():
        nearest.append(np.min(many, where=above, initial=many[above.argmax()]))
    return np.array(nearest)


def entry(value: float) -> Quantity:
    """Return an entry of `Finding.numbers` as a number to be held to six digits."""
    return Quantity(value=float(value), digits=OF_NUMBERS)
