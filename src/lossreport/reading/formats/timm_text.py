"""Standard output of timm's train.py: `Train: 0 [ 0/1251 ( 0%)] Loss: 6.95 (6.95) Time: 3.210s,
319.00/s ...`, and `Test: [ 0/48] ...`.

Source: FORMATS.md section 5. The first number is of the last batch, that in parentheses the mean
since the epoch began. Of a validation pass only the mean of its last row counts; `Test (EMA):` is
the pass with averaged weights. Epochs count from 0.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import METER, Line, LineFormat, Metric
from lossreport.text import Text

TIME: Final = Metric("batch_time", Statistic.RUNNING_MEAN, name="Time", unit="s")
MEAN_TIME: Final = (
    r"(?=(?:.{0,400}?Time: {1,9}\S{1,20}s, {1,9}[\d.]{1,20}/s {1,9}\( {0,9}<batch_time>s)?)"
)
"""The time of a batch stands among the meters with a rate behind it, its mean in parentheses."""


def _validation(head: str, split: str) -> Line:
    """Return a row of a validation, which stands at the epoch of the training before it: the mean
    of the last counts.
    """
    return Line(
        head=head,
        pairs=METER,
        axis=Axis.EPOCH,
        split=split,
        statistic=None,
        mean=Statistic.EPOCH_MEAN,
        left_out="Time",
        passing=True,
    )


PARSER = LineFormat(
    id="timm_text",
    title=Text(zh="timm（train.py）的标准输出", en="standard output of timm (train.py)"),
    lines=(
        Line(
            head=r"Train: <epoch> \[ {0,9}<x>/<of> {1,9}\( {0,9}\d{1,3}%\)\] {1,9}" + MEAN_TIME,
            pairs=METER,
            axis=Axis.ITERATION,
            inner=True,
            first_epoch=0,
            statistic=Statistic.VALUE,
            mean=Statistic.RUNNING_MEAN,
            metrics=(TIME,),
            left_out="Time",
        ),
        _validation(r"Test: \[ {0,9}\d{1,9}/\d{1,9}\] {1,9}", "test"),
        _validation(r"Test \(EMA\): \[ {0,9}\d{1,9}/\d{1,9}\] {1,9}", "test_ema"),
    ),
    first_epoch=0,
).parser()
