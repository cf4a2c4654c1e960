"""Facts of a run that several kinds of loss read in the analyse step, checked before a formula uses them."""

from __future__ import annotations

import math
from typing import Any

from lossreport.knowledge.loss_type import Known


def count_fact(known: Known, name: str) -> int | None:
    """Return the fact `name` as a whole number of at least 2; None where it is unknown or no such number."""
    value = number_fact(known, name)
    return int(value) if value is not None and value >= 2 and value == int(value) else None


def number_fact(known: Known, name: str) -> float | None:
    """Return the fact `name` as a finite number, else None."""
    value = known.fact(name)
    return float(value) if is_number(value) else None


def value_range(known: Known) -> tuple[float, float] | None:
    """Return the range of the targets, `range.<metric>`, as (low, high) with low < high, else None."""
    match known.own("range"):
        case (low, high) if is_number(low) and is_number(high) and low < high:
            return float(low), float(high)
        case _:
            return None


def is_number(value: Any) -> bool:
    """Say whether `value` is a finite int or float; a bool is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_positive(value: float) -> bool:
    """Say whether `value` is finite and above zero, so that a note can speak about it."""
    return math.isfinite(value) and value > 0
