"""Reads JSON line by line and record by record, fast where it is strict JSON and patiently where a
logger wrote NaN or a line is torn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import orjson

from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.bytes.texts import Texts
from lossreport.reading.kit.rows import Group
from lossreport.reading.kit.untrusted import json_line
from lossreport.text import Text

SNIFF_LINES: Final = 40
GLUED = Text(
    zh="前半是断掉的记录，粘在其后的记录已读出", en="a torn record; the record glued to it was read"
)
NO_JSON = Text(zh="不是完整的 JSON 对象", en="not a complete JSON object")
TORN = Text(zh="文件在这条记录中间结束", en="the file ends in the middle of this record")


class Record(NamedTuple):
    """One object with its line, or None and the reason why there is none; `torn` where the file
    ends inside it.
    """

    line: int
    row: dict[str, Any] | None
    reason: Text | None = None
    torn: bool = False


def as_object(text: str) -> dict[str, Any] | None:
    """Return the object that a line is, or None. NaN and Infinity are read as loggers write
    them.
    """
    try:
        value = json_line(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def records(log: LogFile) -> Iterator[Record]:
    """Yield every object of a file of JSON lines. Lines of other text are passed over, those that
    begin like an object are not.
    """
    return _records(log.lines())


def _records(lines: Iterable[Line]) -> Iterator[Record]:
    for line in lines:
        text = line.text.strip()
        if not text.startswith("{"):
            continue
        row = as_object(text)
        if row is not None:
            yield Record(line.number, row)
            continue
        glued = [as_object(text[cut:]) for cut in (text.find('{"', 1), text.rfind('{"')) if cut > 0]
        found = next((row for row in glued if row), None)
        lost = NO_JSON if line.complete else TORN
        reason = GLUED if found else lost
        yield Record(line.number, found, reason, torn=not line.complete and found is None)


Take = Callable[[list[Group]], bool]


def stretches(
    log: LogFile, is_plain: Callable[[Mapping[str, Any]], bool], take: Take
) -> Iterator[Iterator[Record]]:
    """Hand the objects of a file of JSON lines to `take` as columns where a stretch holds numbers
    alone; yield the others, in their order.

    `is_plain` says whether an object is of numbers alone; it is asked of one object of those that
    have the same names. Where `take` returns False the stretch is cut in two.
    """
    for block in log.blocks():
        if block.noisy or not block.complete:
            yield _records(log.lines_of(block))
        else:
            yield from _split(block.number, block.texts, is_plain, take)


def _split(
    number: int, texts: Sequence[str], is_plain: Callable[[Mapping[str, Any]], bool], take: Take
) -> Iterator[Iterator[Record]]:
    groups = _groups(number, texts, is_plain) if len(texts) >= LEAST else None
    if groups is not None and take(groups):
        return
    if len(texts) < 2 * LEAST:
        yield _records(Line(at, text, True) for at, text in enumerate(texts, number))
        return
    half = len(texts) // 2
    yield from _split(number, texts[:half], is_plain, take)
    yield from _split(number + half, texts[half:], is_plain, take)


LEAST: Final = 32
"""Lines that are worth being read at once."""
NUMBERS: Final = frozenset((int, float))


def _groups(
    number: int, texts: Sequence[str], is_plain: Callable[[Mapping[str, Any]], bool]
) -> list[Group] | None:
    """Return the rows of lines that are objects of numbers, by their names; None where one is
    anything else.
    """
    lines = Texts.of(texts)
    count = len(texts)
    if lines is None or not lines.data.startswith(b"{") or lines.data.count(b"{") != count:
        return None
    if lines.data.count(b"\n{") != count - 1:
        return None  # each line begins its own object, and none holds another
    try:
        rows = orjson.loads(b"[" + lines.data.replace(b"\n", b",\n") + b"]")
    except ValueError:
        return None
    if len(rows) != count:
        return None
    named = list(map(tuple, rows))
    places: dict[tuple[str, ...], list[int]] = {}
    if len(kinds := set(named)) == 1:
        places = {kind: list(range(count)) for kind in kinds}
    else:
        for place, names in enumerate(named):
            places.setdefault(names, []).append(place)
    groups = []
    for names, mine in places.items():
        if not names or not is_plain(rows[mine[0]]):
            return None
        values = list(chain.from_iterable(rows[place].values() for place in mine))
        if not NUMBERS.issuperset(set(map(type, values))):
            return None
        at = np.array(mine, dtype=np.int64)
        table = np.array(values, dtype=np.float64).reshape(len(mine), len(names))
        groups.append(Group(names, at, number + at, list(np.ascontiguousarray(table.T))))
    return groups


def head_objects(log: LogFile) -> tuple[list[dict[str, Any]], int]:
    """Return the objects of the first lines and how many lines were looked at; a torn last line
    does not count.
    """
    lines = [line.strip() for line in log.head_lines if line.strip()][:SNIFF_LINES]
    if len(lines) > 1 and as_object(lines[-1]) is None:
        lines.pop()
    return [row for row in map(as_object, lines) if row], len(lines)
