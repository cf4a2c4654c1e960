"""Is 0.42 lower than 0.41? The level of a curve at its end with the noise it is known to, and the
difference of two with its interval.

Within a run: the mean of the last stretch, its standard error from what is left over a smooth
course of the last half, with the autocorrelation of rows taken into account. Between seeds: the
spread of their levels. Intervals are Student's, degrees of freedom by Welch and Satterthwaite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from lossreport.curves.stats import fill, lag_one, mad
from lossreport.model.run import Floats
from lossreport.values import dataclass

TAIL: Final = 0.1
"""The share of the common stretch whose mean is the level: long enough for 20 rows of most logs,
short enough to be the end.
"""
MANY: Final = 20
"""From so many rows on a smooth course is taken out; below, noise is told by second differences
(which see a bend as noise: the safe side).
"""
FEW: Final = 3
"""Rows of the level where the tail is shorter."""
LEAST: Final = 6
"""With fewer rows nothing is known about noise."""
CLIP: Final = 4.0
"""A row further than 4 robust deviations from the line is a spike and counts as one that far."""
PARAMETERS: Final = 3
"""Of the course. They bias the autocorrelation of what is left by about -(p + 1 + 4 r) / n
(Marriott & Pope 1954, for a mean).
"""
LEAST_EFFECTIVE: Final = 8.0
"""Rows so alike that they count for fewer than 8 (a long mean) do not show how noisy they are."""
SHOWN, CALLED = 0.90, 0.99
"""The interval that is shown, and the one that must leave out 0 before a difference is called one:
a report compares dozens of pairs of metrics, and at 90 % every tenth would differ by chance.
"""
OVERLAP: Final = 1.94
"""Second differences of white noise are correlated by -4/6 and 1/6: they count for 1 + 2 (4/6)^2 +
2 (1/6)^2 times fewer.
"""

Call = Literal["lower", "higher", "leaning", "inside", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The mean of the last rows up to a common end, its standard error (None: not known) and the
    degrees of freedom of that.

    `first_row` and `last_row` are rows of the series.
    """

    value: float
    error: float | None
    freedom: float
    first_row: int
    last_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Level minus reference, the 90 % interval (None: not known), what may be said, and what the
    interval knows of.
    """

    value: float
    low: float | None
    high: float | None
    call: Call
    knows: Literal["noise", "seeds"]

    @property
    def certain(self) -> bool:
        """Whether it is called one and the spread of seeds is known: one pair cannot tell a change
        from another seed.
        """
        return self.knows == "seeds" and self.call in ("lower", "higher")


def tail_start(xs: Sequence[Floats], start: float, end: float) -> float:
    """Return where the last tenth of start..end begins, or earlier: where every curve has at least
    3 rows behind it.
    """
    inside = [x[(x >= start) & (x <= end)] for x in xs]
    return min([end - TAIL * (end - start), *(float(x[-FEW:][0]) for x in inside if len(x))])


def level(x: Floats, y: Floats, start: float, end: float, since: float) -> Level | None:
    """Return the level of a curve over since..end; None where it has no finite row there. Its noise
    is that of the last half of start..end.
    """
    rows = np.flatnonzero((x <= end) & (x >= start) & np.isfinite(y))
    tail = rows[x[rows] >= since]
    if not len(tail):
        return None
    noise = _noise(y[rows[-max(MANY, len(rows) // 2) :]]) if len(rows) >= LEAST else None
    values = y[tail]
    if noise is not None and len(tail) >= MANY:
        middle = float(np.median(values))
        values = np.clip(values, middle - CLIP * noise.sd, middle + CLIP * noise.sd)
    return Level(
        value=float(values.mean()),
        error=None
        if noise is None
        else noise.sd * math.sqrt(_inflation(noise.r, len(tail)) / len(tail)),
        freedom=1.0 if noise is None else noise.freedom,
        first_row=int(tail[0]),
        last_row=int(tail[-1]),
    )


@dataclass(frozen=True, slots=True)
class _Noise:
    """The standard deviation of rows over a smooth course, their autocorrelation, and how many
    degrees of freedom tell of it.
    """

    sd: float
    r: float
    freedom: float


def _noise(y: Floats) -> _Noise | None:
    """Return the noise of rows; None where they are too few, too smooth or too equal to show
    any.
    """
    if len(y) < MANY:
        # no median: three equal rows of a coarse log would make it 0
        sd = float(np.sqrt((np.diff(y, 2) ** 2).mean() / 6))
        return _Noise(sd, 0.0, max(1.0, (len(y) - 2) / OVERLAP)) if sd > 0 else None
    rest = y - _course(y)
    limit = CLIP * mad(rest)
    spikes = np.abs(rest) > limit if limit > 0 else np.zeros(len(y), dtype=bool)
    r = lag_one(fill(np.where(spikes, np.nan, rest)))
    r = min(0.999, max(0.0, r + (PARAMETERS + 1 + 4 * r) / len(y)))
    effective = len(y) * (1 - r) / (1 + r)
    kept = np.clip(rest, -limit, limit) if limit > 0 else rest
    sd = float(np.sqrt((kept**2).sum() / max(1.0, effective - PARAMETERS) * effective / len(y)))
    return (
        _Noise(sd, r, effective - PARAMETERS) if sd > 0 and effective >= LEAST_EFFECTIVE else None
    )


def _course(y: Floats) -> Floats:
    """Return the least-squares course of rows, a + b t + c log t, spikes held back: what a loss
    does over the second half of a run.
    """
    t = np.arange(1, len(y) + 1) / len(y)
    base = np.column_stack([np.ones(len(y)), t, np.log(t + 0.5)])
    course = base @ np.linalg.lstsq(base, y, rcond=None)[0]
    limit = CLIP * mad(y - course)
    held = np.clip(y, course - limit, course + limit) if limit > 0 else y
    return np.asarray(base @ np.linalg.lstsq(base, held, rcond=None)[0], dtype=np.float64)


def _inflation(r: float, count: int) -> float:
    """Return by how much autocorrelation r^k raises the variance of a mean of `count` rows: 1 + 2
    sum (1 - k/n) r^k.
    """
    k = np.arange(1, count)
    return 1.0 + 2.0 * float(((1 - k / count) * r**k).sum())


def of_seeds(levels: Sequence[Level]) -> Level:
    """Return the level of runs that differ in nothing but their seed: the mean of theirs, its error
    from their spread.
    """
    values = np.array([one.value for one in levels])
    spread = float(values.std(ddof=1)) / math.sqrt(len(values))
    last = levels[0]
    known = spread if spread > 0 else None
    return Level(
        value=float(values.mean()),
        error=known,
        freedom=len(values) - 1.0,
        first_row=last.first_row,
        last_row=last.last_row,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far the levels of seeds of one setting lie apart: the standard deviation over the groups,
    and its degrees of freedom.
    """

    sd: float
    freedom: float


