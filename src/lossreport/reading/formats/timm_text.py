"""Standard output of timm's train.py: `Train: 0 [   0/1251 (  0%)]  Loss: 6.95 (6.95)  Time: 3.210s,  319.00/s ...`, and `Test: [ 0/48] ...`.

Source: FORMATS.md section 5. The first number is of the last batch, that in parentheses the mean since the epoch began. Of a validation
pass only the mean of its last row counts; `Test (EMA):` is the pass with averaged weights. Epochs count from 0.
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

TRAIN: Final = re.compile(r"^Train: (?P<epoch>\d+) \[ *(?P<i>\d+)/(?P<n>\d+) +\( *\d+%\)\] +(?P<rest>\S.*)$")
TEST: Final = re.compile(r"^Test(?P<ema> \(EMA\))?: \[ *\d+/\d+\] +(?P<rest>\S.*)$")
PAIR: Final = re.compile(
    rf"(?:^|\s)(?P<name>[^\W\d][\w@/\-]*): +(?P<value>{NUM})s?(?:,? +\( *(?P<mean>{NUM})s?\))?(?=[\s,]|$)", re.IGNORECASE
)
RATE: Final = re.compile(r"Time: +\S+s, +[\d.]+/s +\( *(?P<time>[\d.]+)s, +(?P<rate>[\d.]+)/s\)")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the epoch for the validation that follows it."""
    epoch = 0.0

    def row(text: str) -> Row | None:
        nonlocal epoch
        if match := TRAIN.match(text):
            epoch = float(match["epoch"])
            x = epoch * int(match["n"]) + int(match["i"])
            return Row(axis=Axis.ITERATION, x=x, values=tuple(_training(match["rest"])), epoch=epoch)
        match = TEST.match(text)
        if match is None:
            return None
        return Row(axis=Axis.EPOCH, x=epoch, values=tuple(_test(match["rest"])), split="test_ema" if match["ema"] else "test", passing=True)

    return row


def _training(text: str) -> Iterator[Value]:
    if rate := RATE.search(text):
        yield Value("Time", float(rate["time"]), Statistic.RUNNING_MEAN, None, "s")
    for name, printed, mean in PAIR.findall(RATE.sub(" ", text)):
        value, averaged = number(printed), number(mean)
        if value is not None:
            yield Value(name, value, Statistic.VALUE)
        if averaged is not None:
            yield Value(name, averaged, Statistic.RUNNING_MEAN)


def _test(text: str) -> Iterator[Value]:
    for name, _, mean in PAIR.findall(text):
        value = number(mean)
        if value is not None and name != "Time":
            yield Value(name, value, Statistic.EPOCH_MEAN)


PARSER = printed_parser(id="timm_text", title=Text(zh="timm（train.py）的标准输出", en="standard output of timm (train.py)"), begin=begin)
