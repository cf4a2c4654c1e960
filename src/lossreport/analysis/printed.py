"""How finely a series is printed: one step of its last digit. A difference of one step is no more
than the rounding of the print.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from lossreport.analysis.agreement import Precision, precision
from lossreport.model.run import Series

WITHIN: Final = 2.0
"""Two values differ where more than two steps of the last digit lie between them: each is rounded
by half a step, and a level between two steps is printed as either of them in turn.
"""


def step(series: Series, value: float) -> float:
    """Return the step of the last printed digit at a value; 0 where the log prints full
    precision.
    """
    return _step(precision(series), value)


def _step(found: Precision, value: float) -> float:
    return 2.0 * max(found.decimals, found.digits * abs(value))


def differs(
    series: Series, value: float, other: float, known: Callable[[], Precision] | None = None
) -> bool:
    """Return whether two values lie further apart than the print can tell. `known` gives how finely
    the series is printed, where it is asked for many values.
    """
    found = precision(series) if known is None else known()
    return abs(value - other) > WITHIN * _step(found, max(abs(value), abs(other))) * (1 + 1e-9)


def digits(series: Series, value: float) -> float:
    """Return how many significant digits of a value are printed; infinite where all of them are."""
    finest = step(series, value)
    if value == 0:
        return 0.0
    return math.inf if finest == 0 else math.log10(abs(value) / finest) + 1
