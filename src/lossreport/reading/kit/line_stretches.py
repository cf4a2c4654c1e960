"""Reads stretches of rows of a declared format at once: those between the first and the last of
rows that differ in their numbers alone.

What the function of a format says of a line depends on the state before it, so a recipe holds for
one state, which its lines leave as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lossreport.model.run import Axis, Floats
from lossreport.reading.bytes.reader import Lines, LogFile
from lossreport.reading.kit.line_row import Row
from lossreport.reading.kit.recipes import Recipes, Said, Sense, Senses
from lossreport.reading.parser import Record

if TYPE_CHECKING:
    from lossreport.reading.kit.line_reader import LineReader

BLOCK: Final = 4000
"""Lines whose shapes are looked at together; where the state changes inside them, the rest of them
is read by itself.
"""
BEGINNING: Final = 200
"""The first lines of a file are read by themselves: the state changes there."""
WORTH: Final = 100
"""Lines of one shape that take as long by themselves as to learn what they say."""
LEAD: Final = 2
"""Rows of a stretch that are read by themselves first."""


def read_fast(reader: LineReader, log: LogFile) -> Iterator[Record]:
    """Yield the records of all lines, but for those at the end."""
    recipes, state, place, senses = None, None, 0, Senses()
    for written in log.blocks():
        for some in _chunks(log.columns_of(written), place):
            if recipes is None or state != reader.state:
                state = reader.state
                recipes = Recipes(ask=_asking(reader, state), least=WORTH)
            is_begun = written.complete and place >= BEGINNING
            block = senses.block(some, recipes) if is_begun else None
            if block is None:
                yield from reader.take(some, place)
            else:
                for sense, begin, end in block.worthy():
                    lines = some[begin:end]
                    if sense is None:
                        yield from reader.take(lines, place + begin)
                    else:
                        columns = block.columns_at(sense, begin, end)
                        yield from _stretch(reader, lines, place + begin, sense, columns, state)
            place += len(some)


def _chunks(lines: Lines, place: int) -> Iterator[Lines]:
    """Yield lines in chunks, those of the beginning of the file first; `place` is how many stand
    before them.
    """
    first = min(len(lines), max(0, BEGINNING - place))
    if first:
        yield lines[:first]
    for begin in range(first, len(lines), BLOCK):
        yield lines[begin : begin + BLOCK]


def _asking(reader: LineReader, state: Any) -> Any:
    """Return the function that says what a line says in a state: a row with a place that leaves the
    state as it is, else None.
    """

    def ask(text: str) -> Said | None:
        rows, after = reader.step(text, state)
        if len(rows) != 1 or after != state:
            return None
        row = rows[0]
        if (
            row.x is None
            or not row.values
            or row.passing
            or any(value.once for value in row.values)
        ):
            return None
        plans = [value for _, value in row.facts]
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in plans):
            return None
        numbers = [
            row.x,
            row.epoch,
            *(float(value) for value in plans if isinstance(value, int | float)),
            *(one.value for one in row.values),
        ]
        kinds = tuple(value._replace(value=0.0) for value in row.values)
        plain = replace(
            row, x=0.0, epoch=0.0, values=kinds, facts=tuple((name, 0) for name, _ in row.facts)
        )
        return Said((_named(plain), reader.stamps.fits(text)), numbers, plain)

    return ask


def _named(row: Row) -> tuple[object, ...]:
    return row.axis, row.values, row.split, row.facts, row.nested, row.rank


def _stretch(
    reader: LineReader, lines: Lines, place: int, sense: Sense, columns: list[Floats], state: Any
) -> Iterator[Record]:
    row: Row = sense.sample
    yield from reader.take(lines[:LEAD], place)
    last = len(lines) - 1
    x, epoch, *rest = (column[LEAD:last] for column in columns)
    plans, values = rest[: len(row.facts)], rest[len(row.facts) :]
    told = all(
        (plan == reader.told.get(name)).all()
        for (name, _), plan in zip(row.facts, plans, strict=True)
    )
    ranked = row.rank in ("", reader.rank)
    keys = [reader.key(value, row, row) for value in row.values]
    once = len(set(keys)) == len(keys)  # a line that tells a column twice fills it row by row
    if last <= LEAD or reader.state != state or not (told and ranked and once and reader.goes_on):
        yield from reader.take(lines[LEAD:], place + LEAD)
        return
    numbered = lines.numbers[LEAD:last]
    none = np.full(len(x), math.nan)
    for key, y in zip(keys, values, strict=True):
        reader.columns.extend(key, x, y, numbered, none if row.axis is Axis.EPOCH else epoch, none)
    reader.rows += len(x)
    reader.see_shapes(row, lines.texts[LEAD:last])
    if reader.columns.full():
        yield from reader.columns.chunks()
    yield from reader.take(lines[last:], place + last)
