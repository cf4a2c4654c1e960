"""What a printed table says: its cells and rows, what the lines before left open, and which of its
names say a place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis
from lossreport.reading.kit.rows import AXES, BOOKKEEPING
from lossreport.reading.kit.table_cells import place_of, value_of
from lossreport.values import dataclass

PLACES: Final = (
    ("time/total_timesteps", Axis.STEP),
    ("total_timesteps", Axis.STEP),
    ("total timesteps", Axis.STEP),
    ("total/steps", Axis.STEP),
    ("totalenvinteracts", Axis.STEP),
    ("totalenvsteps", Axis.STEP),
    ("timestepssofar", Axis.STEP),
    ("misc/total_timesteps", Axis.STEP),
    ("total/epochs", Axis.EPOCH),
)
"""What libraries of reinforcement learning call the place in a box, surest first."""
AXIS_OF: Final = {
    name: axis
    for name, axis in reversed((*PLACES, *AXES))
    if name not in ("tokens", "num_tokens", "total_tokens", "frames", "it", "ep")
}
LABEL_HEADS: Final = frozenset(
    ("class", "classes", "category", "name", "label", "task", "dataset", "type", "split", "domain")
)
"""What heads the column of a table that says whose a row is."""
OVERALL: Final = frozenset(("all", "overall", "mean", "avg", "average", "total"))
"""Rows of such a table that are of no single class."""
LEFT_OUT: Final = re.compile(
    r"time|dur|duration|time/.*(?<!fps)|time_elapsed|timeelapsed|images|instances|labels|targets|"
    r"size|img_size|gpu_mem|support|cp|nupdates|serial_timesteps|episodessofar"
    r"|params|parameters|#|train/val|event_.*|train/n_updates",
    re.IGNORECASE,
)
"""Clocks, sizes and counts, and the ratio of the losses that nolearn prints beside them."""
MOST_LABELS: Final = 20
"""Of more classes only what is of all of them is told."""


class Cell(NamedTuple):
    """One number of a table: its name, its line, the row's label (a class) and the split of its
    column, where it has one.
    """

    name: str
    value: float
    line: int
    label: str = ""
    split: str = ""


class TableRow(NamedTuple):
    """The numbers that a table says at one place. With `axis` None it says no place: they stand
    where the log stands.

    `scored` marks what is measured on a set that is held back, such as a COCO summary, unless the
    names or the log say another split.
    """

    cells: tuple[Cell, ...]
    axis: Axis | None = None
    x: float = math.nan
    of: float = math.nan
    epoch: float = math.nan
    scored: bool = False


class Taken(NamedTuple):
    """What a line is: whether it is of a table, and the rows that are whole with it."""

    is_table: bool
    rows: tuple[TableRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """What the lines before left: the header that stands, a line that may be one, the box that is
    open, the labels seen below a header.
    """

    names: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    has_bars: bool = False
    idle: int = 0
    candidate: tuple[str, ...] = ()
    may_have_bars: bool = False
    box: tuple[Cell, ...] = ()
    heading: str = ""
    is_listing: bool = False
    is_report: bool = False
    labels: int = 0
    kind: str = ""


EMPTY: Final = TableState()
NOTHING: Final = Taken(False)
PART: Final = Taken(True)


def values_of(
    cells: Sequence[str], line: int, state: TableState, *, skip: int, label: str = ""
) -> Iterator[Cell]:
    """Yield the numbers of a row that are metrics, but for the column `skip`."""
    for i, (name, cell) in enumerate(zip(state.names, cells, strict=True)):
        value = value_of(cell)
        if i != skip and value is not None and name and not _is_no_metric(name):
            yield Cell(name.strip(), value, line, label)


def _is_no_metric(name: str) -> bool:
    low = name.lower().strip()
    return (
        LEFT_OUT.fullmatch(low) is not None
        or BOOKKEEPING.fullmatch(low) is not None
        or low in AXIS_OF
    )


def axis_among(names: Sequence[str]) -> int | None:
    """Return the column that says the place, the surest of several; None where none does."""
    low = [name.lower().strip() for name in names]
    return next(
        (low.index(name) for name, _ in (*PLACES, *AXES) if name in AXIS_OF and name in low), None
    )


def epoch_beside(cells: Sequence[str], names: Sequence[str], axis: int) -> float:
    """Return the epoch beside a place that is none itself."""
    low = [name.lower().strip() for name in names]
    at = low.index("epoch") if "epoch" in low else axis
    place = place_of(cells[at]) if at != axis else None
    return math.nan if place is None else place[0]


def boxed(box: Sequence[Cell]) -> tuple[TableRow, ...]:
    """Return the row that a box of names and values is, at the place that one of them says."""
    low = {cell.name.lower(): cell for cell in reversed(box)}
    at = next((low[name] for name, _ in (*PLACES, *AXES) if name in AXIS_OF and name in low), None)
    epoch = low.get("epoch", low.get("total/epochs"))
    cells = tuple(cell for cell in box if cell is not at and not _is_no_metric(cell.name))
    if not cells:
        return ()
    if at is None:
        return (TableRow(cells),)
    beside = math.nan if epoch is None or epoch is at else epoch.value
    return (TableRow(cells, AXIS_OF[at.name.lower()], at.value, epoch=beside),)
