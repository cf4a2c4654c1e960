"""Targets without colour over a chart: whoever hovers over any place reads the values there,
without a script.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport.charts.scale import PLAIN_BELOW
from lossreport.charts.sheet import Sheet, shortened
from lossreport.charts.svg import Node, tooltip
from lossreport.model.report import Curve, LineChart
from lossreport.model.run import Floats
from lossreport.text import show_number, visible

STRIP: Final = 16.0
LONG_STRIP: Final = 54.0
SMALL_STRIP: Final = 72.0
"""Pixels that one target is wide at least: narrower ones are hard to hit, and each costs eighty
bytes. Of a curve of few rows every row can be hit; of a long one the row in the middle of each
stretch.
"""
FEW: Final = 60
MOST_ROWS: Final = 20_000
"""Of longer curves so many rows, evenly spread, are asked."""

Known = tuple[Floats, Floats, Floats]


def targets(sheets: Sequence[Sheet], stack: Sequence[LineChart]) -> Node:
    """Return a group of upright strips that fill the axes; each tells the values at one row,
    flagged ones before others.
    """
    left, _, right, top = sheets[0].bounds
    _, bottom, _, _ = sheets[-1].bounds
    height = sheets[0].paper.height
    names = [shortened(one.name, 24) + " " if len(stack) > 1 else "" for one in stack]
    known = [[_known(sheets[0], curve) for curve in one.curves] for one in stack]
    few = sum(len(curve.y) for one in stack for curve in one.curves) <= FEW * len(stack)
    wide = STRIP if few else LONG_STRIP
    width = SMALL_STRIP if stack[0].small else wide
    places = _places(known, _flagged(sheets[0], stack[0]), np.arange(left, right + width, width))
    borders = (
        [left, *((a + b) / 2 for a, b in itertools.pairwise(places)), right] if places else [left]
    )
    strips = []
    for place, x0, x1 in zip(places, borders[:-1], borders[1:], strict=True):
        path = f"M{x0:.0f} {height - top:.0f}h{round(x1) - round(x0)}v{top - bottom:.0f}H{x0:.0f}"
        strips.append(
            Node("path", {"d": path}, "", (tooltip(visible(_said(known, names, place, width))),))
        )
    return Node("g", {"pointer-events": "all", "fill": "none"}, "", tuple(strips))


def _places(known: Sequence[Sequence[Known]], flagged: Floats, edges: Floats) -> list[float]:
    """Return one pixel for every stretch between two edges that holds a row: of a flagged row, else
    of the one nearest its middle.
    """
    rows = np.sort(
        np.concatenate([np.empty(0), *(pixels for curves in known for pixels, _, _ in curves)])
    )
    chosen = []
    for first, last in itertools.pairwise(edges.tolist()):
        inside = flagged[(flagged >= first) & (flagged < last)]
        within = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
        if len(inside):
            chosen.append(float(inside[0]))
        elif len(within):
            chosen.append(float(within[np.abs(within - (first + last) / 2).argmin()]))
    return chosen


def _known(sheet: Sheet, curve: Curve) -> Known:
    """Return the pixels, the x and the y of the rows that have a place."""
    rows = np.flatnonzero(np.isfinite(curve.x))
    if len(rows) > MOST_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)]
    x, y = curve.x[rows], curve.y[rows]
    return _pixels(sheet, x), x, y


def _pixels(sheet: Sheet, x: Floats) -> Floats:
    if not len(x):
        return np.empty(0)
    return np.asarray(
        sheet.axes.transData.transform(np.column_stack([x, np.ones(len(x))])), dtype=np.float64
    )[:, 0]


def _flagged(sheet: Sheet, spec: LineChart) -> Floats:
    """Return the pixels of the flagged rows, the highest first, behind that of the star."""
    marks = sorted(
        (mark for mark in spec.marks if np.isfinite(mark.x)),
        key=lambda mark: -np.nan_to_num(mark.y, nan=np.inf),
    )
    at = [*([spec.star.x] if spec.star is not None else []), *(mark.x for mark in marks)]
    return _pixels(sheet, np.asarray(at, dtype=np.float64))


def _said(known: Sequence[Sequence[Known]], names: Sequence[str], at: float, width: float) -> str:
    """Return the place and, panel by panel, the value of each curve in the order of the legend; a
    dash where a curve has no row near.

    A value of a row beside the place, as of a validation every 200 steps, is told with its own.
    """
    place: float | None = None
    panels = []
    for curves, name in zip(known, names, strict=True):
        values = []
        for pixels, x, y in curves:
            row = int(np.abs(pixels - at).argmin()) if len(pixels) else 0
            near = len(pixels) > 0 and abs(pixels[row] - at) <= width / 2
            place = float(x[row]) if near and place is None else place
            beside = f" @{_row(float(x[row]))}" if near and float(x[row]) != place else ""
            values.append(show_number(float(y[row])) + beside if near else "–")
        if values != ["–"] * len(values):
            panels.append(f"{name}{' | '.join(values)}")
    return "" if place is None else f"{_row(place)}: {' · '.join(panels)}"


def _row(x: float) -> str:
    return show_number(int(x)) if x == int(x) and abs(x) < PLAIN_BELOW else show_number(x)
