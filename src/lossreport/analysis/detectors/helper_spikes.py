"""Outlying rows of metrics that are no loss: the gradient norm, the distance to a reference policy,
the ratio of probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import is_quiet
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Excursion
from lossreport.curves.excursion import excursions
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Join, Phrase, Text, Value, factor, number
from lossreport.words import AXES

WATCHED: Final = ("grad_norm", "kl", "importance_ratio")
MIN_ROWS: Final = 20
RATIO: Final = 4.0
"""Four times the level around: norms of single batches scatter by a factor of two around their
median (gradient norms of 5 to 10 % spread in LLM runs, up to a factor of 2 in detection), so that a
healthy run shows none.
"""
KL_RATIO: Final = 20.0
"""The distance to a reference is near 0 and scatters by more: twenty times the level around, and
`KL_LEAST`.
"""
KL_LEAST: Final = 0.1
"""Nats: PPO runs stop an update at 0.015 to 0.05 (target_kl), so that what stays below 0.1 is no
event.
"""
WARM: Final = 0.05
"""The first twentieth of the rows is where norms fall from the start."""
QUIET: Final = 1.5
MOST: Final = 12
"""More places are no outliers but how this metric is."""
TOLD: Final = 8

TEXT = Text(
    zh="`{metric}`（{path}）有 {count} 处离群：{axis} {places}；最高 {value}（第 {line} 行），"
    "{against}。{loss}",
    en="`{metric}` ({path}) has {count} outlying places: {axis} {places}; the highest is "
    "{value} (line {line}), {against}. {loss}",
)
ONE = Text(
    zh="`{metric}`（{path}）在 {axis} {places}（第 {line} 行）离群：{value}，{against}。{loss}",
    en="`{metric}` ({path}) has an outlying row at {axis} {places} (line {line}): {value}, "
    "{against}. {loss}",
)
TIMES = Text(
    zh="是邻近行中位数 {baseline} 的 {ratio}", en="{ratio} the median of {baseline} around it"
)
FROM_ZERO = Text(zh="而邻近行的中位数是 {baseline}", en="where the median around it is {baseline}")
CALM = Text(
    zh="`{loss}` 在这些地方没有反应：裁剪或个别难样本足以解释，单凭这几行不必改动训练。",
    en="`{loss}` does not react there: clipping, or single hard samples, explain it, and "
    "these rows alone ask for no change.",
)
MOVED = Text(
    zh="`{loss}` 在其中至少一处也升高。",
    en="`{loss}` rises in at least one of these places as well.",
)
UNKNOWN = Text(zh="同处没有可对照的 loss。", en="There is no loss beside it to compare with.")
STILL = Text(zh="`{loss}` 在这些地方没有反应。", en="`{loss}` does not react there.")


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a metric, with all its places; none where they are so many that this is its
    nature.
    """
    for series in context.judged:
        if series.metric_type not in WATCHED or series.split != "train" or len(series) < MIN_ROWS:
            continue
        spans = [span for span in excursions(series.y) if _stands_out(series, span)]
        if 0 < len(spans) <= MOST:
            yield from _findings(context, series, spans)


def _stands_out(series: Series, span: tuple[int, int]) -> bool:
    peak = _peak(series, span)
    value, level = float(series.y[peak]), _level(series, span)
    if peak < WARM * len(series) or level < 0:
        return False
    if series.metric_type == "kl":
        return value > KL_LEAST and value > KL_RATIO * level
    return value > RATIO * level


def _peak(series: Series, span: tuple[int, int]) -> int:
    return span[0] + int(np.nanargmax(series.y[span[0] : span[1] + 1]))


def _level(series: Series, span: tuple[int, int]) -> float:
    first, last = span
    around = [
        *range(max(0, first - NEIGHBOURS), first),
        *range(last + 1, min(len(series), last + 1 + NEIGHBOURS)),
    ]
    return float(np.nanmedian(series.y[around]))


NEIGHBOURS: Final = 10


def _findings(context: Context, series: Series, spans: list[tuple[int, int]]) -> Iterator[Finding]:
    """Yield a finding a place, all with the sentence that names them together: a reader meets it
    once, a program finds each.
    """
    peaks = [_peak(series, span) for span in spans]
    top = max(range(len(spans)), key=lambda at: float(series.y[peaks[at]]))
    text = _text(context, series, peaks, spans, top)
    for at in sorted(range(len(spans)), key=lambda one: one != top):
        first, last = spans[at]
        value, level = float(series.y[peaks[at]]), _level(series, spans[at])
        own = text if at == top else _text(context, series, [peaks[at]], [spans[at]], 0)
        kind = "batch_outlier" if first == last else "spike"
        severity = (
            Severity.MEDIUM if at == top and not _is_calm(context, series, peaks) else Severity.LOW
        )
        held = Excursion(value=value, baseline=level, helper=True)
        yield make_finding(kind, series, list(range(first, last + 1)), severity, own, payload=held)


def _loss(context: Context, series: Series) -> Series | None:
    """Return the loss beside a series, one that measures progress before the surrogate of a policy;
    None without.
    """
    mine = [
        one
        for one in context.progress
        if one.source == series.source and one.axis is series.axis and one.split == series.split
    ]
    whole = [one for one in mine if len(one) >= MIN_ROWS and np.isfinite(one.y).all()]
    return next(iter(sorted(whole, key=lambda one: not context.is_measure(one))), None)


def _is_calm(context: Context, series: Series, peaks: list[int]) -> bool:
    loss = _loss(context, series)
    return loss is not None and context.is_measure(loss) and _is_quiet(loss, series, peaks)


def _is_quiet(loss: Series, series: Series, peaks: list[int]) -> bool:
    return is_quiet(loss, [float(series.x[peak]) for peak in peaks], QUIET)


def _said(context: Context, series: Series, peaks: list[int]) -> Phrase:
    loss = _loss(context, series)
    if loss is None:
        return UNKNOWN()
    # a surrogate that stands still excuses nothing
    calm = CALM if context.is_measure(loss) else STILL
    return (calm if _is_quiet(loss, series, peaks) else MOVED)(loss=loss.label)


def _text(
    context: Context, series: Series, peaks: list[int], spans: list[tuple[int, int]], top: int
) -> Phrase:
    peak, level = peaks[top], _level(series, spans[top])
    values: dict[str, Value] = {
        "metric": series.label,
        "path": series.path,
        "axis": AXES[series.axis.value],
        "places": Join(items=tuple(shown_x(float(series.x[one])) for one in peaks[:TOLD])),
        "value": number(float(series.y[peak])),
        "line": int(series.line[peak]),
        "against": TIMES(baseline=number(level), ratio=factor(float(series.y[peak]) / level))
        if level > 0
        else FROM_ZERO(baseline=number(level)),
        "loss": _said(context, series, peaks),
    }
    return ONE(**values) if len(peaks) == 1 else TEXT(**values, count=len(peaks))


DETECTOR = Detector(id="helper_spikes", kinds=("spike", "batch_outlier"), detect=detect, order=22)
