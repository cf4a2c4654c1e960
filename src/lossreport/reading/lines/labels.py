"""Finds what the words around the numbers of a line say: the split of each of them, whose they are,
and what else leads the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.names import is_metric_like, split_name
from lossreport.reading.kit.rows import INSTANT
from lossreport.reading.lines.owners import Owner
from lossreport.reading.lines.pairs import Pair, Spot
from lossreport.reading.lines.sections import FILLING
from lossreport.reading.lines.splits import split_of_word
from lossreport.reading.lines.tokens import Token

LABEL_MARKS: Final = frozenset(":：[(|]=-–>")
MOST_WORDS: Final = 3
LONGEST_LEAD: Final = 40
TRAINED: Final = re.compile(r"loss|nll|损失", re.IGNORECASE)
"""What every row of training prints: `eval_loss 1.68 accuracy 0.46` is a row of an evaluation."""


def labels_of(
    found: Sequence[Token], read: Sequence[Spot], memories: frozenset[int]
) -> list[tuple[int, str]]:
    """Return (token, split) of the words that name a split and are no part of a name of a
    number.
    """
    inside = {at for spot in read for at in range(spot.first, spot.last + 1)}
    first = min((spot.first for spot in read), default=len(found))
    labels = []
    for at, token in enumerate(found):
        if (
            not token.is_word
            or at in inside
            or at in memories
            or not (split := split_of_word(token.text))
        ):
            continue
        marked = at + 1 < len(found) and found[at + 1].text in LABEL_MARKS
        if at < first or marked:
            labels.append((at, split))
    return labels


def with_splits(read: Sequence[Spot], labels: Sequence[tuple[int, str]]) -> Iterator[Pair]:
    """Yield the pairs with the split of the label before them; a name that comes again is of the
    split named last.

    `Train Loss: 0.5 Acc: 0.8 | Val Loss: 0.6 Acc: 0.7`: the second accuracy is of the validation.
    """
    several = len({split for _, split in labels}) > 1
    lead = _leading_split(read)
    counts = Counter(spot.pair.name.lower() for spot in read)
    seen: Counter[tuple[str, str]] = Counter()
    current = ""
    for spot in read:
        own = named_split(spot.pair.name)
        said = [split for at, split in labels if at < spot.first] if several else []
        again = counts[spot.pair.name.lower()] > 1 and not own
        current = own or current
        inherited = (
            (said[-1] if said else "")
            or (current if again else "")
            or (
                lead
                if not own
                and is_metric_like(spot.pair.name)
                and not INSTANT.fullmatch(spot.pair.name)
                else ""
            )
        )
        pair = spot.pair._replace(split=spot.pair.split or inherited)
        seen[pair.name.lower(), pair.split] += 1
        place = seen[pair.name.lower(), pair.split]
        yield pair if place == 1 else pair._replace(name=f"{pair.name}_{place - 1}")


@lru_cache(maxsize=8192)
def named_split(name: str) -> str:
    """Return the split that a name says by itself, or nothing."""
    return split_name(name, "")[0]


def _leading_split(read: Sequence[Spot]) -> str:
    """Return the split that a phrase such as `Validation pixAcc: 0.58, mIoU: 0.08` begins with,
    where no name of another split follows.
    """
    named = [named_split(spot.pair.name) for spot in read]
    if (
        len(read) < 2
        or not named[0]
        or named[0] == "train"
        or any(split not in ("", named[0]) for split in named)
    ):
        return ""
    phrase = " " in read[0].pair.name or not read[0].pair.name.isascii()
    alone = TRAINED.search(read[0].pair.name) is not None and not any(
        TRAINED.search(spot.pair.name) for spot in read[1:]
    )
    return named[0] if phrase or alone else ""


def label_of(
    found: Sequence[Token], spans: Mapping[int, int], labels: Sequence[tuple[int, str]]
) -> Owner | None:
    """Return what a row is about: `cifar10 train : [loss = ..], valid : [..]`, `aeroplane --> mAP :
    0.57`.
    """
    boxed = [
        at for at, _ in labels if [token.text for token in found[at + 1 : at + 3]] == [":", "["]
    ]
    pointed = len(found) > 4 and found[1].kind == "arrow" and found[2].is_word
    end = boxed[0] if len(boxed) > 1 else int(pointed)
    words = found[:end]
    if (
        not words
        or len(words) > MOST_WORDS
        or any(not token.is_word for token in words)
        or any(at in spans for at in range(end))
    ):
        return None
    if all(split_of_word(token.text) for token in words):
        return None  # `Val → loss: 3.88`: what it says is the split
    return Owner("label", " ".join(token.text for token in words), False, 0, end - 1)


def lead_of(before: Sequence[Token], spans: Mapping[int, int]) -> str:
    """Return the words before the first name that tell neither place nor split nor anything common:
    `EMA` of `Eval (EMA): acc 0.5`.
    """
    words = [
        token.text
        for at, token in enumerate(before)
        if token.is_word and at not in spans and not split_of_word(token.text)
    ]
    return " ".join(word for word in words if word.lower() not in FILLING)[:LONGEST_LEAD]
