"""Log of FunASR: `train, rank: 0, epoch: 0/50, ..., total step: 10, (loss_avg_rank: 5.123),
(loss_avg_slice: 5.300), ...`.

Source: FORMATS.md section 5 and `funasr/train_utils/trainer.py`. `loss_avg_rank` is of one batch in
spite of its name, `_avg_slice` (older: `_avg_epoch`) is the mean since the slice began. Every rank
prints its own rows: those of the rank that comes first are read. Of a validation pass only the last
row counts.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Pairs
from lossreport.reading.kit.patterns import NUM
from lossreport.text import Text

HEAD: Final = r"rank: <rank>, epoch: <epoch>/<epochs>, .{0,200}?\btotal step: "
PRINTED: Final = Pairs(
    before=r"\('?", name=r"\w{1,80}", sign=r"(?:: |', )", value=NUM, behind=r"\)"
)
"""`(loss_avg_rank: 5.123)` of the stretch, `('loss', 5.2)` of the batch."""
BATCH_SIZE: Final = "loss_avg_rank|batch_size"


def _averages(how: Statistic) -> Metric:
    return Metric("(.+)_avg_(?:slice|epoch)", how, name=r"\1")


PARSER = LineFormat(
    id="funasr_text",
    title=Text(zh="FunASR 的日志", en="log of FunASR"),
    lines=(
        Line(
            head=rf"train, {HEAD}<x>, ",
            pairs=PRINTED,
            statistic=Statistic.VALUE,
            resolution=1e-3,
            metrics=(_averages(Statistic.RUNNING_MEAN),),
            left_out=BATCH_SIZE,
        ),
        Line(
            head=rf"val, {HEAD}\d{{1,18}}, ",
            pairs=Pairs(
                before=r"\(", name=r"\w{1,60}_avg_(?:slice|epoch)", sign=": ", behind=r"\)"
            ),
            axis=Axis.EPOCH,
            split="val",
            statistic=Statistic.EPOCH_MEAN,
            metrics=(_averages(Statistic.EPOCH_MEAN),),
            left_out=BATCH_SIZE,
            passing=True,
        ),
    ),
).parser()
