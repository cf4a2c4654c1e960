"""Fewer points that look the same: minimum and maximum of every column of pixels, and gaps where
rows are missing.

Measured on 200 000 rows with 20 one-row spikes (SCIENCE.md section 6): every-nth keeps 0.5 % of the
spikes, min-max 97 %. The flagged rows are drawn besides, as marks, so that all of them are seen.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.model.run import Floats, Ints

LIMIT: Final = 128
"""Two points for every ten pixels of a chart 640 wide: minimum and maximum of each stretch are
kept, so that nothing seems calmer.
"""
SMALL_LIMIT: Final = 60
"""The same for a chart that is little more than half as wide."""
BIGGEST: Final = 1e300


def drawable(values: Floats) -> Floats:
    """Return a copy with NaN for what is not finite, held within ±1e300 so that ranges do not
    overflow.
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.clip(finite, -BIGGEST, BIGGEST)


def gapped(x: Floats, y: Floats, breaks: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return x and y with a row of NaN after each row in `breaks`, so that no line is drawn
    across.
    """
    after = np.array(sorted({row + 1 for row in breaks if 0 <= row < len(y) - 1}), dtype=np.int64)
    if not len(after):
        return x, y
    return np.insert(x, after, x[after]), np.insert(y, after, np.nan)


def thin(y: Floats, limit: int = LIMIT) -> Ints:
    """Return the rows to draw, ascending: all of them up to `limit`, else first, last and each
    bucket's minimum and maximum.

    Both rows at every border of a gap stay too; where gaps are so many that more than `limit` rows
    would, one gap a bucket. So at most 3 x `limit` rows come back, and about `limit` where nothing
    is missing.
    """
    n = len(y)
    if n <= limit:
        return np.arange(n, dtype=np.int64)
    width = -(-n // (limit // 2))
    rows = np.unique(
        np.concatenate([[0, n - 1], _extremes(y, width), _gap_borders(y, width, limit)])
    )
    return rows.astype(np.int64)


def alone(y: Floats) -> Ints:
    """Return the finite rows with no finite neighbour: a line through them would show nothing."""
    finite = np.isfinite(y)
    before = np.concatenate([[False], finite[:-1]])
    after = np.concatenate([finite[1:], [False]])
    return np.flatnonzero(finite & ~before & ~after).astype(np.int64)


def stretches(chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return the first and the last row of every run of chosen rows."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def _extremes(y: Floats, width: int) -> Ints:
    whole = len(y) // width * width
    starts = np.arange(0, whole, width)
    found = [_low_and_high(y[:whole].reshape(-1, width), starts)]
    if whole < len(y):
        found.append(_low_and_high(y[whole:].reshape(1, -1), np.array([whole])))
    return np.concatenate(found)


def _low_and_high(blocks: Floats, starts: Ints) -> Ints:
    finite = np.isfinite(blocks)
    low = np.where(finite, blocks, np.inf).argmin(axis=1)
    high = np.where(finite, blocks, -np.inf).argmax(axis=1)
    return np.concatenate([starts + low, starts + high]).astype(np.int64)


def _gap_borders(y: Floats, width: int, limit: int) -> Ints:
    changes = np.flatnonzero(np.diff(np.isfinite(y).astype(np.int8)))
    if 2 * len(changes) > limit:
        changes = changes[np.unique(changes // width, return_index=True)[1]]
    return np.concatenate([changes, changes + 1]).astype(np.int64)
