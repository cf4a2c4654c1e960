"""What a framework knows of its training, as plain settings: bounded, and without secrets before
they reach the disk.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lossreport.integrations.memory import plain_number
from lossreport.reading.privacy.redaction import redact_fact

MOST: Final = 400
"""Settings that are handed over at once: the arguments of a trainer are some 120, the configuration
of a model some 60.
"""
LONGEST: Final = 200
"""Characters of a word, and of what a list holds; longer words are templates and texts."""
ITEMS: Final = 16
DEEPEST: Final = 3
Plain = str | int | float | bool | list[str | int | float | bool]


def plain_settings(config: Mapping[str, Any], **named: Any) -> dict[str, Plain]:
    """Return the settings of a configuration that are numbers, truth values, words, and short lists
    of them; nested names joined by dots.

    What is `named` comes first and stands before a setting of the same name. An enum is its value.
    What is empty, long, not finite or an object is left out; secrets, people and machines are
    replaced as in a report.
    """
    found: dict[str, Plain] = {}
    for name, value in _leaves(
        {**named, **{name: value for name, value in config.items() if name not in named}}, ""
    ):
        if len(found) < MOST and (plain := _plain(value)) is not None:
            found[name] = _redacted(name, plain)
    return found


def _leaves(config: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if not isinstance(value, Mapping):
            yield f"{prefix}{name}", value
        elif prefix.count(".") < DEEPEST:
            yield from _leaves(value, f"{prefix}{name}.")


def _plain(value: Any) -> Plain | None:
    value = getattr(value, "value", value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if 0 < len(value) <= LONGEST else None
    if isinstance(value, list | tuple):
        items = [item for item in value if isinstance(item, str | int | float)]
        return (
            items
            if 0 < len(items) == len(value) <= ITEMS
            and sum(len(str(item)) for item in items) <= LONGEST
            else None
        )
    number = plain_number(value)
    return _short(number) if number is not None and math.isfinite(number) else None


def _short(number: float) -> float:
    """Return the number that was typed in: 0.1 where a framework keeps it in single precision,
    0.10000000149011612.
    """
    short = float(f"{number:.7g}")
    try:
        alike = (
            struct.pack("f", number) == struct.pack("f", short)
            and struct.unpack("f", struct.pack("f", number))[0] == number
        )
    except OverflowError:  # beyond single precision
        return number
    return short if alike and isinstance(number, float) else number


def _redacted(name: str, value: Plain) -> Plain:
    if isinstance(value, list):
        return [str(redact_fact(name, item)) if isinstance(item, str) else item for item in value]
    return str(redact_fact(name, value)) if isinstance(value, str) else value


def size_of(loader: Any) -> int | None:
    """Return how many samples a data loader, or a data set, holds; None where it cannot tell, as a
    stream.
    """
    try:
        return len(getattr(loader, "dataset", loader))
    except (TypeError, NotImplementedError):
        return None


def beside(hook: Any) -> Sequence[Any]:
    """Return the callbacks that a framework calls with a hook, found where it is called from: Keras
    and XGBoost hand them to none of them.
    """
    frame = sys._getframe(1)
    for _ in range(CALLERS):
        listed = getattr(frame.f_locals.get("self"), "callbacks", None)
        if isinstance(listed, list | tuple) and any(one is hook for one in listed):
            return listed
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ()


CALLERS: Final = 8
"""Frames between a hook and the list that calls it: a guard or two of ours, the framework's own
decorators.
"""
