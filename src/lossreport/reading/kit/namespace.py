"""Reads a dumped argparse Namespace: `Namespace(lr=5e-06, betas=(0.9, 0.95))`, on one line of a log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import FactValue
from lossreport.reading.kit.names import plain_facts

OPENING: Final = re.compile(r"\bNamespace\(")
NAME: Final = re.compile(r"""^\s*(?P<quote>['"]?)(?P<name>[A-Za-z_][\w.\-]*)(?P=quote)\s*(?:=|:\s)\s*(?P<value>.*?)\s*$""", re.DOTALL)
PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


def namespace_facts(text: str) -> list[tuple[str, FactValue]]:
    """Return (name, value) for every item of a Namespace that opens and closes in `text`; empty where there is none.

    Values that are no Python literals stay strings.
    """
    match = OPENING.search(text)
    inside = _inside(text, match.end()) if match else None
    if inside is None:
        return []
    facts: list[tuple[str, FactValue]] = []
    for item in _items(inside):
        if found := NAME.match(item):
            facts.extend(plain_facts({found["name"]: _literal(found["value"])}))
    return facts


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
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
