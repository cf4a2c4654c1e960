"""Tells many lines apart at once by their layout: two lines of one layout are the same but for
their digits, each of which stands at the same place.

A log has few layouts. What stands where is worked out once for each (`shapes_of`); all other lines
are looked up by their bytes with the digits masked, and of their numbers those that are asked for
are made.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Floats, Ints
from lossreport.reading.bytes.texts import Texts
from lossreport.reading.kit.digits import FILL, Bytes, Forms, numbers
from lossreport.reading.kit.shapes import MARK, Shapes, flags_of, is_marked, shapes_of

MASK: Final = bytes.maketrans(b"0123456789", bytes([MARK]) * 10)
MOST: Final = 20_000
"""Layouts that are remembered; a file with more is free text, or prints numbers of all lengths."""
UNKNOWN: Final = -1


class _Grown:
    """A column that grows."""

    def __init__(self) -> None:
        self._held = np.empty(64, dtype=np.int64)
        self.count = 0

    def add(self, more: Ints) -> None:
        """Append values."""
        count = self.count + len(more)
        if count > len(self._held):
            held = np.empty(max(count, 2 * len(self._held)), dtype=np.int64)
            held[: self.count] = self._held[: self.count]
            self._held = held
        self._held[self.count : count] = more
        self.count = count

    def __getitem__(self, at: Ints | int) -> Ints:
        return self._held[at]


class Layouts:
    """The layouts of one file, by number; `shapes` are the shapes that they are of, `counts`
    how many numbers a line of each has.

    The numbers of layout i stand at `first[i]` and behind it in the columns of `heads` (where its
    first digit stands in the line), `beside` (whether it is put beside the one before) and `forms`.
    """

    def __init__(self) -> None:
        self.shapes: list[bytes] = []
        self.counts: list[int] = []
        self._shape_of: dict[bytes, int] = {}
        self._clear()

    def _clear(self) -> None:
        self._known: dict[bytes, int] = {}
        self._others: dict[tuple[int, bytes], int] = {}
        self._fixed: dict[int, tuple[Ints, bytes]] = {}
        self.first, self.shape, self.heads, self.beside = (_Grown() for _ in range(4))
        self.forms = tuple(_Grown() for _ in Forms._fields)

    def page(self, texts: Texts) -> Page | None:
        """Return the layout of every line; None where they hold control characters."""
        if is_marked(texts.data):
            return None
        if self.first.count > MOST:
            self._clear()
        masked = texts.data.translate(MASK).split(b"\n")
        found = list(map(self._known.get, masked))
        if None in found:
            self._learn(masked, texts, found)
            found = list(map(self._known.get, masked))
        layouts = np.array(found, dtype=np.int64)
        if self._fixed:
            self._tell_apart(layouts, texts)
        return Page(self, texts, layouts)

    def _learn(self, masked: list[bytes], texts: Texts, found: list[int | None]) -> None:
        """Take in the layouts that are not known."""
        places: dict[bytes, int] = {}
        for place, layout in enumerate(found):
            if layout is None:
                places.setdefault(masked[place], place)
        numbered = self._add([texts[place] for place in places.values()], by_mask=True)
        self._known.update(zip(places, numbered, strict=True))

    def _add(self, lines: list[str], *, by_mask: bool) -> range:
        """Work out the layouts of lines; return their numbers. Those found by their mask are told
        apart by the digits of names in them.
        """
        begin = self.first.count
        shapes = shapes_of(lines)
        if shapes is None:
            raise ValueError("lines of one text, without marks")
        starts = Texts(shapes.data).starts
        of_lines = np.searchsorted(shapes.starts, starts)
        self.first.add(self.heads.count + of_lines[:-1])
        self.heads.add(shapes.starts - np.repeat(starts[:-1], np.diff(of_lines)))
        self.beside.add(shapes.is_beside.astype(np.int64))
        for held, more in zip(self.forms, shapes.forms, strict=True):
            held.add(more)
        counts = np.diff(of_lines).tolist()
        found = [self._number_of(*one) for one in zip(shapes.keys, counts, strict=True)]
        self.shape.add(np.array(found, dtype=np.int64))
        if by_mask:
            self._remember_fixed(begin, shapes, starts)
        return range(begin, self.first.count)

    def _number_of(self, key: bytes, count: int) -> int:
        if key not in self._shape_of:
            self._shape_of[key] = len(self.shapes)
            self.shapes.append(key)
            self.counts.append(count)
        return self._shape_of[key]

    def _remember_fixed(self, begin: int, shapes: Shapes, starts: Ints) -> None:
        """Remember where digits of names stand, and which ones they are."""
        bounds = np.searchsorted(shapes.fixed, starts)
        for at in np.flatnonzero(np.diff(bounds)).tolist():
            places = shapes.fixed[bounds[at] : bounds[at + 1]]
            digits = bytes(shapes.data[place] for place in places.tolist())
            self._fixed[begin + at] = places - starts[at], digits

    def _tell_apart(self, layouts: Ints, texts: Texts) -> None:
        """Give lines a layout of their own whose digits of names are others."""
        data = np.frombuffer(texts.data, dtype=np.uint8)
        named: dict[tuple[int, bytes], list[int]] = {}
        for layout, lines in groups_of(layouts):
            if layout in self._fixed:
                places, digits = self._fixed[layout]
                found = data[texts.starts[lines, None] + places]
                is_other = (found != np.frombuffer(digits, dtype=np.uint8)).any(axis=1)
                for at in np.flatnonzero(is_other).tolist():
                    named.setdefault((layout, found[at].tobytes()), []).append(int(lines[at]))
        if len(self._others) < MOST:
            fresh = {name: lines[0] for name, lines in named.items() if name not in self._others}
            if fresh:
                numbered = self._add([texts[line] for line in fresh.values()], by_mask=False)
                self._others.update(zip(fresh, numbered, strict=True))
        for name, of_name in named.items():
            layouts[of_name] = self._others.get(name, UNKNOWN)


class Page:
    """The lines of a block: the layout and the shape of each, and what their numbers are."""

    def __init__(self, layouts: Layouts, texts: Texts, of_lines: Ints) -> None:
        self._layouts, self._texts, self._of_lines = layouts, texts, of_lines
        self._full = np.frombuffer(bytes(FILL) + texts.data + b"\n\0\0\0", dtype=np.uint8)
        self.shapes = np.where(of_lines < 0, UNKNOWN, layouts.shape[of_lines])

    def text(self, line: int) -> str:
        """Return a line."""
        return self._texts[line]

    def key(self, shape: int) -> bytes:
        """Return a shape by its number."""
        return self._layouts.shapes[shape]

    def count(self, shape: int) -> int:
        """Return how many numbers a line of a shape has."""
        return self._layouts.counts[shape]

    def rows(self, lines: Ints) -> Rows:
        """Return some lines with as many numbers each."""
        layouts = self._of_lines[lines]
        if len(layouts) and (layouts == layouts[0]).all():
            layouts = layouts[:1]  # which holds for all of them
        first = self._layouts.first[layouts]
        return Rows(self._layouts, self._full, self._texts.starts[lines], first)

    def numbers(self, lines: Ints, number: int) -> Floats:
        """Return one number of each of some lines, by its place in them."""
        return self.rows(lines).numbers(number)

    def flags(self, lines: Ints, number: int) -> Ints:
        """Return what may be asked of one number of each of some lines."""
        return self.rows(lines).flags(number)


class Rows:
    """Lines with as many numbers each: where they begin, and where their numbers stand among those
    of all layouts, once for all lines of one layout.
    """

    def __init__(self, layouts: Layouts, full: Bytes, starts: Ints, first: Ints) -> None:
        self._layouts, self._full, self._starts, self._first = layouts, full, starts, first

    def numbers(self, number: int) -> Floats:
        """Return one number of every line."""
        at = self._first + number
        forms = Forms(*(column[at] for column in self._layouts.forms))
        return numbers(self._full, self._starts + self._layouts.heads[at], forms)

    def flags(self, number: int) -> Ints:
        """Return what may be asked of one number of every line."""
        at = self._first + number
        values, is_beside = self.numbers(number), self._layouts.beside[at] > 0
        before = self.numbers(number - 1) if is_beside.any() else values
        return flags_of(values, self._layouts.forms[1][at] > 0, is_beside, before)


def groups_of(numbers: npt.NDArray[np.int64]) -> list[tuple[int, Ints]]:
    """Return the places of every number, the numbers rising."""
    if len(numbers) and (numbers == numbers[0]).all():
        return [(int(numbers[0]), np.arange(len(numbers)))]
    order = np.argsort(numbers, kind="stable")
    bounds = np.flatnonzero(np.diff(numbers[order])) + 1
    return [(int(numbers[part[0]]), part) for part in np.split(order, bounds) if len(part)]
