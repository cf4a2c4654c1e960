"""The scale of one axis: its limits and a few round ticks, chosen here because matplotlib's own
choice costs 60 ms a chart (PERF.md).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes

from lossreport.charts.style import WIDTH
from lossreport.charts.thin import BIGGEST
from lossreport.model.run import Floats
from lossreport.text import show_number
from lossreport.values import dataclass

Kind = Literal["linear", "log", "symlog"]

PLAIN_BELOW: Final = 1e7
"""Whole numbers below are written out, as names of steps are; larger ones with the prefix of the
largest, all of an axis with one.
"""
PREFIXES: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"))
LARGEST: Final = 1e15
MOST_LOG_TICKS: Final = 7
FEWEST: Final = 3
"""Ticks of an axis: between two nobody reads off a third value."""
SMALLEST: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Limits, ticks and their labels; `linthresh` matters for symlog only."""

    kind: Kind
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    linthresh: float = 1.0


def fit(
    values: Floats,
    kind: Kind = "linear",
    *,
    linthresh: float = 1.0,
    ticks: int = 5,
    pad: tuple[float, float] = (0.05, 0.05),
) -> Scale:
    """Return a scale that holds all finite `values` with `pad` shares of the length free below and
    above.

    Without finite values the axis is empty. "log" becomes "symlog" where a value is not positive:
    nothing is left out.
    """
    finite = np.clip(values[np.isfinite(values)], -BIGGEST, BIGGEST)
    if not len(finite):
        return Scale(kind="linear", low=0.0, high=1.0, ticks=(), labels=())
    if kind == "log" and finite.min() <= 0:
        positive = finite[finite > 0]
        kind, linthresh = ("symlog", float(positive.min())) if len(positive) else ("linear", 1.0)
    if not (linthresh > 0 and math.isfinite(linthresh)):
        linthresh = 1.0
    low, high = _padded(float(finite.min()), float(finite.max()), kind, linthresh, pad)
    at = next(
        found
        for more in itertools.count(ticks)
        if len(found := _ticks(kind, low, high, linthresh, more)) >= FEWEST or more > 2 * ticks
    )
    return Scale(
        kind=kind, low=low, high=high, ticks=tuple(at), labels=label(at), linthresh=linthresh
    )


