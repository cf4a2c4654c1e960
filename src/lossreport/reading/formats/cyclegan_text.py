"""loss_log.txt of pytorch-CycleGAN-and-pix2pix, pix2pixHD and their many forks: `(epoch: 1, iters:
100, time: 0.198, data: 0.278) G_GAN: 1.9 ...`.

Source: real logs and `util/visualizer.py`. Values are those of the last batch. `iters` counts the
images of an epoch and begins again with each; how many there are is not printed: rows stand at the
epoch times the largest count. A line `==== Training Loss (date) ====` heads every start.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Pairs
from lossreport.text import Text

LOSSES: Final = Pairs(sign=": {0,20}+", more=", ")
"""ComboGAN prints a value for every domain: `D: 0.111, 0.105, 0.310 |`."""

PARSER = LineFormat(
    id="cyclegan_text",
    title=Text(
        zh="CycleGAN、pix2pix、pix2pixHD 的 loss_log.txt",
        en="loss_log.txt of CycleGAN, pix2pix and pix2pixHD",
    ),
    lines=(
        Line(
            head=r"\(epoch: <epoch>, iters: <x>, time: <time>"
            r"(?:, data: <data>)?[^)]{0,80}\),? {0,9}",
            pairs=LOSSES,
            axis=Axis.ITERATION,
            inner=True,
            statistic=Statistic.VALUE,
            resolution=1e-3,
            metrics=(Metric("time|data", Statistic.UNKNOWN),),
            requires="(?!(?:time|data)$).*",
        ),
    ),
    new_run=r"^=+ Training Loss \([^)]{8,40}\) =+",
    first_epoch=1,
).parser()
