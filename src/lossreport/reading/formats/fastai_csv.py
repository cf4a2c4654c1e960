"""`history.csv` of fastai's CSVLogger: one row an epoch from 0,
`epoch,train_loss,valid_loss,<metrics>,time`.

Source: `CSVLogger` and `Recorder` of fastai/callback/progress.py and fastai/learner.py (2.7).
`train_loss` is a moving average over the batches; the metrics are measured on the validation set,
as `valid_loss` is. `time` is a clock, not a metric.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.table import Meaning, find_table, plain_meaning, read_table
from lossreport.reading.parser import Parser, Record, Score
from lossreport.text import Text

CLOCK: Final = re.compile(r"(?:\d+:)?\d\d:\d\d")


def sniff(log: LogFile) -> Score:
    """Claim tables of epoch, train_loss and valid_loss whose last column is a clock."""
    table = find_table(log)
    if (
        table is None
        or table.separator != ","
        or table.header[:1] != ("epoch",)
        or not {"train_loss", "valid_loss"} <= set(table.header)
    ):
        return Score(0.0, "no table of epoch, train_loss and valid_loss")
    body = [line for line in log.head_lines[table.line :] if line.strip()]
    if table.header[-1] == "time" and any(
        CLOCK.fullmatch(line.rsplit(",", 1)[-1].strip()) for line in body[:3]
    ):
        return Score(0.93, "epoch, train_loss, valid_loss, metrics and a clock")
    return Score(0.0, "no clock in the last column")


def meaning(name: str) -> Meaning | None:
    """Return what a column is: of the validation unless it is the loss of the training."""
    if name == "time":
        return None
    if name == "train_loss":
        return Meaning("loss", "train", Statistic.EMA)
    plain = plain_meaning(name)
    return None if plain is None else plain._replace(split="valid", statistic=Statistic.EPOCH_MEAN)


def read(log: LogFile) -> Iterator[Record]:
    """Yield every row."""
    table = find_table(log)
    if table is not None:
        yield from read_table(log, table, meaning)


PARSER = Parser(
    id="fastai_csv",
    title=Text(zh="fastai 的 CSVLogger（history.csv）", en="CSVLogger of fastai (history.csv)"),
    sniff=sniff,
    read=read,
)
