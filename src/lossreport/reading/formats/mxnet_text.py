r"""Log of MXNet's Module and Gluon: `Epoch[0] Batch [50]\tSpeed: 305.32 samples/sec\tTrain-accuracy=0.001`, `Epoch[0] Validation-...`.

Source: real logs and `Speedometer` of mxnet/callback.py, which resets the metrics after each row (`auto_reset`), so values are means since
the row before. How many batches an epoch has is not printed: rows stand at the epoch times the largest batch printed. Epochs count from 0.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser, values
from lossreport.text import Text

BATCH: Final = re.compile(
    r"(?:^|[\s:])Epoch\[(?P<epoch>\d+)\] Batch ?\[(?:\d+-)?(?P<batch>\d+)\]\s+Speed: (?P<speed>[\d.]+) samples/s(?:ec)?\s+(?P<rest>\S.*)$"
)
EPOCH: Final = re.compile(r"(?:^|[\s:])Epoch\[(?P<epoch>\d+)\] (?P<split>Train|Validation)-(?P<rest>\S.*)$")
PAIR: Final = re.compile(rf"(?:^|\s)(?:Train-)?(?P<name>[^\W\d][\w\-]*)=(?P<value>{NUM})(?=\s|$)", re.IGNORECASE)


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines; the file is looked through once for the largest batch."""
    length = max((int(match["batch"]) for line in log.lines() if "Batch" in line.text and (match := BATCH.search(line.text))), default=0)
    before = -1.0

    def row(text: str) -> Row | None:
        nonlocal before
        if "Epoch[" not in text:
            return None
        if match := BATCH.search(text):
            x = float(int(match["epoch"]) * length + int(match["batch"]))
            speed = () if x == before else (Value("Speed", float(match["speed"]), Statistic.WINDOW_MEAN, None, "samples/sec"),)
            before = x  # one line a metric, each with the speed
            found = (*values(PAIR.findall(match["rest"]), Statistic.WINDOW_MEAN), *speed)
            return Row(axis=Axis.ITERATION, x=x, values=found, epoch=float(match["epoch"]))
        match = EPOCH.search(text)
        if match is None:
            return None
        train = match["split"] == "Train"
        found = values(PAIR.findall(match["rest"]), Statistic.UNKNOWN if train else Statistic.EPOCH_MEAN)
        return Row(axis=Axis.EPOCH, x=float(match["epoch"]), values=found, split="train" if train else "val")

    return row


PARSER = printed_parser(id="mxnet_text", title=Text(zh="MXNet 的日志", en="log of MXNet"), begin=begin)
