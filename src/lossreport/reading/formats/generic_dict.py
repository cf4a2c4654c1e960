"""Dicts or JSON objects inside lines of text: `INFO step 12: {'train/loss': 0.5}`, JSON lines behind a time stamp.

A place that stands before the dict counts where the dict has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.dict_lines import dict_of
from lossreport.reading.kit.events import said
from lossreport.reading.kit.key_values import DATE, text_row
from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import RowWriter, is_axis, number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.parser import Parser, RawTime, Record, RowsRead, Score
from lossreport.text import Text

MIN_LINES: Final = 2
SCHEDULE: Final = re.compile(r"(?:.*[/_ ])?(?:lr|learning_?rate)", re.IGNORECASE)
"""A learning rate alone makes a configuration, not a row."""
TAGGED: Final = re.compile(r"[\[|]\s*(train|train_inner|valid|test)\s*[\]|]", re.IGNORECASE)
SPLITS: Final = {"train": "train", "train_inner": "train", "valid": "valid", "test": "test"}


def sniff(log: LogFile) -> Score:
    """Claim text with at least two lines that hold a dict with a number called like a metric."""
    found = [row for line in log.sample_lines if (row := _row(line)) is not None]
    if len(found) < MIN_LINES:
        return Score(0.0, "no lines with a dict of metrics")
    names = [name for name in found[-1] if METRIC_LIKE.search(name)]
    return Score(0.56, f"{len(found)} lines with a dict: {', '.join(names[:5])}")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every dict."""
    writer, settings, last = RowWriter(), Settings(), 0
    stamps: list[str] = []
    for line in log.lines():
        last = line.number
        yield from said(line.text, line.number)
        row = _row(line.text)
        if row is None:
            settings.see(line.text, line.number)
            continue
        yield from settings.facts()
        if match := DATE.search(line.text[:40]):
            stamps[1:] = [match[0]]
        tag = TAGGED.search(line.text.split("{", 1)[0])
        yield from writer.add(_placed(row, line.text), line.number, split=SPLITS[tag[1].lower()] if tag else None)
        if writer.columns.full():
            yield from writer.columns.chunks()
    yield from writer.columns.chunks()
    yield from (RawTime(stamp) for stamp in stamps)
    yield RowsRead(writer.rows, last)


def _row(text: str) -> dict[str, Any] | None:
    row = dict_of(text)
    if row is None or not any(_is_metric(name) and number(value) is not None for name, value in row.items()):
        return None
    beside = text_row(text)  # which leaves dicts out
    if beside is not None and beside.has_metric:
        return None  # the dict is the configuration of the line's own metrics
    words = [value for value in row.values() if number(value) is None]
    return None if len(words) > len(row) / 2 else row


def _is_metric(name: str) -> bool:
    return METRIC_LIKE.search(name) is not None and not SCHEDULE.fullmatch(name)


def _placed(row: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the row with the step and the epoch that stand before the dict, where it has none itself."""
    if any(is_axis(name) for name in row):
        return row
    before = text_row(text.split("{", 1)[0])
    if before is None:
        return row
    place = {"step": before.step, "epoch": before.epoch}
    return {**row, **{name: value for name, value in place.items() if value is not None}}


PARSER = Parser(
    id="generic_dict",
    title=Text(zh="文本行里的字典或 JSON（通用）", en="dicts or JSON inside lines of text (generic)"),
    sniff=sniff,
    read=read,
)
