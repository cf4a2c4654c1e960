"""The shape of the learning rate over the run: which scheduler a series looks like, and whether it
ever changed.

Source: SCIENCE.md 3.1 "LR schedule". The series is taken relative to its peak; tolerances allow for
rates printed with few decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from lossreport.analysis.beginning import begins_late
from lossreport.analysis.context import Context
from lossreport.model.analysis import LrSchedule
from lossreport.model.run import Floats, Series

MIN_ROWS: Final = 8
CONSTANT: Final = 1e-3
"""Constant: the range stays below a thousandth of the maximum, or below the last printed
decimal.
"""
COARSEST: Final = 0.02
"""The quantum of the printed decimals is never taken above 2 % of the peak."""
RESTART: Final = 0.5
"""An upward jump by half of the peak after the start is a restart."""
START: Final = 0.05
WARM: Final = 0.7
"""A warm-up begins below 70 % of the peak."""
LEVELS: Final = 6
MOVES: Final = 0.1
"""A step schedule takes at most six levels and stands still in nine of ten rows."""
HOLD: Final = 0.25
"""Warm-up, stable, decay: the peak is held for a quarter of the run."""
HELD: Final = 0.1
"""Between its first and last row at the peak a rate stays within 10 % of it."""
SHAPELESS: Final = 0.8
"""A rate that has not lost a fifth of its peak yet has no shape: a line and an exponential down to
0.8 lie half a percent of the peak apart.
"""
WITHOUT_START: Final = ("constant", "step", "cosine_restarts")
"""What can be told of a rate whose start is not in the log."""
LATE_PEAK: Final = 0.2
"""One-cycle: the peak comes after a fifth of the run, and a cosine follows."""
LEAST_SPAN: Final = 3
SPENT: Final = 0.01
"""A rate of 1 % of its peak or less has run out: schedules that mean to train on keep a floor of a
tenth (min_lr = lr / 10 of nanoGPT, Megatron).
"""


class Peak(NamedTuple):
    """Where a rate, relative to its maximum, first and last stands at it, and how finely it is
    printed.
    """

    first: int
    last: int
    quantum: float


def lr_schedules(context: Context) -> Iterator[LrSchedule]:
    """Yield the class of every learning-rate series of the training."""
    for series in context.judged:
        if (
            series.metric_type == "learning_rate"
            and len(series) >= MIN_ROWS
            and np.isfinite(series.y).all()
        ):
            shape = lr_class(series.y, series.resolution or 0.0, series.x)
            told = shape in WITHOUT_START or not begins_late(series)
            yield LrSchedule(series=(series.id,), schedule=shape if told else "unknown")


def lr_class(rate: Floats, resolution: float = 0.0, x: Floats | None = None) -> str:
    """Return the class of the contract that a learning rate looks like; "unknown" where its body
    fits none of the shapes.

    Shapes are those over `x`: rows logged at 0, 10, 100, 1000 steps make a curve look like another
    one.
    """
    top = float(np.max(rate))
    if top <= 0 or float(np.min(rate)) < 0:
        return "constant" if np.ptp(rate) == 0 else "unknown"
    v = rate / top
    peak = _peak(v, resolution / top)
    if v.min() > 1 - max(CONSTANT, peak.quantum):
        return "constant"
    rises = np.flatnonzero(np.diff(v) > RESTART)
    if np.any(rises > START * len(v)):
        return "cosine_restarts"
    warm = peak.first >= 1 and v[0] < WARM
    body = v[peak.last :]
    if warm and rises_to_the_end(rate):
        return "unknown"  # a warm-up that never ended: what follows it is not in the log
    if len(body) < LEAST_SPAN or body.min() > 1 - max(CONSTANT, 2 * peak.quantum):
        # a rate that only comes back to its peak was not constant
        before = v[peak.first : peak.last + 1] if warm else v
        name = "warmup_constant" if warm else "constant"
        return name if before.min() > 1 - (HELD if warm else COARSEST) else "unknown"
    if _is_step(v[peak.first :], peak.quantum):
        return "step"
    if body.min() > SHAPELESS:
        return "unknown"
    held = float(v[peak.first : peak.last + 1].min()) > 1 - HELD
    place = np.arange(len(rate), dtype=np.float64) if x is None or not np.all(np.diff(x) > 0) else x
    return (
        _named(_shape(body, place[peak.last :], float(place[peak.first] - place[0])), v, peak, warm)
        if held
        else "unknown"
    )


def rises_to_the_end(rate: Floats) -> bool:
    """Return whether a rate rises in nearly every row up to the last, where it stands highest: a
    warm-up that is not over.
    """
    if (
        len(rate) < LEAST_SPAN + 1
        or not np.isfinite(rate).all()
        or rate[-1] <= 0
        or rate[-1] < rate.max()
    ):
        return False
    steps = np.diff(rate)
    return bool(
        np.all(steps >= 0)
        and np.mean(steps > 0) >= RISING
        and steps[-1] > 0
        and rate[0] < WARM * rate[-1]
    )


RISING: Final = 0.9
"""A rate printed with few decimals stands still in some rows of its warm-up."""


def _peak(v: Floats, resolution: float) -> Peak:
    values = np.unique(v)
    finest = float(np.min(np.diff(values))) if len(values) > 1 else 0.0
    quantum = min(COARSEST, max(1e-4, 1.01 * finest, resolution))
    at = np.flatnonzero(v > 1 - quantum)
    return Peak(int(at[0]), int(at[-1]), quantum)


def _is_step(v: Floats, quantum: float) -> bool:
    moves = np.flatnonzero(np.abs(np.diff(v)) > 1e-9)
    if len(moves) >= MOVES * (len(v) - 1):
        return False
    levels = np.unique(np.round(v / max(quantum, CONSTANT)))
    return len(levels) <= LEVELS or _is_ladder(v, moves)


def _is_ladder(v: Floats, moves: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bool:
    """Return whether every move is a drop by one and the same factor: ReduceLROnPlateau, StepLR,
    however often.
    """
    factors = v[moves + 1] / v[moves]
    return bool(np.all(factors < RUNG)) and float(np.ptp(factors)) < ALIKE * float(np.max(factors))


RUNG: Final = 0.95
ALIKE: Final = 0.02
"""A rung lowers the rate by 5 % and more, and all by the same within 2 %."""


def _shape(body: Floats, place: Floats, warm: float) -> str:
    """Return the shape nearest to a decay from 1 in least squares, "unknown" where none comes near;
    `warm` is how long the rate rose before.
    """
    body = body / body[0]  # of few rows the last one at the peak may lie two hundredths below it
    end = float(body[-1])
    run = place - place[0]
    t = run / run[-1]
    before = max(float(np.median(np.diff(place))), warm + float(np.median(np.diff(place))))
    shapes = {
        "cosine": end + (1 - end) * 0.5 * (1 + np.cos(np.pi * t)),
        "linear": 1 - (1 - end) * t,
        "inverse_sqrt": np.sqrt(before / (before + run)),
    }
    # of a cosine down to 0 that the log does not follow to its end
    cut = 0.5 * (1 + np.cos(np.arccos(2 * end - 1) * t))
    if end > 1e-4:
        shapes["exponential"] = end**t
    errors = {name: float(np.sqrt(np.mean((shape - body) ** 2))) for name, shape in shapes.items()}
    errors["cosine"] = min(errors["cosine"], float(np.sqrt(np.mean((cut - body) ** 2))))
    best = min(errors, key=errors.__getitem__)
    return best if errors[best] < FIT else "unknown"


FIT: Final = 0.08
"""A decay further than 8 % of the peak from every shape, in the mean, is of no class of ours."""


def _named(shape: str, v: Floats, peak: Peak, warm: bool) -> str:
    if (peak.last - peak.first) / len(v) > HOLD and shape in ("linear", "cosine", "exponential"):
        return "wsd"
    if shape == "cosine":
        if peak.first > LATE_PEAK * len(v):
            return "onecycle"
        return "warmup_cosine" if warm else "cosine"
    if shape == "linear":
        return "warmup_linear" if warm else "linear"
    return shape


def is_constant(series: Series) -> bool:
    """Return whether a learning rate never changed, as far as its decimals tell; what is not finite
    tells nothing.
    """
    if not np.isfinite(series.y).all():
        return False
    peak = float(np.max(np.abs(series.y)))
    allowed = max(CONSTANT * peak, series.resolution or 0.0) if peak > 0 else 0.0
    return bool(np.ptp(series.y) <= allowed)


def lr_changes(context: Context) -> bool:
    """Return whether a logged learning rate is known to change over the second half of the run, or
    a planned phase begins there.
    """
    for series in context.judged:
        if (
            series.metric_type == "learning_rate"
            and len(series) >= MIN_ROWS
            and np.isfinite(series.y).all()
            and not is_constant(series)
        ):
            last = series.y[len(series) // 4 :]
            if float(np.ptp(last)) > max(
                CONSTANT * float(np.max(np.abs(last))), series.resolution or 0.0
            ):
                return True
    return context.facts.get("phase_boundaries") is not None


def constant_lr(context: Context) -> bool:
    """Return whether the run's learning rate is known to be constant: by its series, or because lr
    and min_lr are equal.
    """
    found = [s for s in context.judged if s.metric_type == "learning_rate" and len(s) >= MIN_ROWS]
    if found:
        return all(is_constant(series) for series in found)
    lr, lowest = context.facts.get("lr"), context.facts.get("min_lr")
    return lr is not None and lr == lowest


FLOOR: Final = 0.2
STANDS: Final = 0.02
STILL: Final = 0.01
"""On its floor a rate is at a fifth of its peak at most, and over the last fiftieth of the rows it
moved by less than 1 % of the peak: a line down to a tenth moves by 1.8 % there, the end of a cosine
by 0.1 %.
"""
MORE_TO_COME: Final = ("step", "constant", "cosine_restarts")
"""What stands still between its drops, or begins again."""


def _on_floor(series: Series) -> bool:
    top, rows = float(np.max(series.y)), max(2, round(STANDS * len(series)))
    moved = abs(float(series.y[-1] - series.y[-rows - 1]))
    low = float(series.y[-1]) <= FLOOR * top and moved <= STILL * top
    return low and lr_class(series.y, series.resolution or 0.0) not in MORE_TO_COME


def has_run_out(top: float, last: float) -> bool:
    """Return whether a rate has decayed to nearly nothing of its peak: what it falls by from there
    on moves no weight.
    """
    return 0 <= last <= SPENT * top


IDLE: Final = 1e-3
"""A thousandth of the peak moves no weight by more than its rounding ..."""
IDLE_SHARE: Final = 0.25
"""... and a quarter of the rows under it was trained for nothing; a cosine to 0 spends its last
fiftieth there.
"""


def idle_lr(context: Context) -> tuple[float, float] | None:
    """Return (peak, last value) of a learning rate that stood at nearly nothing over the last
    quarter of the rows and longer; None without.
    """
    spent = spent_lr(context)
    if spent is None:
        return None
    for series in context.judged:
        if series.metric_type != "learning_rate" or float(np.max(series.y)) != spent[0]:
            continue
        tail = series.y[-max(MIN_ROWS, round(IDLE_SHARE * len(series))) :]
        if len(tail) < len(series) and float(np.max(tail)) <= IDLE * spent[0]:
            return spent
    return None


def spent_lr(context: Context) -> tuple[float, float] | None:
    """Return (peak, last value) of the first logged learning rate that has decayed to nearly
    nothing, or to the floor of its schedule; None without.
    """
    for series in context.judged:
        if (
            series.metric_type == "learning_rate"
            and series.split == "train"
            and len(series) >= MIN_ROWS
            and np.isfinite(series.y).all()
        ):
            top, last = float(np.max(series.y)), float(series.y[-1])
            if has_run_out(top, last) or (top > 0 and _on_floor(series)):
                return top, last
    return None
