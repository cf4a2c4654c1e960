"""A run of Neptune that was not synchronised: `.neptune/offline/run__.../data-1.log`, an operation
a line, and `metadata.json`.

Source: neptune/internal/operation.py and disk_queue.py of neptune 1.14, and a store that they
wrote. A long run goes on in `data-<version>.log`: the files of a folder are one queue. A value that
was appended without a step has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.tracker import Points, line_of
from lossreport.reading.kit.untrusted import json_of, mapping
from lossreport.reading.parser import (
    SUMMARY,
    Parser,
    RawFact,
    RawStatus,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

FILE: Final = re.compile(r"data-\d+\.log")
LOGGED: Final = "LogFloats"
ASSIGNED: Final = ("AssignFloat", "AssignInt", "AssignString", "AssignBool")
OWN: Final = frozenset(("monitoring", "source_code", "sys"))
"""Name spaces that Neptune fills itself: the machine, the program, the run."""
PARAMETERS: Final = "parameters"
META_KEYS: Final = (b'"containerId"', b'"structureVersion"')
INNER: Final = re.compile(r"exec-[^/]*|\.neptune|offline|async")


def sniff(log: LogFile) -> Score:
    """Claim lines that are operations on a path, and the description of a run that was kept
    offline.
    """
    if log.shown.endswith("metadata.json") and all(key in log.head for key in META_KEYS):
        return Score(0.95, "the description of a run of Neptune")
    if b'"obj"' not in log.head:
        return Score(0.0, "no operations of Neptune")
    rows, seen = head_objects(log)
    mine = [
        row
        for row in rows
        if isinstance(row.get("obj"), dict)
        and isinstance(row["obj"].get("path"), list)
        and "version" in row
    ]
    return (
        Score(0.96, f"{len(mine)} operations of Neptune")
        if mine and len(mine) == seen
        else Score(0.0, "no operations of Neptune")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the series of numbers, and what was assigned once as facts."""
    if log.shown.endswith("metadata.json"):
        text = log.text()
        lines = text.split("\n")
        yield RawFact(
            "run_id", str(mapping(json_of(text)).get("containerId")), line_of("containerId", lines)
        )
        yield RowsRead(0, len(lines))
        return
    points, last = Points(), 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        operation = (record.row or {}).get("obj")
        if isinstance(operation, dict) and isinstance(operation.get("path"), list):
            yield from _operation(
                operation, [str(part) for part in operation["path"]], points, record.line
            )
    yield from points.chunks()
    yield RowsRead(points.count, last)


def _operation(
    operation: Mapping[str, Any], path: Sequence[str], points: Points, line: int
) -> Iterator[Record]:
    value = operation.get("value")
    if path == ["sys", "name"] and value:
        yield RawFact("run_name", str(value), line)
    elif path == ["sys", "failed"] and value is True:
        yield RawStatus(Status.CRASHED, line)
    elif path[0] in OWN:
        return
    elif operation.get("type") == LOGGED:
        yield from _logged(operation, "/".join(path), points, line)
    elif operation.get("type") in ASSIGNED and isinstance(value, bool | int | float | str):
        name = "/".join(path)
        is_last = (
            path[0] != PARAMETERS and METRIC_LIKE.search(name) and not isinstance(value, bool | str)
        )
        yield RawFact(
            f"{SUMMARY}{name}"
            if is_last
            else ".".join(path[1:] if path[0] == PARAMETERS else path),
            value,
            line,
        )


def _logged(operation: Mapping[str, Any], name: str, points: Points, line: int) -> Iterator[Record]:
    for one in operation.get("values") or ():
        value, step = number(one.get("value")), number(one.get("step"))
        if value is not None:
            yield from points.add(name, step or 0.0, value, line)


def run_folder(shown: str) -> str:
    """Return the folder of a run without those that Neptune puts around and into it."""
    return "/".join(part for part in shown.split("/")[:-1] if not INNER.fullmatch(part))


def queue_of(shown: str) -> str:
    """Return how the files of one queue are called together."""
    folder, _, name = shown.rpartition("/")
    return f"{folder}/data-*.log".lstrip("/") if FILE.fullmatch(name) else ""


PARSER = Parser(
    id="neptune_offline",
    title=Text(zh="Neptune 的离线运行（.neptune）", en="an offline run of Neptune (.neptune)"),
    sniff=sniff,
    read=read,
    columnar=True,
    run_folder=run_folder,
    gather=queue_of,
)
