"""Tells whether the values of a curve fall into groups that alternate, and which rows agree in
several metrics at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.curves.stats import block_medians, mad
from lossreport.model.run import Floats
from lossreport.values import dataclass

MIN_ROWS: Final = 8
SHORT: Final = 60
SIDE_SHARE: Final = 0.15
"""Each side of a gap holds at least this share of the rows, and three rows."""
GAP_SHARE: Final = 0.22
"""The widest gap, as a share of the 10-90 % span, that may separate two groups of a short curve
(SCIENCE.md 3.1, "regime mixture").
"""
SURE_GAP: Final = 2.1
"""The groups are regimes where they lie apart by this over the root of the rows: 0.61 of the span
for 12 rows, 0.27 for 59.

That is the widest gap that 99 % of curves of one regime have, whose noise is normal, exponential,
uniform, Student's t or the log of a normal (3000 curves each of 10 to 59 rows): a fixed 0.22 calls
every second noisy curve of 14 rows a mixture.
"""
TIGHT: Final = 14.0
"""Groups that are nearly equal within need no such gap: Ashman's D reaches 14 in 0.4 % of the same
curves at most.
"""
VALLEY: Final = 0.40
"""The deepest valley of the histogram, relative to its lower rim, that separates two groups of a
long curve ...
"""
VALLEY_FROM: Final = 50
VALLEY_ROWS: Final = 400
"""... of 210 rows and more; with fewer the noise makes valleys by itself, and what is asked falls
by 1/400 a row (1 % of the same curves).
"""
ASHMAN: Final = 2.0
"""Ashman's D above which two modes are separate (Ashman, Bird & Zepf 1994)."""
MIN_RUNS: Final = 5
RUNS_SHARE: Final = 0.35
"""Long curves switch sides at least this share of the switches of a random order: a level shift
switches once.
"""
MIN_SEPARATION: Final = 0.10
MIN_RETURNS: Final = 3
"""Two rows that return to the upper group are two spikes of one curve; from three on they may be a
regime of their own.
"""
MIN_REACH: Final = 0.5
"""The rows of each group of a short curve reach over at least half of the run: of a noisy descent
the upper group stands at its start, whatever it alternates with there.
"""
NEAR: Final = 0.015
FAR: Final = 0.30
"""Rows of one cluster lie within 1.5 % of each other in one metric and within 30 % in all (in logs;
seed table: SCIENCE.md 1.1, 27).
"""
JOINT: Final = 0.06
"""Rows that lie within 6 % in every metric at once are what the permutation test counts."""
PERMUTATIONS: Final = 2000
SIGNIFICANT: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Two groups of values: the threshold between them, which rows lie above, how often the rows
    change sides, Ashman's D.

    `depth` is what is left in the middle: 0 for an empty gap, 1 for none.
    """

    threshold: float
    above: npt.NDArray[np.bool_]
    runs: int
    separation: float
    depth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Rows that agree in several metrics at once, and the probability of so many agreements in
    independently shuffled columns.
    """

    rows: tuple[tuple[int, ...], ...]
    p: float


def split_values(u: Floats, min_separation: float = MIN_SEPARATION) -> Split | None:
    """Return two alternating groups of the values, or None. `u` is in logs where the curve is
    positive.

    Source: SCIENCE.md 3.1 "regime mixture"; the number of sides' changes keeps level shifts and
    learning-rate drops out.
    """
    n = len(u)
    if n < MIN_ROWS or not np.isfinite(u).all():
        return None
    found = _gap(u) if n < SHORT else _valley(u)
    if found is None:
        return None
    threshold, depth = found
    above = u > threshold
    low, high = u[~above], u[above]
    if min(len(low), len(high)) < 2:
        return None
    distance = float(np.median(high) - np.median(low))
    separation = math.sqrt(2) * distance / math.sqrt(mad(low) ** 2 + mad(high) ** 2 + 1e-12)
    runs = 1 + int(np.count_nonzero(np.diff(above.astype(int))))
    needed = MIN_RUNS if n < SHORT else max(8.0, RUNS_SHARE * 2 * len(low) * len(high) / n)
    if (
        separation <= ASHMAN
        or runs < needed
        or distance <= min_separation
        or _returns(above) < MIN_RETURNS
    ):
        return None
    return Split(threshold=threshold, above=above, runs=runs, separation=separation, depth=depth)


