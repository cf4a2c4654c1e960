"""Log of FunASR: `train, rank: 0, epoch: 0/50, ..., total step: 10, (loss_avg_rank: 5.123), (loss_avg_slice: 5.300), ...`.

Source: FORMATS.md section 5 and `funasr/train_utils/trainer.py`. `loss_avg_rank` is of one batch in spite of its name, `_avg_slice` (older:
`_avg_epoch`) is the mean since the slice began. Every rank prints its own rows: those of the rank that comes first are read. Of a
validation pass only the last row counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.text import Text

HEAD: Final = re.compile(
    r"(?:^|\s)(?P<split>train|val), rank: (?P<rank>\d+), epoch: (?P<epoch>\d+)/(?P<epochs>\d+), .*?\btotal step: (?P<x>\d+), (?P<rest>.*)$"
)
AVERAGED: Final = re.compile(rf"\((?P<name>\w+): (?P<value>{NUM})\)", re.IGNORECASE)
BATCH: Final = re.compile(rf"\('(?P<name>\w+)', (?P<value>{NUM})\)", re.IGNORECASE)
SUFFIX: Final = re.compile(r"_avg_(?:slice|epoch)$")
LEFT_OUT: Final = ("loss_avg_rank", "batch_size")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the rank that printed the first row."""
    mine = ""

    def row(text: str) -> Row | None:
        nonlocal mine
        match = HEAD.search(text) if "total step: " in text else None
        if match is None:
            return None
        mine = mine or match["rank"]
        return _row(match) if match["rank"] == mine else None

    return row


def _row(match: re.Match[str]) -> Row:
    facts = (("epochs", int(match["epochs"])),)
    epoch = float(match["epoch"])
    if match["split"] == "val":
        found = tuple(_averaged(match["rest"], Statistic.EPOCH_MEAN))
        return Row(axis=Axis.EPOCH, x=epoch, values=found, split="val", facts=facts, passing=True)
    found = (*_averaged(match["rest"], Statistic.RUNNING_MEAN), *_batch(match["rest"]))
    return Row(x=float(match["x"]), values=found, epoch=epoch, facts=facts)


def _averaged(text: str, how: Statistic) -> Iterator[Value]:
    for name, printed in AVERAGED.findall(text):
        value = number(printed)
        if value is None or name in LEFT_OUT:
            continue
        short = SUFFIX.sub("", name)
        if short != name:
            yield Value(short, value, how)
        elif how is Statistic.RUNNING_MEAN:  # the learning rate
            yield Value(name, value, Statistic.VALUE)


def _batch(text: str) -> Iterator[Value]:
    for name, printed in BATCH.findall(text):
        value = number(printed)
        if value is not None and name not in LEFT_OUT:
            yield Value(name, value, Statistic.VALUE, None, "", 1e-3)


PARSER = printed_parser(id="funasr_text", title=Text(zh="FunASR 的日志", en="log of FunASR"), begin=begin)
