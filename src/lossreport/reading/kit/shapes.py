"""Tells lines apart by their shape: two lines of one shape are the same but for the digits of their
numbers.

A number stands by itself: digits of a name (`mAP50`, `acc@1`, `top-1`) belong to the shape, and so
do those of a version (`1.2.3`) and of a hash, and how many digits stand before the point of a
number. What a reader may ask of a number without reading it is its flags: whether it is zero,
whether it is whole though it has decimals, and whether it exceeds the number that it is put beside
(`3/10`, `12:30`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Floats, Ints
from lossreport.reading.bytes.texts import Texts
from lossreport.reading.kit.digits import FILL, Bytes, Forms, numbers

MARK: Final = 1
"""What stands for a digit in a shape; text that holds control characters up to 8 is not looked
at.
"""
ZERO, WHOLE, BEYOND = 1, 2, 4
LONG_DECIMALS: Final = (9, 15)
"""More decimals than these are another shape: patterns bound what they repeat, and none so low."""
MANY_DECIMALS: Final = 17
MOST_BLANKS: Final = 6
"""Blanks behind a slash, a bar or a colon between two numbers: whether the second is below the
first decides what they mean.
"""


class Shapes(NamedTuple):
    """The shape of every line, and all of their numbers in a row: those of line i are `values[at[i]
    : at[i + 1]]`, with what else is known of them in `flags`, `is_beside` and `forms`.

    `starts` and `ends` say where they stand in `data`, the lines in UTF-8. `fixed` are the places
    of the digits that belong to no number.
    """

    keys: list[bytes]
    values: Floats
    flags: Ints
    is_beside: npt.NDArray[np.bool_]
    forms: Forms
    at: Ints
    data: bytes
    starts: Ints
    ends: Ints
    fixed: Ints


class _Runs(NamedTuple):
    """All digits that stand together: where, and which of them are decimals or an exponent behind
    the run before.
    """

    starts: Ints
    ends: Ints
    is_decimals: npt.NDArray[np.bool_]
    is_exponent: npt.NDArray[np.bool_]
    is_fixed: npt.NDArray[np.bool_]


def is_marked(data: bytes) -> bool:
    """Return whether text holds control characters, which shapes take for marks."""
    return b"\r" in data or int(np.frombuffer(data, dtype=np.uint8).min(initial=255)) < ord("\t")


def shapes_of(texts: Sequence[str]) -> Shapes | None:
    """Return the shapes of lines; None where they hold control characters, which are not worth
    it.
    """
    lines = Texts.of(texts)
    if lines is None or is_marked(lines.data):
        return None
    full = np.frombuffer(bytes(FILL) + lines.data + b"\n\0\0\0", dtype=np.uint8)
    text = full[FILL:]
    runs = _runs(full, text)
    heads = np.flatnonzero(~(runs.is_fixed | runs.is_decimals | runs.is_exponent))
    forms, ends = _forms(text, runs, heads)
    starts = runs.starts[heads]
    values = numbers(full, starts, forms)
    is_beside = np.zeros(len(starts), dtype=bool)
    is_beside[1:] = _beside(text, starts, ends)
    return Shapes(
        _masked(text, len(lines.data), runs, starts).split(b"\n"),
        values,
        flags_of(values, forms.decimals > 0, is_beside, np.append(0.0, values[:-1])),
        is_beside,
        forms,
        np.searchsorted(starts, lines.starts),
        lines.data,
        starts,
        ends,
        _inside(runs.starts[runs.is_fixed], runs.ends[runs.is_fixed]),
    )


def flags_of(
    values: Floats,
    has_decimals: npt.NDArray[np.bool_],
    is_beside: npt.NDArray[np.bool_],
    before: Floats,
) -> Ints:
    """Return what may be asked of numbers; `before` are those that they are put beside, if any."""
    flags: Ints = (values == 0.0) * ZERO + (has_decimals & (values == np.floor(values))) * WHOLE
    flags += (is_beside & (values < before)) * BEYOND
    return flags


def _forms(text: Bytes, runs: _Runs, heads: Ints) -> tuple[Forms, Ints]:
    """Return how every number is written, and where it ends."""
    length = runs.ends - runs.starts
    behind = np.append(runs.is_decimals[1:], [False])[heads]
    last = heads + behind
    powered = np.append(runs.is_exponent[1:], [False])[last]
    starts = runs.starts[heads]
    end = last + powered
    forms = Forms(
        whole=length[heads],
        decimals=np.where(behind, length[last], 0),
        power_at=np.where(powered, runs.starts[end] - starts, 0),
        power=np.where(powered, length[end], 0),
        negative=(powered & (text[runs.starts[end] - 1] == ord("-"))).astype(np.int64),
    )
    return forms, runs.ends[end]


def _runs(full: Bytes, text: Bytes) -> _Runs:
    is_digit = (text - 48) < 10
    edges = np.flatnonzero(is_digit[1:] != is_digit[:-1]) + 1
    edges = np.concatenate([[0], edges]) if is_digit[0] else edges
    starts, ends = edges[0::2], edges[1::2]
    one, two = (full[FILL - back + starts] for back in (1, 2))
    ends_before = np.concatenate([[-9], ends[:-1]])
    joined = (one == 46) & (ends_before == starts - 1)
    is_chain = joined & np.concatenate([[False], joined[:-1]])
    is_chain |= np.concatenate([is_chain[1:], [False]])  # 1.2.3 is no number
    is_chain |= np.concatenate([is_chain[1:], [False]])
    is_chain |= joined & np.concatenate([[False], is_chain[:-1]])
    is_name = _is_letter(one) | ((one == 45) & _is_letter(two)) | ((one == 46) & ~joined)
    signed = (one == 45) | (one == 43)
    power = np.where(signed, two, one) | 32
    is_exponent = (
        (power == 101)
        & (ends_before == starts - 1 - signed)
        & (ends - starts <= 3)
        & ~_is_word(text[ends])
    )
    is_name &= ~is_exponent
    is_name |= is_chain
    is_fixed = is_name.copy()
    parts = joined | is_exponent
    is_fixed[1:] |= parts[1:] & is_fixed[:-1]
    is_fixed[1:] |= parts[1:] & is_fixed[:-1]  # an exponent behind decimals
    is_exponent &= ~is_fixed
    return _Runs(starts, ends, joined & ~is_fixed, is_exponent, is_fixed)


def _is_letter(found: Bytes) -> Any:
    return (((found | 32) - 97) < 26) | (found == 95) | (found == 64) | (found == 35)


def _is_word(found: Bytes) -> Any:
    return (((found | 32) - 97) < 26) | (found == 95) | (found > 127) | (found == 46)


def _beside(text: Bytes, starts: Ints, ends: Ints) -> Any:
    """Return which numbers, from the second on, stand beside the one before with a slash, a bar, a
    colon or `of` between them.
    """
    gap = starts[1:] - ends[:-1]
    behind = ends[:-1]
    first = text[behind]
    blank = first == 32
    marks, left = behind + blank, gap - blank - 1
    mark = text[marks]
    found = ((mark == 47) | (mark == 124) | (mark == 58)) & (left >= 0) & (left <= MOST_BLANKS)
    some = np.flatnonzero(found)
    for at in range(1, MOST_BLANKS + 1):  # `400/  834`
        found[some] &= (left[some] < at) | (text[np.minimum(marks[some] + at, len(text) - 1)] == 32)
    of = np.flatnonzero((gap == 4) & blank)
    found[of] |= (
        (text[behind[of] + 1] == 111) & (text[behind[of] + 2] == 102) & (text[behind[of] + 3] == 32)
    )
    return found


def _masked(text: Bytes, size: int, runs: _Runs, starts: Ints) -> bytes:
    """Return the text with marks for digits, of decimals the first only."""
    masked = MASKED[text[:size]]
    fixed = _inside(runs.starts[runs.is_fixed], runs.ends[runs.is_fixed])
    masked[fixed] = text[fixed]
    masked[starts] = MARK
    decimals = np.flatnonzero(runs.is_decimals)
    length = runs.ends[decimals] - runs.starts[decimals]
    kept = np.ones(len(decimals), dtype=np.int64)
    if (long := np.flatnonzero(length > LONG_DECIMALS[0])).size:
        kept[long] += 1 + (length[long] > LONG_DECIMALS[1])
        kept[long] = np.where(length[long] > MANY_DECIMALS, length[long], kept[long])
    masked[_inside(runs.starts[decimals] + kept, runs.ends[decimals])] = 0
    return masked.tobytes().translate(None, b"\0")


MASKED: Final = np.array([MARK if 48 <= code < 58 else code for code in range(256)], dtype=np.uint8)


def _inside(starts: Ints, ends: Ints) -> Any:
    """Return all places from each start up to its end."""
    length = ends - starts
    behind = np.cumsum(length)
    return np.arange(int(behind[-1]) if len(behind) else 0) + np.repeat(
        starts - behind + length, length
    )
