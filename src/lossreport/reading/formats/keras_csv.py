"""The CSV of Keras' CSVLogger: one row an epoch, epochs from 0, names sorted, `val_` for
validation, `NA` where nothing was measured.

Source: FORMATS.md 4.2. Every value is the mean of an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.table import Meaning, Table, find_table, plain_meaning, read_table
from lossreport.reading.parser import Parser, Record, Score
from lossreport.text import Text


def sniff(log: LogFile) -> Score:
    """Claim tables that begin with `epoch` from 0 and hold a bare `loss`, the other names sorted,
    as CSVLogger writes them.
    """
    table = find_table(log)
    if (
        table is None
        or table.header[0] != "epoch"
        or "loss" not in table.header
        or "step" in table.header
    ):
        return Score(0.0, "no table that begins with epoch and has a loss")
    rest = list(table.header[1:])
    if any("/" in name for name in rest):
        return Score(0.0, "names with a slash are not of Keras")
    if rest == sorted(rest) and _first_epoch(log, table) == "0":
        return Score(0.9, "epoch from 0, then sorted names with a loss")
    return Score(0.3, "epoch and loss, but not sorted or not from 0")


def _first_epoch(log: LogFile, table: Table) -> str:
    body = [line for line in log.head_lines[table.line :] if line.strip()]
    return body[0].split(table.separator, 1)[0].strip() if body else ""


def meaning(name: str) -> Meaning | None:
    """Return what a column is: the mean of an epoch, but for the learning rate."""
    plain = plain_meaning(name)
    if plain is None:
        return None
    return plain._replace(
        statistic=Statistic.VALUE if plain.name in ("lr", "learning_rate") else Statistic.EPOCH_MEAN
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the cells that hold a number."""
    table = find_table(log)
    if table is not None:
        yield from read_table(log, table, meaning)


PARSER = Parser(
    id="keras_csv",
    title=Text(zh="Keras 的 CSVLogger", en="CSVLogger of Keras"),
    sniff=sniff,
    read=read,
)
