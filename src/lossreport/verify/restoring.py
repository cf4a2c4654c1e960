"""Finds what an edited claim said before, from its digest alone: the words of the JSON inside, or
the smallest edit that fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.states import STATES
from lossreport.render.inline import visible
from lossreport.render.seal import digest
from lossreport.text import show_number
from lossreport.words import CONFIDENCES, SEVERITIES, STATUSES

_NUMBER: Final = re.compile(r"[-+]?\d+(?: \d{3})*(?:\.\d+)?(?:e-?\d+)?")
_NAMES: Final = {state.value: saying.name for state, saying in STATES.items()}
_FAMILIES: Final = (_NAMES, SEVERITIES, STATUSES, CONFIDENCES)
MOST_TRIED: Final = 400_000
"""Candidates a claim: with digests of 32 bits one wrong restoration in ten thousand edited
claims.
"""
DIGITS: Final = "0123456789"


def restored(found: str, wanted: bytes, data: Any) -> str | None:
    """Return what the claim `found` said when its digest was `wanted`, or None where no small edit
    explains it.
    """
    for number, candidate in enumerate(_candidates(found, data)):
        if digest(candidate) == wanted:
            return candidate
        if number > MOST_TRIED:
            return None
    return None


def _candidates(found: str, data: Any) -> Iterator[str]:
    yield from (" ".join(visible(text).split()) for text in sentences(data))
    yield from _one_character(found)
    yield from _other_words(found)
    yield from _other_numbers(found, data)
    for once in _one_character(found, insert=False):
        yield from _one_character(once, insert=False, digits_only=True)


def sentences(data: Any) -> Iterator[str]:
    """Yield every text of the JSON, in each language."""
    if isinstance(data, dict):
        if set(data) == {"zh", "en"}:
            yield from (str(text) for text in data.values())
        else:
            for value in data.values():
                yield from sentences(value)
    elif isinstance(data, list):
        for value in data:
            yield from sentences(value)


def _one_character(found: str, *, insert: bool = True, digits_only: bool = False) -> Iterator[str]:
    for place, char in enumerate(found):
        if char.isdigit():
            yield from (
                found[:place] + other + found[place + 1 :] for other in DIGITS if other != char
            )
        if digits_only:
            continue
        if char in DIGITS + ".-+ ":
            yield found[:place] + found[place + 1 :]
        if insert:
            yield from (found[:place] + other + found[place:] for other in DIGITS + ".-+")


def _other_words(found: str) -> Iterator[str]:
    for family in _FAMILIES:
        for lang in ("zh", "en"):
            words = [text.zh if lang == "zh" else text.en for text in family.values()]
            for word in words:
                yield from (
                    found.replace(word, other) for other in words if word in found and other != word
                )


def _other_numbers(found: str, data: Any) -> Iterator[str]:
    shown = list(_shown(_numbers(data)))
    for match in _NUMBER.finditer(found):
        yield from (found[: match.start()] + other + found[match.end() :] for other in shown)


def _numbers(data: Any) -> Iterator[float]:
    if isinstance(data, bool):
        return
    if isinstance(data, int | float):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _numbers(value)
    elif isinstance(data, list):
        for value in data:
            yield from _numbers(value)


def _shown(numbers: Iterable[float]) -> Iterator[str]:
    seen: dict[float, None] = dict.fromkeys(numbers)
    for digits in (4, 3):
        yield from dict.fromkeys(show_number(value, digits) for value in seen)
