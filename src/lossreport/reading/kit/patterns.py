r"""Pieces that the patterns of log formats are made of, and the holes of a declared line: `step
<x>/<max_steps> loss <loss>`.

Every piece takes time in proportion to the text, whatever the text is: repeats are bounded or give
nothing back (`++`), and no two that can match the same text stand side by side. A hostile line of
64 kB then costs milliseconds; `tests/reading/test_patterns_are_linear.py` keeps it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lossreport import regex as re

NUM: Final = (
    r"(?:[-+]?(?:\d{1,3}(?:,\d{3}){1,8}+(?:\.\d{1,40}+)?+|\d{1,80}+(?:\.\d{0,40}+)?+|\.\d{1,40}+)"
    r"(?:[eE][-+]?\d{1,4}+)?+"
    r"|[-+]?(?i:nan|inf(?:inity)?)(?![A-Za-z])|-?1\.#(?i:QNAN|IND|INF))"
)
"""A number as programs print it: 1,234.5, 1e-4, NaN and its spellings. A perplexity of e^100 is
printed with 44 digits; longer than eighty it is none.
"""
INT: Final = r"\d{1,18}+"
GROUPED: Final = r"(?:\d{1,3}(?:,\d{3}){1,5}+|\d{1,18}+)"
"""20,100: a count with commas between its thousands, or without."""
NAME: Final = r"[^\W\d][\w./@%+\-]{0,79}"
"""The name of a metric without blanks."""
WORD: Final = r"[^\s,;|)\]]{1,200}+"
KINDS: Final = {"int": INT, "num": NUM, "grouped": GROUPED, "word": WORD}
"""What a hole may hold: `<x:grouped>`."""
PLACES: Final = ("x", "of", "epoch", "epochs", "max_steps", "rank")
"""Holes that hold a count where they do not say otherwise; `split` holds a word, any other hole a
number, which is a value.
"""
HOLE: Final = re.compile(r"(?<!\?P)<(?P<name>[A-Za-z_]\w{0,40})(?::(?P<kind>\w{1,10}))?>")
BEHIND_PREFIX: Final = r"(?:[^\n]{0,120}?[\s\]>:|\-])??"
"""What a logger writes before its message: nothing, or at most so much, up to a blank or a
bracket.
"""
PART: Final = re.compile(
    r"(?:(?P<group>[()])|(?P<either>\|)|(?P<any>\[\^?+\]?(?:[^\]\\]|\\.){0,200}+\]|\\[dDsSwWbBAZ]"
    r"|[.^$])|\\(?P<sign>\W)|(?P<plain>[^\\]))"
    r"(?P<often>[*+?]|\{\d{0,9},?\d{0,9}\})?+[?+]?+"
)
"""One part of a pattern and how often it may come."""


def with_holes(template: str) -> str:
    """Return the pattern that a template stands for: every hole a named group."""
    return HOLE.sub(_group, template)


def _group(hole: re.Match[str]) -> str:
    name = hole["name"]
    usual = "word" if name == "split" else "num"
    kind = hole["kind"] or ("int" if name in PLACES else usual)
    return f"(?P<{name}>{KINDS[kind]})"


@cache
def head(template: str) -> re.Pattern[str]:
    """Return the pattern of the beginning of a line, to be matched at its start: behind a logger's
    prefix where it does not say `^`.
    """
    pattern = with_holes(template)
    return re.compile(pattern if pattern.startswith("^") else f"{BEHIND_PREFIX}(?:{pattern})")


@cache
def literal_of(template: str) -> str:
    """Return the longest text that every line of a template holds, to tell the other lines at once;
    "" where there is none.
    """
    runs, depth = [""], 0
    for part in PART.finditer(HOLE.sub(".", template)):
        depth += {"(": 1, ")": -1}.get(part["group"] or "", 0)
        if part["either"] and not depth:
            return ""
        char = part["sign"] or part["plain"]
        sure = not depth and char is not None and part["often"] in (None, "+")
        if sure:
            runs[-1] += str(char)
        if not sure or part["often"]:
            runs.append("")
    return max(runs, key=len)
