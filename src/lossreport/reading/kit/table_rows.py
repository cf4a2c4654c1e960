"""Puts the rows of printed tables into columns: what each cell is called, of which split, whose,
and where it stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Entity, EntityKind, Statistic
from lossreport.reading.kit.names import ALIASES, KNOWN, METRIC_LIKE, split_name, unmarked_scores
from lossreport.reading.kit.printed_table import finish, take
from lossreport.reading.kit.rows import INSTANT
from lossreport.reading.kit.table_state import EMPTY, Cell, TableRow, TableState
from lossreport.reading.parser import ColumnKey

NAMES: Final = {
    "Box(P": "precision(B)",
    "Mask(P": "precision(M)",
    "Pose(P": "precision(P)",
    "P": "precision",
    "R": "recall",
    "mAP50-95)": "mAP50-95",
}
"""What YOLO programs shorten in the header of their validation."""
LOGGED: Final = re.compile(
    r"^(?:rollout|eval|evaluation|train|losses|policy)/|(?:^|[_/ ])(?:rew|rew_mean|ep_rew_mean|"
    r"eprewmean|eplenmean)$",
    re.IGNORECASE,
)
"""What libraries of reinforcement learning log: headings of their boxes, rewards that they
shorten.
"""
SETTINGS: Final = KNOWN | frozenset(ALIASES)


class Stand(NamedTuple):
    """Where a log stands: the place for rows that say none themselves."""

    axis: Axis
    x: float
    epoch: float = math.nan
    split: str = ""


class Placed(NamedTuple):
    """One number as a column takes it."""

    key: ColumnKey
    x: float
    value: float
    line: int
    epoch: float
    of: float


def is_log(row: TableRow) -> bool:
    """Return whether a row is of a training: one of its names is called like a metric and is no
    setting, or it sums up an evaluation.
    """
    if row.scored and not any(cell.label for cell in row.cells):
        return True
    names = [cell.name for cell in row.cells if cell.name.lower() not in SETTINGS]
    return any(METRIC_LIKE.search(name) or LOGGED.search(name) for name in names)


def placed(row: TableRow, stand: Stand) -> Iterator[Placed]:
    """Yield the numbers of a row at its own place, or at that of the log."""
    axis = row.axis or stand.axis
    x = row.x if row.axis is not None else stand.x
    epoch = stand.epoch if row.axis is None else row.epoch
    scores = unmarked_scores(cell.name for cell in row.cells)
    for cell in row.cells:
        yield Placed(
            _key(cell, row, axis, scores.get(cell.name, stand.split)),
            x,
            cell.value,
            cell.line,
            math.nan if axis is Axis.EPOCH else epoch,
            row.of,
        )


def _key(cell: Cell, row: TableRow, axis: Axis, default: str) -> ColumnKey:
    found, short = split_name(NAMES.get(cell.name, cell.name), "")
    split = (
        cell.split
        or found
        or (default if default not in ("", "train") else "")
        or ("val" if row.scored else "train")
    )
    whose = Entity(kind=EntityKind.LABEL, value=cell.label) if cell.label else None
    return ColumnKey(short, split, axis, _statistic(short, row, axis), entity=whose)


def _statistic(name: str, row: TableRow, axis: Axis) -> Statistic:
    if INSTANT.fullmatch(name) or row.scored:
        return Statistic.VALUE
    return (
        Statistic.EPOCH_MEAN if axis is Axis.EPOCH and row.axis is not None else Statistic.UNKNOWN
    )


def apart(lines: Iterable[str]) -> tuple[list[str], list[TableRow]]:
    """Return the lines that are of no table, and the rows of all tables: for looking a log through
    before it is read.
    """
    others, rows, state = list[str](), list[TableRow](), EMPTY
    for number, text in enumerate(lines, 1):
        taken, state = take(text, number, state)
        rows += taken.rows
        if not taken.is_table:
            others.append(text)
    return others, [*rows, *finish(state)]


class Tables:
    """Follows the tables of one log, line by line."""

    def __init__(self) -> None:
        self.state: TableState = EMPTY

    def see(self, text: str, line: int) -> tuple[bool, tuple[TableRow, ...]]:
        """Return whether a line is of a table, and the rows of a training that are whole with
        it.
        """
        taken, self.state = take(text, line, self.state)
        return taken.is_table, tuple(row for row in taken.rows if is_log(row))

    def end(self) -> tuple[TableRow, ...]:
        """Return what a box holds that the log breaks off in."""
        rows, self.state = finish(self.state), EMPTY
        return tuple(row for row in rows if is_log(row))
