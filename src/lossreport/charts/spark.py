"""Draws a Spark: the shape of a series in a table cell, written by hand because a report holds
dozens.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.charts.style import WARNING
from lossreport.charts.svg import NAMESPACE, path_data
from lossreport.charts.thin import alone, drawable, thin
from lossreport.model.report import Spark
from lossreport.model.run import Floats, Ints

WIDTH: Final = 120
HEIGHT: Final = 28
MARGIN: Final = 4.0
"""In pixels: whole numbers are exact enough, and shorter than decimals."""
ROWS: Final = 30
"""One row for every four pixels: a reader sees a shape, not values."""
LOG_RATIO: Final = 20.0
"""A positive series whose maximum is over 20 times its median is shown in logs, as in full charts
(SCIENCE.md section 6).
"""


def spark_svg(spark: Spark) -> str:
    """Return the sparkline. NaN leaves a gap; a flagged row is a circle, at the top edge where its
    value is not finite.
    """
    y = drawable(spark.y)
    x = np.linspace(MARGIN, WIDTH - MARGIN, len(y)) if len(y) > 1 else np.full(len(y), WIDTH / 2)
    height = _heights(y)
    rows = thin(y, ROWS)
    lines = path_data(" ".join(_line(x[run], height[run]) for run in _runs(rows, y)), 0)
    body = f'<path d="{lines}"/>' if lines else ""
    body += "".join(
        f'<circle cx="{x[row]:.0f}" cy="{height[row]:.0f}" r="1.3" fill="currentColor" '
        f'stroke="none"/>'
        for row in _singles(y)
    )
    body += "".join(
        f'<circle cx="{cx}" cy="{cy}" r="2.6" fill="{WARNING}" stroke="none"/>'
        for cx, cy in _flagged(spark, x, height)
    )
    return (
        f'<svg xmlns="{NAMESPACE}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
        f'stroke="currentColor">{body}</svg>'
    )


def _heights(y: Floats) -> Floats:
    """Return y in pixels from the top; a constant series runs through the middle."""
    finite = y[np.isfinite(y)]
    if not len(finite):
        return np.full(len(y), HEIGHT / 2)
    if finite.min() > 0 and finite.max() / np.median(finite) > LOG_RATIO:
        y, finite = np.log(y), np.log(finite)
    low, span = finite.min() / 2, finite.max() / 2 - finite.min() / 2
    share = (y / 2 - low) / span if span > 0 else np.where(np.isfinite(y), 0.5, np.nan)
    return np.asarray(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), dtype=np.float64)


def _runs(rows: Ints, y: Floats) -> list[Ints]:
    """Return the drawn rows, split at gaps; a single row is no line."""
    gaps = np.flatnonzero(~np.isfinite(y[rows]))
    parts = (part[np.isfinite(y[part])] for part in np.split(rows, gaps))
    return [part for part in parts if len(part) > 1]


def _singles(y: Floats) -> Ints:
    found = alone(y)
    return found[:: max(1, -(-len(found) // WIDTH))]


def _line(x: Floats, y: Floats) -> str:
    first, *others = (f"{a:.0f} {b:.0f}" for a, b in zip(x, y, strict=True))
    return f"M{first} L" + " L".join(others)


def _flagged(spark: Spark, x: Floats, height: Floats) -> list[tuple[str, str]]:
    """Return the places of flagged rows, those that fall on the same pixel once."""
    inside = sorted({row for row in spark.flagged if 0 <= row < len(x)})
    places = [
        (f"{x[row]:.0f}", f"{height[row] if np.isfinite(height[row]) else MARGIN:.0f}")
        for row in inside
    ]
    return list(dict.fromkeys(places))
