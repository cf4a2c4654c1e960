"""Finds records printed as a Python dict or as JSON inside a line of text: `{'loss': 2.31, 'epoch':
0.5}`, values quoted or not.
"""

from __future__ import annotations

from typing import Any, Final

from lossreport import regex as re
from lossreport.reading.kit.rows import number

BRACES: Final = re.compile(r"\{[^{}]*\}")
ITEM: Final = re.compile(
    r"""(?P<q>['"])(?P<name>[^'"]{1,100})(?P=q)\s*:\s*(?:(?P<v>['"])(?P<text>[^'"]*)(?P=v)|(?P<bare>(?:np\.float\d+|tensor|array)\([^)]*\)|[^\s,}\]]+))"""
)
MAX_LENGTH: Final = 20_000


def dict_of(text: str) -> dict[str, Any] | None:
    """Return the last dict without inner dicts that a line holds and that has a number, names to
    values; None where there is none.
    """
    if "{" not in text or "}" not in text or len(text) > MAX_LENGTH:
        return None
    for braces in reversed(BRACES.findall(text)):
        found = {
            match["name"]: match["text"] if match["v"] else match["bare"]
            for match in ITEM.finditer(braces)
        }
        if found and any(number(value) is not None for value in found.values()):
            return found
    return None
