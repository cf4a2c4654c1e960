"""Draws a ShareChart: a stacked bar for each row, hatched so that colour is not the only
channel.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from lossreport.charts import scale
from lossreport.charts.sheet import Sheet, legend, legend_height, new_sheet, shortened, titled
from lossreport.charts.style import COLORS, EM, FONT, HATCH, HATCHES, WIDTH, cycle
from lossreport.model.report import ShareChart
from lossreport.model.run import Floats

MOST_BARS: Final = 80
GAPS_BELOW: Final = 40
TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_shares(spec: ShareChart) -> Sheet:
    """Return the chart on a sheet; more than 80 rows are drawn as means of equally many neighbours,
    which still sum to 1.
    """
    shares, firsts = _binned(spec)
    bars = shares.shape[1]
    y = scale.Scale(
        kind="linear",
        low=0.0,
        high=1.0,
        ticks=TICKS,
        labels=tuple(f"{tick * 100:g}%" for tick in TICKS),
    )
    sheet = new_sheet(
        _x_scale(spec.x, firsts), y, top=10 + legend_height(spec.names) if spec.names else 12
    )
    base = np.zeros(bars)
    for index, (name, share) in enumerate(zip(spec.names, shares, strict=True)):
        patch = PathPatch(
            _bars(base, share, 0.78 if bars <= GAPS_BELOW else 1.0), **_look(index), clip_on=False
        )
        sheet.axes.add_patch(patch)
        titled(sheet, patch, [shortened(name, 120)])
        base = base + share
    if spec.names and bars:
        legend(sheet, [Patch(**_look(index)) for index in range(len(spec.names))], spec.names)
    return sheet


def _look(index: int) -> dict[str, Any]:
    return {
        "facecolor": cycle(COLORS, index),
        "edgecolor": HATCH,
        "linewidth": 0.0,
        "hatch": cycle(HATCHES, index),
    }


def _binned(spec: ShareChart) -> tuple[Floats, Floats]:
    """Return shares (names x bars) and the x of the first row of each bar."""
    rows = len(spec.x)
    table = np.array(
        [np.nan_to_num(share, nan=0.0, posinf=0.0, neginf=0.0) for share in spec.shares]
    ).reshape(len(spec.names), rows)
    if rows <= MOST_BARS:
        return table, spec.x
    starts = np.arange(0, rows, -(-rows // MOST_BARS))
    counts = np.diff([*starts, rows])
    return np.add.reduceat(table, starts, axis=1) / counts, spec.x[starts]


def _x_scale(x: Floats, firsts: Floats) -> scale.Scale:
    """Return places 0, 1, 2, ... for the bars, labelled by the x of their rows."""
    if not len(firsts):
        return scale.fit(firsts)
    names = scale.label([float(value) for value in firsts])
    room = max(len(name) for name in names) * FONT * EM + 12
    stride = max(1, int(np.ceil(len(names) * room / (WIDTH - 80))))
    places = range(0, len(names), stride)
    return scale.Scale(
        kind="linear",
        low=-0.6,
        high=len(names) - 0.4,
        ticks=tuple(float(p) for p in places),
        labels=tuple(names[p] for p in places),
    )


def _bars(base: Floats, share: Floats, width: float) -> Path:
    """Return one path of all bars of a term."""
    seen = np.flatnonzero(share > 0)
    left, right, low, high = seen - width / 2, seen + width / 2, base[seen], (base + share)[seen]
    corners = np.stack([left, low, right, low, right, high, left, high, left, low], axis=1).reshape(
        -1, 2
    )
    codes = np.tile(
        [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(seen)
    ).astype(np.uint8)
    return Path(corners, codes)
