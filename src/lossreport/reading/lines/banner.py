"""Follows the lines that a program prints when it starts: where they come again between two rows it was started once more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from lossreport.reading.lines.prefix import message_of

MOST_LINES: Final = 400
"""Lines before the first row that are remembered; more are a dump of data."""
REACH: Final = 200
DIGITS: Final = re.compile(r"\d{1,30}")
WORD: Final = re.compile(r"[^\W\d_]{3}")
SEVERAL: Final = 2
LEAST_TIMES: Final = 3


def shape_of(text: str) -> str:
    """Return what two starts of a program print alike of a line; nothing for a ruled or an empty one."""
    body = DIGITS.sub("#", message_of(text[:REACH]).text.strip())
    return body if WORD.search(body) else ""


def is_periodic(lines: Iterable[str]) -> bool:
    """Return whether the first line comes again at equal distances: it heads an epoch, not a start."""
    first, found = "", []
    for number, line in enumerate(lines):
        if shape := shape_of(line):
            first = first or shape
            if shape == first:
                found.append(number)
    gaps = {after - before for before, after in pairwise(found)}
    return len(found) >= LEAST_TIMES and len(gaps) == 1


class Banner:
    """The lines before the first row, and those of them that came again since the last row."""

    def __init__(self, *, periodic: bool) -> None:
        self._periodic = periodic
        self._known: dict[str, None] = {}
        self._begun = False
        self._again: dict[str, int] = {}

    def see(self, text: str, line: int) -> None:
        """Take in a line that is no row and names no place."""
        if self._periodic or (not self._begun and len(self._known) >= MOST_LINES):
            return
        shape = shape_of(text)
        if shape and not self._begun:
            self._known.setdefault(shape)
        elif shape in self._known:
            self._again.setdefault(shape, line)

    def take(self, *, fresh: bool) -> int | None:
        """Return the line at which another start began before a row of training, None without one.

        `fresh` says that the counter stands at its beginning: half of the lines are enough then, or the first of them.
        """
        again, self._again, self._begun = self._again, {}, True
        if not again:
            return None
        first = next(iter(self._known)) in again
        many = len(again) >= SEVERAL
        if (first and (many or fresh)) or (fresh and many and 2 * len(again) >= len(self._known)):
            return min(again.values())
        return None
