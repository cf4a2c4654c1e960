"""MLflow's tracking database (`mlflow.db`): metrics, parameters and tags of all runs of all
experiments in SQLite.

Source: FORMATS.md section 6 and mlflow/store/tracking (dbmodels/models.py, sqlalchemy_store.py).
NaN is stored as value 0.0 with is_nan = 1, infinities as the largest doubles. `line` is the number
of the record: run after run in the order they began, of each run its own row, its parameters, its
tags, then its metrics in the order they were written. Deleted runs and runs without a metric are
passed over.
"""

from __future__ import annotations

import math
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any, Final

from lossreport.model.run import Status
from lossreport.reading.bytes.database import DAMAGED, is_cut, opened, tables
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.tracker import Points, parameter_facts, stamp, tag_fact
from lossreport.reading.parser import (
    Parser,
    RawFact,
    RawSegment,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text
from lossreport.values import dataclass

NEEDED: Final = {
    "experiments": {"experiment_id", "name"},
    "runs": {"run_uuid", "experiment_id", "lifecycle_stage", "start_time"},
    "metrics": {"key", "value", "step", "is_nan", "run_uuid"},
    "params": {"key", "value", "run_uuid"},
    "tags": {"key", "value", "run_uuid"},
}
STATUS: Final = {
    "FINISHED": Status.FINISHED,
    "FAILED": Status.CRASHED,
    "KILLED": Status.INTERRUPTED,
}
"""RUNNING tells nothing: a process that was killed leaves it behind."""
RUNS: Final = """
    SELECT r.run_uuid, r.name, r.status, r.start_time, r.end_time, e.name FROM runs r LEFT JOIN experiments e USING (experiment_id)
    WHERE r.lifecycle_stage <> 'deleted' ORDER BY r.start_time, r.run_uuid"""  # noqa: E501
HAS_METRICS: Final = "SELECT 1 FROM metrics {indexed} WHERE run_uuid = ? LIMIT 1"
PARAMETERS: Final = "SELECT key, value FROM params {indexed} WHERE run_uuid = ? ORDER BY rowid"
TAGS: Final = "SELECT key, value FROM tags {indexed} WHERE run_uuid = ? ORDER BY rowid"
METRICS: Final = (
    "SELECT key, step, value, is_nan FROM metrics {indexed} WHERE run_uuid = ? ORDER BY rowid"
)
LARGEST: Final = sys.float_info.max


def sniff(log: LogFile) -> Score:
    """Claim databases with the tables of MLflow."""
    found = tables(log)
    if all(columns <= found.get(table, frozenset()) for table, columns in NEEDED.items()):
        return Score(
            0.97, "a SQLite database with the tables runs, metrics (is_nan) and params of MLflow"
        )
    return Score(0.0, "not a database of MLflow")


@dataclass
class _Store:
    """The open database, how it is asked, and the numbers of the records read so far."""

    connection: sqlite3.Connection
    indexed: str
    record: int = 0
    rows: int = 0

    def next(self) -> int:
        self.record += 1
        return self.record

    def ask(self, query: str, run: str) -> sqlite3.Cursor:
        return self.connection.execute(query.format(indexed=self.indexed), (run,))


def read(log: LogFile) -> Iterator[Record]:
    """Yield run after run, each with its parameters and tags before its metrics; raises LogError
    where the file cannot be opened.
    """
    with opened(log) as connection:
        store = _Store(connection, "NOT INDEXED" if is_cut(log) else "")
        try:
            is_new = False
            for run in connection.execute(RUNS).fetchall():
                if store.ask(HAS_METRICS, run[0]).fetchone() is not None:
                    yield from _run(store, run, is_new)
                    is_new = True
        except sqlite3.DatabaseError:
            yield SkippedLine(store.next(), DAMAGED, torn=True)
        yield RowsRead(store.rows, store.record)


def _run(store: _Store, run: tuple[Any, ...], is_new: bool) -> Iterator[Record]:
    identity, name, status, start, end, experiment = run
    line = store.next()
    for fact, value in (("run_id", identity), ("run_name", name), ("experiment", experiment)):
        if value:
            yield RawFact(fact, str(value), line)
    for key, value in store.ask(PARAMETERS, identity):
        yield from parameter_facts(str(key), str(value), store.next())
    for key, value in store.ask(TAGS, identity):
        yield from tag_fact(str(key), str(value), store.next())
    if is_new:
        yield RawSegment(store.record + 1, "new_run")
    yield from _metrics(store, identity)
    yield from (
        RawTime(text, line)
        for time in (start, end)
        if time and (text := stamp(time / 1000)) is not None
    )
    if status in STATUS:
        yield RawStatus(STATUS[status], store.record)


def _metrics(store: _Store, identity: str) -> Iterator[Record]:
    points = Points()
    try:
        for key, step, value, is_nan in store.ask(METRICS, identity):
            yield from points.add(str(key), float(step), _value(value, is_nan), store.next())
    except sqlite3.DatabaseError:  # what stands before the damage is used
        yield SkippedLine(store.next(), DAMAGED, torn=True)
    store.rows += points.count
    yield from points.chunks()


def _value(value: float, is_nan: int) -> float:
    if is_nan:
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= LARGEST else float(value)


PARSER = Parser(
    id="mlflow_sqlite",
    title=Text(zh="MLflow 的数据库（mlflow.db）", en="the tracking database of MLflow (mlflow.db)"),
    sniff=sniff,
    read=read,
    columnar=True,
)
