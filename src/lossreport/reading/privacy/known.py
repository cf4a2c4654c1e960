"""The rules of gitleaks (MIT, `gitleaks.json`, taken over by `docs/gitleaks.py`): how some two
hundred vendors write their keys.

A rule is asked only where one of its keywords stands in the text. What it calls a secret must be as
random as it says.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from lossreport import regex as re
from lossreport.values import dataclass

DATA: Final = "gitleaks.json"
MARK: Final = "[secret]"


@dataclass(frozen=True, slots=True)
class Known:
    """A rule: the words that a text must hold, its pattern, the group of the secret (0: the first
    that holds something), its least entropy.
    """

    id: str
    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    group: int
    entropy: float
    allowed: tuple[re.Pattern[str], ...]

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the secrets of a text stand."""
        for match in self.pattern.finditer(text):
            group = self.group or next(
                (number for number, found in enumerate(match.groups(), 1) if found), 0
            )
            secret = match[group]
            if entropy(secret) > self.entropy and not any(
                one.search(secret) for one in self.allowed
            ):
                yield match.span(group)


@cache
def known() -> tuple[Known, ...]:
    """Return all rules."""
    data = json.loads((files("lossreport.reading.privacy") / DATA).read_text(encoding="utf-8"))
    return tuple(
        Known(
            id=rule["id"],
            keywords=tuple(rule["keywords"]),
            pattern=re.compile(rule["pattern"]),
            group=rule["group"],
            entropy=rule["entropy"],
            allowed=tuple(re.compile(one) for one in rule["allowed"]),
        )
        for rule in data["rules"]
    )


def without_known(text: str) -> str:
    """Return a text with a mark in the place of every secret that a rule knows."""
    low, rules = text.lower(), known()
    asked = {number for word, numbers in _by_keyword() if word in low for number in numbers}
    for number in sorted(asked):
        for begin, end in reversed(list(rules[number].spans(text))):
            text = text[:begin] + MARK + text[end:]
    return text


@cache
def _by_keyword() -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return every keyword once with the numbers of its rules: nearly every line holds none, and to
    look for each in turn is all it costs.
    """
    numbers: dict[str, list[int]] = {}
    for number, rule in enumerate(known()):
        for word in rule.keywords:
            numbers.setdefault(word, []).append(number)
    return tuple((word, tuple(found)) for word, found in numbers.items())


def entropy(word: str) -> float:
    """Return the Shannon entropy of the characters of a word, in bits, as gitleaks counts it."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())
