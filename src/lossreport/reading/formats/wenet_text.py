"""Log of WeNet: `TRAIN | steps/sec 2.113| Batch 0/100 loss 45.1 loss_att 60.1 ... rank 0`, and
`Epoch 0 Step 10000 CV info ...`.

Source: FORMATS.md section 5. `Batch 0/100` is epoch 0, batch 100; how many batches an epoch has is
not printed, so rows stand at the epoch times the largest batch printed. Every rank prints its own
rows: those of the rank that comes first are read.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import BLANK, Line, LineFormat, Metric
from lossreport.text import Text

OF_RANK: Final = r"(?=(?:.{0,1000}? rank <rank>(?:\s|$))?)"
"""The rank stands at the end of a row."""

PARSER = LineFormat(
    id="wenet_text",
    title=Text(zh="WeNet 的日志", en="log of WeNet"),
    lines=(
        Line(
            head=r"TRAIN (?:\| )?(?:steps/sec [\d.]{1,20} ?\| )?Batch <epoch>/<x> " + OF_RANK,
            pairs=BLANK,
            axis=Axis.ITERATION,
            inner=True,
            statistic=Statistic.VALUE,
            left_out="rank",
        ),
        Line(
            head=r"Epoch <epoch> (?:Step \d{1,18} )?CV info " + OF_RANK,
            pairs=BLANK,
            axis=Axis.EPOCH,
            split="val",
            statistic=Statistic.EPOCH_MEAN,
            metrics=(Metric("cv_(.+)", Statistic.EPOCH_MEAN, name=r"\1"),),
            left_out="rank|lr",
        ),
    ),
    first_epoch=0,
).parser()
