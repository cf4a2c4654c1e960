"""A loss that ends well above its best and is still rising, or that lost all it had gained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context, clean
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.detectors.overfitting import is_component
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Oscillation
from lossreport.analysis.reweighted import is_reweighted
from lossreport.curves.stats import block_medians, noise_of_differences, noise_of_rows, theil_sen
from lossreport.model.analysis import Finding, Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Floats, Series, shown_x
from lossreport.text import Text, change, factor, number, percent
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 8
BLOCKS: Final = 40
ROWS_OF_BLOCKS: Final = 24
"""Below this every block is one row, and one last row that is high is no level: the end is the
median of two.
"""
MIN_RISE: Final = 0.15
"""Least rise over the best level (SCIENCE.md 3.1 "divergence")."""
RISE: Final = Threshold(
    name="divergence_rise",
    default=MIN_RISE,
    low=0.02,
    high=10.0,
    meaning=Text(zh="末段高出最好水平的幅度", en="rise of the end over the best level"),
)
NOISE_UNITS: Final = 6.0
LOST: Final = 0.85
LOST_SHORT: Final = 0.70
"""Share of all progress that is lost again: enough by itself, below and from 50 rows on."""
ONE_STEP: Final = 0.60
"""A rise that happens in one block and then falls, or keeps most of the progress, is a level
shift.
"""

LEAST_AFTER: Final = 3
LEAST_AFTER_SHORT: Final = 4
"""Blocks from the best one on; where a block is a row, three rows behind the best must tell of a
rise, or two that stand out.
"""
STEEP: Final = 0.25
"""The share of rows in which a healthy loss falls from where it began: two rows at the end stand
out where they are above all behind it. Of 12 rows of noise without any trend that is 0.3 %: the
best is the third last (1 in 12), and the two highest of eight others follow (1 in 28).
"""
CROSSED: Final = 2.0
"""Rows of normal noise around 0 end at twice the largest until their lowest in 0.4 % of series of 8
rows, 0.06 % of 12 (20,000 draws).
"""
SHIFT_ROWS: Final = 24
"""In a shorter curve a jump and a fast rise look alike."""
STILL: Final = 0.10
"""After a jump the curve still rises where it gains another tenth of the jump."""
JUMP: Final = 0.75
"""A rise of which three quarters happen in one block is a jump."""

DOUBLED: Final = 1.0
"""A loss that stands above its first row and rises no further diverged only if it doubled: the
first row alone may be low.
"""
MANY: Final = 10.0
"""A larger rise is told as a multiple, not in percent."""
ALL = Text(zh="全部", en="all")
TEXT = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 达到最好水平 {best}，此后上升，末段的中位数是 "
    "{end}（{rise}），已失去此前进步的 {lost}。",
    en="`{metric}` ({path}) reached its best level of {best} at {axis} {x} and rose after it, "
    "to a median of {end} at the end ({rise}); {lost} of the progress is lost.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverged:
    """A loss at its best and at its end, the relative rise, and the share of all progress that is
    lost.
    """

    best: float
    end: float
    rise: float
    lost: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a diverging training loss: a validation loss that turns up is overfitting,
    and mixtures have no end level.
    """
    for series in context.progress:
        if (
            series.split == "train"
            and context.is_measure(series)
            and len(series) >= MIN_ROWS
            and not context.has("mixture", series)
            and np.isfinite(series.y).sum() >= MIN_ROWS
            and not is_reweighted(context, series)
        ):
            y = clean(series, context.spike_spans(series))
            if any(
                _finding(context, series, steady) for steady in _over_periods(context, series, y)
            ):
                yield from _finding(context, series, y)


def _over_periods(context: Context, series: Series, y: Floats) -> Iterator[Floats]:
    """Yield a curve, or of one that swings its means over one period, from which a cycle that ends
    high does not rise.
    """
    rows = max((round(swing.period) for _, swing in context.seen(Oscillation, series)), default=1)
    yield (
        np.convolve(y, np.full(rows, 1 / rows), mode="valid")
        if 1 < rows <= len(y) - MIN_ROWS
        else y
    )


def _finding(context: Context, series: Series, y: Floats) -> list[Finding]:
    return list(_found(context, series, y))


