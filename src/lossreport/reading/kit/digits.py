"""Makes numbers of many runs of digits at once: the same doubles that `float` gives.

Eight digits are one word of 64 bits, and three steps of multiplication make a number of them. A
mantissa below 2^53 over a power of ten up to 10^22 is rounded once, as `float` does; a longer one
is divided in 64 bits of mantissa, and where that does not decide the rounding, `float` itself is
asked.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport.model.run import Floats, Ints

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

FILL: Final = 24
"""Bytes before the text, so that the last digits of its first number can be loaded in one go."""
WORD: Final = 8
"""Digits that one word holds."""
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
ZEROS: Final = np.uint64(0x3030303030303030)
BYTE: Final = np.uint64(8)
WIDE: Final = np.finfo(np.longdouble).nmant == 63
"""Whether the machine has doubles of 64 bits of mantissa, in which a number of 19 digits over a
power of ten is off by less than one of them.
"""
WIDE_POWERS: Final = np.array([10**k for k in range(20)], dtype=np.uint64).astype(np.longdouble)


class Forms(NamedTuple):
    """How numbers are written: how many digits stand before the point (`whole`) and behind it
    (`decimals`), where the digits of an exponent begin behind the first digit of the number
    (`power_at`, 0 without one), how many they are, and whether it is negative (1).
    """

    whole: Ints
    decimals: Ints
    power_at: Ints
    power: Ints
    negative: Ints

    def part(self, at: Ints | slice) -> Forms:
        """Return those of some numbers."""
        return Forms(*(column[at] for column in self))


def numbers(full: Bytes, starts: Ints, forms: Forms) -> Floats:
    """Return numbers by where their first digits stand in a text of ASCII digits, points and
    exponents, which begins with `FILL` bytes that are none of it. One form may hold for all.
    """
    words = np.ndarray((len(full) - 7,), "<u8", full, strides=(1,))
    if not len(starts):
        return np.empty(0)
    whole, decimals = forms.whole, forms.decimals
    ends = starts + (whole + decimals + (decimals > 0) + (FILL - WORD))
    powered = bool(forms.power_at.any())
    widest = int((whole + decimals).max())
    is_short = widest < WORD or (widest == WORD and not decimals.any())
    if is_short:
        found = words[ends]
        if len(starts) > 1 and _are_same(found, words, starts, forms):
            return np.full(len(starts), numbers(full, starts[:1], forms)[0])
        mantissa = _short(found, whole, decimals)
    if is_short and not powered:
        values = mantissa.astype(np.float64)
        values /= POWERS[decimals]
        return values
    forms = Forms(*(np.broadcast_to(column, starts.shape) for column in forms))
    if not is_short:
        mantissa = _long(words, ends, forms.whole, forms.decimals)
    power = -forms.decimals
    if powered:
        power = power + _exponents(full, words, starts, forms)
    return _rounded(full, starts, forms, mantissa, power)


def _are_same(found: Words, words: Words, starts: Ints, forms: Forms) -> bool:
    """Return whether numbers of one form are the same again and again, as a learning rate or a
    total is; `found` are their last digits.
    """
    if len(forms.whole) > 1 or not bool((found == found[0]).all()):
        return False
    if not forms.power_at[0]:
        return True
    powers = words[starts + int(forms.power_at[0] + forms.power[0]) + (FILL - WORD)]
    return bool((powers == powers[0]).all())


def _short(words: Words, whole: Ints, decimals: Ints) -> Words:
    """Return the digits of numbers that a word holds with their points, as whole numbers."""
    words ^= ZEROS
    behind = KEPT[decimals]
    before = KEPT[whole + decimals] ^ behind
    has_point = decimals > 0
    if has_point.all():
        return _eight((words & behind) | ((words << BYTE) & before))
    moved = np.where(has_point, words << BYTE, words)
    return _eight((words & behind) | (moved & before))


def _long(words: Words, ends: Ints, whole: Ints, decimals: Ints) -> Words:
    """Return the digits of numbers of up to 19 of them as whole numbers; those of longer ones are
    not to be used.
    """
    fits = whole + decimals <= MOST_DIGITS
    behind = _digits(words, ends, np.where(fits, decimals, 0))
    before = ends - decimals - (decimals > 0)
    mantissa = _digits(words, before, np.where(fits, whole, 0))
    return mantissa * LONG_POWERS[np.where(fits, decimals, 0)] + behind


def _digits(words: Words, ends: Ints, count: Ints) -> Words:
    """Return the whole numbers that the digits up to each end are, at most 19 of them."""
    value = _eight((words[ends] ^ ZEROS) & KEPT[np.minimum(count, WORD)])
    for part in (1, 2):
        longer = np.flatnonzero(count > WORD * part)
        if not len(longer):
            break
        left = np.minimum(count[longer] - WORD * part, WORD)
        more = _eight((words[ends[longer] - WORD * part] ^ ZEROS) & KEPT[left])
        value[longer] += more * LONG_POWERS[WORD * part]
    return value


def _eight(found: Words) -> Words:
    """Return the numbers that words of eight digits, 0 to 9, are."""
    for times, shift, mask in FOLDS:
        high = found >> shift
        found *= times
        found += high
        found &= mask
    return found


def _exponents(full: Bytes, words: Words, starts: Ints, forms: Forms) -> Ints:
    ends = starts + forms.power_at + forms.power + (FILL - WORD)
    size = _digits(words, ends, forms.power).astype(np.int64)
    return np.where(forms.negative > 0, -size, size)


def _rounded(full: Bytes, starts: Ints, forms: Forms, mantissa: Words, power: Ints) -> Floats:
    values = _scaled(mantissa, power)
    odd = np.flatnonzero((forms.whole + forms.decimals > MOST_DIGITS) | np.isnan(values))
    for at in odd.tolist():
        one = forms.part(slice(at, at + 1))
        begin = int(starts[at]) + FILL
        end = begin + int((one.whole + one.decimals + (one.decimals > 0))[0])
        if one.power_at[0]:
            end = begin + int((one.power_at + one.power)[0])
        values[at] = float(full[begin:end].tobytes())
    return values


def _scaled(mantissa: Words, power: Ints) -> Floats:
    """Return mantissa times ten to the power, rounded as `float` does; NaN where that takes more
    than is at hand.
    """
    exact = mantissa <= EXACT
    is_down = exact & (power <= 0) & (power >= -22)
    if is_down.all():
        values: Floats = mantissa.astype(np.float64)
        values /= POWERS[-power]
        return values
    values = np.full(len(mantissa), np.nan)
    down = np.flatnonzero(is_down)
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
