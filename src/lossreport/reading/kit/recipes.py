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
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Floats, Ints
from lossreport.reading.bytes.reader import Lines, LogFile
from lossreport.reading.bytes.texts import Texts
from lossreport.reading.kit.layouts import UNKNOWN, Layouts, Page, Rows, groups_of
from lossreport.reading.kit.shapes import MARK, shapes_of
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

    `sample` is what was said of one of them. Lines of one sense have `count` numbers each.
    """

    fixed: Hashable
    sources: tuple[Source, ...]
    count: int
    sample: Any
    number: int


@dataclass(kw_only=True)
class Recipes:
    """The recipes of one file. `ask` is the function of a format; it returns None for a line that
    is not to be read fast.

    `least` is how many lines of one shape have come for which a recipe is worth its thirty
    questions. What may be asked of the numbers of a shape (zero, whole, beyond) is of most of them
    of no matter: `_matters` holds the numbers of which it is, by the shape; `_asked` are the shapes
    and what was said of them for which that is known. Shapes of one `_family` differ in how often a
    character stands behind itself: the bar of a frame, the blanks of a column.
    """

    ask: Callable[[str], Said | None]
    least: int
    _matters: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    _asked: set[tuple[bytes, Hashable]] = field(default_factory=set)
    _families: dict[tuple[object, bytes], tuple[tuple[int, ...], Sense]] = field(
        default_factory=dict
    )
    _seen: dict[bytes, int] = field(default_factory=dict)
    _of: dict[tuple[bytes, bytes], Sense | None] = field(default_factory=dict)
    _senses: dict[Hashable, Sense] = field(default_factory=dict)
    _numbered: list[Sense] = field(default_factory=list)
    _zeros: dict[Hashable, list[tuple[Source, ...]]] = field(default_factory=dict)

    def read(self, page: Page) -> Block:
        """Return the sense of every line of a block."""
        found = np.full(len(page.shapes), UNKNOWN, dtype=np.int64)
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        for shape, lines in groups_of(page.shapes):
            if shape == UNKNOWN or not page.count(shape):
                continue
            key = page.key(shape)
            if key not in self._matters:
                self._seen[key] = self._seen.get(key, 0) + len(lines)
                if self._seen[key] < self.least:
                    continue
            self._tell(page, shape, lines, found)
        return Block(page, found, self._numbered)

    def _tell(self, page: Page, shape: int, lines: Ints, found: Ints) -> None:
        """Note the sense of the lines of one shape."""
        key = page.key(shape)
        matters = self._matters.get(key)
        asked = range(page.count(shape)) if matters is None else matters
        for flags, some in _by_flags(page, lines, asked):
            name = (key, flags) if matters is not None else (key + b"\n", flags)
            if name not in self._of:
                if len(self._of) >= MOST:
                    return
                self._of[name] = self._learn(key, page.text(int(some[0])))
                if self._matters.get(key) != matters:  # now it is known what does
                    known = next(_by_flags(page, some[:1], self._matters[key]))[0]
                    self._of[key, known] = self._of[name]
                    self._tell(page, shape, lines, found)
                    return
            sense = self._of[name]
            if sense is not None:
                found[some] = sense.number

    def close(self, sense: Sense) -> None:
        """Read the lines of a sense by themselves from now on: one of them said something else."""
        self._of = {name: None if one is sense else one for name, one in self._of.items()}

    def _learn(self, key: bytes, text: str) -> Sense | None:
        first, line = self.ask(text), _Line.of(text)
        if first is None or line is None:
            return None
        family = _family(key), line.flags.tobytes()
        if (known := self._families.get(family)) and self._is_of(known[1], line, key, first):
            self._now_matters(key, known[0])
            return known[1]
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
        if (key, first.fixed) not in self._asked:
            self._asked.add((key, first.fixed))
            self._now_matters(key, self._what_matters(key, line, first, sources))
        sense = self._sense(
            first, self._with_zeros(first, sources, line.numbers), len(line.numbers)
        )
        self._families[family] = self._matters[key], sense
        return sense

    def _now_matters(self, key: bytes, found: Sequence[int]) -> None:
        self._matters[key] = tuple(sorted({*self._matters.get(key, ()), *found}))

    def _is_of(self, sense: Sense, line: _Line, key: bytes, first: Said) -> bool:
        """Return whether a line and one that is made up say what a sense says of them."""
        made = next(_made_up(line, key), None)
        return made is not None and all(
            said is not None
            and said.fixed == sense.fixed
            and bits_of(said.numbers) == bits_of(_filled(sense.sources, values))
            for said, values in ((first, line.numbers), (self.ask(made[0]), made[1]))
        )

    def _what_matters(
        self, key: bytes, line: _Line, first: Said, sources: tuple[Source, ...]
    ) -> tuple[int, ...]:
        """Return the numbers of a shape of which it matters whether they are zero, whole, or beyond
        the one before.
        """

        def differences(edits: Sequence[Edit]) -> set[int]:
            """Return the numbers of which other things are known where something else is said."""
            text = line.edited(edits).decode("utf-8", "surrogatepass")
            made = shapes_of([text])
            if made is None or made.keys[0] != key:
                return set()  # of another shape altogether, which is looked at by itself
            said = self.ask(text)
            if (
                said is not None
                and said.fixed == first.fixed
                and bits_of(said.numbers) == bits_of(_filled(sources, made.values))
            ):
                return set()
            return set(np.flatnonzero(made.flags != line.flags).tolist())

        return tuple(
            sorted({at for edits in line.turned() for at in _that_matter(edits, differences)})
        )

    def _sense(self, said: Said, sources: tuple[Source, ...], count: int) -> Sense:
        """Return the one sense of lines that say the same from the same places."""
        name = (said.fixed, sources, count)
        if name not in self._senses:
            sense = Sense(said.fixed, sources, count, said.value, len(self._senses))
            self._senses[name] = sense
            self._numbered.append(sense)
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


def _by_flags(page: Page, lines: Ints, asked: Sequence[int]) -> Iterator[tuple[bytes, Ints]]:
    """Yield lines of one shape by what is known of some of their numbers."""
    flags, rows = np.zeros((len(lines), len(asked)), dtype=np.uint8), page.rows(lines)
    for at, number in enumerate(asked):
        flags[:, at] = rows.flags(number)
    is_usual = (flags == flags[:1]).all(axis=1)
    yield flags[0].tobytes(), lines[is_usual]
    if not is_usual.all():
        odd, lines = flags[~is_usual], lines[~is_usual]
        kinds, which = np.unique(odd, axis=0, return_inverse=True)
        for kind, some in groups_of(which.reshape(-1)):
            yield kinds[kind].tobytes(), lines[some]


class Block:
    """The senses of the lines of a block, by number (`UNKNOWN` for one that is to be read by
    itself), and their numbers as far as they are asked for.
    """

    def __init__(self, page: Page, senses: Ints, known: Sequence[Sense]) -> None:
        self.page, self.senses, self._known = page, senses, known
        self._lines: dict[int, Ints] = {}
        self._rows: dict[int, Rows] = {}
        self._columns: dict[tuple[int, int], Floats] = {}

    def known(self) -> Iterator[tuple[int, int]]:
        """Yield where lines behind each other that all have a sense, or none, begin and end."""
        yield from _bounds(self.senses == UNKNOWN)

    def stretches(self, first: int, last: int) -> Iterator[tuple[Sense, int, int]]:
        """Yield some lines, all of which have one, by their senses: where they begin and end."""
        for begin, end in _bounds(self.senses[first:last]):
            yield self._known[int(self.senses[first + begin])], first + begin, first + end

    def worthy(self) -> Iterator[tuple[Sense | None, int, int]]:
        """Yield all lines by their senses: where they begin and end, None for too few of one."""
        for first, last in _bounds(self.senses):
            number = int(self.senses[first])
            worth = number != UNKNOWN and last - first >= LEAST
            yield self._known[number] if worth else None, first, last

    def columns_at(self, sense: Sense, first: int, last: int) -> list[Floats]:
        """Return each number of what the lines of one sense say, of those from one line up to
        another.
        """
        if sense.number not in self._lines:
            self._lines[sense.number] = np.flatnonzero(self.senses == sense.number)
        part = slice(*np.searchsorted(self._lines[sense.number], (first, last)).tolist())
        return [self._column(sense, source, part) for source in sense.sources]

    def _column(self, sense: Sense, source: Source, part: slice) -> Floats:
        if source.at < 0:
            return np.full(part.stop - part.start, source.factor)
        name = sense.number, source.at
        if name not in self._columns:
            if sense.number not in self._rows:
                self._rows[sense.number] = self.page.rows(self._lines[sense.number])
            self._columns[name] = self._rows[sense.number].numbers(source.at)
        column = self._columns[name][part]
        return column if source.factor > 0 else -column


def _bounds(values: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield where the same values behind each other begin and end."""
    yield from pairwise([0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)])


