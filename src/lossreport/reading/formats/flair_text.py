"""Log of Flair: `2022-12-13 02:50:13,236 epoch 14 - iter 175/1750 - loss 0.0905 - samples/sec: 71.36 - lr: 0.000011`.

Source: `trainers/trainer.py` of Flair 0.14 and 0.4. The loss inside an epoch is the mean since the epoch began, that of `EPOCH 14 done` the
mean of the epoch; `DEV`, `TEST` and `TRAIN` are evaluations at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.text import Text

INNER: Final = re.compile(r"^[\d\-]+ [\d:,.]+ epoch (?P<epoch>\d+) - iter (?P<at>\d+)/(?P<of>\d+) - (?P<rest>loss .*)$")
DONE: Final = re.compile(r"^[\d\-]+ [\d:,.]+ EPOCH (?P<epoch>\d+) done: (?P<rest>loss .*)$")
EVALUATED: Final = re.compile(r"^[\d\-]+ [\d:,.]+ (?P<split>DEV|TEST|TRAIN)\s*: (?P<rest>loss .*)$")
PAIR: Final = re.compile(rf"(?:^|- |, )(?P<name>[a-z][\w/\-]*(?: \([\w ]+\))?):?\s+(?P<value>{NUM})(?=\s|$)", re.IGNORECASE)
SPLITS: Final = {"DEV": "dev", "TEST": "test", "TRAIN": "train"}
LEFT_OUT: Final = ("time (sec)", "bad epochs", "momentum")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the epoch that was done last."""
    epoch = 0.0

    def row(text: str) -> Row | None:
        nonlocal epoch
        if match := INNER.match(text):
            at = (int(match["epoch"]) - 1) * int(match["of"]) + int(match["at"])
            found = tuple(_values(match["rest"], Statistic.RUNNING_MEAN))
            return Row(axis=Axis.ITERATION, x=float(at), values=found, epoch=float(match["epoch"]))
        if match := DONE.match(text):
            epoch = float(match["epoch"])
            return Row(axis=Axis.EPOCH, x=epoch, values=tuple(_values(match["rest"], Statistic.EPOCH_MEAN)))
        if (match := EVALUATED.match(text)) and match["split"] != "TRAIN":
            found = tuple(_values(match["rest"], Statistic.VALUE))
            return Row(axis=Axis.EPOCH, x=epoch, values=found, split=SPLITS[match["split"]])
        return None

    return row


def _values(text: str, how: Statistic) -> Iterator[Value]:
    for name, printed in PAIR.findall(text):
        if name.lower() not in LEFT_OUT:
            yield Value(name, matched(printed), how if name == "loss" else Statistic.VALUE)


PARSER = printed_parser(id="flair_text", title=Text(zh="Flair 的日志", en="log of Flair"), begin=begin)
