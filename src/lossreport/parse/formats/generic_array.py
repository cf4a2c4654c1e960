"""A JSON list of records, an object an epoch or a row: `log` of Chainer's LogReport, histories that hand-written loops dump at their end.

Names are read as in JSON lines. A file that breaks off inside a record gives what stands before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from lossreport.parse.formats.generic_jsonl import flat_row
from lossreport.parse.json_lines import TORN
from lossreport.parse.names import METRIC_LIKE
from lossreport.parse.parser import Parser, Record, RowsRead, Score, SkippedLine
from lossreport.parse.reader import LogFile
from lossreport.parse.rows import RowWriter, is_axis, number
from lossreport.text import Text

BEGIN: Final = re.compile(r"\s*\[\s*(?=\{)")
BETWEEN: Final = re.compile(r"[\s,]*")
ENOUGH: Final = 3
"""Records looked at to tell a log from other lists of objects."""
SCORE: Final = 0.65
"""Above the parsers that find dicts or objects in single lines of the same list."""
TEXT_LENGTH: Final = 400
"""Records with longer strings are a data set, not a log."""


def sniff(log: LogFile) -> Score:
    """Claim a list whose first objects hold a number that is called like a metric."""
    head = log.head.decode("utf-8", errors="replace")
    if not BEGIN.match(head):
        return Score(0.0, "no JSON list of objects")
    rows = [row for row, _ in _objects(head)][:ENOUGH]
    names = {name for row in rows for name in _metrics(row)}
    if not rows or not all(_metrics(row) for row in rows[1:] or rows):
        return Score(0.0, "a list whose objects hold no number that is called like a metric")
    return Score(SCORE, f"a JSON list of objects with {', '.join(sorted(names)[:6])}")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every object at the line on which it begins."""
    text = log.text()
    writer, line = RowWriter(), 1
    for row, line in _objects(text):
        if row is None:
            yield SkippedLine(line, TORN, torn=True)
        else:
            yield from writer.add(flat_row(row), line)
        if writer.columns.full():
            yield from writer.columns.chunks()
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, line)


def _objects(text: str) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """Yield the objects of a list with their lines; None for one that the text breaks off in."""
    start = BEGIN.match(text)
    at, line, decoder = start.end() if start else len(text), 1, json.JSONDecoder()
    line += text.count("\n", 0, at)
    while at < len(text) and text[at] == "{":
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            yield None, line
            return
        yield value, line
        after = BETWEEN.match(text, end)
        following = after.end() if after else end
        line += text.count("\n", at, following)
        at = following


def _metrics(row: dict[str, Any] | None) -> list[str]:
    if row is None:  # the head of a file ends somewhere
        return ["?"]
    leaves = flat_row(row)
    if any(isinstance(value, str) and len(value) > TEXT_LENGTH for value in leaves.values()):
        return []
    return [name for name, value in leaves.items() if number(value) is not None and METRIC_LIKE.search(name) and not is_axis(name)]


PARSER = Parser(
    id="generic_array",
    title=Text(
        zh="JSON 列表（通用：Chainer 的 log、手写训练循环保存的历史）",
        en="a JSON list of records (generic: log of Chainer, histories of hand-written loops)",
    ),
    sniff=sniff,
    read=read,
)