class Senses:
    """Reads the lines of one file by recipes: what a layout is holds for all of them, whatever is
    asked.
    """

    def __init__(self) -> None:
        self._layouts = Layouts()

    def block(self, lines: Lines, recipes: Recipes) -> Block | None:
        """Return the senses of lines; None where they are to be read by themselves."""
        texts = Texts.of(lines.texts) if len(lines) >= LEAST else None
        page = None if texts is None else self._layouts.page(texts)
        return None if page is None else recipes.read(page)


def alike(log: LogFile, recipes: Recipes) -> Iterator[tuple[Lines, Sense | None, list[Floats]]]:
    """Yield the lines of a file in stretches of one sense, each with the numbers of what its lines
    say; without a sense those that are to be read by themselves.
    """
    senses = Senses()
    for written in log.blocks():
        lines = log.columns_of(written)
        block = senses.block(lines, recipes) if written.complete else None
        if block is None:
            yield lines, None, []
            continue
        for sense, first, last in block.worthy():
            columns = [] if sense is None else block.columns_at(sense, first, last)
            yield lines[first:last], sense, columns


def _family(key: bytes) -> tuple[object, ...]:
    """Return a shape without how often a character stands behind itself, digits apart."""
    return tuple(
        (char, len(list(run)) if char == chr(MARK) else 1)
        for char, run in groupby(key.decode("utf-8", "surrogatepass"))
    )


