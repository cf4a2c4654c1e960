"""Reads lines that differ in their numbers alone by one recipe: most lines of a log are few
skeletons with other numbers.

The first lines of a skeleton are read word by word. What they said is kept as a template with the
places where its numbers came from; once a few lines said the same with other numbers, the rest put
their numbers straight into the template. A line in which a number changes that never did is read
word by word, and so is all that its numbers alone do not tell (a heading, a label that holds one).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.place_words import Place
from lossreport.reading.lines.row import TextRow, text_row
from lossreport.reading.lines.tokens import LONGEST
from lossreport.values import dataclass

Read = Callable[[str], "TextRow | None"]

NUMBER: Final = re.compile(
    r"(?<![\w.@#])(?<![A-Za-z_]-)([0-9]++(?:\.[0-9]*+)?(?:[eE][-+]?[0-9]{1,3}(?!\w))?)"
)
"""A number that stands by itself: digits of a name (`mAP50`, `top-1`, `acc@5`) belong to the
skeleton.
"""
PROBES: Final = 4
"""Lines of a skeleton that are read both ways before one recipe reads the rest ..."""
CHECK_EVERY: Final = 64
"""... and how often a line is read both ways afterwards, so that a skeleton that means two things
is closed.
"""
MOST: Final = 4096
"""Skeletons kept for a file: one with more is free text."""
MANY: Final = 256
"""Numbers of a line that is worth a recipe: each number of its row is looked for among all of the
line, and rows of so many are rare.
"""
OVER: Final = ("/", "of", "|", ":")
"""Between two numbers: whether the first exceeds the second decides what they mean (`3/10`)."""
ZERO, DECIMAL, EXPONENT = 1, 2, 4


class Slot(NamedTuple):
    """Where a number of the template comes from: the number of the line, its sign, and whether it
    is a whole number there.
    """

    at: int
    sign: int
    is_int: bool


@dataclass(slots=True)
class Recipe:
    """What lines of one skeleton say: the template of the last probe, and for each of its numbers
    the slots that fit so far.

    `firsts` are the numbers of the first probe, `still` those that no probe has changed: what
    depends on them is not known yet. `is_closed` means that the skeleton is read word by word for
    good.
    """

    template: TextRow | None
    leaves: list[list[Slot]]
    firsts: list[str]
    still: set[int]
    probes: int = 1
    uses: int = 0
    is_closed: bool = False


def _word_by_word(text: str) -> TextRow | None:
    return text_row(text, dicts=True)


class Skeletons:
    """Reads the lines of one file; `read` is how a line is read word by word."""

    def __init__(self, read: Read = _word_by_word) -> None:
        self._read = read
        self._known: dict[tuple[object, ...], Recipe] = {}
        self._is_off = is_line_by_line()

    def row(self, text: str) -> TextRow | None:
        """Return what `read` would return."""
        if self._is_off or len(text) > LONGEST:
            return self._read(text)
        parts = NUMBER.split(text)
        numbers = parts[1::2]
        if len(numbers) > MANY:
            return self._read(text)
        key = _key(parts[0::2], numbers)
        recipe = self._known.get(key)
        if recipe is None:
            row = self._read(text)
            if len(self._known) < MOST:
                self._known[key] = _recipe(row, numbers)
            return row
        if recipe.probes >= PROBES and not recipe.is_closed and _fits(recipe, numbers):
            recipe.uses += 1
            if recipe.uses % CHECK_EVERY:
                return _filled(recipe, numbers)
        row = self._read(text)
        if not recipe.is_closed:
            _learn(recipe, row, numbers)
        return row


def _key(words: Sequence[str], numbers: Sequence[str]) -> tuple[object, ...]:
    """Return what lines must share to be read alike: all but the numbers, the form of each, and the
    order of counts of counts.
    """
    forms = [_form(number) for number in numbers]
    orders = [
        float(a) > float(b)
        for a, b, between in zip(numbers, numbers[1:], words[1:], strict=False)
        if between.strip(" ") in OVER
    ]
    return (*words, *forms, *orders)


def _form(number: str) -> int:
    """Return the form of a number: how many digits stand before its point, whether it has one, an
    exponent, or is zero.
    """
    if number.isdigit():
        return 8 * len(number) + (0 if number.strip("0") else ZERO)
    point = number.find(".")
    exponent = EXPONENT if "e" in number or "E" in number else 0
    return 8 * point + DECIMAL + exponent + (0 if float(number) else ZERO)


# ------------------------------------------------------------------------------------- learning
def _recipe(row: TextRow | None, numbers: list[str]) -> Recipe:
    leaves = _slots(row, numbers) if row is not None else []
    closed = row is not None and (row.section is not None or leaves is None)
    return Recipe(
        template=row,
        leaves=leaves or [],
        firsts=numbers,
        still=set(range(len(numbers))),
        is_closed=closed,
    )


def _learn(recipe: Recipe, row: TextRow | None, numbers: list[str]) -> None:
    """Take in a further line of the skeleton; close the recipe where the line does not say the same
    with other numbers.
    """
    slots = _slots(row, numbers) if row is not None else []
    if slots is None or not _alike(recipe.template, row):
        recipe.is_closed = True
        return
    recipe.template = row
    recipe.leaves = [
        [slot for slot in known if slot in new]
        for known, new in zip(recipe.leaves, slots, strict=True)
    ]
    recipe.still = {index for index in recipe.still if numbers[index] == recipe.firsts[index]}
    recipe.probes += 1
    recipe.is_closed = any(not leaf for leaf in recipe.leaves)


def _fits(recipe: Recipe, numbers: Sequence[str]) -> bool:
    """Return whether a recipe can tell what a line says: nothing in it changes for the first time,
    and no number has two sources that differ.
    """
    if any(numbers[index] != recipe.firsts[index] for index in recipe.still):
        return False
    unsure = (leaf for leaf in recipe.leaves if len(leaf) > 1)
    return all(len({_value(slot, numbers) for slot in leaf}) == 1 for leaf in unsure)


def _alike(a: TextRow | None, b: TextRow | None) -> bool:
    """Return whether two rows differ in their numbers alone."""
    if a is None or b is None:
        return a is b
    shape = [
        (len(row.places), len(row.pairs), len(row.memories), len(row.owners)) for row in (a, b)
    ]
    return shape[0] == shape[1] and list(fixed_of(a)) == list(fixed_of(b))


def fixed_of(row: TextRow) -> Iterator[object]:
    """Yield all of a row but its numbers."""
    yield from (row.split, row.section, row.is_bar, row.bulleted, row.lead, row.owners)
    for place in row.places:
        yield place._replace(x=0.0, of=None if place.of is None else 0)
    for pair in (*row.pairs, *row.memories):
        yield (pair.name, pair.split, pair.mean is None)


def numbers_of(row: TextRow) -> Iterator[float | int]:
    """Yield the numbers of a row in the order in which `with_numbers` takes them."""
    for place in row.places:
        yield place.x
        if place.of is not None:
            yield place.of
    for pair in (*row.pairs, *row.memories):
        yield pair.value
        if pair.mean is not None:
            yield pair.mean


def _slots(row: TextRow, numbers: Sequence[str]) -> list[list[Slot]] | None:
    """Return for each number of a row where it may come from; None where one comes from nowhere (a
    share, a thousand, NaN).
    """
    values = [float(number) for number in numbers]
    found = []
    for leaf in numbers_of(row):
        whole = isinstance(leaf, int)
        signs = (math.copysign(1, leaf),) if not leaf else (1, -1)  # -0.00 is no 0.00
        slots = [
            Slot(index, int(sign), whole)
            for sign in signs
            for index, value in enumerate(values)
            if sign * value == leaf
        ]
        if not slots:
            return None
        found.append(slots)
    return found


# ------------------------------------------------------------------------------------- filling
def _filled(recipe: Recipe, numbers: Sequence[str]) -> TextRow | None:
    row = recipe.template
    return (
        None
        if row is None
        else with_numbers(row, [_value(leaf[0], numbers) for leaf in recipe.leaves])
    )


def with_numbers(row: TextRow, numbers: Sequence[float | int]) -> TextRow:
    """Return a row with other numbers, in the order of `numbers_of`."""
    values = iter(numbers)
    places = tuple(_place(place, values) for place in row.places)
    pairs = tuple(_pair(pair, values) for pair in row.pairs)
    memories = tuple(_pair(pair, values) for pair in row.memories)
    return replace(row, places=places, pairs=pairs, memories=memories)


def _value(slot: Slot, numbers: Sequence[str]) -> float | int:
    number = numbers[slot.at]
    return slot.sign * (int(float(number)) if slot.is_int else float(number))


def _place(place: Place, values: Iterator[float | int]) -> Place:
    return (
        place._replace(x=next(values))
        if place.of is None
        else place._replace(x=next(values), of=int(next(values)))
    )


def _pair(pair: Pair, values: Iterator[float | int]) -> Pair:
    value = next(values)
    return Pair(pair.name, value, None if pair.mean is None else next(values), pair.split)
