"""`lossreport-memory.jsonl`: what a training said to a hook of ours while it ran, one object a
line.

Source: `integrations/memory.py` writes it. The hook knows what its framework's numbers are, so axis
and statistic are told, not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from lossreport.model.run import Axis, EventKind, Statistic, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import quote, raised_kind
from lossreport.reading.kit.json_lines import as_object, records
from lossreport.reading.kit.names import plain_facts, split_name
from lossreport.reading.kit.rows import BOOKKEEPING, INSTANT, is_axis, number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawEvent,
    RawFact,
    RawSegment,
    RawStatus,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

HEADER: Final = "lossreport_memory"
AXES: Final = (Axis.STEP, Axis.ITERATION, Axis.EPOCH)
KINDS: Final[tuple[EventKind, ...]] = get_args(EventKind)


def sniff(log: LogFile) -> Score:
    """Claim files whose first line is our header."""
    first = as_object(log.head_lines[0].strip()) if log.head_lines else None
    return (
        Score(1.0, "the header of a hook")
        if first is not None and HEADER in first
        else Score(0.0, "no header of a hook")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield rows, settings, events and how the run ended."""
    columns, rows, last = Columns(), 0, 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        row = record.row or {}
        if HEADER in row and rows:
            yield RawSegment(record.line, "resume")
        if isinstance(row.get("values"), dict):
            axis, x = _place(row, rows)
            _add(columns, row, axis, x, record.line)
            rows += 1
        yield from _said(row, record.line)
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _said(row: Mapping[str, Any], line: int) -> Iterator[Record]:
    """Yield what a line says besides numbers. An exception is what its message says it is, where
    that is known.
    """
    if isinstance(row.get("facts"), dict):
        yield from (RawFact(name, value, line) for name, value in plain_facts(row["facts"]))
    said = str(row.get("quote", ""))
    known = next((kind for kind in KINDS if kind == row.get("event")), None)
    if known is not None:
        ends = Status(row["ends"]) if row.get("ends") in tuple(Status) else None
        yield RawEvent(
            raised_kind(said) if known == "traceback" else known, line, quote(said), ends
        )
    if row.get("end") in tuple(Status):
        yield RawStatus(Status(row["end"]), line)


def _place(row: Mapping[str, Any], rows: int) -> tuple[Axis, float]:
    for axis in AXES:
        x = number(row.get(axis.value))
        if x is not None:
            return axis, x
    return Axis.ROW, float(rows)


def _add(columns: Columns, row: Mapping[str, Any], axis: Axis, x: float, line: int) -> None:
    epoch = number(row.get("epoch")) if axis is not Axis.EPOCH else None
    of = Statistic(row["of"]) if row.get("of") in tuple(Statistic) else Statistic.UNKNOWN
    window = row.get("window") if isinstance(row.get("window"), int) else None
    for printed, raw in row["values"].items():
        value = number(raw)
        split, name = split_name(printed)
        if value is None or is_axis(name) or BOOKKEEPING.fullmatch(name):
            continue
        plain = INSTANT.fullmatch(name) is not None or (
            split != "train" and of is not Statistic.EPOCH_MEAN
        )
        key = ColumnKey(
            name, split, axis, Statistic.VALUE if plain else of, None if plain else window
        )
        columns.add(key, x, value, line, math.nan if epoch is None else epoch)


PARSER = Parser(
    id="lossreport_memory",
    title=Text(
        zh="训练中的 lossreport hook 写下的 lossreport-memory.jsonl",
        en="lossreport-memory.jsonl, written by lossreport's own hooks during training",
    ),
    sniff=sniff,
    read=read,
)
