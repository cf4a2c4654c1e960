"""Reads a dumped argparse Namespace: `Namespace(lr=5e-06, betas=(0.9, 0.95))`, on one line of a log
or an item a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import FactValue
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.untrusted import literal_of

OPENING: Final = re.compile(r"\bNamespace\(")
NAME: Final = re.compile(
    r"""^\s*(?P<quote>['"]?)(?P<name>[A-Za-z_][\w.\-]*)(?P=quote)\s*(?:=|:\s)\s*(?P<value>.*?)\s*$""",
    re.DOTALL,
)
PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


def namespace_facts(text: str) -> list[tuple[str, FactValue]]:
    """Return (name, value) for every item of a Namespace that opens and closes in `text`; empty
    where there is none.

    Values that are no Python literals stay strings.
    """
    return [(name, value) for name, value, _ in placed_facts(text)]


def placed_facts(text: str) -> list[tuple[str, FactValue, int]]:
    """Return (name, value, line) for every item of a Namespace that closes in `text`; the line
    counts from 0 where the text begins.
    """
    match = OPENING.search(text)
    inside = _inside(text, match.end()) if match else None
    if match is None or inside is None:
        return []
    facts: list[tuple[str, FactValue, int]] = []
    line = text.count("\n", 0, match.end())
    for item in _items(inside):
        if found := NAME.match(item):
            at = line + item.count("\n", 0, found.start("name"))
            facts += [
                (name, value, at)
                for name, value in plain_facts({found["name"]: _literal(found["value"])})
            ]
        line += item.count("\n")
    return facts


class Spread:
    """Follows a Namespace that is printed an item a line: every line but the last ends in a
    comma.
    """

    def __init__(self) -> None:
        self._depth = 0

    @property
    def is_open(self) -> bool:
        """Whether lines of a Namespace are still to come."""
        return self._depth > 0

    def holds(self, text: str) -> bool:
        """Take in a line; return whether it is one of such a Namespace. A line of anything else
        ends it.
        """
        if not self._depth:
            match = OPENING.search(text) if "Namespace(" in text else None
            if match is None:
                return False
            inside, depth = text[match.end() :], 1
        else:
            inside, depth = text, self._depth
        begun = self._depth > 0
        depth += inside.count("(") - inside.count(")")
        goes_on = depth > 0 and inside.rstrip().endswith(",")
        self._depth = depth if goes_on else 0
        return goes_on or (begun and depth <= 0)


def _inside(text: str, start: int) -> str | None:
    depth = 1
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return text[start:index]
    return None


def _items(inside: str) -> Iterator[str]:
    closers: list[str] = []
    quote, start = "", 0
    for index, char in enumerate(inside):
        if quote:
            quote = "" if char == quote and inside[index - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char in PAIRS:
            closers.append(PAIRS[char])
        elif closers and char == closers[-1]:
            closers.pop()
        elif char == "," and not closers:
            yield inside[start:index]
            start = index + 1
    yield inside[start:]


def _literal(text: str) -> object:
    try:
        return literal_of(text)
    except ValueError:
        return text
