"""Log of OpenPCDet: `Train: 1/3 ( 33%) [ 49/323 ( 15%)] Loss: 36.77 (81.7) LR: 1.351e-04 ...
Acc_iter 50 ...`, before 2023 `epoch: 18/120, acc_iter=4900, ...`.

Source: real logs and `tools/train_utils/train_utils.py`. The loss is that of the last iteration, in
parentheses the mean since the epoch began. `acc_iter` counts iterations since the start; epochs
count from 1.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import EQUAL, Line, LineFormat, Metric, Setting
from lossreport.text import Text

ROW: Final = (
    r"INFO {1,9}Train: {1,9}<epoch>/<epochs> \( {0,9}\d{1,3}%\) \[ {0,9}\d{1,18}/\d{1,18} \( {0,9"
    r"}\d{1,3}%\)\] {1,9}"
    r"Loss: <loss> \(<mean_loss>\) {1,9}LR: <lr> .{0,200}?Acc_iter <x>"
    r"(?: {1,20}Data time: <data_time>\([\d.]{1,20}\) {1,9}Forward time: [\d.]{1,20}\([\d.]{1,20}"
    r"\) {1,9}Batch time: <batch_time>)?"
)

PARSER = LineFormat(
    id="openpcdet_text",
    title=Text(zh="OpenPCDet 的日志", en="log of OpenPCDet"),
    lines=(
        Line(
            head=ROW,
            axis=Axis.ITERATION,
            statistic=Statistic.VALUE,
            metrics=(Metric("mean_loss", Statistic.RUNNING_MEAN, name="loss"),),
        ),
        Line(
            head=r"INFO {1,9}epoch: <epoch>/<epochs>, acc_iter=<x>, ",
            pairs=EQUAL,
            axis=Axis.ITERATION,
            statistic=Statistic.VALUE,
            left_out="batch_size",
        ),
    ),
    settings=(Setting(r"INFO {1,9}(?P<name>batch_size|epochs) {1,40}(?P<value>\d{1,18})\s*$"),),
).parser()
