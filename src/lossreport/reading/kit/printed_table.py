"""Tables printed into a text log, read line by line: epochs below a header, boxes of names and values, reports of classes, COCO summaries.

`take` is pure: it gets a line and the state that the lines before left, and returns what the line is together with the next state. A reader of
any text can ask it first, and read by itself only what is no table; `finish` gives what an unfinished box holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from lossreport.model.run import Axis
from lossreport.reading.kit.coco import NOT_MEASURED, kind_of, summary_of
from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import AXES, BOOKKEEPING, SPLIT_VALUES
from lossreport.reading.kit.table_cells import (
    LONGEST,
    are_names,
    bar_cells,
    closes,
    is_rule,
    place_of,
    rule_spans,
    value_of,
    wide_cells,
    without_bar,
)

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
    name: axis for name, axis in reversed((*PLACES, *AXES)) if name not in ("tokens", "num_tokens", "total_tokens", "frames", "it", "ep")
}
LABEL_HEADS: Final = frozenset(("class", "classes", "category", "name", "label", "task", "dataset", "type", "split", "domain"))
"""What heads the column of a table that says whose a row is."""
OVERALL: Final = frozenset(("all", "overall", "mean", "avg", "average", "total"))
"""Rows of such a table that are of no single class."""
LEFT_OUT: Final = re.compile(
    r"time|dur|duration|time/.*(?<!fps)|time_elapsed|timeelapsed|images|instances|labels|size|img_size|gpu_mem|support|cp|nupdates|serial_timesteps|episodessofar"
    r"|params|parameters|#|train/val|event_.*|train/n_updates",
    re.IGNORECASE,
)
"""Clocks, sizes and counts, and the ratio of the losses that nolearn prints beside them."""
REPORT: Final = re.compile(r"\s{1,200}precision\s{1,40}recall\s{1,40}f1-score\s{1,40}support\s{0,40}$")
REPORT_ROW: Final = re.compile(
    r"\s{0,200}(?P<label>\S(?:[^\t]{0,80}\S)?)\s{2,80}(?P<values>[\d.]{1,9}(?:\s{1,60}[\d.]{1,12}){1,3})\s{0,40}$"
)
REPORT_NAMES: Final = ("precision", "recall", "f1-score")
REACH: Final = 60
"""Lines that a header stands without a row: the progress of an epoch is printed between two rows."""
MOST_LABELS: Final = 20
"""Of more classes only what is of all of them is told."""
NESTED: Final = "  "
"""Indents the names below a heading in a box of Stable-Baselines3."""


class Cell(NamedTuple):
    """One number of a table: its name, its line, the row's label (a class) and the split of its column, where it has one."""

    name: str
    value: float
    line: int
    label: str = ""
    split: str = ""


