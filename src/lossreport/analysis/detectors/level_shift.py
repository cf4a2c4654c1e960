"""A loss that changes its level for good at one row, or at every epoch (a staircase): explained by
the learning rate, a plan, or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.analysis.context import Context, clean
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding, position
from lossreport.analysis.mosaic import FACT, closes_mosaic
from lossreport.analysis.payloads import LevelShift
from lossreport.analysis.printed import differs
from lossreport.curves.shifts import LASTING, MIN_SIZE, Shift, find_shifts
from lossreport.curves.stats import noise_of_differences
from lossreport.model.analysis import Finding, Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Floats, Ints, Series, is_epoch_level, shown_x
from lossreport.text import Join, Text, Value, change
from lossreport.values import dataclass
from lossreport.words import AXES

SIZE: Final = Threshold(
    name="level_shift",
    default=MIN_SIZE,
    low=0.07,
    high=10.0,
    meaning=Text(zh="水平跳变的最小幅度", en="smallest size of a level shift"),
)
LR_DROP: Final = 0.70
"""A learning rate below 70 % of its value one row before is a drop."""
NEAR: Final = 0.05
"""A drop or a planned boundary within 5 % of the run explains a shift."""
STEPS: Final = 2
SHARE: Final = 0.25
"""A staircase steps down at a quarter of the epoch ends at least: where epochs are short, every
shift lies near the end of one.
"""
BOUNDARY: Final = 0.04
"""A shift belongs to the end of an epoch where it lies within 4 % of the run's rows of it, and of a
tenth of the epoch.
"""

SHIFT = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 附近水平突变 {size}，之后没有回来。",
    en="The level of `{metric}` ({path}) changes by {size} around {axis} {x} and does not "
    "come back.",
)
EXPLAINED = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 附近水平变化 {size}，与那里的{cause}一致。",
    en="The level of `{metric}` ({path}) changes by {size} around {axis} {x}, where {cause}.",
)
BY_LR = Text(zh="学习率下降", en="the learning rate drops")
BY_PLAN = Text(
    zh="计划内的阶段切换（phase_boundaries）", en="a planned phase begins (phase_boundaries)"
)
BY_MOSAIC = Text(
    zh="关闭 mosaic 增强（close_mosaic）",
    en="Ultralytics turns mosaic augmentation off (close_mosaic)",
)
STAIRCASE = Text(
    zh="`{metric}`（{path}）呈台阶状：在 {count} 个 epoch 边界（{axis} {rows}）"
    "突然变化（{sizes}），epoch 内部变化平缓。多个 epoch 的训练常见这种形状：从第二个 "
    "epoch 起样本都已见过，训练 loss 的下降不等于泛化。",
    en=(
        "`{metric}` ({path}) is a staircase: it jumps at {count} epoch boundaries ({axis} "
        "{rows}; by {sizes}) and changes slowly inside the epochs. Common in training over "
        "several epochs: from the second epoch on every sample has been seen before, and a "
        "falling training loss does not show generalisation."
    ),
)

ANEW = Text(
    zh="`{metric}`（{path}）在 {count} 个 epoch 边界（{axis} {rows}）跳变（{sizes}），"
    "因为打印的是 epoch 开始以来的均值，每个 epoch 重新累计：还原之后，曲线在那里没有台阶。",
    en=(
        "`{metric}` ({path}) jumps at {count} epoch boundaries ({axis} {rows}; by {sizes}) "
        "because a mean since the start of the epoch is printed, which begins anew there: "
        "undone, the curve has no step at these places."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staircase:
    """How many steps down a loss takes."""

    steps: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a staircase where shifts stand at the ends of epochs, else one finding a shift of every
    training loss.
    """
    for series in context.progress:
        if series.split != "train" or any(
            context.has(kind, series) for kind in ("mixture", "oscillation", "divergence")
        ):
            continue
        y = clean(series, context.spike_spans(series))
        least = context.threshold(SIZE)
        shifts = [
            shift
            for first, last in _stretches(series)
            for shift in _of_segment(y, first, last)
            if abs(shift.size) > least and _is_printed(series, y, shift)
        ]
        at_ends = _at_epoch_ends(context, series, shifts)
        if len(at_ends) >= STEPS:
            ends = _epoch_ends(context, series)
            yield _staircase(series, ends, _completed(y, ends, at_ends, least))
        for shift in shifts:
            if len(at_ends) < STEPS or shift not in at_ends:
                yield _finding(context, series, shift)


