"""Tables of epochs on the terminal: skorch (` epoch train_loss valid_acc ...` over a ruled line)
and fastai (`epoch train_loss ...`).

Source: `PrintLog` of skorch 1.4 (values are means of the epoch, a `+` marks a checkpoint) and
`ProgressCallback` of fastai, whose train_loss is a moving average. A second header begins another
fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import LineFormat
from lossreport.reading.kit.line_row import KNOWN, Row, Value
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.rows import number
from lossreport.text import Text

LONGEST: Final = 1000
"""Characters of a row of a table."""
NAME: Final = re.compile(r"[^\W\d][\w\-@/]{0,80}")
RULE: Final = re.compile(r"-{2,200}+(?: {1,20}+-{2,200}+){1,60}$")
CELL: Final = re.compile(r"-{1,200}+")
CLOCK: Final = re.compile(r"dur|time|event_.*|cp")
TRAIN: Final = "train_loss"
"""The second column of fastai, whose table has no ruled line: other tables that begin with the
epoch are not of this format.
"""
RATE: Final = re.compile(r"lr|event_lr|learning_rate")


class Table(NamedTuple):
    """The names of the columns, where their ruled lines begin and end, and whether a ruled line
    followed the header.
    """

    names: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    is_ruled: bool = False


def step(text: str, table: Table) -> tuple[tuple[Row, ...], Table]:
    """Return the row of a table whose header was seen."""
    if len(text) > LONGEST:
        return (), table
    if names := _header(text):
        return (KNOWN,), Table(names if any(METRIC_LIKE.search(name) for name in names) else ())
    if not table.names:
        return (), table
    if RULE.match(text.strip()):
        return (KNOWN,), Table(
            table.names, tuple(match.span() for match in CELL.finditer(text)), is_ruled=True
        )
    if not table.is_ruled and TRAIN not in table.names:
        return (), table
    row = _row(dict(zip(table.names, _cells(text, table), strict=False)), table.is_ruled)
    return (() if row is None else (row,)), table


def _header(text: str) -> tuple[str, ...]:
    """Return the names of a header that begins with the epoch; two blanks or more stand between
    them.
    """
    names = [name for name in re.split(r"\s{2,40}+", text.strip()) if name]
    is_header = (
        len(names) > 1 and names[0] == "epoch" and all(NAME.fullmatch(name) for name in names)
    )
    return tuple(names) if is_header else ()


def _cells(text: str, table: Table) -> list[str]:
    """Return the cells of a row: by its blanks, or where cells are empty by the columns of the
    ruled line.
    """
    cells = text.split()
    return (
        cells
        if len(cells) == len(table.names)
        else [text[first:after].strip() for first, after in table.spans]
    )


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


PARSER = LineFormat(
    id="skorch_text",
    title=Text(
        zh="skorch、fastai 打印的 epoch 表格", en="tables of epochs that skorch and fastai print"
    ),
    start=lambda log: Table(),
    step=step,
).parser()
