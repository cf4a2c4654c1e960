"""Learns what all lines of one shape say from a few of them: which of their numbers becomes which
number of what a function says of the line.

A format's own function is asked of made-up lines of that shape: their digits are others, all else
is the line's. Where it says the same each time but for numbers, each of which is one of the line's
numbers (or never changes), that is a recipe for all lines of the shape. Where it does not, or where
one of two numbers of the line may be meant, there is none, and the lines are read by themselves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import field
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from lossreport.model.run import Floats
from lossreport.reading.bytes.reader import Lines, LogFile
from lossreport.reading.kit.shapes import MARK, Shapes, shapes_of
from lossreport.values import dataclass

PROBES: Final = 5
"""Made-up lines that a recipe is learnt from. Two numbers of one digit are the same in all of them
once in 60,000 times; then there is no recipe.
"""
TRIED: Final = 12
"""Times that twice as many lines are made up to find them: of those with three pairs of numbers
that are to stand in one order an eighth is of the shape.
"""
LEAST: Final = 8
"""Lines of one sense behind each other that are worth a look."""
MOST: Final = 600
"""Recipes of one file; with more shapes a log is free text."""
REMEMBERED: Final = 10_000
"""Shapes whose lines are counted; free text has as many as lines."""
PLAIN: Final = bytes.maketrans(bytes(range(MARK, MARK + 8)), bytes([MARK]) * 8)
"""Takes from a shape what it says of its numbers."""


class Said(NamedTuple):
    """What a function says of a line: all that does not depend on its numbers, its numbers in
    order, and the value itself.
    """

    fixed: Hashable
    numbers: Sequence[float]
    value: Any


class Source(NamedTuple):
    """Where a number comes from: the number of the line at a place, times a sign; or a constant,
    where the place is below 0.
    """

    at: int
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class Sense:
    """What the lines of some shapes have in common: what is said of them, and where each number of
    it comes from.

    `sample` is what was said of one of them. Lines of one sense have as many numbers each.
    """

    fixed: Hashable
    sources: tuple[Source, ...]
    count: int
    sample: Any
    number: int

    def filled(self, numbers: Floats) -> list[Floats]:
        """Return each number of what is said, for all lines of a table of numbers."""
        return [_column(numbers, at, factor) for at, factor in self.sources]


def _column(numbers: Floats, at: int, factor: float) -> Floats:
    """Return a column of a table with its sign, or a constant where there is none to take."""
    if at < 0:
        return np.full(len(numbers), factor)
    return numbers[:, at] if factor > 0 else -numbers[:, at]


@dataclass(kw_only=True)
class Recipes:
    """The recipes of one file. `ask` is the function of a format; it returns None for a line that
    is not to be read fast.

    `least` is how many lines of one shape have come for which a recipe is worth its thirty
    questions. What shapes say of their numbers (zero, whole, beyond) is in most places of no
    matter: `_matters` holds the places where it is, by the shape without it.
    """

    ask: Callable[[str], Said | None]
    least: int
    _known: dict[bytes, Sense | None] = field(default_factory=dict)
    _matters: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    _seen: dict[bytes, int] = field(default_factory=dict)
    _of: dict[tuple[bytes, bytes], Sense | None] = field(default_factory=dict)
    _senses: dict[Hashable, Sense] = field(default_factory=dict)
    _zeros: dict[Hashable, list[tuple[Source, ...]]] = field(default_factory=dict)

    def senses(self, texts: Sequence[str], shapes: Shapes) -> list[Sense | None]:
        """Return the sense of every line, None for one that is to be read by itself."""
        known = self._known
        found = [known.get(key) for key in shapes.keys]
        unknown: dict[bytes, list[int]] = {}
        for place in (place for place, sense in enumerate(found) if sense is None):
            if (key := shapes.keys[place]) not in known:
                unknown.setdefault(key, []).append(place)
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        for key, places in unknown.items():
            plain = key.translate(PLAIN)
            self._seen[plain] = self._seen.get(plain, 0) + len(places)
        for key, places in unknown.items():
            plain = key.translate(PLAIN)
            if plain not in self._matters and self._seen[plain] < self.least:
                continue
            sense = known[key] = self._found(key, plain, texts[places[0]], shapes, places[0])
            for place in places if sense is not None else ():
                found[place] = sense
        return found

    def close(self, sense: Sense) -> None:
        """Read the lines of a sense by themselves from now on: one of them said something else."""
        self._known = {key: None if one is sense else one for key, one in self._known.items()}
        self._of = {key: None if one is sense else one for key, one in self._of.items()}

    def _found(
        self, key: bytes, plain: bytes, text: str, shapes: Shapes, place: int
    ) -> Sense | None:
        matters = self._matters.get(plain)
        name = None if matters is None else (plain, bytes(key[at] for at in matters))
        if name is None or name not in self._of:
            if len(self._of) >= MOST:
                return None
            sense = self._learn(key, plain, text, shapes, place)
            if (matters := self._matters.get(plain)) is None:
                return sense
            self._of[plain, bytes(key[at] for at in matters)] = sense
            return sense
        return self._of[name]

    def _learn(
        self, key: bytes, plain: bytes, text: str, shapes: Shapes, place: int
    ) -> Sense | None:
        first = self.ask(text)
        line = _Line.at(shapes, place)
        if first is None or line is None:
            return None
        said, numbers = [first], [line.numbers]
        for other, values in _made_up(line, key):
            one = self.ask(other)
            if one is None or one.fixed != first.fixed or len(one.numbers) != len(first.numbers):
                return None
            said.append(one)
            numbers.append(values)
        sources = _sources(said, np.array(numbers)) if len(said) > PROBES else None
        if sources is None:
            return None
        if plain not in self._matters:
            self._matters[plain] = self._what_matters(key, line, first, sources)
        return self._sense(first, self._with_zeros(first, sources, line.numbers), len(line.numbers))

    def _what_matters(
        self, key: bytes, line: _Line, first: Said, sources: tuple[Source, ...]
    ) -> tuple[int, ...]:
        """Return the places of a shape at which it matters whether a number is zero, whole, or
        beyond the one before.
        """

        def differences(edits: Sequence[Edit]) -> set[int]:
            """Return the places at which the shape is another one with which something else is
            said.
            """
            text = line.edited(edits).decode("utf-8", "surrogatepass")
            made = shapes_of([text])
            if made is None or made.keys[0].translate(PLAIN) != key.translate(PLAIN):
                return set()  # of another shape altogether, which is looked at by itself
            said = self.ask(text)
            if (
                said is not None
                and said.fixed == first.fixed
                and bits_of(said.numbers) == bits_of(_filled(sources, made.values))
            ):
                return set()
            return {at for at, (a, b) in enumerate(zip(key, made.keys[0], strict=True)) if a != b}

        return tuple(
            sorted({at for edits in line.turned() for at in _that_matter(edits, differences)})
        )

    def _sense(self, said: Said, sources: tuple[Source, ...], count: int) -> Sense:
        """Return the one sense of lines that say the same from the same places."""
        name = (said.fixed, sources, count)
        if name not in self._senses:
            self._senses[name] = Sense(said.fixed, sources, count, said.value, len(self._senses))
            self._zeros.setdefault(said.fixed, []).append(sources)
        return self._senses[name]

    def _with_zeros(
        self, said: Said, sources: tuple[Source, ...], mine: Floats
    ) -> tuple[Source, ...]:
        """Return the sources with zeros, of which nothing tells where they come from, from where
        they come in lines that say the same otherwise.
        """
        for known in self._zeros.get(said.fixed, ()):
            same = all(
                a == b or (a.at < 0 and a.factor == 0 and _is_zero(a, b, mine))
                for a, b in zip(sources, known, strict=True)
            )
            if same:
                return known
        return sources


def alike(log: LogFile, recipes: Recipes) -> Iterator[tuple[Lines, Sense | None, Floats | None]]:
    """Yield the lines of a file in stretches of one sense, each with the numbers of its lines; None
    with those that are to be read by themselves.
    """
    for block in log.blocks():
        lines = log.columns_of(block)
        texts = lines.texts
        shapes = shapes_of(texts) if block.complete and len(lines) >= LEAST else None
        if shapes is None:
            yield lines, None, None
            continue
        senses = recipes.senses(texts, shapes)
        for sense, (first, last) in runs_of(senses):
            worth = sense is not None and last - first >= LEAST
            yield (
                (lines[first:last], sense, shapes.rows(first, last))
                if worth
                else (lines[first:last], None, None)
            )


def runs_of(senses: Sequence[Sense | None]) -> Iterator[tuple[Sense | None, tuple[int, int]]]:
    """Yield the stretches of lines of one sense: where each begins and ends."""
    numbers = np.array([-1 if sense is None else sense.number for sense in senses])
    bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(senses)]
    yield from ((senses[first], (first, last)) for first, last in pairwise(bounds))


def _is_zero(constant: Source, source: Source, mine: Floats) -> bool:
    """Return whether a number that is zero in one shape may come from a place, bit by bit."""
    if not 0 <= source.at < len(mine) or mine[source.at]:
        return False
    return bool(np.copysign(1.0, constant.factor) == np.copysign(1.0, source.factor))


def _sources(said: Sequence[Said], numbers: Floats) -> tuple[Source, ...] | None:
    """Return where every number comes from; None where one comes from nowhere, or from one of two
    places that differ.
    """
    found = []
    told = np.array([one.numbers for one in said], dtype=np.float64).reshape(len(said), -1)
    for column in told.T:
        if (column.view(np.uint64) == column[:1].view(np.uint64)).all():
            found.append(Source(-1, float(column[0])))
            continue
        places = [
            Source(at, sign)
            for at in range(numbers.shape[1])
            for sign in (1.0, -1.0)
            if np.array_equal(sign * numbers[:, at], column)
        ]
        if len(places) != 1:
            return None
        found += places
    return tuple(found)


def _filled(sources: Sequence[Source], values: Floats) -> list[float]:
    return [factor if at < 0 else factor * float(values[at]) for at, factor in sources]


def bits_of(numbers: Sequence[float]) -> bytes:
    """Return numbers as doubles, to be compared bit by bit: NaN is NaN, and -0.0 is not 0.0."""
    return np.array(numbers, dtype=np.float64).tobytes()


def _made_up(line: _Line, key: bytes) -> Iterator[tuple[str, Floats]]:
    """Yield lines of the same shape with other numbers, and those."""
    left = PROBES
    for attempt in range(TRIED):
        lines = [line.with_others(random.Random(f"{attempt} {at}")) for at in range(2 * PROBES)]
        texts = [other.decode("utf-8", "surrogatepass") for other in lines]
        shapes = shapes_of(texts)
        fitting = (
            [at for at, other in enumerate(shapes.keys) if other == key][:left]
            if shapes is not None
            else []
        )
        for at in fitting:
            if shapes is not None:
                yield texts[at], shapes.values[shapes.at[at] : shapes.at[at + 1]]
        left -= len(fitting)
        if not left:
            return


Edit = tuple[tuple[int, bytes], ...]
"""Digits that are put at some places of a line."""


def _that_matter(
    edits: Sequence[Edit], differences: Callable[[Sequence[Edit]], set[int]]
) -> set[int]:
    """Return what edits make different, found by halves; all that they make so together where none
    does by itself.
    """
    found = differences(edits)
    if not found or len(edits) == 1:
        return found
    half = len(edits) // 2
    return (
        _that_matter(edits[:half], differences) | _that_matter(edits[half:], differences)
    ) or found


class _Line(NamedTuple):
    """A line in UTF-8, where its numbers stand in it, and what they are."""

    text: bytes
    spans: list[tuple[int, int]]
    numbers: Floats

    @classmethod
    def at(cls, shapes: Shapes, place: int) -> _Line | None:
        """Return a line; None for one without a number."""
        first, last = int(shapes.at[place]), int(shapes.at[place + 1])
        if first == last:
            return None
        start = shapes.data.rfind(b"\n", 0, int(shapes.starts[first])) + 1
        end = shapes.data.find(b"\n", int(shapes.ends[last - 1]))
        spans = [
            (int(shapes.starts[at]) - start, int(shapes.ends[at]) - start)
            for at in range(first, last)
        ]
        return cls(
            shapes.data[start : end if end >= 0 else len(shapes.data)],
            spans,
            shapes.values[first:last],
        )

    def with_others(self, draw: random.Random) -> bytes:
        """Return the line with other numbers of the same forms."""
        made = bytearray(self.text)
        for start, end in self.spans:
            number = _mantissa(self.text[start:end])
            if number.strip(b"0."):
                made[start : start + len(number)] = _other(number, draw)
        return bytes(made)

    def edited(self, edits: Sequence[Edit]) -> bytes:
        """Return the line with other digits at some places."""
        made = bytearray(self.text)
        for start, digits in (one for edit in edits for one in edit):
            made[start : start + len(digits)] = digits
        return bytes(made)

    def turned(self) -> Iterator[list[Edit]]:
        """Yield edits by which numbers are zero that are not, whole that are not, or beyond the one
        beside them, or the other way round.
        """
        draw, numbers = (
            random.Random(0),
            [(start, _mantissa(self.text[start:end])) for start, end in self.spans],
        )
        zeros, whole = list[Edit](), list[Edit]()
        for start, number in numbers:
            zero, point = _of(number, 48), number.find(b".")
            zeros.append(((start, zero if number != zero else _other(_of(number, 49), draw)),))
            if point >= 0 and number != zero:
                decimals = number[point + 1 :]
                turned = (
                    b"0" * len(decimals)
                    if decimals.strip(b"0")
                    else _other(b"1" * len(decimals), draw)
                )
                kept = number[:point] if number[:point].strip(b"0") else b"1" * point
                whole.append(((start, kept + b"." + turned),))
        yield from (edits for edits in (zeros, whole) if edits)
        pairs = list(pairwise(numbers))
        for first in (0, 1):
            for low, high in ((49, 57), (57, 49)):
                edits: list[Edit] = [
                    ((i, _of(one, low)), (j, _of(two, high)))
                    for (i, one), (j, two) in pairs[first::2]
                ]
                yield from ([edits] if edits else [])


def _of(number: bytes, digit: int) -> bytes:
    """Return a number of one digit again and again."""
    return bytes(char if char == 46 else digit for char in number)


def _mantissa(number: bytes) -> bytes:
    """Return a number without its exponent, which stays."""
    power = max(number.find(b"e"), number.find(b"E"))
    return number if power < 0 else number[:power]


def _other(number: bytes, draw: random.Random) -> bytes:
    """Return another number of the same form: with as many zeros before it, whole where it is, no
    digit of it zero else.
    """
    point = number.find(b".")
    lead = len(number) - len(number.lstrip(b"0."))
    made = number[:lead] + bytes(draw.choices(DIGITS, k=len(number) - lead))
    if point < 0:
        return made
    if not number[point + 1 :].strip(b"0"):
        return made[:point] + number[point:]
    return made if point < lead else made[:point] + b"." + made[point + 1 :]


DIGITS: Final = b"123456789"