def fit_rows(x: Floats, pad: float = 0.02, width: float = WIDTH) -> Scale:
    """Return the linear scale of rows' x: ticks on whole numbers where all x are whole, as many as
    there is room for.
    """
    finite = np.clip(x[np.isfinite(x)], -BIGGEST, BIGGEST)
    if not len(finite):
        return fit(finite)
    low, high = _padded(float(finite.min()), float(finite.max()), "linear", 1.0, (pad, pad))
    whole = bool(np.all(finite == np.floor(finite)))
    widest = max(len(text) for text in label(_round_ticks(low, high, 6, whole=whole)) or ("",))
    at = _round_ticks(low, high, min(8, max(3, int(width / 8) // (widest + 4))), whole=whole)
    return Scale(kind="linear", low=low, high=high, ticks=tuple(at), labels=label(at))


def label(ticks: Sequence[float]) -> tuple[str, ...]:
    """Return the ticks as text: with the digits that tell neighbours apart, at least four."""
    if not ticks:
        return ()
    largest = max(abs(tick) for tick in ticks)
    if all(tick == int(tick) for tick in ticks):
        for size, prefix in PREFIXES if PLAIN_BELOW <= largest < LARGEST else ():
            if largest >= size and all(tick % (size / 1000) == 0 for tick in ticks):
                return tuple(
                    f"{show_number(tick / size)}{prefix if tick else ''}" for tick in ticks
                )
        if largest < PLAIN_BELOW:
            return tuple(show_number(int(tick)) for tick in ticks)
    steps = [abs(b - a) for a, b in itertools.pairwise(ticks) if b != a]
    digits = 4
    if steps and largest > 0:
        digits = min(
            15, max(4, math.floor(math.log10(largest)) - math.floor(math.log10(min(steps))) + 1)
        )
    step = min(steps, default=0.0)
    return tuple(
        show_number(
            0.0 if abs(tick) < step * 1e-6 else tick,
            digits if step * 20 > largest or digits > 4 else 4,
        )
        for tick in ticks
    )


def apply(axes: Axes, which: Literal["x", "y"], scale: Scale) -> None:
    """Give an axis of `axes` this scale; its ticks are drawn by `sheet`."""
    set_scale, set_limits = (
        (axes.set_xscale, axes.set_xlim) if which == "x" else (axes.set_yscale, axes.set_ylim)
    )
    if scale.kind == "symlog":
        set_scale("symlog", linthresh=scale.linthresh)
    else:
        set_scale(scale.kind)
    set_limits(scale.low, scale.high)


# ------------------------------------------------------------------------------------------- limits
def _padded(
    low: float, high: float, kind: Kind, linthresh: float, pad: tuple[float, float]
) -> tuple[float, float]:
    if low == high:
        spread = abs(low) * 0.1 or 1.0
        low, high = (low / 1.3, high * 1.3) if kind == "log" else (low - spread, high + spread)
    a, b = _forward(low, kind, linthresh), _forward(high, kind, linthresh)
    span = b - a
    low, high = (
        _backward(a - pad[0] * span, kind, linthresh),
        _backward(b + pad[1] * span, kind, linthresh),
    )
    return (max(low, SMALLEST), high) if kind == "log" else (low, high)


def _forward(value: float, kind: Kind, linthresh: float) -> float:
    match kind:
        case "linear":
            return value
        case "log":
            return math.log10(max(value, SMALLEST))
        case "symlog":
            return math.copysign(math.log10(1 + abs(value) / linthresh), value)


def _backward(value: float, kind: Kind, linthresh: float) -> float:
    match kind:
        case "linear":
            return value
        case "log":
            return float(10.0 ** min(value, 305.0))
        case "symlog":
            return math.copysign((10.0 ** min(abs(value), 305.0) - 1) * linthresh, value)


# -------------------------------------------------------------------------------------------- ticks
def _ticks(kind: Kind, low: float, high: float, linthresh: float, count: int) -> list[float]:
    match kind:
        case "linear":
            return _round_ticks(low, high, count)
        case "log":
            return _log_ticks(low, high, count)
        case "symlog":
            return _symlog_ticks(low, high, linthresh)


def _round_ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten within the limits, about `count`."""
    raw = (high - low) / count
    if raw <= 0 or not math.isfinite(raw):
        return []
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.15g}") for k in range(first, last + 1)]


def _log_ticks(low: float, high: float, count: int) -> list[float]:
    """Return the densest of 1-2-5, 1-3, decades, every k-th decade that gives at most seven; less
    than a decade gets even steps.
    """
    most = min(MOST_LOG_TICKS, count + 2)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = _decades(low, high, digits, 1)
        if len(found) <= most:
            return found if len(found) >= FEWEST else _round_ticks(low, high, count)
    stride = -(-len(_decades(low, high, (1,), 1)) // most)
    return _decades(low, high, (1,), stride)


def _decades(low: float, high: float, digits: tuple[int, ...], stride: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    values = [
        float(f"{digit}e{power}")
        for power in range(first, last + 1)
        if power % stride == 0
        for digit in digits
    ]
    return [value for value in values if low <= value <= high]


def _symlog_ticks(low: float, high: float, linthresh: float) -> list[float]:
    """Return 0 and powers of ten on both sides, none within the linear part."""
    biggest = max(abs(low), abs(high))
    first, last = math.ceil(math.log10(linthresh)), math.floor(math.log10(max(biggest, linthresh)))
    if last < first:
        return _round_ticks(low, high, 5)
    sides = 2 if low < -linthresh and high > linthresh else 1
    stride = max(1, -(-(last - first + 1) * sides // (MOST_LOG_TICKS - 1)))
    powers = [float(f"1e{power}") for power in range(last, first - 1, -stride)]
    return [
        value
        for value in (*(-power for power in powers), 0.0, *reversed(powers))
        if low <= value <= high
    ]
