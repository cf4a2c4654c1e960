"""`run-<id>.wandb`: all that a run gave to Weights & Biases, offline or not, as protobuf records in
a LevelDB log. `line` is the number of the record.

Source: FORMATS.md section 6 and wandb/proto/wandb_internal.proto. x is the step metric that the
program defined for a metric, else a step among the values of the row, else W&B's own `_step`. The
configuration, the console's words and the exit code stand in the same file.
"""

from __future__ import annotations

import fnmatch
import struct
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any, Final

from lossreport.model.run import FactValue, Status
from lossreport.reading.bytes.leveldb import TORN, records
from lossreport.reading.bytes.protobuf import fields
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.rows import RowWriter, is_axis
from lossreport.reading.kit.tracker import numbers, stamp
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import (
    Columns,
    Parser,
    RawEvent,
    RawFact,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text
from lossreport.values import dataclass

MAGIC: Final = b":W&B\xe1\xbe"
HEADER_BYTES: Final = 7
HISTORY, OUTPUT, CONFIG, METRIC, OUTPUT_RAW, RUN, EXIT = 2, 4, 5, 12, 13, 17, 18
"""The kinds of Record that are read; statistics of the machine, files and telemetry are passed
over.
"""
RUN_NAMES: Final = {1: "run_id", 3: "project", 8: "run_name"}
NAMED: Final = (0x0A, 0x12)
JSON: Final = b"\x82\x01"
DOUBLE: Final = 0x31
DOUBLE_VALUE: Final = struct.Struct("<d")
LONG: Final = 0x80
"""Bytes of a HistoryItem: the tags of key (1), nested_key (2), value_json (16) and value_double
(6); lengths from 128 take two bytes.
"""
SHOWN: Final = "_wandb"
"""What W&B writes about itself into a configuration."""
OWN_STEP: Final = "_step"


def sniff(log: LogFile) -> Score:
    """Claim files with W&B's header."""
    if log.head.startswith(MAGIC):
        return Score(0.99, "the header of a W&B file")
    return Score(0.0, "not the header of a W&B file")


@dataclass
class _Run:
    """What was read so far: facts by name (a later value of the configuration replaces an earlier
    one), the step metrics, first and last time.
    """

    columns: Columns = field(default_factory=Columns)
    writers: dict[str, RowWriter] = field(default_factory=dict)
    facts: dict[str, RawFact] = field(default_factory=dict)
    step_metrics: dict[str, str] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    rows: int = 0
    killed: bool = False

    def writer(self, by: str) -> RowWriter:
        """Return the writer of what one step metric counts: each sees for itself where its steps go
        back.
        """
        return self.writers.setdefault(by, RowWriter(columns=self.columns))

    def say(self, name: str, value: object, number: int) -> None:
        for full, plain in plain_facts({name: value}):
            self.facts[full] = RawFact(full, plain, number)


def read(log: LogFile) -> Iterator[Record]:
    """Yield the history, the configuration, events of the console and the exit code; a damaged
    record costs only itself.
    """
    run, last = _Run(), 0
    with log.open() as file:
        for number, data, problem in records(file, HEADER_BYTES):
            last = number
            if problem is not None:
                yield SkippedLine(number, problem, torn=problem is TORN)
                continue
            for kind, value in fields(data):
                if isinstance(value, bytes):
                    yield from _record(run, kind, value, number)
            if run.columns.full():
                yield from run.columns.chunks()
    yield from run.columns.chunks()
    yield from run.facts.values()
    yield from (RawTime(text) for time in run.times if (text := stamp(time)) is not None)
    yield RowsRead(run.rows, last)


def _record(run: _Run, kind: int, data: bytes, number: int) -> Iterator[Record]:
    if kind == HISTORY:
        yield from _history(run, data, number)
    elif kind == RUN:
        _about_run(run, data, number)
    elif kind == CONFIG:
        _config(run, data, number)
    elif kind == METRIC:
        _step_metric(run, data)
    elif kind in (OUTPUT, OUTPUT_RAW):
        yield from _console(run, data, number)
    elif kind == EXIT:
        code = next((value for name, value in fields(data) if name == 1), 0)
        failed = Status.INTERRUPTED if run.killed else Status.CRASHED
        yield RawStatus(Status.FINISHED if code == 0 else failed, number)


def _history(run: _Run, data: bytes, number: int) -> Iterator[Record]:
    row: dict[str, Any] = {}
    for name, value in fields(data):
        if name == 1 and isinstance(value, bytes):
            plain = _plain(value)
            if plain is not None:
                row[plain[0]] = plain[1]
            else:
                row.update(numbers(*_item(value)))
        elif name == 2 and isinstance(value, bytes):
            row.setdefault(
                OWN_STEP,
                next(
                    (step for inner, step in fields(value) if inner == 1 and isinstance(step, int)),
                    0,
                ),
            )
    if "_timestamp" in row:
        run.times[1:] = [row["_timestamp"]]
    for by, part in _by_step(run, row):
        yield from run.writer(by).add(part, number)
    run.rows += bool(row)


def _by_step(run: _Run, row: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the row, or its parts, with the step metric that counts for each."""
    if not run.step_metrics:
        return [("", row)]
    parts: dict[str, dict[str, Any]] = {}
    defined = tuple(run.step_metrics.items())
    for name, value in row.items():
        counted = _counted_by(name, defined)
        parts.setdefault(counted if counted in row and not is_axis(name) else "", {})[name] = value
    return [(by, _counted(part, by, row)) for by, part in parts.items()]


def _counted(part: dict[str, Any], by: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if not by or by == OWN_STEP:
        return {OWN_STEP: row[OWN_STEP], **part} if OWN_STEP in row else part
    leaf = by.rsplit("/", 1)[-1].lower()
    metrics = {name: value for name, value in part.items() if not is_axis(name) and name != by}
    return {leaf if is_axis(leaf) else "step": row[by], **metrics}


@lru_cache(maxsize=65536)
def _counted_by(name: str, defined: tuple[tuple[str, str], ...]) -> str:
    exact = next((step for metric, step in defined if metric == name), None)
    return exact or next(
        (step for metric, step in defined if "*" in metric and fnmatch.fnmatchcase(name, metric)),
        "",
    )


def _step_metric(run: _Run, data: bytes) -> None:
    said = {
        name: value.decode("utf-8", "replace")
        for name, value in fields(data)
        if isinstance(value, bytes) and name in (1, 2, 4)
    }
    metric = said.get(1) or said.get(2)
    if metric and said.get(4):
        run.step_metrics[metric] = said[4]


def _about_run(run: _Run, data: bytes, number: int) -> None:
    for name, value in fields(data):
        if name in RUN_NAMES and isinstance(value, bytes) and value:
            run.say(RUN_NAMES[name], value.decode("utf-8", "replace"), number)
        elif name == 4 and isinstance(value, bytes):
            _config(run, value, number)


def _config(run: _Run, data: bytes, number: int) -> None:
    for name, value in fields(data):
        if name == 1 and isinstance(value, bytes):
            key, item = _item(value)
            if key.split(".", 1)[0] != SHOWN:
                run.say(key, item, number)


def _plain(data: bytes) -> tuple[str, float] | None:
    """Return (name, number) of an item as nearly all are, a short name and a number behind it; None
    for all others.
    """
    at = 2 + data[1] if len(data) > 2 and data[0] in NAMED and data[1] < LONG else 0
    try:
        if at and data[at : at + 2] == JSON and data[at + 2] == len(data) - at - 3:
            return _decoded(data[2:at]), float(data[at + 3 :])
        if at and data[at] == DOUBLE and len(data) == at + 9:
            return _decoded(data[2:at]), DOUBLE_VALUE.unpack_from(data, at + 1)[0]
    except (ValueError, IndexError):  # true, null, a text, or damage: read as all items
        return None
    return None


@lru_cache(maxsize=65536)
def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _item(data: bytes) -> tuple[str, Any]:
    """Return (name, value) of a HistoryItem or ConfigItem: JSON text, or a typed field of newer
    versions.
    """
    key, nested, item = "", list[str](), None
    for name, value in fields(data):
        if name == 1 and isinstance(value, bytes):
            key = value.decode("utf-8", "replace")
        elif name == 2 and isinstance(value, bytes):
            nested.append(value.decode("utf-8", "replace"))
        else:
            item = _value(name, value)
    return ".".join(nested) if nested else key, item


def _value(name: int, value: int | bytes) -> FactValue | Mapping[str, Any]:
    if isinstance(value, int):
        signed = value - (1 << 64) if value >= 1 << 63 else value
        return {4: bool(value), 5: signed}.get(name)
    if name == 6 and len(value) == 8:
        return float(struct.unpack("<d", value)[0])
    if name == 7:
        return value.decode("utf-8", "replace")
    return _json(value) if name in (8, 16) else None


def _json(value: bytes) -> Any:
    try:
        return json_of(value)
    except ValueError:
        return value.decode("utf-8", "replace")


def _console(run: _Run, data: bytes, number: int) -> Iterator[Record]:
    text = next(
        (value for name, value in fields(data) if name == 3 and isinstance(value, bytes)), b""
    )
    for line in text.decode("utf-8", "replace").splitlines():
        for word in said(line, number):
            run.killed = run.killed or (isinstance(word, RawEvent) and word.kind == "killed")
            yield word


PARSER = Parser(
    id="wandb",
    title=Text(
        zh="Weights & Biases 的 .wandb 文件（离线或在线）",
        en="the .wandb file of Weights & Biases (offline or online)",
    ),
    sniff=sniff,
    read=read,
)
