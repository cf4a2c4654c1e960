r"""Log of MXNet's Module and Gluon: `Epoch[0] Batch [50]\tSpeed: 305.32
samples/sec\tTrain-accuracy=0.001`, `Epoch[0] Validation-...`.

Source: real logs and `Speedometer` of mxnet/callback.py, which resets the metrics after each row
(`auto_reset`), so values are means since the row before. It prints one line a metric, each with the
speed. How many batches an epoch has is not printed. Epochs count from 0. The programs around it
head every launch: `Start training with (gpu(0)) from pretrained model ...`, `Experimental: start
training from scratch with ...`, `Resume training with ... from epoch 145`.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import EQUAL, Line, LineFormat, Metric, Pairs
from lossreport.text import Text

TRAIN_PAIR: Final = Pairs(before=r"(?:^|\s)(?:Train-)?", sign="=")
SPEED: Final = Metric("speed", Statistic.WINDOW_MEAN, name="Speed", unit="samples/sec", once=True)

PARSER = LineFormat(
    id="mxnet_text",
    title=Text(zh="MXNet 的日志", en="log of MXNet"),
    lines=(
        Line(
            head=r"Epoch\[<epoch>\] Batch ?\[(?:\d{1,9}-)?<x>\]\s{1,9}Speed: <speed> samples/s"
            r"(?:ec)?\s{1,9}",
            pairs=TRAIN_PAIR,
            axis=Axis.ITERATION,
            inner=True,
            statistic=Statistic.WINDOW_MEAN,
            metrics=(SPEED,),
            requires="(?!speed$).*",
        ),
        Line(head=r"Epoch\[<epoch>\] Train-", pairs=EQUAL, axis=Axis.EPOCH),
        Line(
            head=r"Epoch\[<epoch>\] Validation-",
            pairs=EQUAL,
            axis=Axis.EPOCH,
            split="val",
            statistic=Statistic.EPOCH_MEAN,
        ),
    ),
    first_epoch=0,
    known=r"Epoch\[\d{1,9}\] Time cost=",
    new_run=r"(?:^|\s)(?:Start training with |Experimental: start training from scratch )",
).parser()
