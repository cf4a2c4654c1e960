"""Draws a ScatterChart: rows as points of two metrics, groups told apart by colour and shape, each
point named by its row.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.lines import Line2D

from lossreport.charts import labels, scale
from lossreport.charts.sheet import UNDER, Sheet, grid, new_sheet, shortened, show, titled, written
from lossreport.charts.style import COLORS, FONT, GREY, MARKERS, cycle
from lossreport.charts.thin import drawable
from lossreport.model.report import ScatterChart
from lossreport.model.run import Floats, Ints

MOST_LABELS: Final = 60
EVERY_POINT_TO: Final = 500
SAME_PLACE: Final = 2.0
"""Of more than 500 points, one of those within 2 pixels of each other is drawn: the others would
lie under it.
"""
PAD: Final = (0.08, 0.08)
NAME_BELOW, NAME_LEFT = 11.0, 18.0
"""Pixels from the edge of the paper to the base line of the name of an axis."""


def draw_points(spec: ScatterChart) -> Sheet:
    """Return the chart on a sheet; an axis is logarithmic where the chart asks for it and all its
    values are positive.
    """
    both = np.isfinite(spec.x) & np.isfinite(spec.y)
    x, y = drawable(spec.x), drawable(spec.y)
    across = _scale(x[both], spec.log, 7)
    sheet = new_sheet(across, _scale(y[both], spec.log, 5), bottom=42.0, left=16.0)
    grid(sheet, "x", across.ticks)
    sheet.axes.spines["left"].set_visible(True)
    _name_axes(sheet, shortened(spec.x_name, 60), shortened(spec.y_name, 28))
    rows = np.flatnonzero(both)
    if not len(rows):
        return sheet
    pixels = np.asarray(
        sheet.axes.transData.transform(np.column_stack([x[rows], y[rows]])), dtype=np.float64
    )
    for group in sorted(set(spec.groups[rows].tolist())):
        _group(sheet, spec, rows[_apart(pixels, spec.groups[rows] == group)], group)
    if len(rows) <= MOST_LABELS:
        _labels(sheet, [spec.labels[row] for row in rows], pixels)
    return sheet


def _name_axes(sheet: Sheet, across: str, up: str) -> None:
    """Write the names of the axes along their middles, outside the labels of the ticks."""
    left, bottom, right, top = sheet.bounds
    look: dict[str, Any] = {"transform": None, "ha": "center", "va": "baseline", "zorder": UNDER}
    show(sheet, sheet.axes.text((left + right) / 2, NAME_BELOW, "", **look), across)
    show(
        sheet,
        sheet.axes.text(
            NAME_LEFT, (bottom + top) / 2, "", rotation="vertical", rotation_mode="anchor", **look
        ),
        up,
    )


def _scale(values: Floats, log: bool, ticks: int) -> scale.Scale:
    return scale.fit(
        values,
        "log" if log and len(values) and values.min() > 0 else "linear",
        ticks=ticks,
        pad=PAD,
    )


def _apart(pixels: Floats, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Ints:
    """Return the places of the chosen points, one for each square of 2 pixels where there are
    many.
    """
    places = np.flatnonzero(chosen).astype(np.int64)
    if len(pixels) <= EVERY_POINT_TO:
        return places
    return places[
        np.sort(np.unique(np.round(pixels[places] / SAME_PLACE), axis=0, return_index=True)[1])
    ]


def _group(sheet: Sheet, spec: ScatterChart, rows: Ints, group: int) -> None:
    color = GREY if group < 0 else cycle(COLORS, group)
    line = Line2D(
        spec.x[rows],
        spec.y[rows],
        linestyle="none",
        marker="o" if group < 0 else cycle(MARKERS, group),
        markersize=6.5,
        color=color,
        markerfacecolor="none" if group < 0 else color,
        markeredgewidth=1.4 if group < 0 else 0.0,
        clip_on=False,
    )
    sheet.axes.add_line(line)
    titled(sheet, line, [shortened(spec.labels[row], 60) for row in rows])


def _labels(sheet: Sheet, names: list[str], pixels: Floats) -> None:
    """Name the points: each label keeps off the points and off the labels before it."""
    taken: list[labels.Box] = []
    left, bottom, right, top = sheet.bounds
    for name, (x, y) in zip(names, pixels, strict=True):
        text = shortened(name, 12)
        places = labels.around(float(x), float(y), labels.width_of(text, FONT))
        taken.append(labels.choose(places, pixels, taken, (left, bottom, right + 8, top + 8)))
        written(sheet, taken[-1], text)
