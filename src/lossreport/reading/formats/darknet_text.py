"""Output of darknet: ` 46: 16729.101562, 20120.000000 avg loss, 0.000000 rate, 22.902033 seconds, 2944 images, 33.2 hours left`.

Source: real logs and `train_detector` of AlexeyAB/darknet and pjreddie/darknet (which prints `avg` for `avg loss`). The first number is the loss of
the iteration, the second 0.9 of the one before plus 0.1 of it. The lines of every layer (`Region 82 Avg IOU: ...`) are not read.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.text import Text

ROW: Final = re.compile(
    rf"^\s*(?P<x>\d+): (?P<loss>{NUM}), (?P<mean>{NUM}) avg(?: loss)?, (?P<lr>{NUM}) rate, (?P<time>{NUM}) seconds, (?P<images>\d+) images",
    re.IGNORECASE,
)
MAP: Final = re.compile(rf"mean average precision \(mAP@(?P<iou>[\d.]+)\) = (?P<value>{NUM})", re.IGNORECASE)
SMOOTHING: Final = 10
"""avg_loss * 0.9 + loss * 0.1: the weights of an average over ten iterations."""
COARSE: Final = 1e-6
"""Last decimal of the rate."""


def row(text: str) -> Row | None:
    """Return the row that a line is; a mAP stands at the last iteration printed before it."""
    if match := ROW.match(text):
        found = [
            Value("loss", matched(match["loss"]), Statistic.VALUE),
            Value("loss", matched(match["mean"]), Statistic.EMA, SMOOTHING),
            Value("time", matched(match["time"]), Statistic.VALUE, unit="s"),
        ]
        if matched(match["lr"]) > 0:  # six decimals: the burn-in begins below them
            found.append(Value("lr", matched(match["lr"]), Statistic.VALUE, resolution=COARSE))
        return Row(axis=Axis.ITERATION, x=float(match["x"]), values=tuple(found))
    match = MAP.search(text)
    if match is None:
        return None
    return Row(axis=Axis.ITERATION, values=(Value(f"mAP@{match['iou']}", matched(match["value"]), Statistic.VALUE),), split="val")


PARSER = printed_parser(
    id="darknet_text", title=Text(zh="darknet（YOLOv2 到 v4）的屏幕输出", en="output of darknet (YOLOv2 to v4)"), row=row
)
