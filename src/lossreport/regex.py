"""The module `re` with `compile` put off until a pattern is first asked something: `from lossreport
import regex as re`.

The formats of the world take more than a thousand patterns, and one log a few dozen of them:
compiling all of them costs more than the rest of a small report. A test compiles every one, so that
a slip is found there and not by a user.
"""

from __future__ import annotations

import re
from re import (
    ASCII,
    DOTALL,
    IGNORECASE,
    MULTILINE,
    VERBOSE,
    Match,
    Pattern,
    escape,
    findall,
    finditer,
    fullmatch,
    match,
    search,
    split,
    sub,
)
from typing import Any, AnyStr, Final, cast

__all__ = [
    "ASCII",
    "DOTALL",
    "IGNORECASE",
    "MULTILINE",
    "OF_A_NAME",
    "VERBOSE",
    "Match",
    "Pattern",
    "compile",
    "escape",
    "findall",
    "finditer",
    "fullmatch",
    "match",
    "search",
    "split",
    "sub",
]

ASKED: Final = (
    *("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split", "scanner"),
    *("flags", "groups", "groupindex"),
)
"""What a pattern answers; taken over from the compiled one at the first question, so that every
later one costs no detour.
"""


OF_A_NAME: Final = r"(?!(?s:.{201}))"
"""At the front of a pattern for whole names: none has more than 200 characters
(`model.run.LONGEST_NAME`), so what follows may try every place.
"""


class LazyPattern:
    """A pattern by its text. Its `compiled` is made at the first question."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in ASKED and name != "compiled":
            raise AttributeError(f"a pattern has no {name!r}")
        compiled = re.compile(self.pattern, self._flags)
        self.__dict__.update(
            {asked: getattr(compiled, asked) for asked in ASKED}, compiled=compiled
        )
        return self.__dict__[name]

    def __repr__(self) -> str:
        return f"regex.compile({self.pattern!r})"


def compile(pattern: AnyStr, flags: int = 0) -> Pattern[AnyStr]:
    """Return a pattern that is compiled when it is first used; to whoever holds it, it is a
    `re.Pattern`.
    """
    return cast("Pattern[AnyStr]", LazyPattern(pattern, int(flags)))
