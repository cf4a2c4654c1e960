"""JSON lines of a hand-written loop or of a tool without a parser of its own: axis and metrics are
chosen by their names.

Nested values are joined by slashes; verl's `{"step": 1, "data": {...}}` is read without the `data/`
(FORMATS.md 4.9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any, Final

from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.config_record import apart, is_config_record, settings_of
from lossreport.reading.kit.events import said
from lossreport.reading.kit.json_lines import NUMBERS, head_objects, records, stretches
from lossreport.reading.kit.json_lines import Record as JsonRecord
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import (
    ONCE,
    SUMMARY,
    Group,
    RowWriter,
    facts_of,
    flat,
    is_axis,
    number,
)
from lossreport.reading.kit.stamps import RowDates
from lossreport.reading.parser import (
    Parser,
    RawEvent,
    RawStatus,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text
from lossreport.values import dataclass

WRAPPER: Final = "data/"
MIN_SHARE: Final = 0.3
MESSAGES: Final = ("message", "msg", "event", "note", "info", "status")
"""Names under which a program writes what it has to say beside its numbers."""
TEXT_LENGTH: Final = 400
"""Rows with longer strings are a data set, not a log."""


def sniff(log: LogFile) -> Score:
    """Claim files in which at least 30 % of the first lines are objects with a number that is
    called like a metric.
    """
    rows, seen = head_objects(log)
    mine = [metrics for row in rows if (metrics := metrics_of(row))]
    if not mine or len(mine) < MIN_SHARE * seen:
        return Score(0.0, "too few JSON lines with a number that is called like a metric")
    names = Counter(name for metrics in mine for name in metrics)
    shown = ", ".join(name for name, _ in names.most_common(6))
    return Score(
        0.6 if len(mine) > 0.5 * seen else 0.5,
        f"{len(mine)} of {seen} lines are JSON objects with {shown}",
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every object; a record that sums the run up becomes facts."""
    writer, state = RowWriter(), _State()

    def take(groups: list[Group]) -> bool:
        taken = writer.add_many(groups)
        if taken:
            state.settings, state.last = {}, int(max(group.lines[-1] for group in groups))
        return taken

    for found in (records(log),) if is_line_by_line() else stretches(log, is_plain, take):
        yield from _one_by_one(found, writer, state)
        if writer.columns.full():
            yield from writer.columns.chunks()
    yield from writer.columns.chunks()
    yield from state.dates.records()
    yield RowsRead(writer.rows, state.last)


@dataclass
class _State:
    """The last line, the settings that records repeat, and when rows were logged."""

    last: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    dates: RowDates = field(default_factory=RowDates)


def _one_by_one(found: Iterable[JsonRecord], writer: RowWriter, state: _State) -> Iterator[Record]:
    for record in found:
        state.last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        if not record.row:
            continue
        if is_plain(record.row):
            state.settings = {}
            yield from writer.add(record.row, record.line)
            if writer.columns.full():
                yield from writer.columns.chunks()
            continue
        if is_config_record(record.row):
            yield from settings_of(record.row, record.line)
            continue
        repeated, measured = apart(record.row)
        if repeated != state.settings:
            state.settings = repeated
            yield from settings_of(repeated, record.line)
        row = flat_row(measured)
        if any(name in row for name in ONCE):
            yield from facts_of(
                {name: value for name, value in row.items() if SUMMARY.fullmatch(name)}, record.line
            )
            yield RawStatus(Status.FINISHED, record.line)
            continue
        yield from _said(row, record.line)
        state.dates.see(row)
        yield from writer.add(row, record.line)
        if writer.columns.full():
            yield from writer.columns.chunks()


def is_plain(row: Mapping[str, Any]) -> bool:
    """Return whether a record is numbers alone, under names of no other meaning: then it holds no
    settings, words or records within.
    """
    return NUMBERS.issuperset(map(type, row.values())) and _are_plain(tuple(row))


@lru_cache(maxsize=4096)
def _are_plain(names: tuple[str, ...]) -> bool:
    return not any(name in ONCE or name.startswith(WRAPPER) for name in names)


def _said(row: Mapping[str, Any], line: int) -> Iterator[RawEvent | RawStatus]:
    for name in MESSAGES:
        if isinstance(text := row.get(name), str):
            yield from said(text, line)


def flat_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return the leaves of a record by their names."""
    if not any(isinstance(value, dict | list) for value in row.values()) and not any(
        name.startswith(WRAPPER) for name in row
    ):
        return row
    return {name.removeprefix(WRAPPER): value for name, value in flat(row)}


def metrics_of(row: dict[str, Any]) -> list[str]:
    """Return the names of a record's numbers that are called like metrics; none where it holds long
    texts.
    """
    leaves = flat_row(row)
    if any(isinstance(value, str) and len(value) > TEXT_LENGTH for value in leaves.values()):
        return []
    return [
        name
        for name, value in leaves.items()
        if number(value) is not None and METRIC_LIKE.search(name) and not is_axis(name)
    ]


PARSER = Parser(
    id="generic_jsonl",
    title=Text(
        zh="JSON 行（通用：手写训练循环、verl、OpenVLA、torchtune 等）",
        en="JSON lines (generic: hand-written loops, verl, OpenVLA, torchtune, ...)",
    ),
    sniff=sniff,
    read=read,
)
