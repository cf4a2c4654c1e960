"""How much more a loss would fall over further rows: bounds that hold for every sum of decaying
exponentials, under a constant rate.

For L = E + a mixture of decays (power laws included), g1 = L(n-2h) - L(n-h) and g2 = L(n-h) - L(n):
g2^2/g1 <= gain of the next h rows <= g2 (complete monotonicity; SCIENCE.md section 4). Levels are
local Theil-Sen lines, noise enters by Monte Carlo.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context, clean
from lossreport.analysis.schedule import MIN_ROWS as LR_ROWS
from lossreport.analysis.schedule import lr_changes
from lossreport.curves.stats import (
    block_medians,
    lag_one,
    noise_of_differences,
    squarable,
    theil_sen,
)
from lossreport.model.analysis import Finding, Forecast
from lossreport.model.run import Floats, Series, Statistic, is_epoch_level
from lossreport.text import Phrase, Text, number, percent

MIN_ROWS: Final = 12
HORIZON: Final = 4
"""The gain over a quarter of the rows is forecast: max(1, round(n/4)) further rows."""
DRAWS: Final = 2000
QUANTILES: Final = (5.0, 95.0)
LEVEL_SHARE: Final = 0.5
"""A level is read off a line through the rows within half a horizon of its place, one-sided at the
ends.
"""
FIT_ROWS: Final = 24
SEED: Final = 20240607

TEXT = Text(
    zh="若学习率不变，再训练 {rows} 行（现有行数的四分之一），`{metric}`（{path}）预计再下降 "
    "{mid}（5-95%：{low} 到 {high}），即当前水平的 {share}。{time}",
    en="If the learning rate stays the same, another {rows} rows (a quarter of those logged) "
    "are expected to lower `{metric}` ({path}) by {mid} (5-95%: {low} to {high}), {share} "
    "of its present level. {time}",
)
HOURS = Text(
    zh="按日志中的时间，大约需要 {hours} 小时。",
    en="By the times in the log this takes about {hours} hours.",
)
SHORT = Text(
    zh="`{metric}`（{path}）只有 {count} 行有限值，不足以预测（至少 {need} 行）。",
    en="`{metric}` ({path}) has {count} finite rows, too few for a forecast ({need} are needed).",
)
CHANGING = Text(
    zh="`{metric}`（{path}）：学习率在变化，续训能再降多少取决于之后的学习率，这里不给出预测。",
    en="`{metric}` ({path}): the learning rate changes, so the gain from further training "
    "depends on the rate to come; no forecast is given.",
)
UNKNOWN = Text(
    zh="`{metric}`（{path}）：学习率未知；下面的预测只在学习率保持不变时成立。",
    en="`{metric}` ({path}): the learning rate is unknown; the forecast holds only if the "
    "rate stays constant.",
)
NO_MEASURE = Text(
    zh="`{metric}`（{path}）：对抗训练或强化学习的 loss 不是质量指标，升降都不说明好坏，"
    "不给出预测。",
    en="`{metric}` ({path}): a loss of adversarial training or reinforcement learning "
    "measures no quality, whether it falls or not; no forecast is given.",
)
SCATTERED = Text(
    zh="`{metric}`（{path}）：各行太分散，预测区间会低于这种 loss 可能的最低值，不给出预测。",
    en="`{metric}` ({path}): its rows scatter so much that the interval would reach below the "
    "lowest value that it can take; no forecast is given.",
)
TROUBLED = Text(
    zh="`{metric}`（{path}）：这条曲线{why}，不满足单调下降的前提，不给出预测。",
    en="`{metric}` ({path}): {why}, so it is not a steady decay and no forecast is given.",
)
TROUBLE: Final = {
    "mixture": Text(zh="混杂了多组数据", en="rows of several groups are mixed in it"),
    "divergence": Text(zh="正在发散", en="it diverges"),
    "oscillation": Text(zh="有周期性振荡", en="it oscillates"),
    "nonfinite": Text(zh="含有非有限值", en="it holds non-finite values"),
    "masked_nonfinite": Text(zh="含有被掩盖的 NaN", en="NaN is hidden in it"),
    "appended_run": Text(zh="含有多次运行", en="it holds several runs"),
    "level_shift": Text(zh="有水平突变", en="its level shifts"),
    "staircase": Text(zh="呈台阶状", en="it is a staircase"),
}
EMPTY: Final = ""


def forecasts(context: Context) -> Iterator[Forecast]:
    """Yield a forecast for every training loss; an invalid one says why none can be given."""
    for series in context.progress:
        if series.split == "train":
            yield _forecast(context, series)


def _forecast(context: Context, series: Series) -> Forecast:
    rows = max(1, round(len(series) / HORIZON))
    reason = _reason(context, series)
    if reason is not None:
        return Forecast(
            series=(series.id,),
            rows=rows,
            low=math.nan,
            mid=math.nan,
            high=math.nan,
            valid=False,
            text=reason,
        )
    y = clean(series, context.spike_spans(series))
    size = squarable(y)
    low, mid, high = (size * one for one in gain(y / size, rows))
    end = float(np.median(y[-max(2, len(y) // 20) :]))
    level = abs(end)
    if high > end - _lowest(context, series):
        text = SCATTERED(metric=series.label, path=series.path)
        return Forecast(
            series=(series.id,),
            rows=rows,
            low=math.nan,
            mid=math.nan,
            high=math.nan,
            valid=False,
            text=text,
        )
    text = TEXT(
        metric=series.label,
        path=series.path,
        rows=rows,
        low=number(low),
        mid=number(mid),
        high=number(high),
        share=percent(mid / level if level > 0 else 0.0),
        time=_hours(context, series, rows),
    )
    return Forecast(
        series=(series.id,), rows=rows, low=low, mid=mid, high=high, valid=True, text=text
    )


def _lowest(context: Context, series: Series) -> float:
    """Return the value below which a loss cannot go: the floor of its kind, 0 where no row is
    negative, else nothing known.
    """
    floor = context.kind(series).floor(context.known(series))
    lowest = 0.0 if float(np.nanmin(series.y)) >= 0 else -math.inf
    return (
        max(lowest, floor.value)
        if floor is not None and floor.value <= float(np.nanmin(series.y))
        else lowest
    )


def _reason(context: Context, series: Series) -> Phrase | None:
    """Return why no forecast is given for a series, or None."""
    names = {"metric": series.label, "path": series.path}
    if not context.is_measure(series):
        return NO_MEASURE(**names)
    if np.isfinite(series.y).sum() < MIN_ROWS:
        return SHORT(**names, count=int(np.isfinite(series.y).sum()), need=MIN_ROWS)
    for kind, why in TROUBLE.items():
        if any(
            f.kind == kind
            and series.id in f.series
            and (kind != "appended_run" or f.start.row)
            and _is_late(f, series)
            for f in context.found
        ):
            return TROUBLED(**names, why=why)
    return CHANGING(**names) if _rate_changes(context, series) else None


def _is_late(finding: Finding, series: Series) -> bool:
    """Return whether a finding touches the part of a curve that the forecast stands on: a shift
    long ago does not.
    """
    return finding.kind != "level_shift" or finding.end.row > len(series) * (1 - 3 / HORIZON)


def _rate_changes(context: Context, series: Series) -> bool:
    """Return whether a logged learning rate changed, or the configuration plans another end."""
    if lr_changes(context):
        return True
    rates = any(s.metric_type == "learning_rate" and len(s) >= LR_ROWS for s in context.judged)
    lr, lowest = context.facts.get("lr"), context.facts.get("min_lr")
    scheduler = str(context.facts.get("lr_scheduler_type", "constant"))
    return not rates and (
        (lowest is not None and lr != lowest) or not scheduler.startswith("constant")
    )


def gain(y: Floats, rows: int, seed: int = SEED) -> tuple[float, float, float]:
    """Return the 5 %, 50 % and 95 % points of the fall over the next `rows` rows of a curve without
    gaps; 0 at least.
    """
    half = max(1, min(rows, (len(y) - 1) // 3))
    levels, errors = zip(
        *(
            _level(y, place, half)
            for place in (len(y) - 1 - 2 * half, len(y) - 1 - half, len(y) - 1)
        ),
        strict=True,
    )
    draws = np.random.default_rng(seed).standard_normal((DRAWS, 3)) * np.array(errors) + np.array(
        levels
    )
    earlier, later = draws[:, 0] - draws[:, 1], draws[:, 1] - draws[:, 2]
    upper = np.maximum(later, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where((earlier > upper) & (earlier > 0), upper**2 / earlier, upper)
    scale = rows / half
    low = float(np.percentile(lower, QUANTILES[0])) * scale
    high = float(np.percentile(upper, QUANTILES[1])) * scale
    mid = float(np.median(np.sqrt(lower * upper))) * scale
    return min(low, mid), mid, max(high, mid)


def _level(y: Floats, place: int, half: int) -> tuple[float, float]:
    """Return the level of a curve at a row and its standard error, from a robust line through the
    rows around it.
    """
    reach = max(2, round(LEVEL_SHARE * half))
    first, after = max(0, place - reach), min(len(y), place + reach + 1)
    part = y[first:after]
    medians, centres = block_medians(part, FIT_ROWS)
    if len(medians) < 3:
        return float(np.median(part)), noise_of_differences(y) / math.sqrt(len(part))
    line = theil_sen(centres, medians)
    at = float(place - first)
    level = float(np.median(medians - line.slope * centres)) + line.slope * at
    residual = medians - line.slope * centres
    spread = float(np.std(residual - np.median(residual))) * math.sqrt(
        len(medians) / max(1, len(medians) - 2)
    )
    r = max(0.0, min(0.9, lag_one(residual - float(np.median(residual)))))
    lever = 1 / len(medians) + (at - float(centres.mean())) ** 2 / (
        float(((centres - centres.mean()) ** 2).sum()) + 1e-12
    )
    return level, 1.25 * spread * math.sqrt(lever * (1 + r) / (1 - r))


def _hours(context: Context, series: Series, rows: int) -> Phrase | str:
    """Return how long so many rows take by the step times beside the loss, where the log has
    them.
    """
    for times in context.run.series:
        same = (
            times.metric_type == "time"
            and times.source == series.source
            and times.split == "train"
            and len(times) > 2
        )
        if (
            same
            and "time" in times.name.lower()
            and times.axis is series.axis
            and not is_epoch_level(series)
            and len(series) > 1
        ):
            measured = times.y[np.isfinite(times.y)]
            seconds = (
                float(np.median(measured)) * float(np.median(np.diff(series.x))) * rows
                if len(measured)
                else 0.0
            )
            if times.statistic is not Statistic.SUM and 0 < seconds < 1e9:
                return HOURS(hours=number(seconds / 3600, digits=2))
    return EMPTY
