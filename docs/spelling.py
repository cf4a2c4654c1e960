"""Examples of the metric names that a kind of loss is known by, for the page of losses: its
pattern, spelled out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, Final

from lossreport.knowledge.loss_type import LossType, classify

MOST: Final = 8
"""Names shown of a kind."""
WIDEST: Final = 400
"""Spellings looked at of one alternative: enough for every pattern there is, and an end for those
to come.
"""
_WILD: Final = ("ANY", "CATEGORY", "RANGE", "NEGATE", "NOT_LITERAL")


def examples(unit: LossType) -> tuple[str, ...]:
    """Return up to MOST names that are read as `unit`, short ones first, none with an open part
    (any word, any digit).
    """
    parsed = re._parser.parse(unit.names.pattern)  # type: ignore[attr-defined]  # the only reader of patterns that Python has
    names = sorted(
        {
            name
            for name in _spelled(parsed)
            if name[:1].isalnum() and name[-1:].isalnum() and classify(name).id == unit.id
        },
        key=lambda name: (len(name), name),
    )
    return tuple(names[:MOST])


def _spelled(nodes: Iterable[Any]) -> list[str]:
    parts = [_one(str(kind), value) for kind, value in nodes]
    spelled = [""]
    for part in parts:
        spelled = [a + b for a, b in product(spelled, part)][:WIDEST]
    return spelled


def _one(kind: str, value: Any) -> Sequence[str]:
    """Return the spellings of one node of a parsed pattern; none where it has an open part."""
    if kind == "LITERAL":
        return [chr(value)]
    if kind == "IN":
        return [] if any(str(inner) in _WILD for inner, _ in value) else [chr(value[0][1])]
    if kind == "SUBPATTERN":
        return _spelled(value[-1])
    if kind == "BRANCH":
        return [name for branch in value[1] for name in _spelled(branch)]
    if kind == "MAX_REPEAT":
        return _repeated(*value)
    return [""] if kind in ("ASSERT", "ASSERT_NOT", "AT") else []


def _repeated(least: int, most: int, inner: Any) -> Sequence[str]:
    once = _spelled(inner)
    if least > 0:
        return [name * least for name in once]
    if most == 1 and once and len(inner) == 1 and str(inner[0][0]) == "LITERAL":
        # `_?`: names are told apart best with it
        return once
    return ["", *once] if most == 1 else [""]
