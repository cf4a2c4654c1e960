"""Shows the shape of a series in block characters, for Markdown, where a table cell can hold nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import Final

import numpy as np

from lossreport.model.report import Chart, Curve, LineChart
from lossreport.model.run import Floats

LEVELS: Final = "▁▂▃▄▅▆▇█"
WIDTH: Final = 32
GAP: Final = "·"


def sparkline(y: Floats, flagged: Collection[int] = (), width: int = WIDTH) -> str:
    """Return at most `width` characters, from the lowest value to the highest; non-finite values leave a gap, "·".

    A longer series is cut into equal stretches: each shows its first flagged row where it has one, else the mean of its finite values.
    """
    values = np.asarray(y, dtype=np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return GAP * min(len(values), width)
    shown = values if len(values) <= width else _condensed(values, flagged, width)
    low, high = float(np.min(shown[np.isfinite(shown)])), float(np.max(shown[np.isfinite(shown)]))
    span = (high - low) or 1.0
    return "".join(LEVELS[min(7, int((value - low) / span * 8))] if np.isfinite(value) else GAP for value in shown.tolist())


def _condensed(values: Floats, flagged: Collection[int], width: int) -> Floats:
    edges = np.linspace(0, len(values), width + 1).astype(int)
    marked = [row for row in sorted(flagged) if 0 <= row < len(values) and np.isfinite(values[row])]
    shown = np.full(width, np.nan)
    for i, (start, end) in enumerate(itertools.pairwise(edges)):
        finite = values[start:end][np.isfinite(values[start:end])]
        shown[i] = next((values[row] for row in marked if start <= row < end), finite.mean() if len(finite) else np.nan)
    return shown


def chart_lines(chart: Chart) -> list[tuple[str, str]]:
    """Return name and sparkline of every curve of a chart."""
    if not isinstance(chart.spec, LineChart):
        return []
    marked = {mark.x for mark in chart.spec.marks}
    return [(curve.name, sparkline(curve.y, _rows(curve, marked))) for curve in chart.spec.curves]


def _rows(curve: Curve, marked: set[float]) -> list[int]:
    return [row for row, x in enumerate(curve.x.tolist()) if x in marked]
