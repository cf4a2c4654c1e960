"""How charts look: size, colours, line styles, markers. Every chart is read on white and on dark
paper, so colours are mid-tones.

Colours are those of Okabe and Ito, the blue a little lighter, and three of the same lightness:
contrast of at least 3:1 on #ffffff and on #16181d (WCAG 1.4.11; SCIENCE.md section 6). Text and
axes take the page's own colour. Colour is never the only channel.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from lossreport.model.analysis import Severity

T = TypeVar("T")

WIDTH: Final = 640.0
HEIGHT: Final = 280.0
"""In units of the viewBox, which are pixels at full size; 640 and not more, so that 12 px text can
still be read on a phone.
"""

FONT: Final = 12.0
EM: Final = 0.6
"""Width of a character, in font sizes: on the wide side for digits, so that boxes hold what they
are made for.
"""

HATCH: Final = (1 / 255, 2 / 255, 3 / 255, 0.5)
"""INK, half as strong."""

INK: Final = "#010203"
"""Stands for `currentColor` until the SVG is written: matplotlib knows no such colour."""

COLORS: Final = ("#1A80C0", "#009E73", "#CC79A7", "#A07A00", "#7A6BD8", "#7F7F7F")
WARNING: Final = "#D55E00"
GREY: Final = "#7F7F7F"
GOLD: Final = "#B8860B"
"""The star of the best place; 3:1 on both papers."""

LINES: Final[tuple[Any, ...]] = (
    "-",
    (0.0, (6.0, 2.0)),
    (0.0, (2.0, 1.5)),
    (0.0, (7.0, 2.0, 1.5, 2.0)),
    (0.0, (12.0, 3.0)),
    (0.0, (7.0, 2.0, 1.5, 2.0, 1.5, 2.0)),
)
MARKERS: Final = ("o", "s", "D", "^", "v", "P")
HATCHES: Final = ("", "/", "-", "\\", "|", "x")

SEVERITY_MARKERS: Final = {
    Severity.LOW: "o",
    Severity.MEDIUM: "D",
    Severity.HIGH: "^",
    Severity.CRITICAL: "s",
}
SEVERITY_SIZES: Final = {
    Severity.LOW: 6.0,
    Severity.MEDIUM: 6.5,
    Severity.HIGH: 8.0,
    Severity.CRITICAL: 7.0,
}

RC: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lossreport",
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: text is measured the same everywhere
    "font.size": FONT,
    "text.parse_math": False,
    "axes.unicode_minus": False,
    "axes.edgecolor": INK,
    "axes.linewidth": 1.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.labelcolor": INK,
    "hatch.linewidth": 0.8,
    # thin.py keeps the extremes; of what is left, points within a third of a pixel of the line show
    # nothing
    "path.simplify": True,
    "path.simplify_threshold": 1 / 3,
    "lines.solid_capstyle": "butt",
}
"""On top of matplotlib's own defaults; the user's matplotlibrc is not read."""


def cycle(values: tuple[T, ...], index: int) -> T:
    """Return `values[index]`, starting anew after the last."""
    return values[index % len(values)]
