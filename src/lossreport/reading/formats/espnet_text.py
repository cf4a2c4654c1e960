"""Log of ESPnet 2: `3epoch:train:1-1000batch: iter_time=.., loss_ctc=.., loss=..` and `3epoch results: [train] loss=.., [valid] loss=..`.

Source: espnet2/train/reporter.py. The rows inside an epoch are means over the batches they name; how many batches an epoch has is the
largest number printed. A gradient norm of NaN there is the mean over a window that holds a step which ESPnet skipped.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser, values
from lossreport.text import Text

INSIDE: Final = re.compile(r"\b(?P<epoch>\d+)epoch:(?P<split>train|valid):(?P<first>\d+)-(?P<last>\d+)batch: (?P<rest>.*)$")
RESULTS: Final = re.compile(r"\b(?P<epoch>\d+)epoch results: (?P<rest>\[.*)$")
SECTION: Final = re.compile(r"\[(?P<split>train|valid)\] (?P<rest>[^\[]*)")
PAIR: Final = re.compile(rf"(?P<name>[^\W\d][\w./\-]*)=(?P<value>{NUM})(?=,|\s|$)", re.IGNORECASE)
PLACE: Final = ("time", "total_count")
"""`time=26 minutes and 20.04 seconds` and the number of batches."""
RATE: Final = "optim0_lr0"


def _values(text: str, statistic: Statistic, split: str) -> tuple[Value, ...]:
    pairs = [("lr" if name == RATE else name, value) for name, value in PAIR.findall(text) if name not in PLACE]
    return tuple(value._replace(split=split) for value in values(pairs, statistic))


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines; the file is looked through once for the largest batch."""
    found = (match for line in log.lines() if "batch: " in line.text and (match := INSIDE.search(line.text)) and match["split"] == "train")
    length = max((int(match["last"]) for match in found), default=0)

    def row(text: str) -> Row | None:
        if match := INSIDE.search(text):
            epoch, last = int(match["epoch"]), int(match["last"])
            if match["split"] != "train":  # the pass over the validation set: its mean stands in the results
                return None
            known = _values(match["rest"], Statistic.WINDOW_MEAN, "train")
            return Row(axis=Axis.ITERATION, x=float((epoch - 1) * length + last), values=known, epoch=float(epoch))
        if match := RESULTS.search(text):
            sections = SECTION.finditer(match["rest"])
            known = tuple(value for one in sections for value in _values(one["rest"], Statistic.EPOCH_MEAN, one["split"]))
            return Row(axis=Axis.EPOCH, x=float(match["epoch"]), values=known)
        return None

    return row


PARSER = printed_parser(id="espnet_text", title=Text(zh="ESPnet 的日志", en="log of ESPnet"), begin=begin)
