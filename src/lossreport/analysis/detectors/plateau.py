"""A loss whose tail is flat: not a fault by itself; the verdict says whether the level is one to
stop at.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.context import Context, clean
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.schedule import lr_changes
from lossreport.analysis.trend import FLAT, flat_trend
from lossreport.model.analysis import Severity
from lossreport.text import Text, change
from lossreport.values import dataclass

TEXT = Text(
    zh="`{metric}`（{path}）最后 {rows} 行走平：相对变化 {gain}（90% 区间 {low} 到 {high}）。",
    en="The last {rows} rows of `{metric}` ({path}) are flat: they changed by {gain} (90% "
    "interval {low} to {high}).",
)
TROUBLE = (
    "mixture",
    "oscillation",
    "divergence",
    "masked_nonfinite",
    "constant_metric",
    "broken_metric",
)
"""Of these a flat tail says nothing, or nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """The relative gain over the last rows, with the bounds of its interval, and how many they
    are.
    """

    gain: float
    low: float
    high: float
    rows: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss with a flat tail; curves without one regime or an end level, and
    losses of a game, are left out.
    """
    for series in context.progress:
        if any(context.has(kind, series) for kind in TROUBLE) or not context.is_measure(series):
            continue
        y = clean(series, context.spike_spans(series))
        trend = flat_trend(series, y, decays=not lr_changes(context), high=context.threshold(FLAT))
        if trend is not None:
            text = TEXT(
                metric=series.label,
                path=series.path,
                rows=trend.rows,
                gain=change(-trend.gain),
                low=change(-trend.high),
                high=change(-trend.low),
            )
            rows = [trend.first.row, trend.last.row]
            held = Flat(gain=trend.gain, low=trend.low, high=trend.high, rows=float(trend.rows))
            yield make_finding("plateau", series, rows, Severity.LOW, text, payload=held)


DETECTOR = Detector(
    id="plateau",
    kinds=(Kind(id="plateau", title=Text(zh="走平", en="flat tail")),),
    detect=detect,
    thresholds=(FLAT,),
    order=60,
)