def pooled(groups: Sequence[Sequence[Level]]) -> Spread | None:
    """Return the spread of seeds over all groups that have several; None where no group has."""
    squares = [
        float(np.var([one.value for one in group]) * len(group))
        for group in groups
        if len(group) > 1
    ]
    freedom = sum(len(group) - 1 for group in groups if len(group) > 1)
    return (
        Spread(sd=math.sqrt(sum(squares) / freedom), freedom=float(freedom))
        if freedom and sum(squares) > 0
        else None
    )


def of_spread(one: Level, spread: Spread, count: int) -> Level:
    """Return the level of `count` runs with the error that the spread of seeds gives it; of one run
    its own noise on top.
    """
    own = (one.error or 0.0) if count == 1 else 0.0
    error = math.hypot(own, spread.sd / math.sqrt(count))
    return Level(
        value=one.value,
        error=error,
        freedom=spread.freedom,
        first_row=one.first_row,
        last_row=one.last_row,
    )


def difference(
    one: Level, reference: Level, *, spread: Spread | None = None, resolution: float = 0.0
) -> Difference:
    """Return `one` minus `reference`. A difference below what the log prints (`resolution`) is
    never called one.

    With the `spread` of seeds both errors are from one estimate, whose degrees of freedom count
    once.
    """
    seeds = spread is not None
    gap = one.value - reference.value
    knows: Literal["noise", "seeds"] = "seeds" if seeds else "noise"
    if one.error is None or reference.error is None:
        return Difference(value=gap, low=None, high=None, call="unknown", knows=knows)
    error = math.hypot(one.error, reference.error)
    welch = (
        error**4 / (one.error**4 / one.freedom + reference.error**4 / reference.freedom)
        if error
        else 1.0
    )
    freedom = welch if spread is None else spread.freedom
    shown, called = (student(share, freedom) * error for share in (SHOWN, CALLED))
    call: Call = "inside"
    if abs(gap) > max(called, resolution):
        call = "lower" if gap < 0 else "higher"
    elif abs(gap) > max(shown, resolution):
        call = "leaning"
    return Difference(value=gap, low=gap - shown, high=gap + shown, call=call, knows=knows)


_EXACT: Final = {
    0.90: (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812),
    0.99: (63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169),
}
"""Two-sided quantiles of Student's t for 1 to 10 degrees of freedom (any table)."""
_NORMAL: Final = {0.90: 1.6449, 0.99: 2.5758}


def student(share: float, freedom: float) -> float:
    """Return the two-sided quantile of Student's t for 0.90 or 0.99; a fraction of a degree of
    freedom counts for nothing.
    """
    whole = max(1, math.floor(freedom))
    if whole <= len(_EXACT[share]):
        return _EXACT[share][whole - 1]
    z = _NORMAL[share]  # Abramowitz & Stegun 26.7.5
    first, second = z**3 + z, 5 * z**5 + 16 * z**3 + 3 * z
    third = 3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z
    return z + first / (4 * whole) + second / (96 * whole**2) + third / (384 * whole**3)
