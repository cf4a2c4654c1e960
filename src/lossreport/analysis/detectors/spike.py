"""Recovering upward excursions of a loss: a hard batch where one step-level row stands out, a spike
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Final

import numpy as np

from lossreport.analysis.agreement import precision
from lossreport.analysis.beginning import is_wild_beginning
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.mosaic import FACT, closes_mosaic
from lossreport.analysis.payloads import Excursion
from lossreport.analysis.printed import differs
from lossreport.analysis.restarts import FACT as RESTARTED
from lossreport.analysis.restarts import Restart, restart_at
from lossreport.analysis.views import DEAVERAGE
from lossreport.curves.excursion import MIN_EXCESS, MIN_ROWS, TOWER, excursions, towering
from lossreport.curves.stats import Spread, fill, mad, median
from lossreport.model.analysis import Finding, NotApplicable, Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Series, Statistic, is_epoch_level, shown_x
from lossreport.text import Join, Phrase, Text, Value, factor, number
from lossreport.words import AXES

EXCESS: Final = Threshold(
    name="spike_excess",
    default=MIN_EXCESS,
    low=0.1,
    high=100.0,
    meaning=Text(zh="尖峰高出邻近行的幅度", en="excess of a spike over its neighbourhood"),
)
NEIGHBOURS: Final = 5
"""Rows on each side that give the baseline quoted in the text."""
BATCH_ROWS: Final = 100
"""Below this a step-level log has no neighbourhood to call one row a hard batch (SCIENCE.md 3.1
"spike class").
"""
RECOVERED: Final = 0.25
"""A batch outlier: the next row keeps less than a quarter of the excess."""
SMALL: Final = 1.5
"""One step-level row less than half again as high as its neighbours is told, but nothing to do:
batches of detection, segmentation and diffusion differ by as much from one to the next
(PaddleDetection #1946: 0.63 to 0.89 within seven rows).
"""
NOT_SO_SMALL: Final = 4.0
CLEAR: Final = 6.0
"""In a step-level log of fewer than 100 rows one row must also stand four times as high as its
neighbours, or 6 times the spread of the other rows above them: of 200 curves of noise of 20 to 50 %
from row to row, 5 to 14 % hold a row at 8 to 30 rows that is high but neither.
"""
FEW_ITERATIONS: Final = 100
"""A row that averages at most so many iterations is still step-level."""
HUGE: Final = 10.0
"""One batch of ten times its neighbours is no matter of a hard sample: Megatron's rerun machine
calls ten times the largest loss so far unlikely (`rerun_state_machine.py`, `is_unexpectedly_large`,
threshold 10).
"""
GRAVE_RATIO: Final = 2.0
GRAVE_SHARE: Final = 0.5
GRAVE_NATS: Final = 1.0
LEAST_PROGRESS: Final = 0.5
"""A spike is of high severity where it doubles the loss, loses half of what was gained until then,
or e-folds a perplexity; below, medium: SCIENCE.md section 3 calls "instability spikes" high, and an
epoch mean 30 % above its neighbours is none.
"""

SLIGHT: Final = 1.3
"""Less than 30 % above its neighbours (SCIENCE.md section 3) and within `CLEAR` times the spread of
the other rows it is told and asks for nothing.
"""

SPIKE = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）出现尖峰：{value}，是邻近行中位数 "
    "{baseline} 的 {ratio}，之后回落。",
    en="`{metric}` ({path}) spikes at {axis} {x} (line {line}): {value}, {ratio} the median "
    "of the neighbouring rows ({baseline}), and recovers.",
)
THROUGH_ZERO = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）出现尖峰：{value}，邻近行的中位数为 "
    "{baseline}，之后回落。",
    en="`{metric}` ({path}) spikes at {axis} {x} (line {line}): {value} against a median of "
    "{baseline} in the neighbouring rows, and recovers.",
)
MOSAIC = Text(
    zh="`{metric}`（{path}）在 epoch {x} 跳到 {value}（邻近行的中位数 {baseline}）后回落："
    "Ultralytics 从这里起的最后 {closed} 个 epoch 关闭 mosaic 增强（`close_mosaic`，默认 "
    "10），训练图像随之改变，与这一跳一致。",
    en="`{metric}` ({path}) jumps to {value} at epoch {x} (median of the neighbouring rows "
    "{baseline}) and recovers. It is where Ultralytics turns mosaic augmentation off for "
    "the last {closed} epochs (`close_mosaic`, 10 by default), and consistent with that "
    "change of the images.",
)
RESTART = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）升到 {value}（邻近行的中位数 "
    "{baseline}）后回落：`{rate}` 在这里从 {low} 重新升到 {high}（第 {restart_line} 行），"
    "热重启之后 loss 常会这样暂时升高。",
    en="`{metric}` ({path}) rises to {value} at {axis} {x} (line {line}; median of the "
    "neighbouring rows {baseline}) and comes back. `{rate}` starts again there, from {low} "
    "to {high} (line {restart_line}); after a warm restart a loss often rises like that "
    "for a while.",
)
MORE_TERMS = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）跳到 {value}（邻近行的中位数 "
    "{baseline}）：从这一行起日志里还有 {names}，这一跳与总和多了这些项一致，"
    "前后的值不可比。",
    en="`{metric}` ({path}) jumps to {value} at {axis} {x} (line {line}; median of the "
    "neighbouring rows {baseline}): from that row on {names} are logged as well. The jump "
    "is consistent with a sum of more terms; the values before and behind it do not "
    "compare.",
)
LOCAL = Text(
    zh="反算的局部均值 {value}", en="a local mean of {value} (recovered from the running mean)"
)
OUTLIER = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 有一行离群：{value}，邻近行的中位数为 {baseline}；"
    "下一行即回到邻近的水平，更像个别难样本或坏 batch，而不是训练不稳定。",
    en=(
        "`{metric}` ({path}) has one outlying row at {axis} {x}: {value} against a median of "
        "{baseline} around it; the next row is back at that level, which looks more like a hard "
        "or bad batch than like instability."
    ),
)
SHORT = Text(
    zh="`{metric}`（{path}）只有 {count} 行有限值，少于判断尖峰所需的 {need} 行。",
    en="`{metric}` ({path}) has {count} finite rows; at least {need} are needed to detect a spike.",
)
WINDOWED = Text(
    zh="`{metric}`（{path}）的每一行是最近 {window} 次 iteration 的均值或中位数，单个 batch "
    "的尖峰在其中看不出来；需要逐 batch 的值或同一行的累计均值。",
    en=(
        "Each row of `{metric}` ({path}) is a mean or median of the last {window} iterations, "
        "which hides a spike of one batch; values per batch, or the running mean beside it, are "
        "needed."
    ),
)
SPARSE = Text(
    zh="`{metric}`（{path}）的 {count} 行中有 {zeros} 行恰为 0：只有更新过的行才有值，不为 0 "
    "的行不算尖峰。",
    en="`{metric}` ({path}) is exactly 0 in {zeros} of {count} rows: it has a value only "
    "where something was updated, so a row that is not 0 is no spike.",
)
WIDE_WINDOW: Final = 20
MOST_ZEROS: Final = 0.5
LEAST_OTHERS: Final = 5
OTHERS_SHARE: Final = 0.02
"""Of a series that is 0 in most rows these many others, and one in fifty, are no excursions: an
algorithm that updates every few episodes logs so.
"""


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding an excursion of every loss; rows of several segments are looked at
    apart.
    """
    for series in context.losses:
        if np.isfinite(series.y).sum() < MIN_ROWS:
            count = int(np.isfinite(series.y).sum())
            reason = SHORT(metric=series.label, path=series.path, count=count, need=MIN_ROWS)
            yield NotApplicable(check="spike", series=(series.id,), reason=reason)
        elif _is_sparse(series):
            zeros = int(np.sum(series.y == 0))
            yield NotApplicable(
                check="spike",
                series=(series.id,),
                reason=SPARSE(
                    metric=series.label, path=series.path, count=len(series), zeros=zeros
                ),
            )
        elif _hides_batches(series):
            yield NotApplicable(
                check="spike",
                series=(series.id,),
                reason=WINDOWED(metric=series.label, path=series.path, window=series.window or 0),
            )
        else:
            least = context.threshold(EXCESS)
            printed = cache(partial(precision, series))
            nats = context.kind(series).log_space
            found = _spikes(
                context,
                series,
                measured=context.is_measure(series),
                in_nats=nats,
                rows=_sound(context, series),
            )
            for finding, held in found:
                if (least <= MIN_EXCESS or held.value > (1 + least) * held.baseline) and differs(
                    series, held.value, held.baseline, printed
                ):
                    yield finding


def _sound(context: Context, series: Series) -> int:
    """Return how many rows say something: those before zeros that hide NaN, without the last, which
    averages them already.
    """
    hidden = [
        f.start.row - 1
        for f in context.found
        if f.kind == "masked_nonfinite" and f.series[0] == series.id
    ]
    return min(hidden, default=len(series))


def _is_sparse(series: Series) -> bool:
    zeros = int(np.sum(series.y == 0))
    others = len(series) - zeros
    return zeros > MOST_ZEROS * len(series) and others >= max(
        LEAST_OTHERS, OTHERS_SHARE * len(series)
    )


def _hides_batches(series: Series) -> bool:
    averaged = series.statistic in (Statistic.WINDOW_MEAN, Statistic.WINDOW_MEDIAN)
    return (
        averaged
        and series.derived is None
        and not is_epoch_level(series)
        and (series.window or 0) >= WIDE_WINDOW
    )


def _spikes(
    context: Context, series: Series, *, measured: bool, in_nats: bool, rows: int
) -> Iterator[tuple[Finding, Excursion]]:
    spans = series.segments or ()
    spread = Spread(series.y)
    for span in spans:
        y = series.y[span.first_row : min(span.last_row + 1, rows)]
        near = excursions(y)
        wild = is_wild_beginning(
            series, [(span.first_row + first, span.first_row + last) for first, last in near]
        )
        alone = (
            one for one in towering(y) if not any(first <= one[0] <= last for first, last in near)
        )
        for first, last in sorted((*near, *alone)):
            if first == 0 and span.first_row == 0:
                continue  # where the training begins: nothing stands before it to rise from
            finding, held = _finding(
                context, series, span.first_row + first, span.first_row + last, spread
            )
            if not held.value > held.baseline:
                # beside a gap or in a swing it stands out from the medians on its sides, not from
                # the rows next to it
                continue
            if finding.kind == "batch_outlier" and measured and _is_huge(held):
                finding = replace(finding, severity=Severity.MEDIUM)
            if (
                finding.kind == "spike"
                and measured
                and not wild
                and not (_is_one_batch(series, finding, held) or finding.explained_by)
            ):
                finding = replace(finding, severity=_severity(series, held, in_nats))
            yield finding, held


def _severity(series: Series, held: Excursion, in_nats: bool) -> Severity:
    if _is_grave(series, held, in_nats):
        return Severity.HIGH
    slight = held.baseline > 0 and held.value < SLIGHT * held.baseline and held.score < CLEAR
    return Severity.LOW if slight else Severity.MEDIUM


def _is_huge(held: Excursion) -> bool:
    """Return whether a row is ten times its neighbours, which no hard sample accounts for."""
    return held.baseline > 0 and held.value >= HUGE * held.baseline


def _is_grave(series: Series, held: Excursion, in_nats: bool) -> bool:
    """Return whether a spike doubles the loss, costs half of the progress made until then, or in a
    cross-entropy a factor e of likelihood.
    """
    value, baseline = held.value, held.baseline
    start = float(np.nanmedian(series.y[:3]))
    if not np.isfinite(value) or (in_nats and value - baseline >= GRAVE_NATS):
        return True
    progress = abs(start - baseline)
    lost = progress >= LEAST_PROGRESS * abs(baseline) and value - baseline >= GRAVE_SHARE * progress
    return lost or (baseline > 0 and value >= GRAVE_RATIO * baseline)


def _is_one_batch(series: Series, finding: Finding, held: Excursion) -> bool:
    """Return whether a spike is one step-level row, no higher than batches differ by themselves."""
    alone = (
        finding.start.row == finding.end.row and not is_epoch_level(series) and held.baseline > 0
    )
    return alone and _is_small(len(series), held.value / held.baseline, held.score)


def _is_small(n: int, ratio: float, score: float) -> bool:
    return ratio < SMALL or (n < BATCH_ROWS and ratio < NOT_SO_SMALL and score < CLEAR)


def _finding(
    context: Context, series: Series, first: int, last: int, spread: Spread
) -> tuple[Finding, Excursion]:
    peak = first + int(np.nanargmax(series.y[first : last + 1]))
    around = [
        *range(max(0, first - NEIGHBOURS), first),
        *range(last + 1, min(len(series), last + 1 + NEIGHBOURS)),
    ]
    beside = series.y[around]
    baseline = median(beside[~np.isnan(beside)])
    value = float(series.y[peak])
    held = Excursion(value=value, baseline=baseline, score=_score(value, baseline, spread))
    outlier = is_batch_outlier(series, first, last, baseline)
    closed = closes_mosaic(context, series, float(series.x[first]))
    text = (
        _outlier_text(series, peak, value, baseline)
        if outlier
        else _spike_text(series, peak, value, baseline)
    )
    if closed is not None:
        text = MOSAIC(
            metric=series.label,
            path=series.path,
            x=shown_x(series.x[peak]),
            value=value,
            baseline=baseline,
            closed=closed,
        )
    restart = restart_at(context, series, first)
    grave = baseline > 0 and value >= GRAVE_RATIO * baseline
    begun = _begun(context, series, first) if closed is None else ()
    reasons = (
        (FACT, closed is not None),
        (MORE, begun),
        (RESTARTED, restart is not None and not grave),
    )
    by = next((reason for reason, holds in reasons if holds), None)
    if restart is not None and by == RESTARTED:
        low, high = float(restart.rate.y[restart.row - 1]), float(restart.rate.y[restart.row])
        held = replace(held, low=low, high=high)
        text = _restart_text(series, peak, restart, held)
    if begun:
        names = Join(items=tuple(f"`{one.label}`" for one in begun[:MOST_TERMS]))
        text = MORE_TERMS(
            **_values(series, peak, value, baseline)
            | {"line": int(series.line[peak]), "names": names}
        )
    made = make_finding(
        "batch_outlier" if outlier else "spike",
        series,
        list(range(first, last + 1)),
        Severity.LOW,
        text,
        payload=held,
    )
    return (made if by is None else replace(made, explained_by=by)), held


MORE: Final = "more_terms"
MOST_TERMS: Final = 4
ADDED: Final = 0.9
"""The new terms are worth nine tenths of the jump at least: a sum of them holds it."""


def _begun(context: Context, series: Series, row: int) -> tuple[Series, ...]:
    """Return the training losses of the same source that begin at the row of a jump and are worth
    it: the total is another sum from there on.
    """
    if series.split != "train" or row == 0:
        return ()
    place = float(series.x[row])
    mates = (
        one
        for one in context.losses
        if one.source == series.source and one.split == series.split and one.axis is series.axis
    )
    begun = tuple(
        one for one in mates if len(one) and one is not series and float(one.x[0]) == place
    )
    jump = float(series.y[row] - series.y[row - 1])
    return begun if begun and sum(float(one.y[0]) for one in begun) >= ADDED * jump else ()


def is_batch_outlier(series: Series, first: int, last: int, baseline: float) -> bool:
    """Return whether an excursion is one step-level row whose next row is back: the parameters took
    no harm.
    """
    step_level = (
        not is_epoch_level(series)
        and len(series) >= BATCH_ROWS
        and (series.window or 1) <= FEW_ITERATIONS
    )
    if (
        not step_level
        or first != last
        or last + 1 >= len(series)
        or (baseline > 0 and series.y[first] > TOWER * baseline)
    ):
        return False  # no batch is a hundred times as hard as its neighbours
    noise = mad(np.diff(fill(series.y[max(0, first - 60) : first]))) / 1.414 if first > 5 else 0.0
    return bool(
        series.y[last + 1] - baseline < max(RECOVERED * (series.y[first] - baseline), 3 * noise)
    )


def _score(value: float, baseline: float, spread: Spread) -> float:
    apart = spread.without(value)
    return (value - baseline) / apart if apart > 0 else float("inf")


def _spike_text(series: Series, row: int, value: float, baseline: float) -> Phrase:
    values = _values(series, row, value, baseline) | {"line": int(series.line[row])}
    return (
        SPIKE(**values, ratio=factor(value / baseline)) if baseline > 0 else THROUGH_ZERO(**values)
    )


def _restart_text(series: Series, row: int, restart: Restart, held: Excursion) -> Phrase:
    """Return that an excursion stands where the learning rate starts again."""
    values = _values(series, row, held.value, held.baseline) | {"line": int(series.line[row])}
    return RESTART(
        **values,
        rate=restart.rate.label,
        low=number(float(restart.rate.y[restart.row - 1])),
        high=number(float(restart.rate.y[restart.row])),
        restart_line=int(restart.rate.line[restart.row]),
    )


def _outlier_text(series: Series, row: int, value: float, baseline: float) -> Phrase:
    return OUTLIER(**_values(series, row, value, baseline))


def _values(series: Series, row: int, value: float, baseline: float) -> dict[str, Value]:
    """Return what both sentences name; a local mean is told as one, for its line prints the running
    mean it was recovered from.
    """
    recovered = series.derived is not None and series.derived.how == DEAVERAGE
    return {
        "metric": series.label,
        "path": series.path,
        "axis": AXES[series.axis.value],
        "x": shown_x(series.x[row]),
        "value": LOCAL(value=value) if recovered else value,
        "baseline": baseline,
    }


DETECTOR = Detector(
    id="spike",
    kinds=(
        Kind(id="spike", title=Text(zh="尖峰", en="spike")),
        Kind(id="batch_outlier", title=Text(zh="单行离群", en="single-row outlier")),
    ),
    detect=detect,
    thresholds=(EXCESS,),
    order=20,
)
