"""A loss that swings periodically instead of settling: the learning rate is often too high, or the data comes in cycles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context, clean
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.curves.swing import find_swing
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number, percent

TEXT = Text(
    zh="`{metric}`（{path}）周期性振荡：周期约 {period} 行，振幅约为水平的 {amplitude}，占去趋势后方差的 {share}。",
    en="`{metric}` ({path}) oscillates with a period of about {period} rows and an amplitude of about {amplitude} of its level, {share} of the detrended variance.",
)
WITH_EPOCHS = Text(
    zh=(
        "`{metric}`（{path}）在每个 epoch 里重复同样的走势：每个 epoch {period} 行，振幅约为水平的 {amplitude}，占去趋势后方差的 {share}。"
        "这与“每个 epoch 重新开始的累计均值”或“每个 epoch 顺序相同的数据”一致，本身不说明训练不稳定；请比较各 epoch 中同一位置的值。"
    ),
    en=(
        "`{metric}` ({path}) takes the same course in every epoch: {period} rows an epoch, an amplitude of about {amplitude} of its level, {share} of the detrended variance. "
        "That is consistent with a running mean that begins anew with every epoch, or with data in the same order every time, and by itself is no instability; compare the values at the same place of each epoch."
    ),
)
SAME_PERIOD: Final = 0.03
"""A period within 3 % (and half a row) of the rows of an epoch is that of the epochs: the next possible periods of six cycles lie 15 % apart."""
REGULAR: Final = 0.8
"""So many of the epochs must hold the same number of rows."""
MIN_EPOCHS: Final = 4


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that swings; the alternation of a mixture is none."""
    for series in context.progress:
        if series.split != "train" or context.has("mixture", series) or not context.is_measure(series):
            continue
        swing = find_swing(clean(series, context.spike_spans(series)))
        if swing is not None:
            with_epochs = _is_of_epochs(series, swing.period)
            text = (WITH_EPOCHS if with_epochs else TEXT)(
                metric=series.label,
                path=series.path,
                period=number(swing.period, digits=2),
                amplitude=percent(swing.amplitude),
                share=percent(swing.share),
            )
            numbers = {"period": swing.period, "amplitude": swing.amplitude, "share": swing.share, "with_epochs": float(with_epochs)}
            severity = Severity.LOW if with_epochs else Severity.HIGH
            yield make_finding("oscillation", series, [0, len(series) - 1], severity, text, numbers=numbers)


def _is_of_epochs(series: Series, period: float) -> bool:
    """Return whether a swing of `period` rows is that of the epochs, as the log prints them beside the rows."""
    if not len(series.epoch) or not np.isfinite(series.epoch).all():
        return False
    lengths = np.diff(np.flatnonzero(np.diff(series.epoch) != 0))  # of the whole epochs between the first and the last
    if len(lengths) < MIN_EPOCHS - 2:
        return False
    rows = float(np.median(lengths))
    return bool(np.mean(lengths == rows) >= REGULAR and abs(period - rows) <= max(0.5, SAME_PERIOD * rows))


DETECTOR = Detector(id="oscillation", kinds=("oscillation",), detect=detect, order=35)
