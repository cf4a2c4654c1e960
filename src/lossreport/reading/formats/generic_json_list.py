"""A JSON list of records, one a row: the `log` of Chainer's LogReport, or a history that a
hand-written loop dumps as `[{"epoch": 1, ...}]`.

Axis and metrics are chosen by their names, as in JSON lines. Without an axis a list is data, not a
log: the results of a detector have scores too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.generic_jsonl import flat_row, metrics_of
from lossreport.reading.kit.rows import ONCE, SUMMARY, RowWriter, facts_of, is_axis
from lossreport.reading.kit.stamps import RowDates
from lossreport.reading.kit.untrusted import json_at
from lossreport.reading.parser import Parser, RawStatus, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

BEGIN: Final = re.compile(r"\s*\[\s*(?=\{)")
BETWEEN: Final = re.compile(r"\s*+(?:,\s*+)?")
BROKEN = Text(zh="列表在这里中断", en="the list breaks off here")


def sniff(log: LogFile) -> Score:
    """Claim a list whose first object has an axis and a number that is called like a metric."""
    text = log.head.decode("utf-8", errors="replace")
    begin = BEGIN.match(text)
    found = _object(text, begin.end()) if begin else None
    if found is None:
        return Score(0.0, "not a JSON list of objects")
    metrics = metrics_of(found[0])
    if not metrics or not any(is_axis(name) for name in flat_row(found[0])):
        return Score(
            0.0, "the objects of the list have no axis, or no number that is called like a metric"
        )
    return Score(0.6, f"a JSON list of records with {', '.join(metrics[:6])}")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every object; where a process was killed while it wrote, those before
    the break.
    """
    text, writer, dates = log.text(), RowWriter(), RowDates()
    begin = BEGIN.match(text)
    at, line, counted = begin.end() if begin else 0, 1, 0
    while found := _object(text, at):
        row, end = found
        line, counted = line + text.count("\n", counted, at), at
        flat, lines = flat_row(row), _lines(row, text[at:end], line)
        if any(name in flat for name in ONCE):
            yield from facts_of(
                {name: value for name, value in flat.items() if SUMMARY.fullmatch(name)}, line
            )
            yield RawStatus(Status.FINISHED, line)
        else:
            dates.see(flat)
            yield from writer.add(flat, lines)
        separator = BETWEEN.match(text, end)
        at = separator.end() if separator else end
    if text[at : at + 1] != "]":
        yield SkippedLine(line + text.count("\n", counted, at), BROKEN, torn=True)
    yield from writer.columns.chunks()
    yield from dates.records()
    yield RowsRead(writer.rows, text.count("\n") + 1)


def _object(text: str, at: int) -> tuple[dict[str, Any], int] | None:
    if not text.startswith("{", at):
        return None
    try:
        value, end = json_at(text, at)
    except ValueError:
        return None
    return (value, end) if isinstance(value, dict) else None


def _lines(row: dict[str, Any], text: str, first: int) -> dict[str, int]:
    """Return the line of every name: an indented list has one a line."""
    lines = text.split("\n")
    place = {
        name: next((i for i, line in enumerate(lines) if f'"{name}"' in line), 0) for name in row
    }
    return {
        name: first + place.get(name.split("/", 1)[0] if name not in place else name, 0)
        for name in flat_row(row)
    }


PARSER = Parser(
    id="generic_json_list",
    title=Text(
        zh="JSON 记录列表（通用：Chainer 的 log、手写循环的 history）",
        en="a JSON list of records (generic: Chainer's log, the history of a hand-written loop)",
    ),
    sniff=sniff,
    read=read,
)