NEAR_ROWS: Final = 10
"""Rows on each side that give the levels."""


def _is_printed(
    series: Series, y: np.ndarray[tuple[int], np.dtype[np.float64]], shift: Shift
) -> bool:
    """Return whether the levels on both sides of a shift lie further apart than the last printed
    digit can tell.
    """
    before, after = (
        y[max(0, shift.row - NEAR_ROWS) : shift.row],
        y[shift.row : shift.row + NEAR_ROWS],
    )
    return differs(series, float(np.median(before)), float(np.median(after)))


def _stretches(series: Series) -> list[tuple[int, int]]:
    """Return (first, last row) of what is one course: all rows where a resumed run goes on where it
    stopped, else each segment.
    """
    if np.all(np.diff(series.x) > 0):
        return [(0, len(series) - 1)]
    return [(span.first_row, span.last_row) for span in series.segments]


def _of_segment(
    y: np.ndarray[tuple[int], np.dtype[np.float64]], first: int, last: int
) -> list[Shift]:
    return [replace(shift, row=shift.row + first) for shift in find_shifts(y[first : last + 1])]


def _finding(context: Context, series: Series, shift: Shift) -> Finding:
    cause = _cause(context, series, shift)
    values: dict[str, Value] = {
        "metric": series.label,
        "path": series.path,
        "axis": AXES[series.axis.value],
        "x": shown_x(series.x[shift.row]),
        "size": change(shift.size),
    }
    held = LevelShift(size=shift.size, score=shift.z)
    if cause is None:
        severity = Severity.MEDIUM if shift.size > 0 else Severity.LOW
        return make_finding(
            "level_shift", series, [shift.row], severity, SHIFT(**values), payload=held
        )
    name, word = cause
    found = make_finding(
        "level_shift",
        series,
        [shift.row],
        Severity.LOW,
        EXPLAINED(**values, cause=word),
        payload=held,
    )
    return replace(found, explained_by=name)


def _cause(context: Context, series: Series, shift: Shift) -> tuple[str, Text] | None:
    reach = NEAR * (float(series.x[-1]) - float(series.x[0]))
    x = float(series.x[shift.row])
    for rate in context.run.series:
        if (
            shift.size < 0
            and rate.metric_type == "learning_rate"
            and rate.axis is series.axis
            and len(rate) > 1
        ):
            drops = np.flatnonzero(rate.y[1:] < LR_DROP * rate.y[:-1]) + 1
            if len(drops) and float(np.min(np.abs(rate.x[drops] - x))) < reach:
                at = rate.x[drops][int(np.argmin(np.abs(rate.x[drops] - x)))]
                return f"lr_drop:{rate.key}#{at:g}", BY_LR
    if any(closes_mosaic(context, series, x + near) is not None for near in (-1, 0, 1)):
        return FACT, BY_MOSAIC
    planned = context.facts.get("phase_boundaries")
    planned = planned if isinstance(planned, tuple) else (planned,)
    if any(isinstance(boundary, int | float) and abs(boundary - x) < reach for boundary in planned):
        return "phase_boundaries", BY_PLAN
    return None


def _at_epoch_ends(context: Context, series: Series, shifts: Sequence[Shift]) -> list[Shift]:
    """Return the falls that lie at ends of epochs, as far as the log tells where those are; none
    where most epochs end without one.
    """
    ends = _epoch_ends(context, series)
    if not len(ends) or is_epoch_level(series):
        return []
    allowed = min(BOUNDARY * len(series), 0.1 * len(series) / (len(ends) + 1)) + 2
    found = [
        shift
        for shift in shifts
        if shift.size < 0 and float(np.min(np.abs(ends - shift.row))) <= allowed
    ]
    return found if len(found) >= SHARE * len(ends) else []


