"""Sacred's FileStorageObserver: a numbered folder a run with `metrics.json`, `config.json` and
`run.json`.

Source: sacred/observers/file_storage.py of sacred 0.8.7 and stores that it wrote. `metrics.json`
holds steps and values of every metric; `run.json` says how the run ended. A value that is no plain
number is kept by jsonpickle as an object with a `value`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.errors import LogError
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import quote, raised_kind
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.tracker import Points, line_of
from lossreport.reading.kit.untrusted import json_of, listing
from lossreport.reading.parser import (
    Parser,
    RawEvent,
    RawFact,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    Score,
)
from lossreport.text import Text

STATUS: Final = {
    "COMPLETED": Status.FINISHED,
    "FAILED": Status.CRASHED,
    "INTERRUPTED": Status.INTERRUPTED,
    "TIMEOUT": Status.INTERRUPTED,
}
"""RUNNING tells nothing: a process that was killed leaves it behind."""
RUN_KEYS: Final = ('"heartbeat"', '"experiment"', '"start_time"')
CONFIG: Final = "config.json"


def sniff(log: LogFile) -> Score:
    """Claim metrics by their steps and values, the description of a run by its keys, a
    configuration by the description beside it.
    """
    name = log.shown.rsplit("/", 1)[-1]
    if name == "metrics.json" and (found := _metrics(log)) is not None:
        return Score(0.96, f"steps and values of {', '.join(list(found)[:6])}")
    if name == "run.json" and _describes_a_run(log.head):
        return Score(0.95, "the description of a run of Sacred")
    if name == CONFIG and log.path is not None and _has_run_beside(log):
        return Score(0.9, "the configuration of a run of Sacred")
    return Score(0.0, "neither metrics with steps and values nor the description of a run")


def _describes_a_run(head: bytes) -> bool:
    return all(key.encode() in head for key in RUN_KEYS) and head.lstrip().startswith(b"{")


def _has_run_beside(log: LogFile) -> bool:
    beside = None if log.path is None else log.path.with_name("run.json")
    return (
        beside is not None
        and beside.is_file()
        and _describes_a_run(LogFile("run.json", path=beside).head)
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the metrics, or what the file says of the run."""
    text = log.text()
    lines = text.split("\n")
    metrics = _metrics(log)
    if metrics is not None:
        points = Points()
        for name, one in metrics.items():
            first, each = _place(text, name)
            for i, (step, value) in enumerate(zip(one["steps"], one["values"], strict=False)):
                x, y = (
                    number(step),
                    number(value.get("value") if isinstance(value, dict) else value),
                )
                if x is not None and y is not None:
                    yield from points.add(name, x, y, first + each * i)
        yield from points.chunks()
        yield RowsRead(points.count, len(lines))
    elif log.shown.endswith(CONFIG):
        yield from (
            RawFact(name, value, line_of(name, lines))
            for name, value in plain_facts(_object(log))
            if not name.startswith("__")
        )
        yield RowsRead(0, len(lines))
    else:
        yield from _run(_object(log), lines)


def _run(run: Mapping[str, Any], lines: list[str]) -> Iterator[Record]:
    experiment = run.get("experiment")
    if isinstance(experiment, Mapping) and isinstance(experiment.get("name"), str):
        yield RawFact("experiment", experiment["name"], line_of("experiment.name", lines))
    if isinstance(run.get("result"), int | float | str):
        yield RawFact("result", run["result"], line_of("result", lines))
    for name in ("start_time", "stop_time"):
        if isinstance(run.get(name), str):
            yield RawTime(run[name].replace("T", " ").partition(".")[0])
    if (status := STATUS.get(str(run.get("status")))) is not None:
        yield RawStatus(status, line_of("status", lines))
    trace = [
        text for text in listing(run.get("fail_trace")) if isinstance(text, str) and text.strip()
    ]
    if trace:
        yield RawEvent(
            raised_kind(trace[-1]), line_of("fail_trace", lines) + len(trace), quote(trace[-1])
        )
    yield RowsRead(0, len(lines))


def _metrics(log: LogFile) -> dict[str, Mapping[str, Any]] | None:
    """Return the metrics of a file by name, None where it is no such file."""
    if b'"steps"' not in log.head:
        return None
    try:
        value = json_of(log.text())
    except ValueError:
        return None
    whole = isinstance(value, dict) and all(
        isinstance(one, dict)
        and isinstance(one.get("steps"), list)
        and isinstance(one.get("values"), list)
        for one in value.values()
    )
    return value if whole and value else None


def _place(text: str, name: str) -> tuple[int, int]:
    """Return the line of a metric's first value, and 1 where each stands on a line of its own, else
    0.
    """
    at = max(text.find(f"{json.dumps(name)}: {{"), 0)
    begin = max(text.find('"values"', at), at)
    bracket = max(text.find("[", begin), begin)
    each = int(text[bracket + 1 : bracket + 2] == "\n")
    return text.count("\n", 0, bracket) + 1 + each, each


def _object(log: LogFile) -> dict[str, Any]:
    try:
        value = json_of(log.text())
    except ValueError as error:
        raise LogError(
            f"Couldn't read {log.shown!r}: {error}",
            hint="Mend the file, or leave it out with --ignore.",
        ) from error
    return value if isinstance(value, dict) else {}


PARSER = Parser(
    id="sacred",
    title=Text(
        zh="Sacred 的 FileStorageObserver（metrics.json、config.json、run.json）",
        en="Sacred's FileStorageObserver (metrics.json, config.json, run.json)",
    ),
    sniff=sniff,
    read=read,
    columnar=True,
)
