"""`results.txt` of YOLOv5 before 2021 and of its forks: one row an epoch, no header, columns known
by their place.

Columns (ultralytics/yolov5 v4.0, train.py; YOLOv7-pose has two losses more): epoch/total, memory,
box, obj, cls, total, targets, image size, P, R, mAP@.5, mAP@.5:.95, val box, val obj, val cls.
Training values are means of the epoch; epochs count from 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

ROW: Final = re.compile(r"^\s*(\d+)/(\d+)\s+([\d.]+)G((?:\s+\S+){11,15})\s*$")
NAMES: Final = (
    ("train", "box_loss"), ("train", "obj_loss"), ("train", "cls_loss"), ("train", "total_loss"), None, None,  # noqa: E501
    ("val", "precision"), ("val", "recall"), ("val", "mAP_0.5"), ("val", "mAP_0.5:0.95"), ("val", "box_loss"), ("val", "obj_loss"), ("val", "cls_loss"),  # noqa: E501
)  # fmt: skip
POSE: Final = (
    *NAMES[:3], ("train", "kpt_loss"), ("train", "kptv_loss"), *NAMES[3:],
)  # fmt: skip
"""YOLOv7-pose adds the losses of the key points and of their visibility before the total."""
TOTAL: Final = 5
"""The place of the total among the columns of key points: it is the sum of the five before it."""
TORN = Text(
    zh="文件在这一行中间结束，或列数不对",
    en="the file ends in the middle of this row, or it has another number of columns",
)


def sniff(log: LogFile) -> Score:
    """Claim files whose lines are `0/299  2.7G` and twelve numbers."""
    lines = [line for line in log.head_lines if line.strip()]
    mine = sum(ROW.match(line) is not None for line in lines)
    if not mine or mine < 0.8 * len(lines):
        return Score(0.0, "no rows of an epoch without a header")
    return Score(0.95, f"{mine} of {len(lines)} lines are rows of YOLOv5's results.txt")


def is_pose(cells: list[str]) -> bool:
    """Return whether the columns of a row hold five losses and their total, not three."""
    terms = [number(cell) for cell in cells[: TOTAL + 1]]
    if len(cells) < len(NAMES) or any(term is None for term in terms):
        return False
    *losses, total = [float(term or 0.0) for term in terms]
    return math.isclose(sum(losses), total, rel_tol=0.01) and not math.isclose(
        sum(losses[:3]), losses[3], rel_tol=0.01
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield every row; a row without validation (`--notest`) gives only what it has."""
    columns, rows, last, planned = Columns(), 0, 0, 0
    for line in log.lines():
        last = line.number
        match = ROW.match(line.text)
        if match is None:
            if line.text.strip():
                yield SkippedLine(line.number, TORN, torn=not line.complete)
            continue
        epoch = int(match[1])
        if int(match[2]) + 1 != planned:
            planned = int(match[2]) + 1
            yield RawFact("epochs", planned, line.number)
        rows += 1
        cells = match[4].split()
        for name, text in zip(POSE if is_pose(cells) else NAMES, cells, strict=False):
            value = number(text)
            if name is not None and value is not None:
                statistic = Statistic.EPOCH_MEAN if name[0] == "train" else Statistic.VALUE
                columns.add(
                    ColumnKey(name[1], name[0], Axis.EPOCH, statistic),
                    float(epoch),
                    value,
                    line.number,
                )
    yield from columns.chunks()
    yield RowsRead(rows, last)


PARSER = Parser(
    id="yolov5_results_txt",
    title=Text(zh="YOLOv5 早期的 results.txt", en="results.txt of early YOLOv5"),
    sniff=sniff,
    read=read,
)
