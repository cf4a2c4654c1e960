"""An offline session of ClearML, a folder or the .zip it is packed into: `metrics.jsonl`,
`task.json` and `log.jsonl`.

Source: clearml/backend_interface/metrics/interface.py and task/task.py of clearml 2.1, and a
session that it wrote. Every line of `metrics.jsonl` is a list of events: a scalar is called by its
title (`metric`) and series (`variant`). A single value has no iteration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import plain_value
from lossreport.reading.kit.tracker import Points, line_of, stamp
from lossreport.reading.kit.untrusted import json_of, mapping
from lossreport.reading.parser import (
    SUMMARY,
    Parser,
    RawFact,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

SCALAR: Final = "training_stats_scalar"
SINGLE: Final = -(2**31)
"""The iteration of a value that was reported once for the whole task."""
MONITOR: Final = ":monitor:"
"""Begins the titles of what ClearML measures of the machine."""
SIGNS: Final = (b'"training_stats_', b'"type": "log"', b'"type":"log"', b'"type": "plot"')
TASK_KEYS: Final = (b'"hyperparams"', b'"offline_folder"')
NO_EVENTS = Text(zh="不是一行完整的事件列表", en="not a complete list of events")
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this line")


def sniff(log: LogFile) -> Score:
    """Claim lines that are lists of ClearML's events, and the description of an offline task."""
    start = log.head.lstrip()[:400]
    if (
        start.startswith(b'[{"timestamp"')
        and b'"task"' in start
        and any(sign in log.head for sign in SIGNS)
    ):
        return Score(0.96, "lists of events of ClearML")
    if (
        log.shown.endswith("task.json")
        and start.startswith(b"{")
        and all(key in log.text().encode() for key in TASK_KEYS)
    ):
        return Score(0.96, "the description of an offline task of ClearML")
    return Score(0.0, "no session of ClearML")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the scalars, what the console said of the end, or the settings of the task."""
    if log.head.lstrip().startswith(b"{"):
        yield from _task(log)
        return
    points, rows, last, stamps = Points(), 0, 0, list[float]()
    for line in log.lines():
        last = line.number
        events = _events(line)
        if events is None:
            yield SkippedLine(
                line.number, NO_EVENTS if line.complete else TORN, torn=not line.complete
            )
            continue
        for event in events:
            stamps += (
                [event["timestamp"]] if isinstance(event.get("timestamp"), int | float) else []
            )
            yield from (
                _scalar(event, points, line.number)
                if event.get("type") == SCALAR
                else _said(event, line.number)
            )
    yield from points.chunks()
    yield from (
        RawTime(text) for at in stamps[:1] + stamps[-1:] if (text := stamp(at / 1000)) is not None
    )
    rows += points.count
    yield RowsRead(rows, last)


def _events(line: Line) -> list[Mapping[str, Any]] | None:
    if not line.text.strip():
        return []
    try:
        value = json_of(line.text)
    except ValueError:
        return None
    return (
        [event for event in value if isinstance(event, dict)] if isinstance(value, list) else None
    )


def _scalar(event: Mapping[str, Any], points: Points, line: int) -> Iterator[Record]:
    title, series = str(event.get("metric", "")), str(event.get("variant", ""))
    value, step = number(event.get("value")), number(event.get("iter"))
    if value is None or step is None or title.startswith(MONITOR):
        return
    name = series if step == SINGLE else f"{title}/{series}"
    if title == series or not series:
        name = title
    if step == SINGLE:
        yield RawFact(f"{SUMMARY}{name}", value, line)
    else:
        yield from points.add(name, step, value, line)


def _said(event: Mapping[str, Any], line: int) -> Iterator[Record]:
    """Yield what the console said of the end, of all lines of one message."""
    for text in str(event.get("msg", "")).split("\n"):
        yield from said(text, line)


def _task(log: LogFile) -> Iterator[Record]:
    text = log.text()
    task, lines = mapping(json_of(text)), text.split("\n")
    yield from (
        RawFact(fact, str(task[name]), line_of(name, lines))
        for name, fact in (("name", "run_name"), ("project_name", "project"))
        if task.get(name)
    )
    for section in mapping(task.get("hyperparams")).values():
        for name, held in mapping(section).items():
            if isinstance(held, dict) and "value" in held:
                yield RawFact(
                    name.replace("/", "."), plain_value(str(held["value"])), line_of(name, lines)
                )
    yield RowsRead(0, len(lines))


PARSER = Parser(
    id="clearml_offline",
    title=Text(
        zh="ClearML 的离线会话（metrics.jsonl、task.json、log.jsonl）",
        en="an offline session of ClearML (metrics.jsonl, task.json, log.jsonl)",
    ),
    sniff=sniff,
    read=read,
    columnar=True,
)
