"""Draws a LineChart: raw rows, the robust line through them, reference lines, flagged rows, and the
value at any place to hover over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lossreport.charts import labels, scale
from lossreport.charts.hover import targets
from lossreport.charts.sheet import (
    Paper,
    Sheet,
    legend,
    legend_height,
    new_paper,
    new_sheet,
    shortened,
    tick_room,
    written,
)
from lossreport.charts.style import (
    COLORS,
    FONT,
    GOLD,
    HEIGHT,
    INK,
    LINES,
    MARKERS,
    SEVERITY_MARKERS,
    SEVERITY_SIZES,
    WARNING,
    WIDTH,
    cycle,
)
from lossreport.charts.thin import LIMIT, SMALL_LIMIT, alone, drawable, gapped, stretches, thin
from lossreport.model.report import Band, Curve, LineChart, Mark, Star
from lossreport.model.run import Floats

FEW: Final = 60
"""Below this many rows each row is a marker (SCIENCE.md section 6)."""
SMOOTH_LIMIT: Final = 200
"""A running median bends slowly: a point for every three pixels shows it all."""
RAW_OPACITY: Final = 0.3
MOST_MARKS: Final = 60
"""Flagged rows that are drawn, the gravest and then the highest first: two thousand bury the
curve.
"""
MOST_LABELS: Final = 12
MOST_RULES: Final = 60
PAD: Final = (0.06, 0.1)
OBSTACLES: Final = 400
BAND_ROOM: Final = 16.0
AXIS_ROOM: Final = 14.0
LEAST_BAND: Final = 5.0
"""Pixels: one row of a long run is still seen."""
WIDE_BAND: Final = 0.6
"""A stretch of more than so much of the axis is a bar along the top: shading nearly all shows
nothing.
"""
BAR: Final = 4.0
SMALL: Final = (350.0, 150.0)
"""A third of the page at 1280 pixels, and the whole width of a phone: drawn one to one at both."""
SMALL_ROOM: Final = 50.0
"""Room for the ticks of a small chart: the x axes of all stand below each other."""
STACKED: Final = 296.0
PANEL: Final = 124.0
"""Heights, without the room of the axis below, of a chart with panels under it and of each of
those.
"""
BAND_OPACITY: Final = 0.2
NAME_ROOM: Final = 18.0


def draw_lines(spec: LineChart) -> Paper:
    """Return the chart and the panels below it. Limits hold all there is, so nothing is ever
    clipped; what is not finite is shaded.
    """
    stack = (spec, *spec.below)
    axis_room = 24 + (AXIS_ROOM if spec.x_title else 0)
    width, height = SMALL if spec.small else (WIDTH, HEIGHT)
    own = STACKED if spec.below else height - axis_room
    paper = new_paper(width, own + PANEL * len(spec.below) + axis_room, fitted=spec.small)
    x = scale.fit_rows(_together(part for one in stack for part in _places(one)), width=width)
    y = [_y_scale(one, few=spec.small or number > 0) for number, one in enumerate(stack)]
    room = max(tick_room(y), SMALL_ROOM if spec.small else 0.0)
    floor, sheets = paper.height, []
    for number, one in enumerate(stack):
        floor -= PANEL if number else own
        top = paper.height - floor - (PANEL if number else own) + _head(one, spec, panel=number > 0)
        last = number == len(stack) - 1
        sheets.append(
            new_sheet(x, y[number], top=top, bottom=floor, paper=paper, room=room, named=last)
        )
        _draw(sheets[-1], one, spec, panel=number > 0)
    if spec.x_title:
        _, _, right, _ = sheets[0].bounds
        text = labels.width_of(spec.x_title)
        written(
            sheets[0],
            labels.Box(left=right - text, bottom=4, width=text, align="right"),
            spec.x_title,
        )
    paper.targets.append(targets(sheets, stack))
    return paper


def _places(spec: LineChart) -> Iterable[object]:
    return (
        *(curve.x for curve in spec.curves),
        [mark.x for mark in spec.marks],
        spec.rules,
        [end for band in spec.bands for end in (band.first, band.last)],
        spec.x_range or (),
    )


def _head(spec: LineChart, above: LineChart, *, panel: bool) -> float:
    """Return the room above the axes: for the name of a panel, the legend, the unit, the numbers of
    events.
    """
    names = _legend(spec, above, panel=panel)
    room = 12 + (legend_height(names) if names else 0)
    if panel:
        return room + NAME_ROOM
    return room + (14 if spec.unit and not names else 0) + (BAND_ROOM if _numbered(spec) else 0)


def _legend(spec: LineChart, above: LineChart, *, panel: bool) -> list[str]:
    """Return what the legend says: nothing of one curve, nor of the very curves that the panel
    above has named.
    """
    names = [curve.name for curve in spec.curves]
    return (
        []
        if len(names) < 2
        or (panel and names == [curve.name for curve in above.curves][: len(names)])
        else names
    )


def _numbered(spec: LineChart) -> bool:
    return any(band.label for band in spec.bands)


def _draw(sheet: Sheet, spec: LineChart, above: LineChart, *, panel: bool) -> None:
    """Draw one panel; events and restarts are those of the chart that stands `above`."""
    _bands(sheet, above.bands, numbered=not panel)
    _missing(sheet, spec.curves)
    points = [
        _curve(sheet, curve, index, small=above.small) for index, curve in enumerate(spec.curves)
    ]
    for rule in above.rules[:: max(1, -(-len(above.rules) // MOST_RULES))]:
        sheet.axes.axvline(
            rule, color=INK, alpha=0.55, linewidth=1.0, linestyle=(0.0, (1.0, 2.5)), clip_on=False
        )
    marks = _gravest(spec.marks)
    _marks(sheet, marks)
    _star(sheet, spec.star)
    _labels(sheet, spec, marks, np.concatenate([np.empty((0, 2)), *points]))
    names = _legend(spec, above, panel=panel)
    if names:
        raised = BAND_ROOM if _numbered(spec) and not panel else 0.0
        legend(
            sheet, [_sample(curve, index) for index, curve in enumerate(spec.curves)], names, raised
        )
    if panel or spec.unit:
        _title(sheet, spec, panel=panel, height=legend_height(names) if names else 0.0)


def _title(sheet: Sheet, spec: LineChart, *, panel: bool, height: float) -> None:
    """Write the name of a panel above its legend; of the chart itself, whose name stands in the
    page, the unit.
    """
    left, _, _, top = sheet.bounds
    if panel:
        text = f"{spec.name} ({spec.unit})" if spec.unit else spec.name
        written(sheet, labels.Box(left=left, bottom=top + 5 + height, width=0), shortened(text, 60))
    else:
        at = 2 if height else max(2.0, left - 30)
        written(sheet, labels.Box(left=at, bottom=top + 6, width=0), shortened(spec.unit, 12))


def _gravest(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    finite = [mark for mark in marks if np.isfinite(mark.y) and np.isfinite(mark.x)]
    chosen = sorted(finite, key=lambda mark: (-mark.severity.rank, -mark.y))[:MOST_MARKS]
    return tuple(sorted(chosen, key=lambda mark: mark.x))


def _y_scale(spec: LineChart, *, few: bool) -> scale.Scale:
    values = [
        *(
            part
            for curve in spec.curves
            for part in (curve.y, curve.smooth, *(curve.band or ()))
            if part is not None
        )
    ]
    extra = [[mark.y for mark in spec.marks], [level.y for level in spec.levels]]
    ticks = 3 if few else 5
    return scale.fit(
        _together([*values, *extra]), spec.scale, linthresh=spec.linthresh, pad=PAD, ticks=ticks
    )


def _together(parts: Iterable[object]) -> Floats:
    return np.concatenate([np.empty(0), *(np.asarray(part, dtype=np.float64) for part in parts)])


# ------------------------------------------------------------------------------------------- curves
def _curve(sheet: Sheet, curve: Curve, index: int, *, small: bool) -> Floats:
    """Draw one curve; returns pixels that it covers, for labels to keep off."""
    x, y = gapped(curve.x, drawable(curve.y), curve.breaks)
    few = curve.smooth is None and len(curve.y) < FEW and not small
    rows = thin(y, SMALL_LIMIT if small else LIMIT)
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
    sheet.axes.add_line(raw)
    if curve.band is not None:
        _around(sheet, curve, curve.band, look["color"])
    single = alone(y)
    if len(single) and not few:
        dots = Line2D(
            x[single],
            y[single],
            **{**look, "linestyle": "none"},
            marker="o",
            markersize=2.5,
            markeredgewidth=0.0,
        )
        sheet.axes.add_line(dots)
    if curve.smooth is not None:
        _smooth(sheet, curve, curve.smooth, index, SMALL_LIMIT if small else SMOOTH_LIMIT)
    return _covered(sheet, x[rows], y[rows])


def _smooth(sheet: Sheet, curve: Curve, smooth: Floats, index: int, limit: int) -> None:
    x, y = gapped(curve.x, drawable(smooth), curve.breaks)
    rows = thin(y, limit)
    look: dict[str, Any] = {
        "color": cycle(COLORS, index),
        "linestyle": cycle(LINES, index),
        "linewidth": 1.9,
        "clip_on": False,
    }
    sheet.axes.add_line(Line2D(x[rows], y[rows], **look))


def _around(sheet: Sheet, curve: Curve, band: tuple[Floats, Floats], color: str) -> None:
    """Fill what lies between the lowest and the highest of the curves that a mean is taken over."""
    low, high = (drawable(side) for side in band)
    kept = np.isfinite(curve.x) & np.isfinite(low) & np.isfinite(high)
    x, low, high = curve.x[kept], low[kept], high[kept]
    if len(x) < 2:
        return
    below, above = thin(low, SMOOTH_LIMIT), thin(high, SMOOTH_LIMIT)
    edge = [
        *zip(x[below], low[below], strict=True),
        *zip(x[above][::-1], high[above][::-1], strict=True),
    ]
    sheet.axes.add_artist(
        PathPatch(
            Path([*edge, edge[0]]),
            facecolor=color,
            alpha=BAND_OPACITY,
            linewidth=0.0,
            zorder=0.8,
            clip_on=False,
        )
    )


def _covered(sheet: Sheet, x: Floats, y: Floats) -> Floats:
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return np.empty((0, 2))
    pixels = np.asarray(
        sheet.axes.transData.transform(np.column_stack([x[finite], y[finite]])), dtype=np.float64
    )
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


# ------------------------------------------------------------------------------- bands and the star
def _bands(sheet: Sheet, bands: tuple[Band, ...], *, numbered: bool) -> None:
    """Shade where something happened, at least a few pixels wide, with its number above; a wide
    stretch is a bar along the top.
    """
    left, bottom, right, top = sheet.bounds
    free, boxes = left - FONT, []
    for band in sorted(bands, key=lambda one: (one.first + one.last, one.first)):
        x0, x1 = _widened(sheet, band.first, band.last)
        wide = x1 - x0 > WIDE_BAND * (right - left)
        boxes.append((x0, top - BAR if wide else bottom, x1, top))
        if band.label and numbered:  # beside the one before, where both stand at one place
            free = max(free + FONT, (x0 + x1 - FONT) / 2)
            written(sheet, labels.Box(left=free, bottom=top + 4, width=FONT), band.label)
    _shaded(sheet, boxes, color=WARNING, alpha=0.2)


def _widened(sheet: Sheet, first: float, last: float) -> tuple[float, float]:
    left, _, right, _ = sheet.bounds
    ends = np.asarray(
        sheet.axes.transData.transform([(first, 1.0), (last, 1.0)]), dtype=np.float64
    )[:, 0]
    middle, width = float(ends.mean()), max(LEAST_BAND, float(np.ptp(ends)))
    return max(left, middle - width / 2), min(right, middle + width / 2)


def _shaded(sheet: Sheet, boxes: Sequence[labels.Bounds], *, color: str, alpha: float) -> None:
    """Fill boxes, in pixels, as one path: as artists of their own they repeat their look."""
    if not boxes:
        return
    corners = [
        corner
        for x0, y0, x1, y1 in boxes
        for corner in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
    ]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(boxes)
    look = {"facecolor": color, "alpha": alpha, "linewidth": 0.0, "clip_on": False}
    sheet.axes.add_artist(PathPatch(Path(corners, codes), transform=None, zorder=0.6, **look))


def _missing(sheet: Sheet, curves: Sequence[Curve]) -> None:
    """Shade where a curve has rows without a finite value, and say what stands there."""
    _, bottom, right, top = sheet.bounds
    spans: list[tuple[float, float]] = []
    kinds: set[str] = set()
    for curve in curves:
        lost = ~np.isfinite(curve.y) & np.isfinite(curve.x)
        kinds |= {"NaN"} if np.isnan(curve.y[lost]).any() else set()
        kinds |= {"Inf"} if np.isinf(curve.y[lost]).any() else set()
        spans += [
            _widened(sheet, float(curve.x[a]), float(curve.x[b]))
            for a, b in stretches(lost)[:MOST_GAPS]
        ]
    merged: list[tuple[float, float]] = []
    for x0, x1 in sorted(spans):
        if merged and x0 <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(x1, merged[-1][1]))
        else:
            merged.append((x0, x1))
    _shaded(sheet, [(x0, bottom, x1, top) for x0, x1 in merged], color=INK, alpha=0.14)
    if merged:
        text = "/".join(sorted(kinds, reverse=True))
        width = labels.width_of(text)
        written(
            sheet,
            labels.Box(left=min(merged[0][0] + 3, right - width), bottom=bottom + 4, width=width),
            text,
        )


MOST_GAPS: Final = 2000
"""Stretches without a value that are looked at; neighbours of one pixel become one."""


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


# --------------------------------------------------------------------------------- marks and labels
def _marks(sheet: Sheet, marks: tuple[Mark, ...]) -> None:
    for severity, group in groupby(
        sorted(marks, key=lambda mark: mark.severity.rank), key=lambda mark: mark.severity
    ):
        alike = list(group)
        line = Line2D(
            [mark.x for mark in alike],
            [mark.y for mark in alike],
            linestyle="none",
            marker=SEVERITY_MARKERS[severity],
            markersize=SEVERITY_SIZES[severity],
            markeredgewidth=0.0,
            color=WARNING,
            clip_on=False,
            zorder=4,
        )
        sheet.axes.add_line(line)


def _labels(sheet: Sheet, spec: LineChart, marks: tuple[Mark, ...], covered: Floats) -> None:
    """Write the labels of levels, then those of the marks (the highest twelve), each where it hides
    least.
    """
    taken: list[labels.Box] = []
    pixels = _mark_pixels(sheet, marks)
    points = np.concatenate([covered, np.repeat(pixels, 5, axis=0)])
    for level in spec.levels:
        _level(sheet, level.y, shortened(level.label, 48), points, taken)
    for row in sorted(range(len(marks)), key=lambda row: (-pixels[row][1], row))[:MOST_LABELS]:
        if marks[row].label:
            text = shortened(marks[row].label, 16)
            places = labels.around(
                float(pixels[row][0]), float(pixels[row][1]), labels.width_of(text)
            )
            taken.append(labels.choose(places, points, taken, _roomy(sheet.bounds)))
            written(sheet, taken[-1], text)


def _mark_pixels(sheet: Sheet, marks: tuple[Mark, ...]) -> Floats:
    if not marks:
        return np.empty((0, 2))
    return np.asarray(
        sheet.axes.transData.transform([(mark.x, mark.y) for mark in marks]), dtype=np.float64
    )


def _roomy(bounds: labels.Bounds) -> labels.Bounds:
    return bounds[0], bounds[1], bounds[2] + 8, bounds[3] + 10


def _level(sheet: Sheet, y: float, text: str, points: Floats, taken: list[labels.Box]) -> None:
    if not np.isfinite(y):
        return
    sheet.axes.axhline(
        y, color=INK, alpha=0.7, linewidth=1.1, linestyle=(0.0, (5.0, 3.0)), clip_on=False
    )
    pixel = float(sheet.axes.transData.transform((0.0, y))[1])
    box = labels.choose(
        labels.along(pixel, labels.width_of(text), sheet.bounds), points, taken, sheet.bounds
    )
    taken.append(box)
    written(sheet, box, text)
