"""Finds counters that are only numbers: `[20/100]`, `| 143/573 |`, `14/16, ` and `[1, 2000]` at the
beginning of a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport.reading.lines.place_numbers import closed, is_count
from lossreport.reading.lines.place_words import CLOSERS, FRACTION_WORDS, Kind, Place
from lossreport.reading.lines.splits import split_of_word
from lossreport.reading.lines.tokens import Token

MANY: Final = 10
"""A smaller number behind `loss` may be that of the loss: `Loss 2: 0.5`."""
NAME_REACH: Final = 4
MOST_LEADING: Final = 6
SEPARATORS: Final = frozenset(",:|-")
PASS: Final = "pass"
"""The word of a number behind that of a split: it counts passes, which may be epochs."""


def unnamed(found: Sequence[Token], named: Sequence[Place]) -> list[Place]:
    """Return the counters without a word, beside the places that have one."""
    taken = {index for place in named for index in range(place.first, place.last + 1)}
    epochs = [place.last for place in named if place.kind is Kind.EPOCH]
    counters: list[Place] = []
    for at in range(len(found)):
        place = (
            None
            if at in taken
            else _fraction(found, at, behind_epoch=bool(epochs) and at == epochs[-1] + 1)
        )
        if place is not None and taken.isdisjoint(range(place.first, place.last + 1)):
            counters.append(place)
    if not counters and not named:
        counters += _leading(found)
    if (
        len(counters) > 1
        and not epochs
        and counters[0].first == 0
        and counters[1].first == counters[0].last + 1
    ):
        # `[0/25][0/1583]` of the DCGAN tutorial
        counters[0] = counters[0]._replace(kind=Kind.EPOCH, word="epoch")
    return counters


def _fraction(found: Sequence[Token], at: int, *, behind_epoch: bool) -> Place | None:
    """Return the counter `n/m` that begins at a token with its bracket or pipe, or None."""
    text = found[at].text
    if text == "[" or (text == "(" and behind_epoch):
        return _boxed(found, at)
    if text == "|":
        return _piped(found, at)
    if (
        text in "-,:"
        and behind_epoch
        and (found[at].gap or text in ",:")
        and _slashed(found, at + 1)
    ):
        # `Epoch 1/3 - 20/100`, `epoch: 1, 11/125`, `epoch 01:   1/ 61:`
        return _counter(found, at + 1, at, closed(found, at + 3, opened=False))
    if at == 0 and found[at].is_whole:
        return _at_beginning(found)
    return _at_end(found, at)


def _slashed(found: Sequence[Token], number: int, signs: str = "/") -> bool:
    """Return whether `n/m` stands at a token and n is no larger than m."""
    if not (
        is_count(found, number) and is_count(found, number + 2) and found[number + 1].text in signs
    ):
        return False
    return found[number].value <= found[number + 2].value


def _counter(found: Sequence[Token], number: int, first: int, last: int) -> Place:
    return Place(
        Kind.BATCH, found[number].value, int(found[number + 2].value), "", False, first, last
    )


def _boxed(found: Sequence[Token], at: int) -> Place | None:
    """Return the counter of `[20/100]`, `[20|100]`, `[103/103 batches]`."""
    if not _slashed(found, at + 1, "/|"):
        return None
    inside = at + 4
    last = closed(
        found,
        inside - 1 + (inside < len(found) and found[inside].low in FRACTION_WORDS),
        opened=True,
    )
    return _counter(found, at + 1, at, last) if found[last].text in CLOSERS else None


def _piped(found: Sequence[Token], at: int) -> Place | None:
    """Return the counter of `| 143/573 |`, `| 143/573 batches`."""
    if not _slashed(found, at + 1):
        return None
    last = closed(found, at + 3, opened=False)
    behind = found[last + 1] if last + 1 < len(found) else None
    ends = behind is None or behind.text == "|" or behind.low in FRACTION_WORDS
    return _counter(found, at + 1, at + 1, last) if ends else None


def _at_beginning(found: Sequence[Token]) -> Place | None:
    """Return the counter of `14/16, loss 0.5`."""
    if not _slashed(found, 0):
        return None
    last = closed(found, 2, opened=False)
    behind = found[last + 1] if last + 1 < len(found) else None
    begins = behind is not None and (behind.text in ",:-([|" or behind.is_word)
    return _counter(found, 0, 0, last) if begins else None


def _at_end(found: Sequence[Token], at: int) -> Place | None:
    """Return the counter of `... Acc: 45.2% (452/1000) 100/391`, which stands behind everything
    else.
    """
    apart = (
        0 < at == len(found) - 3
        and found[at].gap > 0
        and (found[at - 1].text in ")]|%" or found[at - 1].kind == "rule")
    )
    return _counter(found, at, at, at + 2) if apart and _slashed(found, at) else None


def _leading(found: Sequence[Token]) -> Iterator[Place]:
    """Yield the counter that a line begins with: `[0] train-logloss:0.69`, `[1, 2000] loss: 2.2`,
    `100: loss 0.5`.
    """
    texts = [token.text for token in found[:6]]
    if len(texts) >= 4 and texts[0] in "[(" and found[1].is_whole:
        yield from _in_brackets(found, texts)
    elif len(texts) >= 3 and found[0].is_whole and texts[1] in (":", "|") and found[2].is_word:
        yield _number(found, 0, 0, 1)
    elif (
        len(texts) >= 4
        and split_of_word(found[0].low)
        and found[1].is_whole
        and found[1].gap == 1
        and texts[2] in SEPARATORS
        and found[3].is_word
    ):
        yield Place(Kind.ITERATION, found[1].value, None, PASS, False, 1, 1)  # `Train 3, loss: 0.5`
    else:
        yield from _behind_name(found)


def _number(
    found: Sequence[Token], number: int, first: int, last: int, kind: Kind = Kind.ITERATION
) -> Place:
    return Place(
        kind, found[number].value, None, "epoch" if kind is Kind.EPOCH else "", False, first, last
    )


def _in_brackets(found: Sequence[Token], texts: Sequence[str]) -> Iterator[Place]:
    """Yield the counters of `[0] `, `[1, 2000] ` and, with the seconds since the start beside it,
    `[5 | 30.35] `.
    """
    full = len(texts) == 6
    if (
        full
        and texts[2] == ":"
        and _slashed(found, 3)
        and len(found) > MOST_LEADING
        and found[6].text in CLOSERS
    ):
        yield _number(found, 1, 0, 2, Kind.EPOCH)  # `[3: 10/500] train loss 0.5`
        yield _counter(found, 3, 3, 6)
    elif texts[2] in CLOSERS and found[3].is_word:
        yield _number(found, 1, 0, 2)
    elif full and texts[2] == "|" and found[3].is_number and texts[4] == "]" and found[5].is_word:
        yield _number(found, 1, 0, 4)
    elif (
        full
        and texts[2] == ","
        and found[3].is_whole
        and texts[4] in CLOSERS
        and (found[5].is_word or texts[5] == ":")
    ):
        yield _number(found, 1, 0, 2, Kind.EPOCH)
        yield _number(found, 3, 3, 4, Kind.BATCH)
    elif (
        full and texts[2] == ":" and found[3].is_whole and texts[4] in CLOSERS and found[5].is_word
    ):
        # `[2 : 900] loss G : 3.1`: of a network that grows
        yield Place(Kind.ROUND, found[1].value, None, "stage", False, 0, 2)
        yield _number(found, 3, 3, 4)


def _behind_name(found: Sequence[Token]) -> Iterator[Place]:
    """Yield the counter between a loss and its value: `Train loss 100 0.512 Grad Norm 1.2`,
    `Validation loss 1000: 0.6`.
    """
    at = next((at for at, token in enumerate(found[:NAME_REACH]) if not token.is_word), 0)
    if (
        not at
        or found[at - 1].low not in ("loss", "损失")
        or not found[at].is_whole
        or found[at].gap != 1
    ):
        return
    value = at + 1 + (at + 1 < len(found) and found[at + 1].text == ":")
    decimal = value < len(found) and found[value].is_number and "." in found[value].text
    if decimal and (found[at].value >= MANY or not found[at].value):
        yield _number(found, at, at, at)
