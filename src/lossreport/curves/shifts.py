"""Finds rows at which a curve changes its level for good: a regression discontinuity on block
medians (SCIENCE.md 3.1 "level shift").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.curves.stats import MAD_TO_SD, block_medians, log_if_positive, median
from lossreport.model.run import Floats
from lossreport.values import dataclass

MIN_ROWS: Final = 24
BLOCKS: Final = 160
MIN_SIZE: Final = 0.07
MIN_Z: Final = 7.0
START: Final = 0.10
"""The steep descent at the start of a run is no shift."""
RAW_SHARE: Final = 0.5
"""The levels on both sides differ by at least half of the jump between the two lines."""

LASTING: Final = 0.05
"""The levels on both sides are medians over a twentieth of the run; a 30 % burst over 2 % of the
rows is none.
"""
HELD: Final = 0.8
"""So many of all later rows stay on the new side of the level before, and of the rows of the end.
Of a curve that is back within the first half of what follows three rows in four are on the new side
at most; a lasting jump of three times the noise keeps all of them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A lasting change of level: its row, its relative size (negative: downwards) and its size in
    standard errors.
    """

    row: int
    size: float
    z: float


def find_shifts(y: Floats) -> list[Shift]:
    """Return the level shifts of a curve without gaps and spikes, in the order of their rows."""
    n = len(y)
    if n < MIN_ROWS or not np.isfinite(y).all():
        return []
    blocks = min(BLOCKS, n // 2 if n < 120 else BLOCKS)
    medians, centres = block_medians(y, blocks)
    u, logged = log_if_positive(medians)
    spread = float(np.subtract(*np.percentile(medians, [90, 10]))) + 1e-12
    half = max(4, min(10, len(u) // 8))
    chosen: list[tuple[float, int, float]] = []
    for z, block, jump in sorted(_jumps(u, half, logged, spread), reverse=True):
        if all(abs(block - other) > half for _, other, _ in chosen):
            chosen.append((z, block, jump))
    found = [
        Shift(row=_row(y, centres, block), size=_size(jump, logged, spread), z=z)
        for z, block, jump in chosen
    ]
    both = sorted(
        zip(found, (jump for _, _, jump in chosen), strict=True), key=lambda pair: pair[0].row
    )
    apart = [(shift, jump) for shift, jump in both if _is_apart(y, shift.row, jump, logged=logged)]
    return _lasting(y, apart)


def _lasting(y: Floats, jumps: list[tuple[Shift, float]]) -> list[Shift]:
    """Return the shifts that last; where one comes back, the jump that brings it back is none
    either.
    """
    found, owed = [], 0.0
    for shift, jump in jumps:
        if owed * jump < 0 and BACK_LEAST <= abs(jump / owed) <= BACK_MOST:
            owed = 0.0
        elif _holds(y, shift.row, jump):
            found.append(shift)
            owed = 0.0
        else:
            owed = jump
    return found


BACK_LEAST: Final = 0.4
BACK_MOST: Final = 2.5
"""A jump of the other sign and of about the same size undoes the one before."""


def _jumps(u: Floats, half: int, logged: bool, spread: float) -> Iterator[tuple[float, int, float]]:
    """Yield (z, block, jump) where the line through the blocks after a block lies apart from the
    line through those before it.
    """
    x = np.arange(half) - (half - 1) / 2.0
    sxx, reach = float((x**2).sum()), (half + 1) / 2.0
    floor = max(MAD_TO_SD * float(np.median(np.abs(np.diff(u, 2)))) / math.sqrt(6), 1e-9)
    for block in range(max(half, int(START * len(u))), len(u) - half):
        left, right = u[block - half : block], u[block + 1 : block + 1 + half]
        slope_left, slope_right = float((x * left).sum()) / sxx, float((x * right).sum()) / sxx
        jump = float(right.mean() - slope_right * reach - left.mean() - slope_left * reach)
        raw = median(right[: max(2, half // 2)]) - median(left[-max(2, half // 2) :])
        residual = np.concatenate(
            [left - left.mean() - slope_left * x, right - right.mean() - slope_right * x]
        )
        noise = max(floor, MAD_TO_SD * median(np.abs(residual)))
        z = abs(jump) / (noise * math.sqrt(2 * (1.0 / half + reach**2 / sxx)))
        if (
            z >= MIN_Z
            and jump * raw > 0
            and abs(raw) > RAW_SHARE * abs(jump)
            and abs(_size(abs(jump), logged, spread)) > MIN_SIZE
        ):
            yield z, block, jump


def _is_apart(y: Floats, row: int, jump: float, *, logged: bool) -> bool:
    """Return whether a twentieth of the rows on each side lies apart by half of the jump."""
    before, after = _levels(y, row)
    if logged and min(before, after) <= 0:
        return True
    step = math.log(after / before) if logged else after - before
    return step * math.copysign(1.0, jump) >= RAW_SHARE * abs(jump)


def _holds(y: Floats, row: int, jump: float) -> bool:
    """Return whether all that follows stays on the new side of the level before, the end too.

    What returns is no new level, however late it does: a sawtooth, a hump, a jump that learning
    works off.
    """
    later = (y[row:] - _levels(y, row)[0]) * math.copysign(1.0, jump) > 0
    return bool(np.mean(later) >= HELD and np.mean(later[-_reach(y) :]) >= HELD)


def _levels(y: Floats, row: int) -> tuple[float, float]:
    reach = _reach(y)
    return float(np.median(y[max(0, row - reach) : row])), float(np.median(y[row : row + reach]))


def _reach(y: Floats) -> int:
    return max(2, round(LASTING * len(y)))


def _size(jump: float, logged: bool, spread: float) -> float:
    return math.expm1(max(-20.0, min(20.0, jump))) if logged else jump / spread


def _row(y: Floats, centres: Floats, block: int) -> int:
    """Return the row inside a block and its neighbours that splits their values best: blocks only
    say about where.
    """
    low, high = int(centres[max(0, block - 1)]), int(centres[min(len(centres) - 1, block + 1)]) + 1
    if high - low < 4:
        return int(centres[block])
    part = y[low:high]
    counts = np.arange(1, len(part))
    sums = np.cumsum(part)[:-1]
    gap = np.abs(sums / counts - (part.sum() - sums) / (len(part) - counts)) * np.sqrt(
        counts * (len(part) - counts)
    )
    return low + 1 + int(np.argmax(gap))
