"""The sheet a chart is drawn on: matplotlib's figure, and the texts and tooltips that only the
finished SVG can carry.

matplotlib measures a stand-in of plain letters; the true text, which may be hostile, Chinese or
mathematics, is put in afterwards. So no name is ever parsed, no glyph is ever missing, and `$x$` is
four characters.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Final, Literal

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text as Writing

from lossreport.charts import scale, svg
from lossreport.charts.labels import Bounds, Box, width_of
from lossreport.charts.style import HEIGHT, INK, RC, WIDTH
from lossreport.model.run import Floats
from lossreport.text import visible
from lossreport.values import dataclass

DPI: Final = 72.0
NAME_LENGTH: Final = 36
RIGHT: Final = 10.0
TICK: Final = 3.0
LABELS_BELOW, LABELS_LEFT = 6.0, 5.0
"""Pixels between an axis and the labels of its ticks."""
UNDER: Final = 1.5
"""The place of axes among what is drawn: below the curves."""
COLUMNS: Final = {"x": 0, "y": 1}
LEGEND_ROW: Final = 18.0
HANDLE: Final = 44.0
PHONE: Final = 1.42
"""How much larger the page writes the texts of a chart on a phone (`report.css`): names in a row
must not run into each other there.
"""
METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paper:
    """What becomes one SVG: a figure of so many pixels; `texts` and `titles` go by gid, `targets`
    are put over all (see `svg.compact`).

    `fitted` says that its place has its size, so that the SVG need not say it.
    """

    figure: Figure
    width: float
    height: float
    fitted: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    targets: list[svg.Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """One pair of axes on a paper."""

    paper: Paper
    axes: Axes

    @property
    def bounds(self) -> Bounds:
        """Return left, bottom, right and top of the axes in pixels."""
        box, paper = self.axes.get_position(), self.paper
        return (
            box.x0 * paper.width,
            box.y0 * paper.height,
            box.x1 * paper.width,
            box.y1 * paper.height,
        )


def new_paper(width: float = WIDTH, height: float = HEIGHT, *, fitted: bool = False) -> Paper:
    """Return an empty paper, which shows the page behind it."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.patch.set_visible(False)
    return Paper(figure=figure, width=width, height=height, fitted=fitted)


