"""Reads the number behind the word of a place, its unit and the total printed beside it: `:
[3/10]`, ` 5 of 20`, `= 3 (12%)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from lossreport.reading.lines.place_words import CLOSERS, FILLERS
from lossreport.reading.lines.tokens import Token

OPENERS: Final = frozenset(":：=＝#[(<")
SIGNS: Final = frozenset(":：=＝-–")
QUOTES: Final = frozenset("\"'")
SLASHES: Final = ("/", "\\")
PERCENT: Final = ("%", "％")
ORDINALS: Final = frozenset(("st", "nd", "rd", "th"))
"""Behind a number without a gap: `58000th step`."""
MOST_MARKS: Final = 4
ANY_TIME: Final = frozenset(
    [
        "s",
        "sec",
        "secs",
        "second",
        "seconds",
        "ms",
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "day",
        "days",
    ]
)


class Counted(NamedTuple):
    """The token of a number behind a word, and whether a bracket was opened before it."""

    number: int
    opened: bool


def number_behind(found: Sequence[Token], at: int, *, with_decimals: bool) -> Counted | None:
    """Return the number that a word of a place has behind it, over signs, brackets and words such
    as `no`; None for any other word.
    """
    opened, marks = False, 0
    for index in range(at, len(found)):
        token = found[index]
        if _is_mark(token):
            opened, marks = opened or token.text in "[(<", marks + 1
            if marks > MOST_MARKS:
                return None
        elif opened and token.text in CLOSERS and found[index - 1].is_word:
            opened = False  # `Epoch(train) [3]`
        elif not _is_filler(found, index, opened=opened):
            return (
                Counted(index, opened)
                if _may_count(found, index, opened=opened, with_decimals=with_decimals)
                else None
            )
    return None


def _is_mark(token: Token) -> bool:
    return token.text in OPENERS or (token.text in SIGNS and token.gap > 0) or token.text in QUOTES


def _is_filler(found: Sequence[Token], at: int, *, opened: bool) -> bool:
    """Return whether a token says nothing between a word and its number: `epoch no. 3`,
    `Epoch(train)`.
    """
    token = found[at]
    if token.low in FILLERS or token.text == "第" or (token.text == "." and not token.gap):
        return True
    return opened and token.is_word and at + 1 < len(found) and found[at + 1].text in CLOSERS


def _may_count(found: Sequence[Token], at: int, *, opened: bool, with_decimals: bool) -> bool:
    token = found[at]
    if not token.is_number or (opened and at + 1 < len(found) and found[at + 1].text == ","):
        # `STEPS: (60000, 80000)`
        return False
    decimals = with_decimals and token.text[0].isdigit() and "e" not in token.low
    return (token.is_whole or decimals or _ends_a_sentence(found, at)) and not is_measured(
        found, at
    )


def _ends_a_sentence(found: Sequence[Token], at: int) -> bool:
    """Return whether a whole number stands before a full stop and a new sentence, as in `Step:
    19000. Mean Reward`.
    """
    text = found[at].text
    return (
        text.endswith(".")
        and text[:-1].isdigit()
        and at + 1 < len(found)
        and found[at + 1].text[0].isupper()
    )


def is_measured(found: Sequence[Token], at: int) -> bool:
    """Return whether a number has a unit behind it: how long something takes is no place."""
    if at + 1 >= len(found):
        return False
    behind = found[at + 1]
    if behind.text in PERCENT:
        return True
    if behind.is_word and behind.gap == 0 and behind.low not in ORDINALS:
        return behind.text.isascii() or behind.text[0] in "秒分"
    return behind.is_word and behind.gap == 1 and behind.low in ANY_TIME


def total_behind(found: Sequence[Token], number: int, *, opened: bool) -> tuple[int, int | None]:
    """Return (last token, total) of what stands behind the number of a place: `/10`, ` of 10`, `|
    19 ]`, its percentage and bracket.
    """
    total = _total_at(found, number + 1, opened=opened)
    last = number if total is None else total
    return closed(found, last, opened=opened), None if total is None else int(found[total].value)


def _total_at(found: Sequence[Token], at: int, *, opened: bool) -> int | None:
    """Return the token of the total whose sign begins at a token."""
    if at >= len(found):
        return None
    sign = found[at]
    total = (
        at + 2
        if sign.low == "out" and at + 1 < len(found) and found[at + 1].low == "of"
        else at + 1
    )
    if not _is_total(found, total):
        return None
    if sign.text in SLASHES or sign.low in ("of", "out"):
        return total if total > at + 1 or sign.low != "out" else None
    ends = opened or total + 1 >= len(found) or found[total + 1].text == "|"
    return total if sign.text == "|" and ends else None


def _is_total(found: Sequence[Token], at: int) -> bool:
    if not is_count(found, at):
        return False
    behind = found[at + 1] if at + 1 < len(found) else None
    return behind is None or not (behind.is_word and behind.gap == 0 and behind.text.isascii())


def is_count(found: Sequence[Token], at: int) -> bool:
    """Return whether a whole number stands at a token."""
    return at < len(found) and found[at].is_whole


def closed(found: Sequence[Token], last: int, *, opened: bool) -> int:
    """Return the last token of a place: its percentage and its bracket are taken with it."""
    at = last + 1
    if (
        at + 2 < len(found)
        and found[at].text == "("
        and found[at + 1].is_number
        and found[at + 2].text in PERCENT
    ):
        last = at + 3 if at + 3 < len(found) and found[at + 3].text == ")" else at + 2
    return (
        last + 1 if opened and last + 1 < len(found) and found[last + 1].text in CLOSERS else last
    )
