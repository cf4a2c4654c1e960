"""Output of darknet: ` 46: 16729.101562, 20120.000000 avg loss, 0.000000 rate, 22.902033 seconds,
2944 images, 33.2 hours left`.

Source: real logs and `train_detector` of AlexeyAB/darknet and pjreddie/darknet (which prints `avg`
for `avg loss`). The first number is the loss of the iteration, the second 0.9 of the one before
plus 0.1 of it. The lines of every layer (`Region 82 Avg IOU: ...`) are not read.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Pairs
from lossreport.text import Text

METRICS: Final = (
    # avg_loss * 0.9 + loss * 0.1: an average over ten iterations
    Metric("mean_loss", Statistic.EMA, window=10, name="loss"),
    # six decimals: the burn-in begins below them
    Metric("lr", Statistic.VALUE, resolution=1e-6, positive=True),
)
PRECISION: Final = Pairs(before="^", name=r"mAP@[\d.]{1,10}", sign=r"\) = ", behind="")

PARSER = LineFormat(
    id="darknet_text",
    title=Text(zh="darknet（YOLOv2 到 v4）的屏幕输出", en="output of darknet (YOLOv2 to v4)"),
    lines=(
        Line(
            head=r"^\s{0,20}<x>: <loss>, <mean_loss> avg"
            r"(?: loss)?, <lr> rate, <time> seconds, \d{1,18} images",
            axis=Axis.ITERATION,
            statistic=Statistic.VALUE,
            units={"time": "s"},
            metrics=METRICS,
        ),
        Line(
            head=r"mean average precision \((?=mAP@)",
            pairs=PRECISION,
            axis=Axis.ITERATION,
            split="val",
            statistic=Statistic.VALUE,
        ),
    ),
    # the lines of every layer and class
    known=r"^\s{0,20}(?:Region \d|v[34] \(|Loaded: |\(next mAP|class_id = |detections_count|"
    r"for conf_thresh)",
).parser()
