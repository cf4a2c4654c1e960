"""A learning rate that none can be: beyond all range, negative, jumping to a multiple of all it was
before, or 0 in every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.detectors.no_learning import hardly_moved
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OneValue, OutOfRange
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Phrase, Text, factor, number
from lossreport.values import dataclass
from lossreport.words import AXES

HIGHEST: Final = 100.0
"""The highest rates in use are those of linear probes under SGD (30, MoCo) and of LARS (below
40).
"""
JUMP: Final = 100.0
HIGH: Final = 1.0
"""A jump to above 1 and to 100 times all rates before is no schedule: warm-ups end at the peak of
the run, and no peak is so high behind lower rates.
"""
BEFORE: Final = 3
"""Rows before a jump that say what the rate was."""
MICROSECONDS: Final = 1e-3
"""A duration that stays below a millisecond in every row is none of an epoch or a step."""

RANGE = Text(
    zh="`{metric}`（{path}）高达 {value}（第 {line} 行）：没有这样的学习率{swapped}。"
    "这一列不可信，不据此给出建议。",
    en="`{metric}` ({path}) is as high as {value} (line {line}), which no learning rate "
    "is{swapped}. The column is implausible and no advice is drawn from it.",
)
SWAPPED = Text(
    zh="；而 `{time}` 小到 {small}，两列很可能写反了（秒数写进了学习率）",
    en=", while `{time}` is as small as {small}: the two columns are most likely swapped "
    "(seconds written as the learning rate)",
)
USED = Text(
    zh="`{metric}`（{path}）高达 {value}（第 {line} 行），远高于任何在用的学习率，"
    "而训练也在这里坏了：单位或设置有误。",
    en="`{metric}` ({path}) is as high as {value} (line {line}), far above any learning rate "
    "in use, and the training breaks with it: a unit or a setting is wrong.",
)
NEGATIVE = Text(
    zh="`{metric}`（{path}）有负值，最小 {value}（第 {line} 行）：学习率不会小于 0，"
    "调度器很可能越过了终点。",
    en="`{metric}` ({path}) is negative, down to {value} (line {line}): no learning rate is "
    "below 0; the scheduler most likely ran past its end.",
)
JUMPED = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）从 {before} 跳到 {value}，"
    "是此前最高值的 {ratio}：不是任何调度的形状，单位、恢复的状态或这一列有误。",
    en=(
        "`{metric}` ({path}) jumps from {before} to {value} at {axis} {x} (line {line}), {ratio} "
        "the highest before: no schedule does that; a unit, a restored state or the column is "
        "wrong."
    ),
)
COARSE: Final = 1e-7
"""A rate printed with six decimals or fewer may be a small one that was rounded to 0."""
LEAST_ZEROS: Final = 5
"""Rows of 0 that are no warm-up which has not begun, and rows of a loss that can be seen to
stand.
"""
ZERO = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 0，而 `{loss}` 没有变化：权重没有更新。",
    en="`{metric}` ({path}) is 0 in all {count} rows and `{loss}` does not move: no weight is "
    "updated.",
)
NOTHING: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateJump:
    """A learning rate that jumps (`jump`) to a value, and the highest before it."""

    value: float
    before: float
    jump: bool


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a learning rate with values that none can have."""
    for series in context.judged:
        if series.metric_type != "learning_rate" or not np.isfinite(series.y).any():
            continue
        if (still := _standing(context, series)) is not None:
            text = ZERO(metric=series.label, path=series.path, count=len(series), loss=still.label)
            ends = [0, len(series) - 1]
            yield make_finding(
                "constant_metric",
                series,
                ends,
                Severity.HIGH,
                text,
                payload=OneValue(value=0.0),
                others=(still,),
            )
        elif (row := jump(series)) is not None:
            yield _jumped(series, row)
        elif (rows := np.flatnonzero(series.y > HIGHEST)).size:
            yield _beyond(context, series, rows.tolist())
        elif (rows := np.flatnonzero(series.y < 0)).size:
            worst = int(np.nanargmin(series.y))
            text = NEGATIVE(
                metric=series.label,
                path=series.path,
                value=number(float(series.y[worst])),
                line=int(series.line[worst]),
            )
            held = OutOfRange(worst=float(series.y[worst]), count=float(len(rows)))
            yield make_finding(
                "broken_metric", series, rows.tolist(), Severity.MEDIUM, text, payload=held
            )


def _standing(context: Context, rate: Series) -> Series | None:
    """Return a training loss that does not move under a rate of 0 in every row; one that falls was
    trained at another rate than the one printed.
    """
    if (
        rate.split != "train"
        or len(rate) < LEAST_ZEROS
        or np.any(rate.y != 0)
        or (rate.resolution or 0.0) > COARSE
    ):
        return None
    losses = [
        one
        for one in context.progress
        if one.split == "train" and len(one) >= LEAST_ZEROS and np.isfinite(one.y).all()
    ]
    return losses[0] if losses and all(hardly_moved(one.y) is not None for one in losses) else None


def jump(series: Series) -> int | None:
    """Return the first row in which a learning rate is above 1 and 100 times all it was before;
    None without.
    """
    y = series.y
    if len(y) <= BEFORE or not np.isfinite(y).all():
        return None
    highest = np.maximum.accumulate(y)[:-1]
    rows = np.flatnonzero((y[1:] > HIGH) & (y[1:] > JUMP * highest) & (highest > 0)) + 1
    rows = rows[rows >= BEFORE]
    return int(rows[0]) if len(rows) else None


def _jumped(series: Series, row: int) -> Found:
    highest = float(series.y[:row].max())
    text = JUMPED(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(series.x[row]),
        line=int(series.line[row]),
        before=number(float(series.y[row - 1])),
        value=number(float(series.y[row])),
        ratio=factor(float(series.y[row]) / highest),
    )
    held = RateJump(value=float(series.y[row]), before=highest, jump=True)
    return make_finding("broken_metric", series, [row], Severity.HIGH, text, payload=held)


def _beyond(context: Context, series: Series, rows: list[int]) -> Found:
    worst = int(np.nanargmax(series.y))
    other = next(
        (one for one in context.judged if one.source == series.source and _is_no_duration(one)),
        None,
    )
    held = OutOfRange(
        worst=float(series.y[worst]), count=float(len(rows)), swapped=other is not None
    )
    swapped: Phrase | str = NOTHING
    if other is None and any(
        f.severity is Severity.CRITICAL and context.is_loss(context.subject(f))
        for f in context.of_kind(*BREAKS)
    ):
        text = USED(
            metric=series.label,
            path=series.path,
            value=number(float(series.y[worst])),
            line=int(series.line[worst]),
        )
        return make_finding("broken_metric", series, rows, Severity.HIGH, text, payload=held)
    if other is not None:
        swapped = SWAPPED(time=other.label, small=number(float(np.nanmin(other.y))))
    text = RANGE(
        metric=series.label,
        path=series.path,
        value=number(float(series.y[worst])),
        line=int(series.line[worst]),
        swapped=swapped,
    )
    return make_finding(
        "broken_metric",
        series,
        rows,
        Severity.HIGH,
        text,
        payload=held,
        others=() if other is None else (other,),
    )


BREAKS: Final = ("nonfinite", "broken_metric", "masked_nonfinite")


def _is_no_duration(series: Series) -> bool:
    y = series.y[np.isfinite(series.y)]
    return (
        series.metric_type == "time" and len(y) > 0 and bool(np.all((y > 0) & (y < MICROSECONDS)))
    )


DETECTOR = Detector(
    id="learning_rate", kinds=("broken_metric", "constant_metric"), detect=detect, order=14
)
