"""Chooses the points of a series that JSON keeps: at most 500, those that findings point at before
all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from lossreport.model.analysis import Finding
from lossreport.model.run import Ints, Series, frozen_ints

SIDES: Final = ("left", "right")
LIMIT: Final = 500
ENDS: Final = 2
"""What HTML holds of a series that nothing is said of: another source gives its values already, or
it is no loss and shows no anomaly.
"""
BRIEF_POINTS: Final = 400
BRIEF_LEAST: Final = 12
MANY: Final = 300
"""Of more series than these HTML holds the ends only."""
"""HTML holds so many points in all of the series that are longer, but at least 12 of each: the
charts show the curve already.
"""


def brief_limit(series: Iterable[Series]) -> int:
    """Return how many points a series keeps inside HTML: the fewer, the more long series there
    are.
    """
    long = sum(len(one) > BRIEF_LEAST for one in series)
    return min(LIMIT, max(BRIEF_LEAST if long <= MANY else ENDS, BRIEF_POINTS // max(long, 1)))


def kept_rows(series: Series, findings: Iterable[Finding], limit: int = LIMIT) -> Ints:
    """Return the rows to keep, ascending: all where there are at most `limit`, or where they were
    chosen before.

    Else rows that findings on the series cite come first, then its ends and extremes, then the
    other rows findings mean, the most severe first; what room is left goes to rows spread evenly.
    """
    n = len(series)
    if n <= limit or series.extent is not None:
        return frozen_ints(np.arange(n))
    mine = sorted(
        (finding for finding in findings if series.id in finding.series),
        key=lambda finding: -finding.severity.rank,
    )
    rises = bool(np.all(series.line[1:] >= series.line[:-1]))
    wanted = [row for finding in mine for row in _cited(series, finding, rises=rises)]
    wanted += _ends(series)
    wanted += [row for finding in mine for row in finding.rows]
    chosen = list(dict.fromkeys(row for row in wanted if 0 <= row < n))[:limit]
    others = np.delete(np.arange(n), chosen)
    spread = others[np.linspace(0, len(others) - 1, limit - len(chosen)).round().astype(int)]
    return frozen_ints(np.sort(np.concatenate([np.array(chosen, dtype=np.int64), spread])))


def _cited(series: Series, finding: Finding, *, rises: bool) -> list[int]:
    """Return first and last row of a finding, and the rows of the series that stand on the lines it
    cites; where the lines rise they are looked up.
    """
    lines = [
        evidence.line
        for evidence in finding.evidence
        if evidence.source in {series.source, *(piece.source for piece in series.pieces)}
    ]
    if rises:
        wanted = np.unique(np.array(lines, dtype=np.int64))
        bounds = (np.searchsorted(series.line, wanted, side) for side in SIDES)
        rows = [row for first, after in zip(*bounds, strict=True) for row in range(first, after)]
    else:
        rows = np.flatnonzero(np.isin(series.line, lines)).tolist()
    return [finding.start.row, finding.end.row, *rows]


def _ends(series: Series) -> list[int]:
    """Return the first and last row, the smallest and largest finite value, and the first that is
    not finite.
    """
    finite = np.flatnonzero(np.isfinite(series.y))
    rows = [0, len(series) - 1]
    if len(finite):
        rows += [
            int(finite[0]),
            int(finite[-1]),
            int(finite[series.y[finite].argmin()]),
            int(finite[series.y[finite].argmax()]),
        ]
    if len(finite) < len(series):
        rows.append(int(np.flatnonzero(~np.isfinite(series.y))[0]))
    return rows
