"""Log of WeNet: `TRAIN | steps/sec 2.113| Batch 0/100 loss 45.1 loss_att 60.1 ... rank 0`, and `Epoch 0 Step 10000 CV info ...`.

Source: FORMATS.md section 5. `Batch 0/100` is epoch 0, batch 100; how many batches an epoch has is not printed, so rows stand at the epoch
times the largest batch printed. Every rank prints its own rows: those of the rank that comes first are read.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, printed_parser, values
from lossreport.text import Text

TRAIN: Final = re.compile(
    r"(?:^|\s)TRAIN (?:\| )?(?:steps/sec [\d.]+ ?\| )?Batch (?P<epoch>\d+)/(?P<batch>\d+) (?P<rest>.*?)(?: rank (?P<rank>\d+))?\s*$"
)
CHECK: Final = re.compile(r"\bEpoch (?P<epoch>\d+) (?:Step (?P<step>\d+) )?CV info (?P<rest>.*)$")
PAIR: Final = re.compile(rf"(?:^|\s)(?P<name>[^\W\d][\w./\-]*) (?P<value>{NUM})(?=\s|$)", re.IGNORECASE)
PLACE: Final = ("rank", "lr")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the rank; the file is looked through once for the largest batch."""
    found = (match for line in log.lines() if "TRAIN" in line.text and (match := TRAIN.search(line.text)))
    length = max((int(match["batch"]) for match in found), default=0) + 1
    mine: str | None = None

    def row(text: str) -> Row | None:
        nonlocal mine
        if "TRAIN" in text and (match := TRAIN.search(text)):
            mine = mine or match["rank"]
            if match["rank"] != mine:
                return None
            epoch, batch = int(match["epoch"]), int(match["batch"])
            known = values(PAIR.findall(match["rest"]), Statistic.VALUE)
            return Row(axis=Axis.ITERATION, x=float(epoch * length + batch), values=known, epoch=float(epoch))
        match = CHECK.search(text) if "CV info" in text else None
        if match is None:
            return None
        pairs = [(name.removeprefix("cv_"), value) for name, value in PAIR.findall(match["rest"]) if name not in PLACE]
        ranks = re.search(r"\brank (\d+)", match["rest"])
        if ranks and mine is not None and ranks[1] != mine:
            return None
        return Row(axis=Axis.EPOCH, x=float(match["epoch"]), values=values(pairs, Statistic.EPOCH_MEAN), split="val")

    return row


PARSER = printed_parser(id="wenet_text", title=Text(zh="WeNet 的日志", en="log of WeNet"), begin=begin)