@contextmanager
def plain_matplotlib() -> Iterator[None]:
    """Draw by our settings alone: the user's matplotlibrc and styles stay out and come back
    afterwards.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def tick_room(scales: Sequence[scale.Scale]) -> float:
    """Return the room left of axes that the tick labels of these scales need."""
    return 12 + max((width_of(text) for one in scales for text in one.labels), default=0.0)


def new_sheet(
    x: scale.Scale,
    y: scale.Scale,
    *,
    top: float = 12.0,
    bottom: float = 24.0,
    left: float = 0.0,
    paper: Paper | None = None,
    room: float | None = None,
    named: bool = True,
) -> Sheet:
    """Return a sheet with both axes; margins in pixels, `left` beside the room of the tick labels
    (None: of its own).

    Without `paper` the axes stand on one of their own; x ticks that are not `named` are those of
    the axes below.
    """
    paper = new_paper() if paper is None else paper
    left += tick_room([y]) if room is None else room
    width, height = paper.width, paper.height
    axes = paper.figure.add_axes(
        (
            left / width,
            bottom / height,
            (width - left - RIGHT) / width,
            (height - top - bottom) / height,
        )
    )
    axes.patch.set_visible(False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        # a tick of matplotlib is five artists, and all of them cost half of a chart
        axis.set_visible(False)
    scale.apply(axes, "x", x)
    scale.apply(axes, "y", y)
    sheet = Sheet(paper=paper, axes=axes)
    if named:
        _named(sheet, "x", x, -LABELS_BELOW)
    _named(sheet, "y", y, -LABELS_LEFT)
    if not paper.fitted:
        _ruled(sheet, "x", x.ticks, -TICK, 0.0, alpha=None)
    grid(sheet, "y", y.ticks)
    return sheet


def grid(sheet: Sheet, axis: Literal["x", "y"], ticks: Sequence[float]) -> None:
    """Draw a faint line across the axes at each tick."""
    left, bottom, right, top = sheet.bounds
    _ruled(sheet, axis, ticks, 0.0, top - bottom if axis == "x" else right - left, alpha=0.16)


def _ruled(
    sheet: Sheet,
    axis: Literal["x", "y"],
    ticks: Sequence[float],
    start: float,
    end: float,
    alpha: float | None,
) -> None:
    """Draw all lines at the ticks of an axis, from `start` to `end` pixels off it, as one path: as
    artists of their own they fill half a file.
    """
    if not ticks:
        return
    left, bottom, _, _ = sheet.bounds
    column, at = COLUMNS[axis], _pixels(sheet, axis, ticks)
    off = np.array([start, end]) + (bottom if axis == "x" else left)
    ends = np.empty((len(ticks), 2, 2))
    ends[:, :, column], ends[:, :, 1 - column] = at[:, None], off[None, :]
    path = Path(
        ends.reshape(-1, 2), np.tile([Path.MOVETO, Path.LINETO], len(ticks)).astype(np.uint8)
    )
    look = {
        "facecolor": "none",
        "edgecolor": INK,
        "linewidth": 1.0,
        "alpha": alpha,
        "capstyle": "butt",
        "clip_on": False,
    }
    sheet.axes.add_artist(PathPatch(path, transform=None, zorder=0.5, **look))


def _named(sheet: Sheet, axis: Literal["x", "y"], one: scale.Scale, off: float) -> None:
    """Write the labels of an axis beside its ticks, `off` pixels off it."""
    left, bottom, _, _ = sheet.bounds
    for at, label in zip(_pixels(sheet, axis, one.ticks).tolist(), one.labels, strict=True):
        x, y, ha, va = (
            (at, bottom + off, "center", "top")
            if axis == "x"
            else (left + off, at, "right", "center_baseline")
        )
        sheet.axes.text(x, y, label, transform=None, ha=ha, va=va, zorder=UNDER)


def _pixels(sheet: Sheet, axis: Literal["x", "y"], ticks: Sequence[float]) -> Floats:
    """Return where the ticks of an axis stand along it."""
    places = np.zeros((len(ticks), 2))
    places[:, COLUMNS[axis]] = ticks
    transform = (
        sheet.axes.get_xaxis_transform() if axis == "x" else sheet.axes.get_yaxis_transform()
    )
    return np.asarray(transform.transform(places), dtype=np.float64)[:, COLUMNS[axis]]


def to_svg(paper: Paper, name: str, ink: str | None) -> str:
    """Return the paper as SVG; `name` prefixes its ids."""
    buffer = io.BytesIO()
    paper.figure.savefig(buffer, format="svg", metadata=METADATA, transparent=True)
    drawn = svg.compact(buffer.getvalue().decode(), name, paper.texts, paper.titles)
    return svg.root((*drawn, *paper.targets), paper.width, paper.height, ink, fitted=paper.fitted)


# -------------------------------------------------------------------------------------------- texts
def shortened(name: str, length: int = NAME_LENGTH) -> str:
    """Return `name` on one line, with an ellipsis in the middle where it is longer than `length`:
    both ends tell metrics apart.
    """
    line = " ".join(name.split())
    if len(line) <= length:
        return line
    head = length * 2 // 3
    return f"{line[:head]}…{line[head + 1 - length :]}"


def written(sheet: Sheet, box: Box, text: str, color: str = INK) -> None:
    """Write `text` into `box`."""
    x, y = box.anchor
    put = sheet.axes.text(
        x, y, _stand_in(text), transform=None, ha=box.align, va="baseline", color=color
    )
    show(sheet, put, text)


def show(sheet: Sheet, writing: Writing, text: str, room: float = 1.0) -> None:
    """Let a text that matplotlib has placed show `text`; what stands behind it keeps `room` times
    its width off.
    """
    writing.set_text(_stand_in(text) + "n" * math.ceil(len(text) * (room - 1)))
    gid = f"text-{len(sheet.paper.texts)}"
    writing.set_gid(gid)
    sheet.paper.texts[gid] = visible(text)


def titled(sheet: Sheet, artist: Artist, titles: Sequence[str]) -> None:
    """Give an artist a tooltip, or each of its markers one."""
    gid = f"title-{len(sheet.paper.titles)}"
    artist.set_gid(gid)
    sheet.paper.titles[gid] = tuple(map(visible, titles))


def legend_height(names: Sequence[str]) -> float:
    """Return the room that a legend of these names needs above the axes."""
    columns = _columns(names)
    return LEGEND_ROW * -(-len(names) // columns)


def legend(sheet: Sheet, handles: Sequence[Any], names: Sequence[str], raised: float = 0.0) -> None:
    """Put a legend above the axes at the left, where it hides no data, `raised` by so many
    pixels.
    """
    _, bottom, _, top = sheet.bounds
    short = [shortened(name) for name in names]
    made = sheet.axes.legend(
        handles=list(handles),
        labels=[_stand_in(name) for name in short],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0 + raised / (top - bottom)),
        ncols=_columns(names),
        frameon=False,
        borderaxespad=0.2,
        borderpad=0.2,
        handlelength=2.2,
        handletextpad=0.6,
        columnspacing=1.4,
        labelspacing=0.3,
    )
    for writing, name in zip(made.get_texts(), short, strict=True):
        show(sheet, writing, name, PHONE)


def _columns(names: Sequence[str]) -> int:
    widest = max((width_of(shortened(name)) * PHONE for name in names), default=0.0)
    return int(min(max(1, len(names)), max(1, (WIDTH - 90) // (widest + HANDLE))))


def _stand_in(text: str) -> str:
    """Return letters of about the same width that matplotlib can measure: never parsed, never
    missing from a font.
    """
    return "".join(
        "W" if unicodedata.east_asian_width(character) in "WF" else _narrow(character)
        for character in text
    )


def _narrow(character: str) -> str:
    return (
        character
        if character.isascii() and (character.isalnum() or character in " .-+,:()=%")
        else "n"
    )
