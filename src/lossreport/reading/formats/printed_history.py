"""A history printed as a dict of lists, `{'loss': [1.5, 0.2], 'val_loss': [0.5, 0.1]}`: what
`print(history.history)` of Keras leaves in a log.

Every dict is the history of one `fit`; the value at place i of a list is of epoch i. A file that is
one JSON object is read by `keras_history`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.settings import Settings
from lossreport.reading.kit.untrusted import literal_of
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawSegment,
    Record,
    RowsRead,
    Score,
)
from lossreport.text import Text

BEGIN: Final = re.compile(r"""\{\s{0,9}(?:'[^'"\\]{1,80}'|"[^'"\\]{1,80}")\s{0,9}:\s{0,9}\[""")
NUMPY: Final = re.compile(r"\bnp\.float(?:16|32|64)\(([^()]{1,40})\)")
"""`np.float32(0.5)`, as lists of NumPy 2 print their numbers."""
BARE: Final = re.compile(r"(?<![\w'\"])-?(?:nan|inf)(?![\w'\"])")
"""A diverged loss stands bare in a printed list, which Python itself does not read back."""
LONGEST: Final = 2_000_000
WHOLE_LINES: Final = 20_000
"""Lines of a file that may be one dict as a whole."""
SURE: Final = 0.8
"""More than a reader of lines with one dict a row, less than the formats that name themselves."""

History = dict[str, list[float]]


def sniff(log: LogFile) -> Score:
    """Claim text in which a line is a dict of lists of numbers that are called like metrics, and
    files that are one such dict over many lines.
    """
    if (
        log.head.lstrip().startswith(b"{")
        and as_object(log.head.decode("utf-8", errors="replace")) is not None
    ):
        return Score(0.0, "one JSON object")
    found = next(
        (history for line in log.sample_lines if (history := history_of(line)) is not None), None
    ) or _whole(log)
    if found is None:
        return Score(0.0, "no dict of lists of numbers")
    return Score(SURE, f"a dict of lists: {', '.join(list(found)[:5])}")


def history_of(text: str) -> History | None:
    """Return the lists of a dict that a text holds; None where it is none, or holds other
    things.
    """
    match = BEGIN.search(text) if "[" in text and len(text) <= LONGEST else None
    if match is None:
        return None
    body = BARE.sub(
        lambda one: f"'{one[0]}'", NUMPY.sub(r"\1", text[match.start() : text.rfind("}") + 1])
    )
    try:
        found = literal_of(body)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(
        isinstance(values, list) and values for values in found.values()
    ):
        return None
    history = {str(name): [_number(value) for value in values] for name, values in found.items()}
    lengths = {len(values) for values in history.values()}
    named = any(METRIC_LIKE.search(name) for name in history)
    plain = all(value is not None for values in history.values() for value in values)
    return (
        {name: [float(v) for v in values if v is not None] for name, values in history.items()}
        if named and plain and len(lengths) == 1
        else None
    )


def _number(value: object) -> float | None:
    if isinstance(value, str) and BARE.fullmatch(value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(log: LogFile) -> History | None:
    if (
        not log.head.lstrip().startswith(b"{")
        or BEGIN.match(log.head[:400].decode("utf-8", errors="replace").lstrip()) is None
    ):
        return None
    text = log.text()
    return history_of(text) if text.count("\n") <= WHOLE_LINES else None


def read(log: LogFile) -> Iterator[Record]:
    """Yield the lists as curves over the epochs; a further dict is the history of another `fit`."""
    columns, settings, rows, last, found = Columns(), Settings(), 0, 0, 0
    if (whole := _whole(log)) is not None and all(
        history_of(line) is None for line in log.head_lines
    ):
        rows = _add(columns, whole, 1)
        yield from columns.chunks()
        yield RowsRead(rows, log.text().count("\n") + 1)
        return
    for line in log.lines():
        last = line.number
        history = history_of(line.text)
        if history is None:
            yield from said(line.text, line.number)
            settings.see(line.text, line.number)
            continue
        yield from settings.facts()
        if found:
            yield RawSegment(line.number, "new_run")
        found += 1
        rows += _add(columns, history, line.number)
    yield from settings.facts()
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _add(columns: Columns, history: History, line: int) -> int:
    for printed, values in history.items():
        split, name = split_name(printed)
        key = ColumnKey(name, split, Axis.EPOCH, Statistic.EPOCH_MEAN)
        for epoch, value in enumerate(values):
            columns.add(key, float(epoch), value, line, math.nan)
    return max(len(values) for values in history.values())


PARSER = Parser(
    id="printed_history",
    title=Text(
        zh="打印出来的历史字典（Keras 的 history.history）",
        en="a history printed as a dict of lists (Keras history.history)",
    ),
    sniff=sniff,
    read=read,
    first_epoch=0,
)
