"""Tables of epochs on the terminal: skorch (`  epoch    train_loss    valid_acc ...` over a ruled line) and fastai (`epoch  train_loss ...`).

Source: `PrintLog` of skorch 1.4 (values are means of the epoch, a `+` marks a checkpoint) and `ProgressCallback` of fastai, whose train_loss
is a moving average. A second header begins another fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.text import Text

HEADER: Final = re.compile(r"^\s*epoch(?P<rest>(?:\s{2,}[^\W\d][\w\-@/]*)+)\s*$")
RULE: Final = re.compile(r"^\s*-{2,}(?:\s+-{2,})+\s*$")
CLOCK: Final = re.compile(r"dur|time|event_.*|cp")
RATE: Final = re.compile(r"lr|event_lr|learning_rate")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the header and whether a ruled line followed it."""
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    is_ruled = False

    def row(text: str) -> Row | None:
        nonlocal names, spans, is_ruled
        if match := HEADER.match(text):
            found = ["epoch", *match["rest"].split()]
            names, spans, is_ruled = (found if any(METRIC_LIKE.search(name) for name in found) else []), [], False
        elif names and RULE.match(text):
            spans, is_ruled = [match.span() for match in re.finditer(r"-+", text)], True
        elif names:
            return _row(dict(zip(names, _cells(text, spans, len(names)), strict=False)), is_ruled)
        return None

    return row


def _cells(text: str, spans: list[tuple[int, int]], count: int) -> list[str]:
    """Return the cells of a row: by its blanks, or where cells are empty by the columns of the ruled line."""
    cells = text.split()
    return cells if len(cells) == count else [text[first:after].strip() for first, after in spans]


def _row(cells: dict[str, str], is_ruled: bool) -> Row | None:
    epoch = number(cells.pop("epoch", None))
    if epoch is None or not epoch.is_integer():
        return None
    found = tuple(_values(cells, is_ruled))
    return Row(axis=Axis.EPOCH, x=epoch, values=found) if found else None


def _values(cells: dict[str, str], is_ruled: bool) -> Iterator[Value]:
    for printed, text in cells.items():
        value = number(text)
        if value is None or CLOCK.fullmatch(printed):
            continue
        split, name = split_name(printed, "train" if is_ruled else "valid")
        averaged = Statistic.EMA if split == "train" and not is_ruled else Statistic.EPOCH_MEAN
        yield Value(name, value, Statistic.VALUE if RATE.fullmatch(name) else averaged, split=split)


PARSER = printed_parser(
    id="skorch_text", title=Text(zh="skorch、fastai 打印的 epoch 表格", en="tables of epochs that skorch and fastai print"), begin=begin
)
