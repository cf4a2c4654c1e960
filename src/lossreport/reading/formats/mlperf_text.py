"""Lines of MLPerf logging: `:::MLLOG {"key": "eval_accuracy", "value": 0.71, "metadata":
{"epoch_num": 3, ...}, ...}`, among other output.

Source: mlperf_logging (`mllog`). A value stands at the step, samples or epoch that its metadata
name. Keys that begin the run are settings; `run_stop` tells how it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic, Status
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import flat, number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    RawStatus,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

LINE: Final = re.compile(r":::MLLOG (?P<json>\{.*)$")
PLACES: Final = (
    ("step_num", Axis.STEP),
    ("step", Axis.STEP),
    ("iteration", Axis.STEP),
    ("samples_count", Axis.SAMPLES),
    ("epoch_num", Axis.EPOCH),
    ("epoch", Axis.EPOCH),
)
MEASURED: Final = re.compile(
    r"(?:train|eval|val|validation)_(?:loss|accuracy|error|mean_iou|dice|map)\w*|tracked_stats|"
    r"throughput|.*_loss"
)
NAMES: Final = {
    "global_batch_size": "batch_size",
    "opt_base_learning_rate": "lr",
    "opt_gradient_clip_norm": "clip_grad",
    "max_steps": "max_steps",
}
NOT_COMPLETE = Text(zh="不是完整的 MLLOG 记录", en="not a complete MLLOG record")


def sniff(log: LogFile) -> Score:
    """Claim text with MLLOG lines of which one holds a metric."""
    found = [entry for text in log.sample_lines if (entry := _entry(text)) is not None]
    measured = sum(MEASURED.fullmatch(str(entry.get("key"))) is not None for entry in found)
    return (
        Score(0.97, f"{len(found)} MLLOG lines, {measured} with a metric")
        if measured
        else Score(0.0, "no MLLOG line with a metric")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield metrics at their place, settings, and the end of the run."""
    columns, rows, last = Columns(), 0, 0
    for line in log.lines():
        last = line.number
        entry = _entry(line.text)
        if entry is None:
            yield from _other(line)
            continue
        key, value, place = str(entry.get("key")), entry.get("value"), _place(entry.get("metadata"))
        if MEASURED.fullmatch(key) and place is not None:
            axis, x = place
            split = split_name(key)[0]
            rows += 1
            for name, number_ in _numbers(key, value):
                columns.add(
                    ColumnKey(
                        name,
                        split,
                        axis,
                        Statistic.UNKNOWN if split == "train" else Statistic.VALUE,
                    ),
                    x,
                    number_,
                    line.number,
                )
        else:
            yield from _said(entry, key, value, line.number)
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _entry(text: str) -> dict[str, Any] | None:
    match = LINE.search(text)
    return as_object(match["json"].strip()) if match else None


def _place(metadata: object) -> tuple[Axis, float] | None:
    if isinstance(metadata, dict):
        for name, axis in PLACES:
            if (x := number(metadata.get(name))) is not None:
                return axis, x
    return None


def _numbers(key: str, value: object) -> Iterator[tuple[str, float]]:
    """Yield the names and numbers of one entry; `tracked_stats` holds several."""
    items = flat(value) if isinstance(value, dict) else [(split_name(key)[1], value)]
    for name, raw in items:
        if (found := number(raw)) is not None:
            yield split_name(name)[1], found


def _said(entry: dict[str, Any], key: str, value: object, line: int) -> Iterator[Record]:
    if key == "run_stop":
        metadata = entry.get("metadata")
        status = metadata.get("status") if isinstance(metadata, dict) else None
        yield RawStatus(Status.FINISHED if status == "success" else Status.INTERRUPTED, line)
    elif entry.get("event_type") == "POINT_IN_TIME" and isinstance(value, bool | int | float | str):
        yield RawFact(NAMES.get(key, key), value, line)


def _other(line: Line) -> Iterator[Record]:
    if LINE.search(line.text):
        yield SkippedLine(line.number, NOT_COMPLETE, torn=not line.complete)
    else:
        yield from said(line.text, line.number)


PARSER = Parser(
    id="mlperf_text",
    title=Text(zh="MLPerf 日志（:::MLLOG 行）", en="MLPerf logging (:::MLLOG lines)"),
    sniff=sniff,
    read=read,
)
