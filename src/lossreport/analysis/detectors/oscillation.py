"""A loss that swings periodically instead of settling: the learning rate is often too high, or the
data comes in cycles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import BOOTSTRAPPED, Context, clean
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Oscillation
from lossreport.curves.swing import find_swing
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series
from lossreport.text import Text, Value, number, percent
from lossreport.words import AXES

TEXT = Text(
    zh="`{metric}`（{path}）周期性振荡：周期约 {period} 行{distance}，振幅约为水平的 "
    "{amplitude}，占去趋势后方差的 {share}。",
    en="`{metric}` ({path}) oscillates with a period of about {period} rows{distance} and an "
    "amplitude of about {amplitude} of its level, {share} of the detrended variance.",
)
BOOTSTRAP = Text(
    zh=(
        "`{metric}`（{path}）周期性起落：周期约 {period} 行{distance}，振幅约为水平的 "
        "{amplitude}。强化学习中，定期把 target network 更新为当前网络就会这样："
        "每次更新后误差跳高，再逐渐学下来；这属于方法本身，不是不稳定。"
    ),
    en=(
        "`{metric}` ({path}) rises and falls with a period of about {period} rows{distance} and "
        "an amplitude of about {amplitude} of its level. In reinforcement learning a target "
        "network that is copied at fixed intervals does this: the error jumps at every copy and "
        "is learned away; it belongs to the method and is no instability."
    ),
)
DISTANCE = Text(zh="（{count} {axis}）", en=" ({count} {axis}s)")
NONE: Final = ""
WITH_EPOCHS = Text(
    zh=(
        "`{metric}`（{path}）在每个 epoch 里重复同样的走势：每个 epoch {period} 行，"
        "振幅约为水平的 {amplitude}，占去趋势后方差的 {share}。这与“每个 epoch "
        "重新开始的累计均值”或“每个 epoch 顺序相同的数据”一致，本身不说明训练不稳定；请比较各 "
        "epoch 中同一位置的值。"
    ),
    en=(
        "`{metric}` ({path}) takes the same course in every epoch: {period} rows an epoch, an "
        "amplitude of about {amplitude} of its level, {share} of the detrended variance. That is "
        "consistent with a running mean that begins anew with every epoch, or with data in the "
        "same order every time, and by itself is no instability; compare the values at the same "
        "place of each epoch."
    ),
)
SAME_PERIOD: Final = 0.03
"""A period within 3 % (and half a row) of the rows of an epoch is that of the epochs: the next
possible periods of six cycles lie 15 % apart.
"""
REGULAR: Final = 0.8
"""So many of the epochs must hold the same number of rows."""
MIN_EPOCHS: Final = 4


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that swings; the alternation of a mixture is none."""
    for series in context.progress:
        plays = not context.is_measure(series)
        if (
            series.split != "train"
            or context.has("mixture", series)
            or (plays and series.metric_type not in BOOTSTRAPPED)
        ):
            continue
        swing = find_swing(clean(series, context.spike_spans(series)))
        if swing is not None:
            with_epochs = _is_of_epochs(series, swing.period)
            values: dict[str, Value] = {
                "metric": series.label,
                "path": series.path,
                "period": number(swing.period, digits=2),
                "amplitude": percent(swing.amplitude),
            }
            if plays:
                text = BOOTSTRAP(**values, distance=_distance(series, swing.period))
            elif with_epochs:
                text = WITH_EPOCHS(**values, share=percent(swing.share))
            else:
                text = TEXT(
                    **values, share=percent(swing.share), distance=_distance(series, swing.period)
                )
            held = Oscillation(
                period=swing.period,
                amplitude=swing.amplitude,
                share=swing.share,
                with_epochs=with_epochs,
            )
            severity = Severity.LOW if with_epochs or plays else Severity.HIGH
            yield make_finding(
                "oscillation", series, [0, len(series) - 1], severity, text, payload=held
            )


def _distance(series: Series, period: float) -> Value:
    """Return the period on the axis of the log, where a row is not one of it already."""
    if series.axis is Axis.ROW or len(series) < MIN_EPOCHS:
        return NONE
    one = float(np.median(np.diff(series.x)))
    return (
        DISTANCE(count=number(period * one, digits=2), axis=AXES[series.axis.value])
        if one > 1
        else NONE
    )


def _is_of_epochs(series: Series, period: float) -> bool:
    """Return whether a swing of `period` rows is that of the epochs, as the log prints them beside
    the rows.
    """
    if not len(series.epoch) or not np.isfinite(series.epoch).all():
        return False
    # of the whole epochs between the first and the last
    lengths = np.diff(np.flatnonzero(np.diff(series.epoch) != 0))
    if len(lengths) < MIN_EPOCHS - 2:
        return False
    rows = float(np.median(lengths))
    return bool(
        np.mean(lengths == rows) >= REGULAR and abs(period - rows) <= max(0.5, SAME_PERIOD * rows)
    )


DETECTOR = Detector(
    id="oscillation",
    kinds=(Kind(id="oscillation", title=Text(zh="周期性振荡", en="oscillation")),),
    detect=detect,
    order=35,
)
