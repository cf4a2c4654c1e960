"""Draws a LineChart: raw rows, the robust line through them, reference lines, and every flagged row as a mark of its own."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from lossreport.charts import labels, scale
from lossreport.charts.sheet import Sheet, legend, legend_height, new_sheet, shortened, titled, written
from lossreport.charts.style import COLORS, FONT, GOLD, INK, LINES, MARKERS, SEVERITY_MARKERS, SEVERITY_SIZES, WARNING, cycle
from lossreport.charts.thin import LIMIT, alone, drawable, gapped, thin
from lossreport.model.report import Band, Curve, LineChart, Mark, Star
from lossreport.model.run import Floats
from lossreport.text import show_number

FEW: Final = 60
"""Below this many rows each row is a marker (SCIENCE.md section 6)."""
SMOOTH_LIMIT: Final = 600
RAW_OPACITY: Final = 0.3
MOST_LABELS: Final = 12
MOST_RULES: Final = 60
PAD: Final = (0.06, 0.1)
OBSTACLES: Final = 400
BAND_ROOM: Final = 16.0
AXIS_ROOM: Final = 14.0
LEAST_BAND: Final = 5.0
"""Pixels: one row of a long run is still seen."""


def draw_lines(spec: LineChart) -> Sheet:
    """Return the chart on a sheet. Limits hold all there is, so nothing is ever clipped; what is not finite is marked at the top edge."""
    named = len(spec.curves) > 1
    names = [curve.name for curve in spec.curves]
    top = 12 + (legend_height(names) if named else 0) + (14 if spec.unit and not named else 0)
    x = scale.fit_rows(_together([*(curve.x for curve in spec.curves), [mark.x for mark in spec.marks], spec.rules]))
    sheet = new_sheet(x, _y_scale(spec), top=top + (BAND_ROOM if spec.bands else 0), bottom=24 + (AXIS_ROOM if spec.x_title else 0))
    if spec.x_title:
        _, _, right, _ = sheet.bounds
        written(sheet, labels.Box(left=right - labels.width_of(spec.x_title), bottom=4, width=labels.width_of(spec.x_title)), spec.x_title)
    _bands(sheet, spec.bands)
    points = [_curve(sheet, curve, index) for index, curve in enumerate(spec.curves)]
    for rule in spec.rules[:: max(1, -(-len(spec.rules) // MOST_RULES))]:
        sheet.axes.axvline(rule, color=INK, alpha=0.55, linewidth=1.0, linestyle=(0.0, (1.0, 2.5)), clip_on=False)
    _marks(sheet, spec.marks)
    _star(sheet, spec.star)
    _labels(sheet, spec, np.concatenate([np.empty((0, 2)), *points]))
    if named:
        legend(sheet, [_sample(curve, index) for index, curve in enumerate(spec.curves)], names)
    return sheet


def _y_scale(spec: LineChart) -> scale.Scale:
    values = [*(part for curve in spec.curves for part in (curve.y, curve.smooth) if part is not None)]
    extra = [[mark.y for mark in spec.marks], [level.y for level in spec.levels]]
    return scale.fit(_together([*values, *extra]), spec.scale, linthresh=spec.linthresh, pad=PAD)


def _together(parts: Iterable[object]) -> Floats:
    return np.concatenate([np.empty(0), *(np.asarray(part, dtype=np.float64) for part in parts)])


# ------------------------------------------------------------------------------------------------ curves
def _curve(sheet: Sheet, curve: Curve, index: int) -> Floats:
    """Draw one curve; returns pixels that it covers, for labels to keep off."""
    x, y = gapped(curve.x, drawable(curve.y), curve.breaks)
    few = curve.smooth is None and len(curve.y) < FEW
    rows = thin(y, LIMIT)
    look: dict[str, Any] = {
        "color": cycle(COLORS, index),
        "linestyle": "-" if curve.smooth is not None else cycle(LINES, index),
        "clip_on": False,
    }
    raw = Line2D(
        x[rows],
        y[rows],
        linewidth=1.2 if curve.smooth is None else 0.8,
        alpha=None if curve.smooth is None else RAW_OPACITY,
        marker=cycle(MARKERS, index) if few else "",
        markersize=4.5,
        markeredgewidth=0.0,
        **look,
    )
    _add(sheet, raw, curve.name)
    single = alone(y)
    if len(single) and not few:
        dots = Line2D(x[single], y[single], **{**look, "linestyle": "none"}, marker="o", markersize=2.5, markeredgewidth=0.0)
        _add(sheet, dots, curve.name)
    if curve.smooth is not None:
        _smooth(sheet, curve, curve.smooth, index)
    return _covered(sheet, x[rows], y[rows])


def _smooth(sheet: Sheet, curve: Curve, smooth: Floats, index: int) -> None:
    x, y = gapped(curve.x, drawable(smooth), curve.breaks)
    rows = thin(y, SMOOTH_LIMIT)
    _add(
        sheet, Line2D(x[rows], y[rows], color=cycle(COLORS, index), linestyle=cycle(LINES, index), linewidth=1.9, clip_on=False), curve.name
    )


def _add(sheet: Sheet, line: Line2D, name: str) -> None:
    sheet.axes.add_line(line)
    titled(sheet, line, [shortened(name, 120)])


def _covered(sheet: Sheet, x: Floats, y: Floats) -> Floats:
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return np.empty((0, 2))
    pixels = np.asarray(sheet.axes.transData.transform(np.column_stack([x[finite], y[finite]])), dtype=np.float64)
    at = np.linspace(0, len(pixels) - 1, max(OBSTACLES, len(pixels)))
    rows = np.arange(len(pixels))
    return np.column_stack([np.interp(at, rows, pixels[:, 0]), np.interp(at, rows, pixels[:, 1])])


def _sample(curve: Curve, index: int) -> Line2D:
    few = curve.smooth is None and len(curve.y) < FEW
    return Line2D(
        [],
        [],
        color=cycle(COLORS, index),
        linestyle=cycle(LINES, index),
        linewidth=1.6,
        marker=cycle(MARKERS, index) if few else "",
        markersize=4.5,
        markeredgewidth=0.0,
    )


# ------------------------------------------------------------------------------------------------ bands and the star
def _bands(sheet: Sheet, bands: tuple[Band, ...]) -> None:
    """Shade where something happened, at least a few pixels wide, with its number above."""
    left, bottom, right, top = sheet.bounds
    free = left - FONT
    for band in sorted(bands, key=lambda one: one.first):
        ends = np.asarray(sheet.axes.transData.transform([(band.first, 1.0), (band.last, 1.0)]), dtype=np.float64)[:, 0]
        middle, width = float(ends.mean()), max(LEAST_BAND, float(np.ptp(ends)))
        x0, x1 = max(left, middle - width / 2), min(right, middle + width / 2)
        corners = [(x0, bottom), (x1, bottom), (x1, top), (x0, top)]
        sheet.axes.add_artist(Polygon(corners, transform=None, facecolor=WARNING, alpha=0.16, linewidth=0.0, zorder=0.6, clip_on=False))
        if band.label:  # beside the one before, where both stand at one place
            free = max(free + FONT, middle - FONT / 2)
            written(sheet, labels.Box(left=free, bottom=top + 4, width=FONT), band.label)


def _star(sheet: Sheet, star: Star | None) -> None:
    if star is None or not (np.isfinite(star.x) and np.isfinite(star.y)):
        return
    mark = Line2D(
        [star.x],
        [star.y],
        linestyle="none",
        marker="*",
        markersize=13.0,
        markeredgewidth=0.8,
        markeredgecolor=INK,
        color=GOLD,
        clip_on=False,
        zorder=5,
    )
    sheet.axes.add_line(mark)
    titled(sheet, mark, [f"{_row(star.x)}: {show_number(star.y)}"])


# ------------------------------------------------------------------------------------------------ marks and labels
def _marks(sheet: Sheet, marks: tuple[Mark, ...]) -> None:
    finite = [mark for mark in marks if np.isfinite(mark.y) and np.isfinite(mark.x)]
    for severity, group in groupby(sorted(finite, key=lambda mark: mark.severity.rank), key=lambda mark: mark.severity):
        _put(sheet, list(group), SEVERITY_MARKERS[severity], SEVERITY_SIZES[severity], at_top=False)
    _put(sheet, [mark for mark in marks if not np.isfinite(mark.y) and np.isfinite(mark.x)], "x", 7.0, at_top=True)


def _put(sheet: Sheet, marks: list[Mark], marker: str, size: float, *, at_top: bool) -> None:
    if not marks:
        return
    line = Line2D(
        [mark.x for mark in marks],
        [1.0 if at_top else mark.y for mark in marks],
        linestyle="none",
        marker=marker,
        markersize=size,
        markeredgewidth=2.0 if at_top else 0.0,
        color=WARNING,
        clip_on=False,
        zorder=4,
    )
    if at_top:
        line.set_transform(sheet.axes.get_xaxis_transform())
    sheet.axes.add_line(line)
    titled(sheet, line, [f"{_row(mark.x)}: {show_number(mark.y)}" for mark in marks])


def _row(x: float) -> str:
    return show_number(int(x)) if x == int(x) and abs(x) < scale.PLAIN_BELOW else show_number(x)


def _labels(sheet: Sheet, spec: LineChart, covered: Floats) -> None:
    """Write the labels of levels, then those of the marks (the highest twelve), each where it hides least."""
    taken: list[labels.Box] = []
    marks = [mark for mark in spec.marks if np.isfinite(mark.x)]
    pixels = _mark_pixels(sheet, marks)
    points = np.concatenate([covered, np.repeat(pixels, 5, axis=0)])
    for level in spec.levels:
        _level(sheet, level.y, shortened(level.label, 48), points, taken)
    if spec.unit:
        left, _, _, top = sheet.bounds
        written(
            sheet, labels.Box(left=2 if len(spec.curves) > 1 else max(2.0, left - 30), bottom=top + 6, width=0), shortened(spec.unit, 12)
        )
    for row in sorted(range(len(marks)), key=lambda row: (-pixels[row][1], row))[:MOST_LABELS]:
        if marks[row].label:
            text = shortened(marks[row].label, 16)
            places = labels.around(float(pixels[row][0]), float(pixels[row][1]), labels.width_of(text))
            taken.append(labels.choose(places, points, taken, _roomy(sheet.bounds)))
            written(sheet, taken[-1], text)


def _mark_pixels(sheet: Sheet, marks: list[Mark]) -> Floats:
    if not marks:
        return np.empty((0, 2))
    finite = [mark.y if np.isfinite(mark.y) else 0.0 for mark in marks]
    pixels = np.asarray(sheet.axes.transData.transform(np.column_stack([[mark.x for mark in marks], finite])), dtype=np.float64)
    pixels[[not np.isfinite(mark.y) for mark in marks], 1] = sheet.bounds[3]
    return pixels


def _roomy(bounds: labels.Bounds) -> labels.Bounds:
    return bounds[0], bounds[1], bounds[2] + 8, bounds[3] + 10


def _level(sheet: Sheet, y: float, text: str, points: Floats, taken: list[labels.Box]) -> None:
    if not np.isfinite(y):
        return
    sheet.axes.axhline(y, color=INK, alpha=0.7, linewidth=1.1, linestyle=(0.0, (5.0, 3.0)), clip_on=False)
    pixel = float(sheet.axes.transData.transform((0.0, y))[1])
    box = labels.choose(labels.along(pixel, labels.width_of(text), sheet.bounds), points, taken, sheet.bounds)
    taken.append(box)
    written(sheet, box, text)