def _is_zero(constant: Source, source: Source, mine: Floats) -> bool:
    """Return whether a number that is zero in one shape may come from a place, bit by bit."""
    if not 0 <= source.at < len(mine) or mine[source.at]:
        return False
    return bool(np.copysign(1.0, constant.factor) == np.copysign(1.0, source.factor))


def _sources(said: Sequence[Said], numbers: Floats) -> tuple[Source, ...] | None:
    """Return where every number comes from; None where one comes from nowhere, or from one of two
    places that differ.
    """
    found = list[Source]()
    if not said[0].numbers:
        return ()
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
    """Yield lines of the same shape, of whose numbers the same is known, with other ones; and
    those.
    """
    left = PROBES
    for attempt in range(TRIED):
        lines = [line.with_others(random.Random(f"{attempt} {at}")) for at in range(2 * PROBES)]
        texts = [other.decode("utf-8", "surrogatepass") for other in lines]
        shapes = shapes_of(texts)
        for at, other in enumerate(shapes.keys if shapes is not None else ()):
            part = slice(shapes.at[at], shapes.at[at + 1])  # type: ignore[union-attr]
            if left and other == key and np.array_equal(shapes.flags[part], line.flags):  # type: ignore[union-attr]
                left -= 1
                yield texts[at], shapes.values[part]  # type: ignore[union-attr]
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
    """A line in UTF-8, where its numbers stand in it, what they are, and what may be asked of
    them.
    """

    text: bytes
    spans: list[tuple[int, int]]
    numbers: Floats
    flags: Ints

    @classmethod
    def of(cls, text: str) -> _Line | None:
        """Return a line; None for one without a number."""
        shapes = shapes_of([text])
        if shapes is None or not len(shapes.values):
            return None
        spans = list(zip(shapes.starts.tolist(), shapes.ends.tolist(), strict=True))
        return cls(shapes.data, spans, shapes.values, shapes.flags)

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
