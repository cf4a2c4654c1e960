"""Reads what stands at a number: the number, the mean behind it, a list of several, a share of two
counts, a change from one to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from lossreport.reading.lines.naming import UNITS
from lossreport.reading.lines.tokens import Token

COMMAS: Final = frozenset((",", "，", "、"))
ENDS: Final = frozenset("|;；)]}│")
MEANS: Final = frozenset(
    ["avg", "average", "mean", "ave", "smoothed", "global_avg", "ema", "med", "median"]
)
LONG_TIMES: Final = frozenset(("d", "h", "hr", "hrs", "m", "min"))
ERROR: Final = frozenset(("±", "+-", "+/-"))
MOST: Final = 32
"""Longer lists are data, not metrics."""
WIDE: Final = 2


class Figure(NamedTuple):
    """One or more numbers of one name; `mean` stands in parentheses behind a single one; `last` is
    the last token.

    `slashed` ones stand between slashes, `whole` where none of them has decimals. `spread` says
    that a deviation stands behind it: `0.71 ± 0.06` over several runs.
    """

    values: tuple[float, ...]
    last: int
    mean: float | None = None
    unit: str = ""
    slashed: bool = False
    whole: bool = False
    spread: bool = False


def figure_at(found: Sequence[Token], at: int, *, opened: bool = False) -> Figure | None:
    """Return what stands at a number; None where it is none by itself: a range, a version, a part
    of a word, a place in a list of places.
    """
    if opened:
        return _listed(found, at)
    unit, last = _unit(found, at)
    while unit is not None and _changes(found, last):  # `0.5 -> 0.4`: the last counts
        at = last + 2
        unit, last = _unit(found, at)
    if unit is None:
        return None
    behind = found[last + 1] if last + 1 < len(found) else None
    if behind is None:
        return Figure((found[at].value,), last, unit=unit)
    if behind.text == "/" and behind.gap <= 1 and not unit and not _goes_on(found, last + 2):
        return _share(found, at)
    if _is_range(found, last):
        return None
    values = _commas(found, at) if behind.text in COMMAS and not unit else None
    return values if values is not None else _with_mean(found, at, last, unit)


def _goes_on(found: Sequence[Token], at: int) -> bool:
    """Return whether a slash only stands between two pairs: `loss 0.5 / acc 0.9`."""
    return at < len(found) and found[at].is_word and found[at].gap > 0


def _changes(found: Sequence[Token], last: int) -> bool:
    return last + 2 < len(found) and found[last + 1].kind == "arrow" and found[last + 2].is_number


def _is_range(found: Sequence[Token], last: int) -> bool:
    """Return whether a number is glued to another by a hyphen: `3-5`, `2021-12`."""
    behind = found[last + 1 : last + 3]
    return (
        len(behind) == 2
        and behind[0].text == "-"
        and not behind[0].gap
        and not behind[1].gap
        and behind[1].kind in ("number", "other")
    )


def _unit(found: Sequence[Token], at: int) -> tuple[str | None, int]:
    """Return (unit, last token); None for a number that is the beginning of a word: `3d`, `2nd`."""
    if at + 1 >= len(found):
        return "", at
    behind = found[at + 1]
    if behind.text in ("%", "％") and behind.gap <= 1:
        return "%", at + 1
    if not behind.is_word:
        return "", at
    if behind.low in LONG_TIMES and at + 2 < len(found) and found[at + 2].is_number:
        return None, at  # `00h 01m 30s`
    if behind.gap == 0 and behind.text.isascii() and behind.low not in UNITS:
        named = at + 2 < len(found) and found[at + 2].text in (":", "=")
        capital = behind.text[0].isupper() and "." in found[at].text
        return ("", at) if named or capital else (None, at)
    if (
        behind.low in UNITS
        and behind.gap <= 1
        and not (at + 2 < len(found) and found[at + 2].text in (":", "=", "："))
    ):
        return behind.text, at + 1
    return "", at


def _with_mean(found: Sequence[Token], at: int, last: int, unit: str) -> Figure:
    """Return a number with the mean in parentheses behind it; a signed one there is a change, a
    share and a duration are no mean.
    """
    value = found[at].value
    plain = Figure((value,), last, unit=unit)
    if last + 1 < len(found) and found[last + 1].text in ERROR:
        return Figure((value,), min(last + 2, len(found) - 1), unit=unit, spread=True)
    if last + 3 > len(found) - 1 or found[last + 1].text != "(":
        return plain
    inner = last + 2
    if found[inner].low in MEANS:
        inner += 1 + (inner + 1 < len(found) and found[inner + 1].text in (":", "="))
    if inner + 1 >= len(found) or not found[inner].is_number:
        return plain
    close = (
        inner
        + 1
        + (found[inner + 1].text in ("%", "％") or found[inner + 1].low in (unit.lower(), *MEANS))
    )
    mean = found[inner]
    signed = mean.text[0] == "+" or (mean.text[0] == "-" and value > 0)
    if close >= len(found) or found[close].text != ")" or signed:
        return plain
    return Figure((value,), close, mean=mean.value, unit=unit)


def _share(found: Sequence[Token], at: int) -> Figure | None:
    """Return the share of `9834/10000 (98%)` or `2486/10042=0.2476`, or the numbers of `0.5/0.6`;
    None where two counts stand alone.
    """
    end, numbers = at, [found[at]]
    while (
        end + 2 < len(found)
        and found[end + 1].text == "/"
        and found[end + 2].is_number
        and len(numbers) < MOST
    ):
        end += 2
        numbers.append(found[end])
    if len(numbers) < 2:
        return None
    behind = found[end + 1 : end + 4]
    texts = [token.text for token in behind]
    if (
        len(behind) >= 3
        and texts[0] == "("
        and behind[1].is_number
        and texts[2] in ("%", "％", ")")
    ):
        return Figure((behind[1].value,), end + 3, unit="%" if texts[2] != ")" else "")
    if len(behind) >= 2 and texts[0] == "=" and behind[1].is_number:
        unit, last = _unit(found, end + 2)
        return Figure((behind[1].value,), last, unit=unit or "")
    return Figure(
        tuple(token.value for token in numbers),
        end,
        slashed=True,
        whole=all("." not in token.text for token in numbers),
    )


def _commas(found: Sequence[Token], at: int) -> Figure | None:
    """Return the numbers of `0.111, 0.105, 0.310 |`: written alike, and nothing but commas between
    them.
    """
    values, last = [found[at]], at
    while (
        last + 2 < len(found)
        and found[last + 1].text in COMMAS
        and found[last + 2].is_number
        and len(values) < MOST
    ):
        if ("." in found[last + 2].text) != ("." in values[0].text) or not _ends(found, last + 3):
            break
        last += 2
        values.append(found[last])
    return (
        Figure(tuple(token.value for token in values), last)
        if len(values) > 1 and "." in values[0].text
        else None
    )


def _ends(found: Sequence[Token], at: int) -> bool:
    return (
        at >= len(found)
        or found[at].text in COMMAS
        or found[at].text in ENDS
        or found[at].gap >= WIDE
        or found[at].kind == "rule"
    )


def _listed(found: Sequence[Token], at: int) -> Figure | None:
    """Return the numbers up to the bracket that closes a list."""
    values: list[float] = []
    for index in range(at, len(found)):
        token = found[index]
        if token.is_number:
            values.append(token.value)
        elif token.text in "])" or (token.text == "," and len(values) >= MOST):
            return Figure(tuple(values), index) if len(values) <= MOST else None
        elif token.text not in COMMAS:
            return None
    return None
