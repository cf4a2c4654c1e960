"""Log of Flair: `2022-12-13 02:50:13,236 epoch 14 - iter 175/1750 - loss 0.0905 - samples/sec:
71.36 - lr: 0.000011`.

Source: `trainers/trainer.py` of Flair 0.14 and 0.4. The loss inside an epoch is the mean since the
epoch began, that of `EPOCH 14 done` the mean of the epoch; `DEV`, `TEST` and `TRAIN` are
evaluations at its end.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Pairs
from lossreport.text import Text

TOLD: Final = Pairs(
    before="(?:^|- |, )",
    name=r"[A-Za-z][\w/\-]{0,60}(?: \([\w ]{1,20}\))?",
    sign=r":?\s{1,9}",
    behind=r"(?=\s|$)",
)
LEFT_OUT: Final = r"time \(sec\)|bad epochs|momentum"


def _line(head: str, axis: Axis, how: Statistic, *, inner: bool = False) -> Line:
    loss = Metric("loss", how)
    return Line(
        head=head,
        pairs=TOLD,
        axis=axis,
        inner=inner,
        statistic=Statistic.VALUE,
        metrics=(loss,),
        left_out=LEFT_OUT,
    )


PARSER = LineFormat(
    id="flair_text",
    title=Text(zh="Flair 的日志", en="log of Flair"),
    lines=(
        _line(
            "epoch <epoch> - iter <x>/<of> - (?=loss )",
            Axis.ITERATION,
            Statistic.RUNNING_MEAN,
            inner=True,
        ),
        _line("EPOCH <epoch> done: (?=loss )", Axis.EPOCH, Statistic.EPOCH_MEAN),
        _line(r"(?P<split>DEV|TEST)\s{0,9}: (?=loss )", Axis.EPOCH, Statistic.VALUE),
    ),
    first_epoch=1,
    known=r" TRAIN\s{0,9}: loss ",
).parser()
