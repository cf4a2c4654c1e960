"""The one door for values that a file spells out: JSON, YAML and Python literals, bounded in depth
and digits, failing by Unreadable only.

Whatever a file holds, what comes out of here can be walked by a recursive function and put through
`float` and `int`.
"""

from __future__ import annotations

import ast
import json
import math
from typing import Any, Final

import orjson

from lossreport import regex as re
from lossreport.reading.bytes.bounds import DIGITS, LONG


class Unreadable(ValueError):
    """What a file spells out is no value of its kind, or beyond the bounds; the message says
    which.
    """


DEEPEST: Final = 100
"""Levels of lists and objects: what loggers write has at most a dozen, and Python's recursion ends
at a thousand.
"""
LITERAL: Final = 1 << 20
"""Characters of a Python literal: Python's own reader needs a thousand times the memory of what it
reads.
"""
TOO_DEEP: Final = f"nested more than {DEEPEST} levels deep"
TOO_LONG: Final = f"a Python literal of more than {LITERAL} characters"


def json_of(text: str | bytes) -> Any:
    """Return the value of a JSON text; an integer of more digits than a float holds is infinite, as
    1e400 is.

    NaN and Infinity are read as loggers write them. Raises Unreadable where the text is no JSON or
    nested too deep.
    """
    given = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
    try:
        value = json.loads(given, parse_int=_integer) if LONG.search(given) else json.loads(given)
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    return shallow(value, given.count("[") + given.count("{"))


def json_fast(text: str) -> Any:
    """Return the value of a long JSON text as `json_of` does, fast where it is strict and no number
    of it is beyond 64 bits.
    """
    digits = text.encode("utf-8", "surrogatepass").translate(ONLY_DIGITS)
    if b"0" * 19 in digits and BEYOND.search(text):
        return json_of(text)
    return json_line(text)


BEYOND: Final = re.compile(r"(?<![\d.])\d{19}")
"""What orjson may read as a float is a whole number to json."""
ONLY_DIGITS: Final = bytes(
    ord("0") if chr(code).isascii() and chr(code).isdigit() else ord(" ") for code in range(256)
)
"""Every digit as 0, all else as a blank: a long number is found so ten times as fast, and mostly
there is none.
"""


def mapping(value: object) -> dict[Any, Any]:
    """Return a value that should be a mapping; an empty one for anything else, which a file that
    was edited may hold.
    """
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """Return a value that should be a list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def json_line(text: str) -> Any:
    """Return the value of a line of JSON as `json_of` does, fast where it is strict JSON."""
    try:
        return shallow(orjson.loads(text), text.count("[") + text.count("{"))
    except orjson.JSONDecodeError:
        return json_of(text)


def json_at(text: str, at: int) -> tuple[Any, int]:
    """Return the JSON value that begins at a place of a text, and where it ends; raises Unreadable
    as `json_of` does.
    """
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    return shallow(value, text.count("[", at, end) + text.count("{", at, end)), end


def yaml_of(text: str) -> Any:
    """Return the value of a YAML text; raises Unreadable where it is none, nested too deep, or
    holds what cannot be a value.
    """
    import yaml

    try:
        value = yaml.safe_load(text)
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None
    except (
        yaml.YAMLError,
        ValueError,
        OverflowError,
        TypeError,
        AttributeError,
        LookupError,
    ) as error:
        # a date of month 13, `!!int x`
        raise Unreadable(f"no YAML: {error}") from None
    return shallow(value, DEEPEST + 1)


def literal_of(text: str) -> Any:
    """Return the value of a Python literal; raises Unreadable where it is none, too long or nested
    too deep.
    """
    if len(text) > LITERAL:
        raise Unreadable(TOO_LONG)
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise Unreadable(f"no Python literal: {error}") from None
    return shallow(value, text.count("[") + text.count("{") + text.count("("))


def whole(value: float | None) -> int | None:
    """Return a number without its fraction; None where there is none or it is not finite."""
    return int(value) if value is not None and math.isfinite(value) else None


def _integer(text: str) -> int | float:
    return (
        int(text)
        if len(text) <= DIGITS
        else math.copysign(math.inf, -1.0 if text.startswith("-") else 1.0)
    )


_DECODER: Final = json.JSONDecoder(parse_int=_integer)


def shallow(value: Any, openings: int = DEEPEST + 1) -> Any:
    """Return a value; raises Unreadable where it is nested too deep, which takes at least as many
    opening brackets.
    """
    level, depth = [value] if type(value) in NESTED else [], 0
    while openings > DEEPEST and level:
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(TOO_DEEP)
        level = [
            inner
            for one in level
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) in NESTED
        ]
    return value


NESTED: Final = frozenset((dict, list, tuple, set))
"""What values that are spelled out hold others in; the readers of JSON, YAML and literals make
nothing derived from them.
"""