def _found(context: Context, series: Series, y: Floats) -> Iterator[Finding]:
    n = len(y)
    blocks = BLOCKS if n >= 80 else max(12, n // 2)
    medians, centres = block_medians(y, n if n < ROWS_OF_BLOCKS else blocks)
    best = int(np.argmin(medians))
    if best == 0 and is_component(context, series):
        # a term that is small before training and rises while the total falls is traded for it
        return
    after = medians[best:]
    end = float(
        np.median(medians[-max(1, len(medians) // 12) :])
        if n >= ROWS_OF_BLOCKS
        else np.median(y[-2:])
    )
    # in blocks of two rows a single high one is half a block
    end = min(end, float(np.median(y[-3:]))) if n >= ROWS_OF_BLOCKS else end
    rise = end - float(medians[best])
    if len(after) < LEAST_AFTER or (
        n < ROWS_OF_BLOCKS and len(after) < LEAST_AFTER_SHORT and not _stand_out(y, best)
    ):
        return
    if n < ROWS_OF_BLOCKS and _is_around_zero(y, best, end):
        return
    if rise <= NOISE_UNITS * (noise_of_rows(y) if n < 80 else noise_of_differences(medians)):
        return
    start = float(np.median(medians[: max(1, len(medians) // 20)]))
    lost = rise / (abs(start - float(medians[best])) + 1e-12)
    relative = _relative(rise, float(medians[best]), y)
    if n >= SHIFT_ROWS and _is_shift(after, rise, relative):
        return
    gone = lost > (LOST_SHORT if n < 50 else LOST) and (
        best > 0 or relative >= DOUBLED
    )  # where the first row is the best nothing was gained
    if relative > context.threshold(RISE) and (gone or _still_rising(after, rise, lost, relative)):
        row = int(centres[best])
        text = TEXT(
            metric=series.label,
            path=series.path,
            axis=AXES[series.axis.value],
            x=shown_x(series.x[row]),
            best=number(float(medians[best])),
            end=number(end),
            rise=change(relative) if relative < MANY else factor(relative + 1),
            lost=percent(lost) if lost < 1 else ALL,
        )
        held = Diverged(best=float(medians[best]), end=end, rise=relative, lost=lost)
        severity = Severity.MEDIUM if is_component(context, series) else Severity.CRITICAL
        yield make_finding("divergence", series, [row, n - 1], severity, text, payload=held)


def _is_around_zero(y: Floats, best: int, end: float) -> bool:
    """Return whether a loss changes its sign up to its best and ends no larger than it was: around
    0 a few rows have no level to rise from.
    """
    before = y[: best + 1]
    return bool(
        before.min() < 0 < before.max() and abs(end) < CROSSED * float(np.max(np.abs(before)))
    )


def _stand_out(y: Floats, best: int) -> bool:
    """Return whether all rows behind the best lie above all before it but those of the steep
    start.
    """
    start = int(STEEP * len(y))
    return best > start and float(y[best + 1 :].min()) > float(y[start:best].max())


def _relative(rise: float, best: float, y: Floats) -> float:
    if best > 0:
        return rise / best
    return rise / (float(np.percentile(y, 90) - np.percentile(y, 10)) + 1e-12)


def _is_shift(after: Floats, rise: float, relative: float) -> bool:
    """Return whether the rise is one jump to a level that does not rise further: a level shift,
    also where all progress was small.
    """
    steps = np.diff(after)
    at = int(np.argmax(steps))
    later = after[at + 1 :]
    slope = theil_sen(np.arange(len(later), dtype=np.float64), later) if len(later) >= 4 else None
    rising = (
        slope is not None and slope.low > 0 and slope.slope * len(later) > STILL * float(steps[at])
    )
    return bool(steps[at] / rise > JUMP and not rising and relative < 1.0)


def _still_rising(after: Floats, rise: float, lost: float, relative: float) -> bool:
    steps = np.diff(after)
    if theil_sen(np.arange(len(after), dtype=np.float64), after).low <= 0:
        return False
    later = after[int(np.argmax(steps)) + 1 :]
    falling = len(later) >= 4 and theil_sen(np.arange(len(later), dtype=np.float64), later).high < 0
    level_shift = steps.max() / rise > ONE_STEP and (falling or lost < 0.5) and relative < 1.0
    return not level_shift


DETECTOR = Detector(
    id="divergence",
    kinds=(Kind(id="divergence", title=Text(zh="发散", en="divergence")),),
    detect=detect,
    thresholds=(RISE,),
    order=50,
)