def _epoch_ends(context: Context, series: Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if len(series.epoch):
        return np.flatnonzero(np.diff(np.floor(series.epoch)) > 0) + 1
    epochs, steps = context.facts.get("epochs"), context.facts.get("max_steps")
    if isinstance(epochs, int | float) and isinstance(steps, int | float) and 1 < epochs <= 100:
        return np.searchsorted(series.x, np.arange(1, int(epochs)) * (float(steps) / float(epochs)))
    return np.zeros(0, dtype=np.int64)


SURE: Final = 4.0
"""A further step of a staircase lies this many standard errors below the rows before it, as a rise
of a validation does.
"""


def _completed(y: Floats, ends: Ints, found: Sequence[Shift], least: float) -> list[Shift]:
    """Return the steps of a staircase with those that stand less clear of the noise: two known
    steps say where further ones are looked for.
    """
    reach = max(3, round(min(LASTING * len(y), 0.25 * len(y) / (len(ends) + 1))))
    error = 1.25 * noise_of_differences(y) * math.sqrt(2 / reach)
    steps = list(found)
    for end in ends.tolist():
        before, after = y[max(0, end - reach) : end], y[end : end + reach]
        if min(len(before), len(after)) < reach or any(
            abs(step.row - end) <= reach for step in found
        ):
            continue
        high, low = float(np.median(before)), float(np.median(after))
        if high > 0 and low < high * (1 - least) and high - low > SURE * error:
            steps.append(
                Shift(row=end, size=low / high - 1, z=(high - low) / error if error else SURE)
            )
    return sorted(steps, key=lambda step: step.row)


CONTINUES: Final = 0.3
"""A mean that begins anew: undone, its last row lies within three tenths of the jump from the first
row of the next epoch.
"""


def _begins_anew(series: Series, ends: Ints, steps: Sequence[Shift]) -> bool:
    """Return whether the rows look like means since the start of the epoch: undone, the curve has
    no step at its end.

    With c rows printed, the last of them adds `y[c] * c - y[c-1] * (c-1)` to the mean
    (`analysis/views.py`).
    """
    edges = [0, *ends.tolist()]
    for step in steps:
        end = min(ends.tolist(), key=lambda row: abs(row - step.row))
        count = end - edges[edges.index(end) - 1]
        if count < LEAST_ROWS or end >= len(series):
            return False
        last, before, after = (
            float(series.y[end - 1]),
            float(series.y[end - 2]),
            float(series.y[end]),
        )
        undone = last * count - before * (count - 1)
        if abs(after - undone) > CONTINUES * abs(after - last):
            return False
    return True


LEAST_ROWS: Final = 4


def _staircase(series: Series, ends: Ints, shifts: Sequence[Shift]) -> Finding:
    rows = [shift.row for shift in shifts]
    anew = _begins_anew(series, ends, shifts)
    text = (ANEW if anew else STAIRCASE)(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        count=len(rows),
        rows=Join(items=tuple(shown_x(position(series, row).x) for row in rows[:8])),
        sizes=Join(items=tuple(change(shift.size) for shift in shifts[:8])),
    )
    found = make_finding(
        "staircase", series, rows, Severity.LOW, text, payload=Staircase(steps=float(len(rows)))
    )
    return replace(found, explained_by=RUNNING_MEAN) if anew else found


RUNNING_MEAN: Final = "running_mean"


DETECTOR = Detector(
    id="level_shift",
    kinds=(
        Kind(id="level_shift", title=Text(zh="水平突变", en="level shift")),
        Kind(id="staircase", title=Text(zh="台阶状下降", en="staircase at epoch ends")),
    ),
    detect=detect,
    thresholds=(SIZE,),
    order=55,
)
