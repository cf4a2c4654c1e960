"""Reads JSON line by line and record by record, fast where it is strict JSON and patiently where a logger wrote NaN or a line is torn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.untrusted import json_line
from lossreport.text import Text

SNIFF_LINES: Final = 40
GLUED = Text(zh="前半是断掉的记录，粘在其后的记录已读出", en="a torn record; the record glued to it was read")
NO_JSON = Text(zh="不是完整的 JSON 对象", en="not a complete JSON object")
TORN = Text(zh="文件在这条记录中间结束", en="the file ends in the middle of this record")


class Record(NamedTuple):
    """One object with its line, or None and the reason why there is none; `torn` where the file ends inside it."""

    line: int
    row: dict[str, Any] | None
    reason: Text | None = None
    torn: bool = False


def as_object(text: str) -> dict[str, Any] | None:
    """Return the object that a line is, or None. NaN and Infinity are read as loggers write them."""
    try:
        value = json_line(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def records(log: LogFile) -> Iterator[Record]:
    """Yield every object of a file of JSON lines. Lines of other text are passed over, those that begin like an object are not."""
    for line in log.lines():
        text = line.text.strip()
        if not text.startswith("{"):
            continue
        row = as_object(text)
        if row is not None:
            yield Record(line.number, row)
            continue
        glued = [as_object(text[cut:]) for cut in (text.find('{"', 1), text.rfind('{"')) if cut > 0]
        found = next((row for row in glued if row), None)
        reason = GLUED if found else NO_JSON if line.complete else TORN
        yield Record(line.number, found, reason, torn=not line.complete and found is None)


def head_objects(log: LogFile) -> tuple[list[dict[str, Any]], int]:
    """Return the objects of the first lines and how many lines were looked at; a torn last line does not count."""
    lines = [line.strip() for line in log.head_lines if line.strip()][:SNIFF_LINES]
    if len(lines) > 1 and as_object(lines[-1]) is None:
        lines.pop()
    return [row for row in map(as_object, lines) if row], len(lines)
