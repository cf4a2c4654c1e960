"""Makes a parser of one function that turns a line into a row of named values: for formats where
speed does not matter, and plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import RowWriter
from lossreport.reading.parser import Parser, Record, RowsRead, Score
from lossreport.text import Text

MIN_HITS: Final = 2
SURE: Final = 0.95
"""The score where a fifth of the lines or more are rows; a stray match among prose scores less than
the generic parsers.
"""
SHARE: Final = 0.2


def line_parser(
    *,
    id: str,
    title: Text,
    row: Callable[[str], Mapping[str, object] | None],
    statistic: Statistic = Statistic.UNKNOWN,
) -> Parser:
    """Return a parser that asks `row` of every line: a mapping of names to values (numbers or their
    text), None for other lines.

    `step`, `iteration`, `epoch` and kin are axes, `train_` and `val_` name splits, all else are
    metrics. `statistic` is what one value is. A line for which `row` raises is a bug of the plugin:
    the file is reported as unreadable, other files are still read.
    """

    def sniff(log: LogFile) -> Score:
        lines = [text for text in log.head_lines if text.strip()]
        hits = sum(row(text) is not None for text in lines)
        if hits < min(MIN_HITS, max(1, len(lines))):
            return Score(0.0, f"{hits} of {len(lines)} lines are rows of {id}")
        return Score(
            SURE if hits >= SHARE * len(lines) else 0.5,
            f"{hits} of {len(lines)} lines are rows of {id}",
        )

    def read(log: LogFile) -> Iterator[Record]:
        writer, last = RowWriter(statistic=statistic), 0
        for line in log.lines():
            last = line.number
            values = row(line.text)
            if values is not None:
                yield from writer.add(values, line.number)
            else:
                yield from said(line.text, line.number)
            if writer.columns.full():
                yield from writer.columns.chunks()
        yield from writer.columns.chunks()
        yield RowsRead(writer.rows, last)

    return Parser(id=id, title=title, sniff=sniff, read=read)
