"""SwanLab's run folder: `run-<id>.swanlab`, protobuf records in a LevelDB log as W&B's are, and
`files/config.yaml`. `line` is the number of the record.

Source: swanlab/proto/swanlab/{record,run,metric,terminal} and the files of swanlab 0.10.3. Metrics
of the machine are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Status
from lossreport.reading.bytes.leveldb import TORN, records
from lossreport.reading.bytes.protobuf import fields
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said as words
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.tracker import Points, line_of, stamp, unwrapped
from lossreport.reading.kit.untrusted import yaml_of
from lossreport.reading.parser import (
    Parser,
    RawFact,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

MAGIC: Final = b":SWL\xd6\xe1"
HEADER_BYTES: Final = 7
START, FINISH, COLUMN, SCALAR, LOG = 10, 11, 12, 13, 16
"""The kinds of Record that are read."""
RUN_NAMES: Final = {1: "project", 4: "run_name", 10: "run_id"}
STATUS: Final = {1: Status.FINISHED, 2: Status.CRASHED, 3: Status.INTERRUPTED}
OF_THE_MACHINE: Final = 2
WRAPPED: Final = re.compile(
    r"^\S[^\n]*:\r?\n[ ]+desc:[^\n]*\r?\n[ ]+sort: \d+\r?\n[ ]+value:", re.MULTILINE
)


def sniff(log: LogFile) -> Score:
    """Claim files with SwanLab's header, and a configuration whose values are wrapped with their
    place in the order.
    """
    if log.head.startswith(MAGIC):
        return Score(0.99, "the header of a SwanLab file")
    if log.shown.endswith((".yaml", ".yml")) and WRAPPED.search(
        log.head.decode("utf-8", errors="replace")
    ):
        return Score(0.95, "a configuration with `desc`, `sort` and `value`")
    return Score(0.0, "not of SwanLab")


def read(log: LogFile) -> Iterator[Record]:
    """Yield scalars, what is told of the run, events of the console and the state at the end; or
    the configuration.
    """
    if not log.head.startswith(MAGIC):
        yield from _configuration(log)
        return
    points, machine, times, last = Points(), set[str](), list[int](), 0
    with log.open() as file:
        for number, data, problem in records(file, HEADER_BYTES):
            last = number
            if problem is not None:
                yield SkippedLine(number, problem, torn=problem is TORN)
                continue
            for kind, value in fields(data):
                if isinstance(value, bytes):
                    yield from _record(points, machine, times, kind, value, number)
    yield from points.chunks()
    yield from (RawTime(text) for time in times if (text := stamp(time)) is not None)
    yield RowsRead(points.count, last)


def _record(
    points: Points, machine: set[str], times: list[int], kind: int, data: bytes, number: int
) -> Iterator[Record]:
    said = dict(fields(data))
    if kind == SCALAR:
        yield from _scalar(points, machine, times, said, number)
    elif kind == COLUMN and said.get(1) == OF_THE_MACHINE:
        machine.add(_text(said.get(3)))
    elif kind == START:
        for name, fact in RUN_NAMES.items():
            if _text(said.get(name)):
                yield RawFact(fact, _text(said.get(name)), number)
    elif kind == LOG:
        yield from words(_text(said.get(1)), number)
    elif kind == FINISH:
        state = said.get(1, 0)
        if isinstance(state, int) and state in STATUS:
            yield RawStatus(STATUS[state], number)


def _scalar(
    points: Points, machine: set[str], times: list[int], said: dict[int, int | bytes], number: int
) -> Iterator[Record]:
    """Add a value; a number of 0 and step 0 are not written."""
    name, step, value, time = _text(said.get(1)), said.get(2, 0), said.get(5), said.get(4)
    if name in machine or not isinstance(value, bytes) or not isinstance(step, int):
        return
    found = dict(fields(value)).get(1, bytes(8))
    if isinstance(found, bytes) and len(found) == 8:
        yield from points.add(
            name,
            step - (1 << 64) if step >= 1 << 63 else step,
            struct.unpack("<d", found)[0],
            number,
        )
    seconds = dict(fields(time)).get(1) if isinstance(time, bytes) else None
    if isinstance(seconds, int):
        times[1:] = [seconds]


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _configuration(log: LogFile) -> Iterator[Record]:

    text = log.text()
    try:
        config = yaml_of(text)
    except ValueError:
        config = None
    lines = text.split("\n")
    for name, value in plain_facts(unwrapped(config) if isinstance(config, dict) else {}):
        yield RawFact(name, value, line_of(name, lines))
    yield RowsRead(0, len(lines))


PARSER = Parser(
    id="swanlab",
    title=Text(
        zh="SwanLab 的运行目录（.swanlab 与 config.yaml）",
        en="the run folder of SwanLab (.swanlab and config.yaml)",
    ),
    sniff=sniff,
    read=read,
    columnar=True,
)
