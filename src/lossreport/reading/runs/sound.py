"""What every record of every parser is held to before anything is computed from it: counters are
finite, settings are of a size to show.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import FactValue, Floats, Ints, frozen_floats, frozen_ints
from lossreport.reading.parser import ColumnChunk, RawFact
from lossreport.text import Text

MOST: Final = float(2**62)
"""No step, sample, token or nanosecond since 1970 is counted beyond; whole numbers up to here fit
into the integers of numpy.
"""
LONGEST: Final = 2000
"""Characters of a setting: a prompt or a list of files; what is longer is cut."""
NOT_COUNTED = Text(
    zh="步数或 epoch 不是有限的数，或大得不可能，这一行没有采用",
    en="its step or epoch is not finite, or too large to be one; the row is left out",
)


def sound_chunk(chunk: ColumnChunk) -> tuple[ColumnChunk, Ints]:
    """Return the rows whose place is a number that can be counted to, and the lines of the others.

    A printed epoch or total that is none becomes NaN: not printed.
    """
    kept = np.abs(chunk.x) <= MOST
    if kept.all() and _sound(chunk.epoch) and _sound(chunk.of):
        return chunk, frozen_ints([])
    sound = ColumnChunk(
        chunk.key,
        frozen_floats(chunk.x[kept]),
        frozen_floats(chunk.y[kept]),
        frozen_ints(chunk.line[kept]),
        _bounded(chunk.epoch[kept]),
        _bounded(chunk.of[kept]) if len(chunk.of) else chunk.of,
    )
    return sound, frozen_ints(chunk.line[~kept])


def sound_fact(fact: RawFact) -> RawFact:
    """Return a setting whose numbers can be computed with: what is not finite, or too large for an
    integer of 64 bits, is its text.
    """
    value = sound_value(fact.value)
    return fact if value is fact.value else replace(fact, value=value)


def _sound(values: Floats) -> bool:
    return not bool(np.any(np.abs(values) > MOST))


def _bounded(values: Floats) -> Floats:
    return frozen_floats(np.where(np.abs(values) > MOST, math.nan, values))


def sound_value(value: object) -> FactValue:
    """Return a value that can be computed with and shown: its text where it is neither a word, a
    truth, a finite number nor a row of those.
    """
    match value:
        case bool() | None:
            return value
        case str():
            return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
        case int():
            return value if abs(value) <= MOST else _written(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case tuple() | list():
            shown = tuple(
                item if isinstance(item, bool | int | float | str) else str(item)
                for item in map(sound_value, value)
            )
            return value if shown == value else shown
        case _:  # a date of YAML, a list of lists
            return sound_value(str(value))


def _written(value: int) -> str:
    try:
        return f"{float(value):.6g}"
    except OverflowError:
        return "-inf" if value < 0 else "inf"
