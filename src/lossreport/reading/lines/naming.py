"""Reads the name of a number from the words before it: `Mean test loss of 63 batches: 4.40` is
called `Mean test loss`.

The words are read from the number to the left, up to a mark, a wide gap or another number. Phrases
that only say over how much something was measured, or where, are left out; a split named in them is
kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.reading.lines.splits import split_of_word
from lossreport.reading.lines.tokens import Token

LONGEST_NAME: Final = 60
MOST_WORDS: Final = 9
WIDE: Final = 2
QUOTES: Final = frozenset("'\"%％*`")
CLOSING: Final = {")": "(", "]": "[", "）": "（", "】": "【"}
BRACKET_REACH: Final = 10
PREPOSITIONS: Final = frozenset(
    ["of", "on", "over", "at", "for", "in", "after", "during", "across", "from", "by"]
)
STOP: Final = frozenset(
    [
        "and",
        "or",
        "with",
        "but",
        "to",
        "that",
        "then",
        "got",
        "has",
        "have",
        "so",
        "if",
        "when",
        "while",
        "via",
        "using",
        "x",
    ]
)
VERBS: Final = frozenset(
    ["is", "was", "are", "were", "equals", "became", "reached", "now", "为", "是", "达到", "达"]
)
UNITS: Final = frozenset(
    [
        "s",
        "sec",
        "secs",
        "seconds",
        "ms",
        "us",
        "µs",
        "min",
        "mins",
        "h",
        "hr",
        "hrs",
        "m",
        "it/s",
        "s/it",
        "iter/s",
        "ins/s",
        "samples/s",
        "img/s",
        "images/s",
        "tokens/s",
        "tok/s",
        "fps",
        "hz",
        "b",
        "kb",
        "mb",
        "gb",
        "tb",
        "mib",
        "gib",
        "kib",
        "k",
        "%",
        "db",
        "px",
        "mm",
        "cm",
        "bits",
        "nats",
        "steps/s",
        "batches/s",
        "samples/sec",
        "images/sec",
        "iter/sec",
        "it/sec",
        "tokens/sec",
        "sec/step",
        "s/step",
        "ms/step",
        "us/step",
        "sec/batch",
        "s/epoch",
        "sec/it",
        "mj",
        "w",
    ]
)
COUNTED: Final = frozenset(
    [
        "batches",
        "batch",
        "samples",
        "sample",
        "images",
        "image",
        "examples",
        "example",
        "epochs",
        "epoch",
        "episodes",
        "episode",
        "steps",
        "step",
        "iterations",
        "iters",
        "games",
        "trials",
        "runs",
        "folds",
        "videos",
        "clips",
        "sentences",
        "utterances",
        "tokens",
        "frames",
        "points",
        "queries",
        "users",
        "items",
        "documents",
        "pairs",
        "test",
        "train",
        "validation",
        "val",
        "eval",
        "dev",
        "runs",
        "seeds",
        "agents",
        "envs",
        "clients",
    ]
)
"""What a value is a mean of: `of 63 batches`, `on the 10000 test images`, `over the last 100
episodes`.
"""
ASIDE: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "all",
        "whole",
        "full",
        "entire",
        "this",
        "that",
        "current",
        "last",
        "set",
        "data",
        "dataset",
        "network",
        "model",
        "images",
        "samples",
        "examples",
        "epoch",
        "batch",
        "batches",
        "training",
        "split",
        "so",
        "far",
        "training",
        "validation",
        "testing",
        "evaluation",
    ]
)
"""Words of a phrase that adds nothing but, perhaps, a split: `accuracy on the test set`."""
LEADING: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "its",
        "our",
        "updated",
        "reducing",
        "decreasing",
        "increasing",
        "adjusting",
        "updating",
        "setting",
        "changing",
        "new",
    ]
)
CHANGED: Final = frozenset(
    [
        "reduced",
        "decreased",
        "increased",
        "dropped",
        "changed",
        "adjusted",
        "updated",
        "decayed",
        "improved",
    ]
)
"""`lr reduced 1e-3 -> 5e-4` tells the learning rate, `val_loss improved from 0.5 to 0.4` the
validation loss.
"""
ABBREVIATED: Final = frozenset(
    [
        "avg",
        "ave",
        "val",
        "acc",
        "approx",
        "rel",
        "abs",
        "std",
        "gen",
        "disc",
        "adv",
        "num",
        "mult",
        "cum",
    ]
)
ADJECTIVES: Final = frozenset(
    [
        "meta",
        "overall",
        "final",
        "current",
        "total",
        "average",
        "averaged",
        "avg",
        "mean",
        "global",
        "epoch",
        "initial",
        "running",
        "full",
    ]
)
SET: Final = frozenset(("set", "data", "dataset", "split"))


class Name(NamedTuple):
    """What a number is called, the first token of it, and the split that the words around it name
    ("" where none).
    """

    text: str
    first: int
    split: str = ""


def name_before(found: Sequence[Token], end: int, spans: Mapping[int, int]) -> Name | None:
    """Return the name whose last token is `end`; None where no word stands there.

    `spans` gives, for every token that belongs to a place or an owner, the first token of it.
    """
    end, tail, split = _behind(found, end)
    walk = _Walk(found, spans, end)
    if not walk.words and not walk.index:
        return None
    texts = [token.text for token in reversed(walk.words)]
    texts, more = _without_aside(_without_verbs(texts))
    while len(texts) > 1 and texts[-1].lower() in CHANGED:
        texts.pop()
    split = split or more or walk.split
    while len(texts) > 1 and texts[0].lower() in LEADING:
        texts.pop(0)
    texts = _split_first(texts)
    name = " ".join(texts).strip(" -_.'") + walk.index + tail
    if not texts or len(name) > LONGEST_NAME:
        return None
    return Name(name, walk.first, split)


def _behind(found: Sequence[Token], end: int) -> tuple[int, str, str]:
    """Return (last token of the words, what is kept of a bracket behind them, the split in it)."""
    while end >= 0 and found[end].text in QUOTES:
        end -= 1
    opener = CLOSING.get(found[end].text) if end >= 0 else None
    if opener is None:
        return end, "", ""
    start = _opening(found, end, opener)
    if start is None or start == 0:
        return end, "", ""
    inside = found[start + 1 : end]
    text = "".join(" " * (token.gap > 0 and at > 0) + token.text for at, token in enumerate(inside))
    split = split_of_word(text)
    numbers = [token for token in inside if token.is_number]
    if (
        split
        or text.lower() in UNITS
        or (numbers and not (len(inside) == 1 and numbers[0].is_whole and opener == "["))
    ):
        return start - 1, "", split
    return start - 1, f"{' ' * (found[start].gap > 0)}{opener}{text}{found[end].text}", ""


def _opening(found: Sequence[Token], end: int, opener: str) -> int | None:
    """Return the bracket that a closing one closes, brackets between them passed over:
    `D(G(z))`.
    """
    depth = 0
    for at in range(end, max(-1, end - BRACKET_REACH), -1):
        depth += (found[at].text == found[end].text) - (found[at].text == opener)
        if not depth:
            return at
    return None


class _Walk:
    """Goes from a number to the left over the words of its name; `split` is that of what was
    counted on the way: `on 100 test images`.
    """

    def __init__(self, found: Sequence[Token], spans: Mapping[int, int], end: int) -> None:
        self._found, self._spans = found, spans
        self.words: list[Token] = []
        self.index, self.split = "", ""
        self.first = self._at = end
        if _is_index(found, end, spans):
            self.index, self._at = f" {found[end].text}", end - 1
        while self._at >= 0 and len(self.words) < MOST_WORDS and self._step():
            pass

    def _step(self) -> bool:
        """Take in one token or phrase; returns whether the name may go on."""
        token = self._found[self._at]
        if self._at in self._spans:
            return self._leap(
                _over_place(self._found, _first_of(self._spans, self._at), self.words)
            )
        if token.is_number:
            counted = self.words
            if not self._leap(_over_count(self._found, self._at, counted)):
                return False
            self.split = next(
                (named for word in counted if (named := split_of_word(word.text))), ""
            )
            return True
        if token.text in CLOSING and not self.words:
            end, _, named = _behind(self._found, self._at)
            self.split = self.split or named
            return self._leap(end if end < self._at else None)
        return self._join() or self._take(token)

    def _leap(self, to: int | None) -> bool:
        """Go on before a phrase that is no part of the name, and forget what stands behind it;
        nothing to go to ends the name.
        """
        if to is None:
            return False
        self._at, self.words = to, []
        return True

    def _join(self) -> bool:
        """Put a unit of two words together (`tokens / s`), and pass over the point of an
        abbreviation.
        """
        at, found = self._at, self._found
        if (
            found[at].text == "/"
            and self.words
            and self.words[-1].low in UNITS
            and at
            and found[at - 1].is_word
        ):
            self.words[-1] = self.words[-1]._replace(
                text=f"{found[at - 1].text} / {self.words[-1].text}"
            )
            self._at, self.first = at - 2, at - 1
            return True
        abbreviated = (
            found[at].text == "."
            and at > 0
            and found[at].gap == 0
            and found[at - 1].low in ABBREVIATED
        )
        self._at -= abbreviated
        return abbreviated

    def _take(self, token: Token) -> bool:
        at, found = self._at, self._found
        if not token.is_word or token.low in STOP or _is_unit(found, at):
            return False
        self.words.append(token)
        self.first, self._at = at, at - 1
        return (
            token.gap < WIDE
            and at > 0
            and not (token.gap == 0 and not found[at - 1].is_word and found[at - 1].text != ".")
        )


def _is_index(found: Sequence[Token], at: int, spans: Mapping[int, int]) -> bool:
    """Return whether a whole number between the words and the sign is part of the name: `Loss 1:
    0.5`, `AUC class 3: 0.9`.
    """
    if (
        at < 1
        or at in spans
        or not found[at].is_whole
        or not found[at].text.isdigit()
        or len(found[at].text) > 3
    ):
        return False
    return found[at - 1].is_word and found[at].gap == 1 and at - 1 not in spans


def _is_unit(found: Sequence[Token], at: int) -> bool:
    """Return whether a word is the unit of the number before it: `0.766s loss=1.3`."""
    return at > 0 and found[at - 1].is_number and found[at].low in UNITS and found[at].gap <= 1


def _first_of(spans: Mapping[int, int], at: int) -> int:
    """Return the first token of the places that stand one after another: `epoch 1 iteration 0`."""
    first = spans[at]
    while first - 1 in spans:
        first = spans[first - 1]
    return first


def _over_place(found: Sequence[Token], first: int, words: Sequence[Token]) -> int | None:
    """Return the token before `at iteration 100`, where only a verb stands behind it; None where
    the name ends here.
    """
    if any(token.low not in VERBS for token in words):
        return None
    if first >= 1 and found[first].is_number and found[first - 1].is_word:
        return first - 1  # `Train loss 100 0.5`
    return first - 2 if first >= 2 and found[first - 1].low in PREPOSITIONS else None


def _over_count(found: Sequence[Token], at: int, words: Sequence[Token]) -> int | None:
    """Return the token before `of 63 batches` or `on the 10000 test images`; None where the name
    ends here.
    """
    behind = [token.low for token in words[::-1] if token.low not in VERBS]
    if not behind or behind[0] not in COUNTED or at < 2:
        return None
    before = at - 1
    while before > 0 and found[before].low in ("the", "last", "all", "past", "first"):
        before -= 1
    if found[before].low in PREPOSITIONS:
        return before - 1
    return None


def _without_verbs(texts: list[str]) -> list[str]:
    while len(texts) > 1 and texts[-1].lower() in VERBS:
        texts = texts[:-1]
    return texts


def _without_aside(texts: list[str]) -> tuple[list[str], str]:
    """Return (words without a phrase such as `on the test set`, the split it names)."""
    for at in range(1, len(texts)):
        if texts[at].lower() not in PREPOSITIONS:
            continue
        phrase = [text.lower() for text in texts[at + 1 :]]
        splits = [split for text in phrase if (split := split_of_word(text))]
        if all(text in ASIDE or split_of_word(text) or text in PREPOSITIONS for text in phrase):
            return texts[:at], splits[-1] if splits else ""
    return texts, ""


def _split_first(texts: list[str]) -> list[str]:
    """Put the split before the adjectives of a name and leave `set` out: `Final test set accuracy`
    is `test Final accuracy`.
    """
    for at, text in enumerate(texts[:-1]):
        if split_of_word(text) and all(word.lower() in ADJECTIVES for word in texts[:at]):
            rest = texts[at + 1 :]
            rest = rest[1:] if len(rest) > 1 and rest[0].lower() in SET else rest
            return [text, *texts[:at], *rest]
    return texts


AVERAGED: Final = re.compile(
    r"^(?P<split>\S{2,12} )?(?:averaged?|avg|mean|avg\.|running|平均)[ _]+(?=\S)", re.IGNORECASE
)


def without_average(name: str) -> str:
    """Return a name without the word that it is a mean: `Average loss` is called loss."""
    match = AVERAGED.match(name)
    if match is None or (match["split"] and not split_of_word(match["split"].strip())):
        return name if not name.startswith("平均") else name[2:]
    return (match["split"] or "") + name[match.end() :]
