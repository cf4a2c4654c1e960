"""Trackio's database (`<project>.db`): one row a log call, its values as JSON, in SQLite. Several
runs of a project share it.

Source: FORMATS.md section 6. NaN is the JSON text "NaN". `line` is the number of the record: run
after run in the order of their first rows, of each run its configuration, then its rows in the
order they were written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from lossreport.reading.bytes.database import DAMAGED, columns, opened, tables
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.rows import RowWriter
from lossreport.reading.kit.tracker import numbers
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import (
    Parser,
    RawFact,
    RawSegment,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

NEEDED: Final = {"timestamp", "run_name", "step", "metrics"}
NO_JSON = Text(zh="这条记录的数值不是 JSON", en="the values of this record are not JSON")


def sniff(log: LogFile) -> Score:
    """Claim databases whose table `metrics` holds run, step and values as JSON."""
    found = tables(log)
    if found.get("metrics", frozenset()) >= NEEDED:
        return Score(0.97, "a SQLite database with the table metrics of Trackio")
    return Score(0.0, "not a database of Trackio")


def read(log: LogFile) -> Iterator[Record]:
    """Yield run after run, each with its configuration before its rows; raises LogError where the
    file cannot be opened.
    """
    record = rows = 0
    try:
        with opened(log) as connection:
            for number, (key, name) in enumerate(_runs(connection).items()):
                record += 1
                yield RawFact("run_name", name, record)
                yield from _configuration(connection, key, record)
                if number:
                    yield RawSegment(record + 1, "new_run")
                writer, times = RowWriter(), list[str]()
                for row in _rows(connection, key):
                    record += 1
                    times[1:] = [str(row[0])] if row is not None else times[1:]
                    yield from _row(writer, row, record)
                yield from writer.columns.chunks()
                yield from (RawTime(time[:19].replace("T", " "), record) for time in times)
                rows += writer.rows
    except sqlite3.DatabaseError:
        yield SkippedLine(record + 1, DAMAGED, torn=True)
    yield RowsRead(rows, record)


def _identity(connection: sqlite3.Connection, table: str) -> str:
    """Return the column that tells runs apart; databases of old versions have no `run_id`."""
    return "run_id" if "run_id" in columns(connection, table) else "run_name"


def _runs(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the name of every run by its id, in the order of their first rows; those before
    damage.
    """
    found: dict[str, str] = {}
    try:
        for key, name in connection.execute(
            f"SELECT {_identity(connection, 'metrics')}, run_name FROM metrics ORDER BY rowid"
        ):
            found.setdefault(str(key), str(name))
    except sqlite3.DatabaseError:
        # the rows are asked for again, and the damage told where it is met
        return found
    return found


def _configuration(connection: sqlite3.Connection, run: str, record: int) -> Iterator[Record]:
    if not columns(connection, "configs"):
        return
    key = _identity(connection, "configs")
    for (text,) in connection.execute(
        f"SELECT config FROM configs WHERE {key} = ? ORDER BY rowid", (run,)
    ):
        for name, value in plain_facts(_object(text) or {}):
            if not name.startswith("_"):  # user, group and time of creation
                yield RawFact(name, value, record)


def _rows(connection: sqlite3.Connection, run: str) -> Iterator[tuple[Any, ...] | None]:
    """Yield the rows of a run, and None where the database is damaged: what stands before is
    used.
    """
    key = _identity(connection, "metrics")
    try:
        yield from connection.execute(
            f"SELECT timestamp, step, metrics FROM metrics WHERE {key} = ? ORDER BY rowid", (run,)
        )
    except sqlite3.DatabaseError:
        yield None


def _row(writer: RowWriter, row: tuple[Any, ...] | None, record: int) -> Iterator[Record]:
    if row is None:
        yield SkippedLine(record, DAMAGED, torn=True)
        return
    _, step, text = row
    values = _object(text)
    if values is None:
        yield SkippedLine(record, NO_JSON)
        return
    flat = dict(pair for name, value in values.items() for pair in numbers(name, value))
    yield from writer.add({"step": step, **flat}, record)


def _object(text: str | bytes) -> dict[str, Any] | None:
    try:
        value = json_of(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


PARSER = Parser(
    id="trackio",
    title=Text(zh="Trackio 的数据库（<project>.db）", en="the database of Trackio (<project>.db)"),
    sniff=sniff,
    read=read,
)
