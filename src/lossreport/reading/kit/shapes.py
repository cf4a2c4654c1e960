"""Tells many lines apart by their shape at once: two lines of one shape are the same but for the
digits of their numbers.

A number stands by itself: digits of a name (`mAP50`, `acc@1`, `top-1`) belong to the shape, and so
do those of a version (`1.2.3`) and of a hash. What a reader may ask of a number without reading it
belongs to the shape as well: how many digits stand before its point, whether it is zero, whether it
is whole though it has decimals, and whether it exceeds the number that it is put beside (`3/10`,
`12:30`). All numbers are converted at once, to the same doubles that `float` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Floats, Ints

Bytes = npt.NDArray[np.uint8]

FILL: Final = 24
"""Bytes before the text, so that the last digits of its first number can be loaded in one go."""
MARK: Final = 1
"""What stands for the first digit of a number, plus what is known of it; all control characters up
to 8 are such marks.
"""
ZERO, WHOLE, BEYOND = 1, 2, 4
LONG_DECIMALS: Final = (9, 15)
"""More decimals than these are another shape: patterns bound what they repeat, and none so low."""
MANY_DECIMALS: Final = 17
MOST_BLANKS: Final = 6
"""Blanks behind a slash, a bar or a colon between two numbers: whether the second is below the
first decides what they mean.
"""
MOST_DIGITS: Final = 19
"""A number of so many digits is below 2^64."""
EXACT: Final = 1 << 53
POWERS: Final = np.array([10.0**k for k in range(23)])
"""The powers of ten that a double holds exactly."""
LONG_POWERS: Final = np.array([10**k for k in range(20)], dtype=np.uint64)
KEPT: Final = np.array(
    [0, *(0xFFFFFFFFFFFFFFFF << 8 * (8 - count) & 0xFFFFFFFFFFFFFFFF for count in range(1, 9))],
    dtype=np.uint64,
)
"""The bytes of the last digits, by their count, in a word whose first byte is its lowest."""
FOLDS: Final = tuple(
    (np.uint64(times), np.uint64(shift), np.uint64(mask))
    for times, shift, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10000, 32, 0xFFFFFFFF),
    )
)
"""How digits become numbers of two, of four and of eight digits, all of a word at once."""
WIDE: Final = np.finfo(np.longdouble).nmant == 63
"""Whether the machine has doubles of 64 bits of mantissa, in which a number of 19 digits over a
power of ten is off by less than one of them.
"""
WIDE_POWERS: Final = np.array([10**k for k in range(20)], dtype=np.uint64).astype(np.longdouble)


class Shapes(NamedTuple):
    """The shape of every line, and all of their numbers in a row: those of line i are `values[at[i]
    : at[i + 1]]`.

    `starts` and `ends` say where they stand in `data`, the lines in UTF-8.
    """

    keys: list[bytes]
    values: Floats
    at: Ints
    data: bytes
    starts: Ints
    ends: Ints

    def rows(self, first: int, last: int) -> Floats:
        """Return the numbers of some lines with as many numbers each, a line a row."""
        low, high = int(self.at[first]), int(self.at[last])
        return self.values[low:high].reshape(last - first, -1)


class _Runs(NamedTuple):
    """All digits that stand together: where, and which of them are decimals or an exponent behind
    the run before.
    """

    starts: Ints
    ends: Ints
    is_decimals: npt.NDArray[np.bool_]
    is_exponent: npt.NDArray[np.bool_]
    is_fixed: npt.NDArray[np.bool_]


def shapes_of(texts: Sequence[str]) -> Shapes | None:
    """Return the shapes of lines; None where they hold control characters, which are not worth
    it.
    """
    data = "\n".join(texts).encode("utf-8", "surrogatepass")
    full = np.frombuffer(bytes(FILL) + data + b"\n\0\0\0", dtype=np.uint8)
    text = full[FILL:]
    if data.count(b"\n") != len(texts) - 1 or bool((text[: len(data)] < 9).any()) or b"\r" in data:
        return None
    runs = _runs(full, text)
    lines = np.concatenate([[0], np.flatnonzero(text[: len(data)] == 10) + 1, [len(data) + 1]])
    heads = np.flatnonzero(~(runs.is_fixed | runs.is_decimals | runs.is_exponent))
    values, zero, decimal = _values(full, runs, heads, data)
    starts = runs.starts[heads]
    ends = runs.ends[_last_parts(runs, heads)]
    at = np.searchsorted(starts, lines)
    flags = zero * ZERO + (decimal & (values == np.floor(values))) * WHOLE
    flags[1:] += (_beside(text, starts, ends) & (values[1:] < values[:-1])) * BEYOND
    keys = _masked(text, len(data), runs, starts, flags).split(b"\n")
    return Shapes(keys, values, at, data, starts, ends)


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


def _last_parts(runs: _Runs, heads: Ints) -> Any:
    """Return the last run of every number."""
    behind = np.append(runs.is_decimals[1:], [False])[heads]
    last = heads + behind
    power = np.append(runs.is_exponent[1:], [False])[last]
    return last + power


# ------------------------------------------------------------------------------------- numbers
def _digits(full: Bytes, starts: Ints, ends: Ints) -> npt.NDArray[np.uint64]:
    """Return the whole numbers that runs of at most 19 digits are."""
    words = np.ndarray((len(full) - 7,), "<u8", full, strides=(1,))
    length = ends - starts
    value = _eight(words[FILL - 8 + ends], np.minimum(length, 8))
    for part in (1, 2):
        long = np.flatnonzero(length > 8 * part)
        if not len(long):
            break
        more = _eight(
            words[FILL - 8 * (part + 1) + ends[long]], np.minimum(length[long] - 8 * part, 8)
        )
        value[long] += more * LONG_POWERS[8 * part]
    return value


def _eight(words: npt.NDArray[np.uint64], count: Ints) -> npt.NDArray[np.uint64]:
    """Return the number that the last `count` of eight digits are, all eight at once."""
    found = (words ^ np.uint64(0x3030303030303030)) & KEPT[count]
    for times, shift, mask in FOLDS:
        high = found >> shift
        found *= times
        found += high
        found &= mask
    return found


def _values(full: Bytes, runs: _Runs, heads: Ints, data: bytes) -> tuple[Floats, Any, Any]:
    """Return (value, whether it is zero, whether it has decimals) of every number."""
    length = runs.ends - runs.starts
    behind = np.append(runs.is_decimals[1:], [False])[heads]
    decimals = np.where(behind, np.append(length[1:], [0])[heads], 0)
    last = heads + behind
    has_power = np.append(runs.is_exponent[1:], [False])[last]
    whole = length[heads]
    fits = whole + decimals <= MOST_DIGITS
    mantissa = _digits(
        full,
        runs.starts[heads],
        np.where(whole <= MOST_DIGITS, runs.ends[heads], runs.starts[heads]),
    )
    few = np.flatnonzero(behind & fits)
    part = _digits(full, runs.starts[heads[few] + 1], runs.ends[heads[few] + 1])
    mantissa[few] = mantissa[few] * LONG_POWERS[decimals[few]] + part
    power = -decimals
    raised = np.flatnonzero(has_power)
    if len(raised):
        at = last[raised] + 1
        size = _digits(full, runs.starts[at], runs.ends[at]).astype(np.int64)
        power[raised] += np.where(full[FILL - 1 + runs.starts[at]] == 45, -size, size)
    values = _scaled(mantissa, power)
    odd = np.flatnonzero(~fits | np.isnan(values))
    if len(odd):
        ends = runs.ends[_last_parts(runs, heads[odd])]
        spans = zip(runs.starts[heads[odd]].tolist(), ends.tolist(), strict=True)
        values[odd] = [float(data[start:end]) for start, end in spans]
    return values, values == 0.0, behind


def _scaled(mantissa: npt.NDArray[np.uint64], power: Ints) -> Floats:
    """Return mantissa times ten to the power, rounded as `float` does; NaN where that takes more
    than is at hand.
    """
    values = np.full(len(mantissa), np.nan)
    exact = mantissa <= EXACT
    down = np.flatnonzero(exact & (power <= 0) & (power >= -22))
    values[down] = mantissa[down].astype(np.float64) / POWERS[-power[down]]
    up = np.flatnonzero(exact & (power > 0) & (power <= 22))
    values[up] = mantissa[up].astype(np.float64) * POWERS[power[up]]
    if WIDE:
        long = np.flatnonzero(~exact & (power <= 0) & (power >= -19))
        wide = mantissa[long].astype(np.longdouble) / WIDE_POWERS[-power[long]]
        near = wide.astype(np.float64)
        half = np.spacing(np.abs(near)) / 2
        off = np.abs(np.abs(wide - near) - half)
        # not so near the middle of two doubles that the rounding before decides
        sure = off > half * 2.0**-9
        values[long[sure]] = near[sure]
    return values


# ------------------------------------------------------------------------------------- shapes
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


def _masked(text: Bytes, size: int, runs: _Runs, starts: Ints, flags: Ints) -> bytes:
    """Return the text with marks for digits, of decimals the first only."""
    masked = MASKED[text[:size]]
    fixed = _inside(runs.starts[runs.is_fixed], runs.ends[runs.is_fixed])
    masked[fixed] = text[fixed]
    masked[starts] = (MARK + flags).astype(np.uint8)
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
