"""Shows the shape of a series in block characters, for Markdown, where a table cell can hold
nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from lossreport.model.report import Band, Chart, Curve, LineChart
from lossreport.model.run import Floats, shown_x
from lossreport.render import labels
from lossreport.text import Phrase, number
from lossreport.words import AXES

LEVELS: Final = "▁▂▃▄▅▆▇█"
WIDTH: Final = 32
GAP: Final = "·"


def brief_lines(chart: Chart, width: int = WIDTH) -> list[Phrase]:
    """Return the curves of a chart, a line each: its name, its shape, its first and last value and
    where they stand.

    In the first each event stands, by its number, before the place where it begins.
    """
    if not isinstance(chart.spec, LineChart):
        return []
    spec = chart.spec
    return [
        _line(spec, curve, spec.bands if curve is spec.curves[0] else (), width)
        for curve in spec.curves
        if len(curve.y)
    ]


def _line(spec: LineChart, curve: Curve, bands: Sequence[Band], width: int) -> Phrase:
    return labels.CURVE(
        name=curve.name,
        shape=_marked(_shape(spec, curve, width), curve, bands),
        first=number(float(curve.y[0])),
        last=number(float(curve.y[-1]), spec.unit),
        axis=AXES.get(spec.x_title, spec.x_title),
        start=shown_x(float(curve.x[0])),
        end=shown_x(float(curve.x[-1])),
    )


def _shape(spec: LineChart, curve: Curve, width: int) -> str:
    """Return the shape on the axis that the chart has; what a logarithm cannot hold leaves a
    gap.
    """
    starts = [_row_at(curve, band.first) for band in spec.bands]
    if spec.scale != "log":
        return sparkline(curve.y, starts, width)
    return sparkline(np.log(np.where(curve.y > 0, curve.y, np.nan)), starts, width)


def _marked(shape: str, curve: Curve, bands: Sequence[Band]) -> str:
    marks: dict[int, str] = {}
    for band in bands:
        column = _row_at(curve, band.first) * len(shape) // len(curve.y)
        marks[column] = marks.get(column, "") + band.label
    return "".join(marks.get(column, "") + block for column, block in enumerate(shape))


def _row_at(curve: Curve, x: float) -> int:
    """Return the row of a curve where `x` stands, or the first behind it."""
    return min(int(np.searchsorted(curve.x, x)), len(curve.y) - 1)


def sparkline(y: Floats, flagged: Collection[int] = (), width: int = WIDTH) -> str:
    """Return at most `width` characters, from the lowest value to the highest; non-finite values
    leave a gap, "·".

    A longer series is cut into equal stretches: each shows its first flagged row where it has one,
    else the mean of its finite values.
    """
    values = np.asarray(y, dtype=np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return GAP * min(len(values), width)
    shown = values if len(values) <= width else _condensed(values, flagged, width)
    low, high = float(np.min(shown[np.isfinite(shown)])), float(np.max(shown[np.isfinite(shown)]))
    span = (high - low) or 1.0
    return "".join(
        LEVELS[min(7, int((value - low) / span * 8))] if np.isfinite(value) else GAP
        for value in shown.tolist()
    )


def _condensed(values: Floats, flagged: Collection[int], width: int) -> Floats:
    edges = np.linspace(0, len(values), width + 1).astype(int)
    marked = [row for row in sorted(flagged) if 0 <= row < len(values) and np.isfinite(values[row])]
    shown = np.full(width, np.nan)
    for i, (start, end) in enumerate(itertools.pairwise(edges)):
        finite = values[start:end][np.isfinite(values[start:end])]
        shown[i] = next(
            (values[row] for row in marked if start <= row < end),
            finite.mean() if len(finite) else np.nan,
        )
    return shown


def chart_lines(chart: Chart) -> list[tuple[str, str]]:
    """Return name and sparkline of every curve of a chart."""
    if not isinstance(chart.spec, LineChart):
        return []
    marked = {mark.x for mark in chart.spec.marks}
    return [(curve.name, sparkline(curve.y, _rows(curve, marked))) for curve in chart.spec.curves]


def _rows(curve: Curve, marked: set[float]) -> list[int]:
    return [row for row, x in enumerate(curve.x.tolist()) if x in marked]
