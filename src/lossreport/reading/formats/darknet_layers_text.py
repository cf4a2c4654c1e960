"""The lines of every detection layer that darknet prints, where a paste holds nothing else: `Region
82 Avg IOU: 0.46, Class: ..., count: 1`.

Source: `forward_yolo_layer` of pjreddie/darknet and AlexeyAB/darknet. Each value but `No Obj` is a
mean over the `count` objects that belong to the layer, and so NaN where the count is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import ColumnKey, Columns, Parser, Record, RowsRead, Score
from lossreport.text import Text

MIN_ROWS: Final = 3
LAYER: Final = re.compile(r"^\s{0,20}Region (?P<layer>\d{1,4}) Avg IOU: ")
VALUE: Final = re.compile(
    r"(?P<name>Avg IOU|Class|Obj|No Obj|\.\d{1,3}R|count): (?P<value>[-+]?(?:\d{1,20}"
    r"(?:\.\d{1,20})?|nan|inf)(?:\(ind\))?)",
    re.IGNORECASE,
)
AVERAGE: Final = re.compile(r"\bavg(?: loss)?, .{1,40} rate,")
"""The line of an iteration: where it stands, `darknet_text` reads the file."""


def sniff(log: LogFile) -> Score:
    """Claim text with lines of layers and none of an iteration."""
    layers = sum(LAYER.match(line) is not None for line in log.sample_lines)
    if layers < MIN_ROWS or any(AVERAGE.search(line) for line in log.sample_lines):
        return Score(0.0, "no lines of detection layers, or lines of iterations beside them")
    return Score(0.6, f"{layers} lines of detection layers")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of each line in row order; rows of all layers make one series a metric."""
    columns, rows, last = Columns(), 0, 0
    for line in log.lines():
        last = line.number
        if LAYER.match(line.text) is None:
            yield from said(line.text, line.number)
            continue
        for found in VALUE.finditer(line.text):
            value = number(found["value"])
            if value is not None:
                columns.add(
                    ColumnKey(found["name"], "train", Axis.ROW, Statistic.VALUE),
                    float(rows),
                    value,
                    line.number,
                )
        rows += 1
        if columns.full():
            yield from columns.chunks()
    yield from columns.chunks()
    yield RowsRead(rows, last)


PARSER = Parser(
    id="darknet_layers_text",
    title=Text(zh="darknet 各检测层的屏幕输出", en="output of darknet's detection layers"),
    sniff=sniff,
    read=read,
)