class TableRow(NamedTuple):
    """The numbers that a table says at one place. With `axis` None it says no place: they stand where the log stands.

    `scored` marks what is measured on a set that is held back, such as a COCO summary, unless the names or the log say another split.
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
    """What the lines before left: the header that stands, a line that may be one, the box that is open, the labels seen below a header."""

    names: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    has_bars: bool = False
    idle: int = 0
    candidate: tuple[str, ...] = ()
    box: tuple[Cell, ...] = ()
    heading: str = ""
    is_listing: bool = False
    is_report: bool = False
    labels: int = 0
    kind: str = ""


EMPTY: Final = TableState()
NOTHING: Final = Taken(False)
PART: Final = Taken(True)


def take(text: str, line: int, state: TableState = EMPTY) -> tuple[Taken, TableState]:
    """Return what a line is, and the state behind it."""
    bare = text.strip()
    if state == EMPTY and not _may_begin(bare):
        return NOTHING, state
    if len(bare) > LONGEST or not bare:
        return _other(state)
    summary = summary_of(text, state.kind)
    if summary is not None:
        cells = (Cell(summary.name, summary.value, line),) if summary.value != NOT_MEASURED else ()
        return Taken(True, (TableRow(cells, scored=True),) if cells else ()), state
    if is_rule(bare):
        return _rule(text.rstrip(), state)
    cells_ = bar_cells(bare)
    taken, after = _between_bars(cells_, line, state) if cells_ is not None else _between_blanks(text, line, state)
    return taken, replace(after, kind=kind_of(text) or after.kind)


def finish(state: TableState) -> tuple[TableRow, ...]:
    """Return what a box holds that the file breaks off in."""
    return _boxed(state.box)


def _may_begin(bare: str) -> bool:
    return bare[:1] in "|│┃║-=─━+┌┏╭╔" or "  " in bare or "\t" in bare or "IoU" in bare or "annotation type" in bare


def _other(state: TableState) -> tuple[Taken, TableState]:
    """Take a line that is of no table: it ends a box; a header stands for some lines more."""
    rows = _boxed(state.box)
    idle = state.idle + 1
    after = TableState(kind=state.kind) if idle > REACH else replace(state, box=(), heading="", candidate=(), is_listing=False, idle=idle)
    return Taken(False, rows), after


def _rule(text: str, state: TableState) -> tuple[Taken, TableState]:
    """Take a ruled line: it makes a header of the line above, closes a plain box, or opens a listing of names and values."""
    spans = rule_spans(text)
    if state.candidate:
        names = state.candidate
        return PART, replace(state, names=names, spans=spans, candidate=(), idle=0, labels=0, is_listing=len(names) == 2)
    if not closes(text):
        return PART, replace(state, idle=0)
    opened = len(spans) == 2 and not state.box
    return Taken(True, _boxed(state.box)), replace(state, box=(), heading="", is_listing=opened, idle=0)


# ------------------------------------------------------------------------------------------------ between bars
def _between_bars(cells: Sequence[str], line: int, state: TableState) -> tuple[Taken, TableState]:
    bare = tuple(cell.strip() for cell in cells)
    if len(cells) == 2 and not (state.has_bars and _is_data(bare, state)):
        return _pair(cells[0], bare[1], line, state)
    if state.has_bars and len(bare) == len(state.names) and any(value_of(cell) is not None or place_of(cell) is not None for cell in bare):
        return _data(bare, line, state)
    if are_names(bare):
        return PART, replace(state, names=bare, spans=(), has_bars=True, candidate=(), idle=0, labels=0)
    return (PART if state.has_bars and len(bare) == len(state.names) else NOTHING), state


def _is_data(bare: Sequence[str], state: TableState) -> bool:
    return len(state.names) == 2 and _axis(state.names) == 0 and place_of(bare[0]) is not None


def _pair(name: str, text: str, line: int, state: TableState) -> tuple[Taken, TableState]:
    """Take a line of a box: a name and a value, a heading of those below it, or the head of the box."""
    value, bare = value_of(text), name.strip()
    if not bare or value_of(bare) is not None:
        return NOTHING, state
    if value is not None:
        full = f"{state.heading}{bare}" if name.startswith(NESTED) and state.heading else bare
        return PART, replace(state, box=(*state.box, Cell(full, value, line)), idle=0)
    if not text and bare.endswith("/"):
        return PART, replace(state, heading=bare, idle=0)
    head = (bare, text) if are_names((bare, text)) else ()
    return PART, replace(state, names=head or state.names, has_bars=bool(head) or state.has_bars, idle=0)


# ------------------------------------------------------------------------------------------------ between blanks
def _between_blanks(text: str, line: int, state: TableState) -> tuple[Taken, TableState]:
    if REPORT.match(text):
        return PART, replace(EMPTY, is_report=True, kind=state.kind)
    if state.is_report and (match := REPORT_ROW.match(text)):
        return _report_row(match["label"], match["values"].split(), line, state)
    body = without_bar(text)
    cells = tuple(wide_cells(body))
    if state.is_listing and len(cells) == 2 and value_of(cells[1]) is not None and value_of(cells[0]) is None:
        return PART, replace(state, box=(*state.box, Cell(cells[0], value_of(cells[1]) or 0.0, line)), idle=0)
    if state.names and not state.has_bars and (row := _row_cells(body, cells, state)):
        return _data(row, line, state)
    if are_names(cells) and not text.rstrip().endswith((":", ".", ",")):
        return _header(cells, state)
    return _other(state)


def _row_cells(body: str, cells: tuple[str, ...], state: TableState) -> tuple[str, ...]:
    """Return the cells of a row under the header: by blanks, or by the ruled line where some are empty; nothing where it is no row."""
    words = tuple(body.split())
    found = words if len(words) == len(state.names) else cells
    if len(found) != len(state.names) and len(state.spans) == len(state.names):
        found = tuple(body[first:after].strip() for first, after in state.spans)
    axis = _axis(state.names)
    if len(found) != len(state.names) or (axis is not None and place_of(found[axis]) is None):
        return ()
    needed = 1 if axis is None else 2
    return found if sum(place_of(cell) is not None or value_of(cell) is not None for cell in found) >= needed else ()


def _header(cells: tuple[str, ...], state: TableState) -> tuple[Taken, TableState]:
    """Take a line of names: a header where it names a place and a metric, or else what a ruled line below may make one."""
    rows = _boxed(state.box)
    has_metric = any(METRIC_LIKE.search(name) for name in cells)
    if _axis(cells) is not None and has_metric and len(cells) >= 3:
        return Taken(True, rows), replace(state, names=cells, spans=(), has_bars=False, box=(), candidate=(cells), idle=0, labels=0)
    if cells[0].lower() in LABEL_HEADS and len(cells) >= 3:
        return Taken(True, rows), replace(state, names=cells, spans=(), has_bars=False, box=(), candidate=cells, idle=0, labels=0)
    taken, after = _other(state)
    return taken, replace(after, candidate=cells if len(cells) == 2 or has_metric or _axis(cells) is not None else ())


def _report_row(label: str, values: Sequence[str], line: int, state: TableState) -> tuple[Taken, TableState]:
    """Take a row of scikit-learn's report of classes: a class, the accuracy, or a mean over the classes."""
    found = [value_of(value) for value in values]
    if len(values) == 2:  # the accuracy and how many it is of
        cells = [Cell(label, found[0], line)] if found[0] is not None else []
    elif len(values) == len(REPORT_NAMES) + 1:
        mean = label.endswith(" avg")
        cells = [
            Cell(f"{name} ({label})" if mean else name, value, line, "" if mean else label)
            for name, value in zip(REPORT_NAMES, found, strict=False)
            if value is not None
        ]
    else:
        return _other(replace(state, is_report=False))
    few = state.labels < MOST_LABELS
    kept = tuple(cell for cell in cells if few or not cell.label)
    return Taken(True, (TableRow(kept, scored=True),) if kept else ()), replace(state, labels=state.labels + 1, idle=0)


