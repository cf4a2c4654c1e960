"""Bounds of what a line may hold: a word with more digits than any number has is no number, and no
parser gets to see it as one.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re

DIGITS: Final = 300
"""The largest float has 309 digits; a whole number of so many can still be one. Python itself
refuses to read more than 4300.
"""
LONG: Final = re.compile(rf"\d{{{DIGITS + 1},}}+")
NO_NUMBER: Final = "\ufffd"
"""What stands for such a word."""
_OF_A_WORD: Final = frozenset(".+-_")


def bounded(text: str) -> str:
    """Return a line in which digits behind a decimal point end after 300, and every other word with
    more in a row is U+FFFD.
    """
    if len(text) <= DIGITS or LONG.search(text) is None:
        return text
    kept, end = [], 0
    for run in LONG.finditer(text):
        if run.start() < end:
            continue  # of the word before
        if text[run.start() - 1 : run.start()] == "." and not _goes_on(text, run.end()):
            kept.append(text[end : run.start() + DIGITS])
            end = run.end()
            continue
        begin, after = run.start(), run.end()
        while begin > end and _goes_on(text, begin - 1):
            begin -= 1
        while _goes_on(text, after):
            after += 1
        kept += [text[end:begin], NO_NUMBER]
        end = after
    return "".join((*kept, text[end:]))


def _goes_on(text: str, at: int) -> bool:
    return at < len(text) and (text[at].isalnum() or text[at] in _OF_A_WORD)
