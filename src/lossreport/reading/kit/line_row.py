"""What one line of a text log says: where it stands, and the values it prints, each with its
statistic.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.rows import INSTANT, number
from lossreport.values import dataclass


class Value(NamedTuple):
    """One printed number and what it is.

    `resolution` is the step of its last decimal where the format fixes it; `split` is set where one
    row prints several splits. A value that is printed `once` stands on every line of one place and
    counts once.
    """

    name: str
    value: float
    statistic: Statistic = Statistic.UNKNOWN
    window: int | None = None
    unit: str = ""
    resolution: float | None = None
    split: str = ""
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one line says.

    With `x` None the values stand where the last row without values (a heading) or else the
    training stands, by its epoch where `axis` is the epoch; before that at 0 of `axis`. `nested`
    says that x counts inside `epoch`. `passing` marks one of many rows of a pass over a validation
    set: only the last of a pass counts. A row without a split is of its heading's. `facts` are
    printed in the row, such as totals. Where ranks print rows of their own, those of the `rank`
    that comes first are read.
    """

    axis: Axis = Axis.STEP
    x: float | None = None
    values: tuple[Value, ...] = ()
    split: str = "train"
    epoch: float = math.nan
    passing: bool = False
    facts: tuple[tuple[str, FactValue], ...] = ()
    nested: bool = False
    rank: str = ""


KNOWN: Final = Row()
"""A line that is known to say nothing that counts."""


def matched(text: str) -> float:
    """Return the number that a pattern has found; NaN where it is a spelling of NaN that `number`
    does not know.
    """
    value = number(text)
    return math.nan if value is None else value


def values(
    pairs: Iterable[tuple[str, str]],
    statistic: Statistic,
    window: int | None = None,
    *,
    resolution: float | None = None,
    units: Mapping[str, str] | None = None,
    instant: re.Pattern[str] = INSTANT,
) -> tuple[Value, ...]:
    """Return a value for every pair whose text is a number; names that match `instant` are single
    values whatever the others are.
    """
    found = []
    for name, text in pairs:
        value = number(text)
        if value is None:
            continue
        single = instant.fullmatch(name) is not None
        how, length = (Statistic.VALUE, None) if single else (statistic, window)
        found.append(
            Value(
                name,
                value,
                how,
                length,
                (units or {}).get(name, ""),
                None if single else resolution,
            )
        )
    return tuple(found)
