"""Tables printed into a text log, read line by line: epochs below a header, boxes of names and
values, reports of classes, COCO summaries.

`take` is pure: it gets a line and the state that the lines before left, and returns what the line
is together with the next state. A reader of any text can ask it first, and read by itself only what
is no table; `finish` gives what an unfinished box holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.coco import NOT_MEASURED, kind_of, summary_of
from lossreport.reading.kit.experiments import NAMED, SETTING
from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import SPLIT_VALUES
from lossreport.reading.kit.table_cells import (
    LONGEST,
    are_names,
    are_spelt,
    bar_cells,
    closes,
    fits,
    header_spans,
    inner_cells,
    is_rule,
    place_of,
    rule_spans,
    value_of,
    wide_cells,
    without_bar,
)
from lossreport.reading.kit.table_state import (
    AXIS_OF,
    EMPTY,
    LABEL_HEADS,
    MOST_LABELS,
    NOTHING,
    OVERALL,
    PART,
    Cell,
    TableRow,
    TableState,
    Taken,
    axis_among,
    boxed,
    epoch_beside,
    values_of,
)

REPORT: Final = re.compile(
    r"\s{1,200}precision\s{1,40}recall\s{1,40}f1-score\s{1,40}support\s{0,40}$"
)
REPORT_ROW: Final = re.compile(
    r"\s{0,200}(?P<label>\S(?:\S| (?! )){0,80}+)\s{2,80}(?P<values>[\d.]{1,9}"
    r"(?:\s{1,60}[\d.]{1,12}){1,3})\s{0,40}$"
)
REPORT_NAMES: Final = ("precision", "recall", "f1-score")
REACH: Final = 60
"""Lines that a header stands without a row: the progress of an epoch is printed between two
rows.
"""
NESTED: Final = "  "
"""Indents the names below a heading in a box of Stable-Baselines3."""


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
    taken, after = (
        _between_bars(cells_, line, state)
        if cells_ is not None
        else _between_blanks(text, line, state)
    )
    return taken, replace(after, kind=kind_of(text) or after.kind)


def finish(state: TableState) -> tuple[TableRow, ...]:
    """Return what a box holds that the file breaks off in."""
    return boxed(state.box)


def _may_begin(bare: str) -> bool:
    return (
        bare[:1] in "|│┃║-=─━+┌┏╭╔"
        or "  " in bare
        or "\t" in bare
        or "IoU" in bare
        or "annotation type" in bare
    )


def _other(state: TableState) -> tuple[Taken, TableState]:
    """Take a line that is of no table: it ends a box; a header stands for some lines more."""
    rows = boxed(state.box)
    idle = state.idle + 1
    stands = bool(state.names) or state.is_report
    after = replace(state, box=(), heading="", candidate=(), is_listing=False, idle=idle)
    return Taken(False, rows), after if stands and idle <= REACH else TableState(kind=state.kind)


def _rule(text: str, state: TableState) -> tuple[Taken, TableState]:
    """Take a ruled line: it makes a header of the line above, closes a plain box, or opens a
    listing of names and values.
    """
    spans = rule_spans(text)
    if state.candidate:
        names, bars = state.candidate, state.may_have_bars
        if bars and len(spans) != len(names):
            return _other(state)
        listing = len(names) == 2 and not bars
        return PART, replace(
            state,
            names=names,
            spans=spans,
            candidate=(),
            has_bars=bars,
            idle=0,
            labels=0,
            is_listing=listing,
        )
    if not closes(text):
        return PART, replace(state, idle=0)
    opened = len(spans) == 2 and not state.box
    return Taken(True, boxed(state.box)), replace(
        state, box=(), heading="", is_listing=opened, idle=0
    )


# ------------------------------------------------------------------------------------- between bars
def _between_bars(cells: Sequence[str], line: int, state: TableState) -> tuple[Taken, TableState]:
    bare = tuple(cell.strip() for cell in cells)
    if are_spelt(bare):
        return _other(state)
    if len(cells) == 2 and not (state.has_bars and _is_data(bare, state)):
        return _pair(cells[0], bare[1], line, state)
    if (
        state.has_bars
        and len(bare) == len(state.names)
        and any(value_of(cell) is not None or place_of(cell) is not None for cell in bare)
    ):
        return _data(bare, line, state)
    if are_names(bare):
        return PART, replace(
            state, names=bare, spans=(), has_bars=True, candidate=(), idle=0, labels=0
        )
    return (PART if state.has_bars and len(bare) == len(state.names) else NOTHING), state


def _is_data(bare: Sequence[str], state: TableState) -> bool:
    return len(state.names) == 2 and axis_among(state.names) == 0 and place_of(bare[0]) is not None


def _pair(name: str, text: str, line: int, state: TableState) -> tuple[Taken, TableState]:
    """Take a line of a box: a name and a value, a heading of those below it, or the head of the
    box.
    """
    value, bare = value_of(text), name.strip()
    if not bare or value_of(bare) is not None:
        return NOTHING, state
    if value is not None:
        full = f"{state.heading}{bare}" if name.startswith(NESTED) and state.heading else bare
        return PART, replace(state, box=(*state.box, Cell(full, value, line)), idle=0)
    if not text and bare.endswith("/"):
        return PART, replace(state, heading=bare, idle=0)
    head = (bare, text) if are_names((bare, text)) else ()
    return PART, replace(
        state, names=head or state.names, has_bars=bool(head) or state.has_bars, idle=0
    )


# ----------------------------------------------------------------------------------- between blanks
def _between_blanks(text: str, line: int, state: TableState) -> tuple[Taken, TableState]:
    if REPORT.match(text):
        return PART, replace(EMPTY, is_report=True, kind=state.kind)
    if state.is_report and (match := REPORT_ROW.match(text)):
        return _report_row(match["label"], match["values"].split(), line, state)
    inner = inner_cells(text)
    if inner is not None and state.has_bars and len(inner) == len(state.names):
        return _between_bars(inner, line, state)
    if inner is not None and are_names(inner):
        taken, after = _other(state)
        return taken, replace(after, candidate=tuple(inner), may_have_bars=True)
    body = without_bar(text)
    cells = tuple(wide_cells(body))
    if (
        state.is_listing
        and len(cells) == 2
        and value_of(cells[1]) is not None
        and value_of(cells[0]) is None
    ):
        return PART, replace(
            state, box=(*state.box, Cell(cells[0], value_of(cells[1]) or 0.0, line)), idle=0
        )
    if state.names and not state.has_bars and (row := _row_cells(body, cells, state)):
        return _data(row, line, state)
    if are_names(cells) and not text.rstrip().endswith((":", ".", ",")):
        return _header(cells, header_spans(body), state)
    return _other(state)


def _row_cells(body: str, cells: tuple[str, ...], state: TableState) -> tuple[str, ...]:
    """Return the cells of a row under the header: by blanks, or by where the columns begin where
    some are empty; nothing where it is no row.
    """
    words = tuple(body.split())
    found = words if len(words) == len(state.names) else cells
    if (
        len(found) != len(state.names)
        and len(state.spans) == len(state.names)
        and fits(body, state.spans)
    ):
        found = tuple(body[first:after].strip() for first, after in state.spans)
    axis = axis_among(state.names)
    if len(found) != len(state.names) or (axis is not None and place_of(found[axis]) is None):
        return ()
    needed = 1 if axis is None else 2
    return (
        found
        if sum(place_of(cell) is not None or value_of(cell) is not None for cell in found) >= needed
        else ()
    )


def _header(
    cells: tuple[str, ...], spans: tuple[tuple[int, int], ...], state: TableState
) -> tuple[Taken, TableState]:
    """Take a line of names: a header where it names a place and a metric, or else what a ruled line
    below may make one.
    """
    rows = boxed(state.box)
    has_metric = any(METRIC_LIKE.search(name) for name in cells)
    if axis_among(cells) is not None and has_metric and len(cells) >= 3:
        return Taken(True, rows), replace(
            state,
            names=cells,
            spans=spans,
            has_bars=False,
            box=(),
            candidate=(cells),
            idle=0,
            labels=0,
        )
    if cells[0].lower() in LABEL_HEADS and len(cells) >= 3:
        return Taken(True, rows), replace(
            state, names=cells, spans=(), has_bars=False, box=(), candidate=cells, idle=0, labels=0
        )
    taken, after = _other(state)
    may = len(cells) == 2 or has_metric or axis_among(cells) is not None
    return taken, replace(after, candidate=cells if may else (), may_have_bars=False)


def _report_row(
    label: str, values: Sequence[str], line: int, state: TableState
) -> tuple[Taken, TableState]:
    """Take a row of scikit-learn's report of classes: a class, the accuracy, or a mean over the
    classes.
    """
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
    return Taken(True, (TableRow(kept, scored=True),) if kept else ()), replace(
        state, labels=state.labels + 1, idle=0
    )


# --------------------------------------------------------------------------------------------- rows
def _data(cells: Sequence[str], line: int, state: TableState) -> tuple[Taken, TableState]:
    """Take a row below a header: with a place, of a class, or of whatever the log stands at."""
    axis = axis_among(state.names)
    after = replace(state, idle=0, candidate=())
    if axis is not None and (place := place_of(cells[axis])) is not None:
        found = tuple(values_of(cells, line, state, skip=axis))
        row = TableRow(
            found,
            AXIS_OF[state.names[axis].lower().strip()],
            place[0],
            place[1],
            epoch_beside(cells, state.names, axis),
        )
        return Taken(True, (row,) if found else ()), after
    if axis is not None or _is_of_experiments(state.names):
        return Taken(True), after
    label = cells[0].strip() if value_of(cells[0]) is None else ""
    if label and all(name.lower() in SPLIT_VALUES for name in state.names[1:]):
        values = (
            (name, value_of(cell)) for name, cell in zip(state.names[1:], cells[1:], strict=True)
        )
        row = TableRow(
            tuple(
                Cell(label, value, line, split=SPLIT_VALUES[name.lower()])
                for name, value in values
                if value is not None
            )
        )
        return Taken(True, (row,) if row.cells else ()), after
    whose = "" if label.lower() in OVERALL else label
    if whose and state.labels >= MOST_LABELS:
        return PART, after
    found = tuple(values_of(cells, line, state, skip=0 if label else -1, label=whose))
    return Taken(True, (TableRow(found, scored=bool(label)),) if found else ()), replace(
        after, labels=state.labels + bool(whose)
    )


def _is_of_experiments(names: Sequence[str]) -> bool:
    """Return whether a table tells results of several models or configurations: their settings
    stand beside them.
    """
    return NAMED.fullmatch(names[0].strip()) is not None and any(
        SETTING.fullmatch(name.strip()) for name in names[1:]
    )
