"""Finds where a line stands: the epoch, step, iteration, batch, round or episode it names, with the
total printed beside it.

A word of a place counts with a number behind it (`Epoch: [3/10]`, `global_step=1e+4`, `第3轮`), a
counter also without a word (`[20/100]`, `324/360 (epoch 27)`). Plans (`accumulation steps: 32`,
`num epochs 10`), durations (`epoch: 42.8 s`) and options (`-epochs 60`) are no places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lossreport.reading.lines.counters import unnamed
from lossreport.reading.lines.place_numbers import OPENERS, is_count, number_behind, total_behind
from lossreport.reading.lines.place_words import (
    BROAD,
    BROADENING,
    CHINESE,
    COUNTED,
    COUNTED_UP,
    COUNTER_WORDS,
    MEASURED_OVER,
    NAMED,
    NO_PLACE_BEHIND,
    NOT_BEFORE,
    PLURAL,
    TIMED,
    TOTAL_BEHIND,
    TOTALS,
    WITH_NUMBER,
    Kind,
    Place,
)
from lossreport.reading.lines.splits import split_of_word
from lossreport.reading.lines.tokens import Token


def places(found: Sequence[Token]) -> list[Place]:
    """Return the places that a line names, in their order."""
    named = list(_named(found))
    return sorted([*named, *unnamed(found, named)], key=lambda place: place.first)


def _named(found: Sequence[Token]) -> Iterator[Place]:
    index = 0
    while index < len(found):
        place = _at_word(found, index) if found[index].is_word else None
        if place is None:
            place = _before_word(found, index) if found[index].is_number else None
        if place is not None:
            yield place
            index = place.last
        index += 1


# A number behind its word


def _at_word(found: Sequence[Token], at: int) -> Place | None:
    """Return the place of a word that names one and the number behind it."""
    word = found[at].low
    if (match := WITH_NUMBER.fullmatch(word)) is not None:
        return _within_word(found, at, match["word"].lower(), float(match["x"]))
    if (match := TOTAL_BEHIND.fullmatch(word)) is not None:
        word = match["word"].lower()
    kind = _kind(word)
    if kind is None or _is_option(found, at) or _is_planned(found, at, word):
        return None
    before = _before(found, at)
    counted = number_behind(
        found, at + 1, with_decimals=kind is Kind.EPOCH and before not in MEASURED_OVER
    )
    if counted is None:
        return None
    last, of = total_behind(found, counted.number, opened=counted.opened)
    broadened = _is_broadened(before, word)
    return Place(
        kind,
        found[counted.number].value,
        of,
        word,
        broadened or word in BROAD,
        at - broadened,
        last,
    )


def _within_word(found: Sequence[Token], at: int, word: str, x: float) -> Place | None:
    """Return the place of a word that holds its number: `Epoch-3`, `ep001`."""
    if _is_option(found, at) or _before(found, at) in NO_PLACE_BEHIND:
        return None
    last, of = total_behind(found, at, opened=False)
    return Place(NAMED.get(word, Kind.EPOCH), x, of, word, False, at, last)


def _kind(word: str) -> Kind | None:
    if word in NAMED:
        return NAMED[word]
    if word.isascii() or word.startswith(TOTALS):
        return None
    return next((kind for end, kind in CHINESE if word.endswith(end)), None)


def _is_broadened(before: str, word: str) -> bool:
    """Return whether the word before a counter makes it one of the whole training: `global step`,
    `num timesteps`.
    """
    if before in ("num", "number"):
        return word in COUNTED_UP
    return (
        before in BROADENING
        and _kind(word) is not Kind.EPOCH
        and (before != "total" or word in TIMED)
    )


def _is_planned(found: Sequence[Token], at: int, word: str) -> bool:
    """Return whether the word before a counter makes it a plan, a setting or a memory: `warmup
    steps`, `best epoch`.
    """
    before = _before(found, at)
    if not before or _is_broadened(before, word):
        return False
    if before in NO_PLACE_BEHIND or word == "update" or (before == "of" and word in PLURAL):
        return True
    # `Test Episodes: 10` counts them
    return word in PLURAL and bool(split_of_word(before)) and not _has_total(found, at)


def _has_total(found: Sequence[Token], at: int) -> bool:
    return any(token.text == "/" for token in found[at + 1 : at + 5])


def _before(found: Sequence[Token], at: int) -> str:
    """Return the word before a token in the same phrase, or nothing."""
    return found[at - 1].low if at and found[at - 1].is_word and found[at].gap == 1 else ""


def _is_option(found: Sequence[Token], at: int) -> bool:
    """Return whether a word is an option of a command: `-epochs 60`, `--steps=5`."""
    if not at or found[at].gap or found[at - 1].text not in ("-", "--"):
        return False
    return at == 1 or found[at - 1].gap > 0


# A number before its word


def _before_word(found: Sequence[Token], at: int) -> Place | None:
    """Return the place of a number with its word behind it: `第3轮/共10轮`, `3 epoch`; a plural is
    a plan (`after 900 epochs`).
    """
    if not found[at].is_whole or at + 1 >= len(found) or found[at].text[0] == ".":
        return None
    if (place := _after(found, at)) is not None:
        return place
    fraction = found[at + 1].text == "/" and is_count(found, at + 2)
    end, of = (at + 2, int(found[at + 2].value)) if fraction else (at, None)
    if end + 1 >= len(found) or not found[end + 1].is_word:
        return None
    word = found[end + 1]
    if word.text in COUNTER_WORDS and end + 2 < len(found) and found[end + 2].low in NAMED:
        low = found[end + 2].low
        return Place(NAMED[low], found[at].value, of, low, False, _first(found, at), end + 2)
    return (
        _before_latin(found, at, end, of)
        if word.low.isascii()
        else _before_chinese(found, at, end, of)
    )


def _first(found: Sequence[Token], at: int) -> int:
    return at - 1 if at and found[at - 1].text == "第" else at


def _after(found: Sequence[Token], at: int) -> Place | None:
    """Return the place of a heading such as `Avg Training Stats after 3 global rounds:`."""
    word = at + 1 + (found[at + 1].low in BROADENING and at + 2 < len(found))
    if (
        not at
        or found[at - 1].low != "after"
        or found[-1].text != ":"
        or found[word].low not in PLURAL
    ):
        return None
    return Place(NAMED[found[word].low], found[at].value, None, "after", False, at - 1, word)


def _before_latin(found: Sequence[Token], at: int, end: int, of: int | None) -> Place | None:
    """Return the place of `3 epoch`, where no number follows the word: in `Loss 34.2 Epoch: 0` the
    epoch is 0.
    """
    word, behind = found[end + 1], found[end + 2 : end + 3]
    if (
        word.low != "epoch"
        or word.gap > 1
        or (behind and (behind[0].is_number or behind[0].text in OPENERS))
    ):
        return None
    if at and found[at - 1].low in NOT_BEFORE:
        return None
    return Place(Kind.EPOCH, found[at].value, of, "epoch", False, at, end + 1)


def _before_chinese(found: Sequence[Token], at: int, end: int, of: int | None) -> Place | None:
    """Return the place of `第3轮`, `3/10轮`, `第3轮/共10轮`; `共10轮` is a plan."""
    word, before = found[end + 1].low, found[at - 1].text if at else ""
    kind = next((kind for start, kind in COUNTED if word.startswith(start)), None)
    if kind is None or not (before.endswith("第") or of is not None or kind is Kind.EPOCH):
        return None
    last = end + 1
    if (
        last + 3 < len(found)
        and found[last + 1].text == "/"
        and found[last + 2].text.startswith("共")
        and found[last + 3].is_whole
    ):
        of, last = int(found[last + 3].value), last + 3
        last += (
            last + 1 < len(found)
            and not found[last + 1].text.isascii()
            and found[last + 1].gap == 0
        )
    if of is None and before.endswith("共"):
        return None
    return Place(kind, found[at].value, of, word, False, _first(found, at), last)
