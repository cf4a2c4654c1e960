"""A loss that swings periodically instead of settling: the learning rate is often too high, or the data comes in cycles."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analyze.detector import Context, Detector, Found, clean, make_finding
from lossreport.analyze.swing import find_swing
from lossreport.model.analysis import Severity
from lossreport.text import Text, number, percent

TEXT = Text(
    zh="`{metric}`（{path}）周期性振荡：周期约 {period} 行，振幅约为水平的 {amplitude}，占去趋势后方差的 {share}。",
    en="`{metric}` ({path}) oscillates with a period of about {period} rows and an amplitude of about {amplitude} of its level, {share} of the detrended variance.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that swings; the alternation of a mixture is none."""
    for series in context.progress:
        if series.split != "train" or context.has("mixture", series) or not context.is_measure(series):
            continue
        swing = find_swing(clean(series, context.spike_spans(series)))
        if swing is not None:
            text = TEXT(
                metric=series.label,
                path=series.path,
                period=number(swing.period, digits=2),
                amplitude=percent(swing.amplitude),
                share=percent(swing.share),
            )
            numbers = {"period": swing.period, "amplitude": swing.amplitude, "share": swing.share}
            yield make_finding("oscillation", series, [0, len(series) - 1], Severity.HIGH, text, numbers=numbers)


DETECTOR = Detector(id="oscillation", kinds=("oscillation",), detect=detect, order=35)
