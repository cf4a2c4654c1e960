"""An offline experiment of Comet, the .zip that `comet upload` takes: `messages.json` with a
message a line, and `experiment.json`.

Source: comet_ml/messages.py and offline.py of comet_ml 3.58, and an archive that they wrote. Old
versions call every message `ws_msg`; what it holds says what it is. A metric logged without a step
has none; the context (`train`, `validate`, `test`) is its split.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import SPLIT_VALUES, number
from lossreport.reading.kit.tracker import Points, line_of, stamp
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import Parser, RawFact, RawTime, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

CONTEXTS: Final = {"validate": "val", **SPLIT_VALUES}
EXPERIMENT_KEYS: Final = (b'"offline_id"', b'"project_name"')
OWN: Final = frozenset(("curr_step", "curr_epoch", "hasNestedParams", "offline_experiment"))
"""What Comet logs for itself."""
MACHINE: Final = ("sys.", "process duration")
"""Begin the names of what Comet measures of the machine."""
NAME: Final = "Name"
"""The entry under which Comet keeps the name of an experiment."""


def sniff(log: LogFile) -> Score:
    """Claim lines that are messages with a payload and a type, and the description of an offline
    experiment.
    """
    if log.shown.endswith("experiment.json") and all(key in log.head for key in EXPERIMENT_KEYS):
        return Score(0.95, "the description of an offline experiment of Comet")
    if b'"payload"' not in log.head:
        return Score(0.0, "no messages with a payload")
    rows, seen = head_objects(log)
    mine = [
        row
        for row in rows
        if isinstance(row.get("payload"), dict) and isinstance(row.get("type"), str)
    ]
    numbered = [row for row in mine if "message_id" in row["payload"] or "metric" in row["payload"]]
    if numbered and len(mine) == seen:
        return Score(0.96, f"{len(mine)} messages of Comet in the first lines")
    return Score(0.0, "no messages of Comet")


def read(log: LogFile) -> Iterator[Record]:
    """Yield metrics, parameters and what the console said of the end."""
    if log.shown.endswith("experiment.json"):
        yield from _experiment(log)
        return
    points, last = Points(), 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        payload = (record.row or {}).get("payload")
        if isinstance(payload, dict):
            yield from _message(payload, points, record.line)
    yield from points.chunks()
    yield RowsRead(points.count, last)


def _message(payload: Mapping[str, Any], points: Points, line: int) -> Iterator[Record]:
    metric, param = payload.get("metric"), payload.get("param")
    if isinstance(metric, dict):
        yield from _metric(metric, payload.get("context"), points, line)
    elif isinstance(param, dict):
        yield from _fact(
            str(param.get("paramName")).replace("|", "."), param.get("paramValue"), line
        )
    elif "key" in payload:
        key = str(payload["key"])
        yield from _fact("run_name" if key == NAME else key, payload.get("value"), line)
    elif isinstance(payload.get("output"), str):
        yield from (word for text in payload["output"].split("\n") for word in said(text, line))


def _metric(
    metric: Mapping[str, Any], context: object, points: Points, line: int
) -> Iterator[Record]:
    value, step, epoch = (number(metric.get(name)) for name in ("metricValue", "step", "epoch"))
    name = str(metric.get("metricName"))
    if value is None or name.startswith(MACHINE):
        return
    split = CONTEXTS.get(context) if isinstance(context, str) else None
    yield from points.add(
        f"{split}/{name}" if split else name,
        step or 0.0,
        value,
        line,
        math.nan if epoch is None else epoch,
    )


def _fact(name: str, value: object, line: int) -> Iterator[RawFact]:
    if name not in OWN and isinstance(value, bool | int | float | str):
        yield RawFact(name, value, line)


def _experiment(log: LogFile) -> Iterator[Record]:
    text = log.text()
    held = json_of(text)
    lines = text.split("\n")
    yield from (
        RawFact(fact, str(held[name]), line_of(name, lines))
        for name, fact in (("project_name", "project"), ("offline_id", "run_id"))
        if held.get(name)
    )
    times = [held.get(name) for name in ("start_time", "stop_time")]
    yield from (
        RawTime(at)
        for time in times
        if isinstance(time, int | float) and (at := stamp(time / 1000)) is not None
    )
    yield RowsRead(0, len(lines))


PARSER = Parser(
    id="comet_offline",
    title=Text(
        zh="Comet 的离线实验（.zip 中的 messages.json）",
        en="an offline experiment of Comet (messages.json in a .zip)",
    ),
    sniff=sniff,
    read=read,
    columnar=True,
)