# ------------------------------------------------------------------------------------------------ rows
def _data(cells: Sequence[str], line: int, state: TableState) -> tuple[Taken, TableState]:
    """Take a row below a header: with a place, of a class, or of whatever the log stands at."""
    axis = _axis(state.names)
    after = replace(state, idle=0, candidate=())
    if axis is not None and (place := place_of(cells[axis])) is not None:
        found = tuple(_values(cells, line, state, skip=axis))
        row = TableRow(found, AXIS_OF[state.names[axis].lower().strip()], place[0], place[1], _epoch(cells, state.names, axis))
        return Taken(True, (row,) if found else ()), after
    if axis is not None:
        return Taken(True), after
    label = cells[0].strip() if value_of(cells[0]) is None else ""
    if label and all(name.lower() in SPLIT_VALUES for name in state.names[1:]):
        values = ((name, value_of(cell)) for name, cell in zip(state.names[1:], cells[1:], strict=True))
        row = TableRow(tuple(Cell(label, value, line, split=SPLIT_VALUES[name.lower()]) for name, value in values if value is not None))
        return Taken(True, (row,) if row.cells else ()), after
    whose = "" if label.lower() in OVERALL else label
    if whose and state.labels >= MOST_LABELS:
        return PART, after
    found = tuple(_values(cells, line, state, skip=0 if label else -1, label=whose))
    return Taken(True, (TableRow(found, scored=bool(label)),) if found else ()), replace(after, labels=state.labels + bool(whose))


def _values(cells: Sequence[str], line: int, state: TableState, *, skip: int, label: str = "") -> Iterator[Cell]:
    for i, (name, cell) in enumerate(zip(state.names, cells, strict=True)):
        value = value_of(cell)
        if i != skip and value is not None and name and not _is_no_metric(name):
            yield Cell(name.strip(), value, line, label)


def _is_no_metric(name: str) -> bool:
    low = name.lower().strip()
    return LEFT_OUT.fullmatch(low) is not None or BOOKKEEPING.fullmatch(low) is not None or low in AXIS_OF


def _axis(names: Sequence[str]) -> int | None:
    """Return the column that says the place, the surest of several; None where none does."""
    low = [name.lower().strip() for name in names]
    return next((low.index(name) for name, _ in (*PLACES, *AXES) if name in AXIS_OF and name in low), None)


def _epoch(cells: Sequence[str], names: Sequence[str], axis: int) -> float:
    """Return the epoch beside a place that is none itself."""
    low = [name.lower().strip() for name in names]
    at = low.index("epoch") if "epoch" in low else axis
    place = place_of(cells[at]) if at != axis else None
    return math.nan if place is None else place[0]


def _boxed(box: Sequence[Cell]) -> tuple[TableRow, ...]:
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