def is_regimes(split: Split) -> bool:
    """Return whether the groups are further apart than the noise of one regime makes them, and
    neither is the start of a descent alone.

    `split_values` asks less: what may be groups keeps single rows from being called spikes.
    """
    n = len(split.above)
    if n >= SHORT:
        return split.depth < min(VALLEY, (n - VALLEY_FROM) / VALLEY_ROWS)
    if min(_reach(split.above), _reach(~split.above)) < MIN_REACH:
        return False
    return 1.0 - split.depth > SURE_GAP / math.sqrt(n) or split.separation >= TIGHT


def _returns(above: npt.NDArray[np.bool_]) -> int:
    """Return how many rows of the upper group come after the first of the lower one: the start of a
    descent is no regime.
    """
    return int(np.count_nonzero(above[int(np.argmin(above)) :]))


def _reach(member: npt.NDArray[np.bool_]) -> float:
    """Return over what share of the rows a group reaches, from its first row to its last."""
    rows = np.flatnonzero(member)
    return float(rows[-1] - rows[0] + 1) / len(member)


def detrended(u: Floats) -> Floats:
    """Return a long curve without its slow trend; a short one unchanged."""
    if len(u) < SHORT:
        return u
    medians, centres = block_medians(u, 12)
    return np.asarray(u - np.interp(np.arange(len(u)), centres, medians))


def joint_clusters(columns: Sequence[Floats], seed: int = 0) -> Clusters:
    """Return the rows that agree in all columns (logs of positive metrics) at once, and how likely
    that is by chance.

    Two rows are linked where they lie within 1.5 % in one column and within 30 % in all; clusters
    are the linked rows. The probability is that of at least as many pairs within 6 % in every
    column when each column is shuffled by itself.
    """
    table = np.column_stack(columns)
    rng = np.random.default_rng(seed)
    count = _coincidences(table)
    hits = 0
    for _ in range(PERMUTATIONS if count else 0):
        hits += (
            _coincidences(np.column_stack([rng.permutation(column) for column in columns])) >= count
        )
    return Clusters(
        rows=_connected(_links(table)), p=(hits + 1) / (PERMUTATIONS + 1) if count else 1.0
    )


def _gap(u: Floats) -> tuple[float, float] | None:
    ordered = np.sort(u)
    need = max(3, math.ceil(SIDE_SHARE * len(u)))
    gaps = np.diff(ordered)[need - 1 : len(u) - need]
    if not len(gaps) or gaps.max() <= 0:
        return None
    at = need + int(np.argmax(gaps))
    core = float(np.percentile(u, 90) - np.percentile(u, 10))
    if gaps.max() <= GAP_SHARE * core:
        return None
    return float(0.5 * (ordered[at - 1] + ordered[at])), 1.0 - min(
        1.0, float(gaps.max()) / (core + 1e-18)
    )


def _valley(u: Floats) -> tuple[float, float] | None:
    low, high = np.percentile(u, [0.5, 99.5])
    counts, edges = np.histogram(np.clip(u, low, high), 96, (low, high + 1e-12))
    kernel = np.exp(-0.5 * (np.arange(-9, 10) / 2.5) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), "same")
    mass = np.cumsum(smooth) / smooth.sum()
    rim = np.minimum(np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1])
    side = 0.12 if len(u) < 400 else 0.06
    depth = np.where((mass > side) & (mass < 1 - side), smooth / np.maximum(rim, 1e-12), np.inf)
    at = int(np.argmin(depth))
    return (
        (float(0.5 * (edges[at] + edges[at + 1])), float(depth[at])) if depth[at] < VALLEY else None
    )


def _links(table: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    distance = np.abs(table[:, None, :] - table[None, :, :])
    near = (distance.min(axis=2) <= NEAR) & (distance.max(axis=2) <= FAR)
    return np.asarray(np.triu(near, 1))


def _coincidences(table: npt.NDArray[np.float64]) -> int:
    distance = np.abs(table[:, None, :] - table[None, :, :]).max(axis=2)
    return int(np.count_nonzero(np.triu(distance <= JOINT, 1)))


def _connected(linked: npt.NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    group = list(range(len(linked)))
    for a, b in np.argwhere(linked).tolist():
        old, new = group[b], group[a]
        group = [new if member == old else member for member in group]
    members: dict[int, list[int]] = {}
    for row, of in enumerate(group):
        members.setdefault(of, []).append(row)
    return tuple(tuple(rows) for rows in members.values() if len(rows) > 1)
