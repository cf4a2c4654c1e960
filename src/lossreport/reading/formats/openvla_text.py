"""Status line of OpenVLA: `=>> [Epoch 000] Global Step 000123 =>> LR :: 0.000020 - Loss :: 1.2345`, drawn by a progress bar.

Source: FORMATS.md section 5 and 4.8 (the same run writes JSON lines with full precision). Whether the loss is smoothed over
steps depends on the settings.
"""

from __future__ import annotations

import math
import re
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.text import Text

ROW: Final = re.compile(
    rf"=>> \[(?:Epoch (?P<epoch>\d+)\] Global Step|Global Step\]) (?P<x>\d+) =>> LR :: (?P<lr>{NUM})(?: - (?:Action )?Loss :: (?P<loss>{NUM}))?",
    re.IGNORECASE,
)


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the step: a bar draws it again until the next."""
    before = -1.0

    def row(text: str) -> Row | None:
        nonlocal before
        match = ROW.search(text)
        loss = number(match["loss"]) if match else None
        if match is None or loss is None or float(match["x"]) == before:
            return None
        before = float(match["x"])
        found = (
            Value("Loss", loss, Statistic.UNKNOWN, None, "", 1e-4),
            Value("LR", matched(match["lr"]), Statistic.VALUE, None, "", 1e-6),
        )
        return Row(x=before, values=found, epoch=float(match["epoch"]) if match["epoch"] else math.nan)

    return row


PARSER = printed_parser(id="openvla_text", title=Text(zh="OpenVLA 的状态行", en="status line of OpenVLA"), begin=begin)
