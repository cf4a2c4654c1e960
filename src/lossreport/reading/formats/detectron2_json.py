"""`metrics.json` of detectron2: JSON lines with sorted keys over the iteration.

Source: FORMATS.md 4.7. Losses are medians over the last 20 iterations; AP values of an evaluation
stand at its iteration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import flat, number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

WINDOW: Final = 20
TIMES: Final = ("data_time", "eta_seconds", "rank_data_time")
NO_METRICS: Final = ("iteration", "eta_seconds")
EVALUATED: Final = ("bbox/", "segm/", "keypoints/", "sem_seg/", "panoptic_seg/", "box_proposals/")


def sniff(log: LogFile) -> Score:
    """Claim JSON lines with iteration and the times that the loop of detectron2 keeps beside the
    losses.
    """
    rows, seen = head_objects(log)
    mine = [row for row in rows if "iteration" in row and any(name in row for name in TIMES)]
    if not mine or len(mine) < 0.5 * len(rows):
        return Score(0.0, "no JSON lines with iteration and data_time or eta_seconds")
    return Score(0.93, f"{len(mine)} of {seen} lines have iteration and data_time or eta_seconds")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every row; results of an evaluation are validation."""
    columns, rows, last = Columns(), 0, 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        x = number(record.row.get("iteration")) if record.row else None
        if record.row is None or x is None:
            continue
        rows += 1
        _add(columns, record.row, x, record.line)
        if columns.full():
            yield from columns.chunks()
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _add(columns: Columns, row: Mapping[str, Any], x: float, line: int) -> None:
    for name, raw in flat(row):
        value = number(raw)
        if value is None or name in NO_METRICS:
            continue
        if name.startswith(EVALUATED):
            key = ColumnKey(name, "val", Axis.ITERATION, Statistic.VALUE)
        elif name == "lr":
            key = ColumnKey(name, "train", Axis.ITERATION, Statistic.VALUE)
        else:
            key = ColumnKey(name, "train", Axis.ITERATION, Statistic.WINDOW_MEDIAN, WINDOW)
        columns.add(key, x, value, line)


PARSER = Parser(
    id="detectron2_json",
    title=Text(zh="detectron2 的 metrics.json", en="metrics.json of detectron2"),
    sniff=sniff,
    read=read,
)
