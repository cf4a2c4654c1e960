"""Chooses how a series is drawn: scale by rule, reference lines, flagged rows, restarts, and the
same in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from lossreport import regex as re
from lossreport.analysis.payloads import Excursion
from lossreport.compose.section import Story, shown
from lossreport.curves.stats import robust_line
from lossreport.model.analysis import Finding, Severity
from lossreport.model.report import Band, Chart, Curve, Level, LineChart, Mark
from lossreport.model.run import Floats, Series, shown_x
from lossreport.text import Join, Phrase, Text, show_number
from lossreport.words import AXES

AxisScale = Literal["linear", "log", "symlog"]

LOG_RATIO: Final = 20.0
"""A positive series whose maximum is more than 20 times its median is drawn in logs (SCIENCE.md
section 6).
"""
LOG_DECADES: Final = 2.0
NEAR_LEVEL: Final = 0.25
"""A chance line is drawn where it lengthens the axis by no more than a quarter: further off it
squeezes the curve, and the text has it.
"""
AT_LEVEL: Final = 0.02
"""... or where the curve stays within two hundredths of it: a model that guesses."""
SMOOTH_FROM: Final = 60
"""With fewer rows there is no smoothing: markers."""

TITLE = Text(zh="`{metric}`（{path}）", en="`{metric}` ({path})")
TITLE_SPLITS = Text(zh="`{metric}`：{split} 与 {other}", en="`{metric}`: {split} and {other}")
ZOOM = Text(
    zh="`{metric}` 在 {axis} {x} 附近（{path} 第 {first}-{last} 行）",
    en="`{metric}` around {axis} {x} ({path}, lines {first}-{last})",
)
ZOOM_ALTERNATIVE = Text(
    zh="从 {axis} {start} 到 {end} 的 {rows} 行，未做平滑：{low} 到 {high}；标出的是 {value}，"
    "虚线是邻近行的中位数 {baseline}。",
    en="{rows} rows from {axis} {start} to {end}, not smoothed: {low} to {high}; the mark is "
    "{value}, the dashed line the median of the rows around it, {baseline}.",
)
ZOOM_ROWS: Final = 30
"""Rows on each side of an excursion that a panel of its own shows: enough to see rise and recovery
one by one.
"""
TITLE_TWO = Text(zh="`{metric}`：{path} 与 {other}", en="`{metric}`: {path} and {other}")
ALTERNATIVE = Text(
    zh="横轴为 {axis}，{rows} 行，从 {first} 到 {last}；最小 {low}（{axis} {low_x}），最大 "
    "{high}（{axis} {high_x}）{scale}{smooth}{levels}{marks}{other}。",
    en=(
        "Over {axis}, {rows} rows from {first} to {last}; lowest {low} at {axis} {low_x}, "
        "highest {high} at {axis} {high_x}{scale}{smooth}{levels}{marks}{other}."
    ),
)
LOG = Text(zh="；纵轴为对数", en="; log scale")
SYMLOG = Text(zh="；纵轴为对称对数", en="; symmetric log scale")
SMOOTH = Text(
    zh="；浅色为原始点，实线为 {window} 行居中滑动中位数",
    en="; pale: single rows, line: their centred running median over {window} rows",
)
LEVELS = Text(zh="；虚线为 {labels}", en="; dashed: {labels}")
MARKS = Text(zh="；标出的行：{axis} {rows}", en="; marked rows: {axis} {rows}")
OTHER = Text(
    zh="；另一条线是 {name}，从 {first} 到 {last}",
    en="; the other line is {name}, from {first} to {last}",
)


def line_chart(story: Story, series: Series, *, other: Series | None = None) -> Chart:
    """Return a chart of one series, with another source's view of the same metric over it where
    `other` is given.
    """
    scale, linthresh = axis_scale([series.y] if other is None else [series.y, other.y])
    levels = chance_levels(story, series)
    flagged = story.flagged(series)
    marks = peaks(series, flagged)
    spec = LineChart(
        id=f"chart-{series.id}",
        curves=(
            curve_of(series, _label(series, other)),
            *(() if other is None else (curve_of(other, _label(other, series)),)),
        ),
        scale=scale,
        linthresh=linthresh,
        levels=levels,
        marks=marks,
        rules=tuple(float(series.x[span.first_row]) for span in series.segments[1:]),
        unit=series.unit,
        bands=tuple(lasting(series, flagged)),
        x_title=series.axis.value,
    )
    title = TITLE(metric=story.name(series), path=series.path)
    if other is not None and other.split != series.split:
        title = TITLE_SPLITS(metric=series.name, split=series.split, other=other.split)
    elif other is not None:
        title = TITLE_TWO(metric=story.name(series), path=series.path, other=other.path)
    return Chart(title=title, alternative=_alternative(series, spec, marks, other), spec=spec)


def _label(series: Series, beside: Series | None) -> str:
    """Return what tells a curve from the other of its chart: the split, or the file."""
    return series.split if beside is not None and beside.split != series.split else series.path


def zoom_chart(story: Story, finding: Finding, peak: Excursion) -> Chart:
    """Return the rows around one excursion, raw, with the level of its neighbours."""
    series = story.series(finding.series[0])
    first, last = (
        max(0, finding.start.row - ZOOM_ROWS),
        min(len(series) - 1, finding.end.row + ZOOM_ROWS),
    )
    x, y = series.x[first : last + 1], series.y[first : last + 1]
    scale, linthresh = axis_scale([y])
    inside = {
        row: severity for row, severity in story.flagged(series).items() if first <= row <= last
    }
    spec = LineChart(
        id=f"zoom-{finding.id}",
        curves=(Curve(name=series.path, x=x, y=y),),
        scale=scale,
        linthresh=linthresh,
        levels=(Level(y=peak.baseline, label=show_number(peak.baseline)),),
        marks=peaks(series, inside),
        unit=series.unit,
        x_title=series.axis.value,
    )
    axis, finite = AXES[series.axis.value], y[np.isfinite(y)]
    title = ZOOM(
        metric=story.name(series),
        axis=axis,
        x=shown_x(finding.start.x),
        path=series.path,
        first=int(series.line[first]),
        last=int(series.line[last]),
    )
    alternative = ZOOM_ALTERNATIVE(
        axis=axis,
        start=shown_x(x[0]),
        end=shown_x(x[-1]),
        rows=len(x),
        low=shown(finite.min()),
        high=shown(finite.max()),
        value=shown(peak.value),
        baseline=shown(peak.baseline),
    )
    return Chart(title=title, alternative=alternative, spec=spec)


def tail_chart(story: Story, series: Series) -> Chart | None:
    """Return the last half of a curve by itself, where the start is so much larger that the whole
    chart shows nothing of it.
    """
    first = len(series) // 2
    x, y = series.x[first:], series.y[first:]
    finite = np.isfinite(y)
    if int(finite.sum()) < LEAST_TAIL or not is_dwarfed(series.y, y):
        return None
    axis = AXES[series.axis.value]
    scale, linthresh = axis_scale([y])
    curve = Curve(
        name=series.path, x=x, y=y, smooth=running_median(y) if len(y) >= SMOOTH_FROM else None
    )
    spec = LineChart(
        id=f"tail-{series.id}",
        curves=(curve,),
        scale=scale,
        linthresh=linthresh,
        unit=series.unit,
        x_title=series.axis.value,
    )
    told = TAIL_ALTERNATIVE(
        rows=len(y),
        axis=axis,
        start=shown_x(x[0]),
        end=shown_x(x[-1]),
        first=shown(y[finite][0]),
        last=shown(y[finite][-1]),
        low=shown(y[finite].min()),
        high=shown(y[finite].max()),
    )
    return Chart(title=TAIL(metric=story.name(series)), alternative=told, spec=spec)


def is_dwarfed(whole: Floats, half: Floats) -> bool:
    """Return whether the values of the last half take less than a fifth of the height that all
    values take.
    """
    if axis_scale([whole])[0] != "linear":
        return False
    return float(np.ptp(half[np.isfinite(half)])) < DWARFED * float(
        np.ptp(whole[np.isfinite(whole)])
    )


TAIL = Text(zh="`{metric}`：后一半", en="`{metric}`: the last half")
TAIL_ALTERNATIVE = Text(
    zh="从 {axis} {start} 到 {end} 的 {rows} 行：从 {first} 到 {last}，最小 {low}，最大 {high}。",
    en="{rows} rows from {axis} {start} to {end}: from {first} to {last}, lowest {low}, "
    "highest {high}.",
)
LEAST_TAIL: Final = 10
DWARFED: Final = 0.2
"""A fifth of a chart is some 45 pixels: what happens within can no longer be read off."""


def axis_scale(values: Sequence[Floats]) -> tuple[AxisScale, float]:
    """Return ("linear" | "log" | "symlog", linear threshold) by the rule of SCIENCE.md section
    6.
    """
    y = np.concatenate([v[np.isfinite(v)] for v in values])
    if not any(_is_wide(v[np.isfinite(v)]) for v in (*values, y)):
        return "linear", 1.0
    return ("log", 1.0) if y.min() > 0 else ("symlog", float(np.percentile(np.abs(y[y != 0]), 5)))


def _is_wide(y: Floats) -> bool:
    """Return whether values ask for an axis in logs. Those on the way from one sign to the other
    are near 0, which tells nothing of how wide they lie: a reward from -1 to 2 is linear.
    """
    size = np.log10(np.abs(y[y != 0]))
    if not len(size):
        return False
    is_far = size.max() - np.median(size) > np.log10(LOG_RATIO)
    return bool(is_far or (not y.min() < 0 < y.max() and np.ptp(size) > LOG_DECADES))


def median_window(rows: int) -> int:
    """Return over how many rows the line of a curve is a running median: n/50, odd, 5 to 1001 rows
    (SCIENCE.md section 6).
    """
    return int(min(1001, max(5, rows // 50))) | 1


def running_median(y: Floats) -> Floats:
    """Return a centred running median of `median_window` rows; of a very long curve it is computed
    at every k-th row, with lines between.
    """
    if len(y) <= EXACT_TO:
        return robust_line(np.where(np.isfinite(y), y, np.nan))[0]
    half = median_window(len(y)) // 2
    at = np.unique(np.linspace(0, len(y) - 1, MEDIANS).astype(np.int64))
    medians = [_median(y[max(0, row - half) : row + half + 1]) for row in at.tolist()]
    return np.interp(np.arange(len(y)), at, medians)


def _median(y: Floats) -> float:
    finite = y[np.isfinite(y)]
    return float(np.median(finite)) if len(finite) else float("nan")


EXACT_TO: Final = 20_000
MEDIANS: Final = 640
"""Medians of a longer curve: one for every pixel of its chart. All of a million rows take two
seconds a curve, these a twentieth.
"""


def curve_of(series: Series, name: str) -> Curve:
    """Return a series as a curve, with the robust line through it where there are enough rows."""
    smooth = running_median(series.y) if len(series) >= SMOOTH_FROM else None
    return Curve(
        name=name,
        x=series.x,
        y=series.y,
        smooth=smooth,
        breaks=tuple(span.last_row for span in series.segments[:-1]),
    )


def chance_levels(story: Story, series: Series) -> tuple[Level, ...]:
    """Return the chance level as a line, where it is known and lies near the values."""
    scale = next(
        (
            s
            for s in story.scales
            if story.series(s.series[0]).name == series.name and s.chance is not None
        ),
        None,
    )
    if scale is None or scale.chance is None:
        return ()
    finite = series.y[np.isfinite(series.y)]
    if not len(finite) or not _is_near(scale.chance, finite):
        return ()
    formula, value = _formula(story, scale.assumption), show_number(scale.chance)
    return (Level(y=scale.chance, label=f"{formula} = {value}" if formula else value),)


def _is_near(level: float, y: Floats) -> bool:
    """Return whether a line at `level` can be drawn with the values y: on their axis, in logs where
    that is drawn in logs.
    """
    if axis_scale([y])[0] == "log" and level > 0:
        y, level = np.log(y), float(np.log(level))
    off = max(float(y.min()) - level, level - float(y.max()), 0.0)
    return off <= max(NEAR_LEVEL * float(np.ptp(y)), AT_LEVEL * abs(level))


FORMULA: Final = re.compile(r"[^:, (]+(?:\([^()]*\))?(?: \d+)?")
"""The formula that an assumption begins with; what follows it are words, as in "ln 2: equal
scores".
"""
SIGNS: Final = re.compile(r"[(_]|[^\d.][^\d]{0,40}\d")
"""What tells a formula from a value: brackets, an index, or a number behind letters."""


def _formula(story: Story, assumption: str) -> str:
    """Return the formula of an assumption in signs, for a chart holds no words; ln(vocab_size) with
    the run's own number: ln 65536.

    It is empty where an assumption is told in words alone, or is the value itself.
    """
    size, found = story.run.value("vocab_size"), FORMULA.match(assumption)
    bare = found[0] if found is not None and SIGNS.search(found[0]) else ""
    bare = bare.replace("range", "(max-min)").replace("^2", "²")
    return bare.replace("ln(vocab_size)", f"ln {size}") if isinstance(size, int) else bare


def peaks(
    series: Series, flagged: Mapping[int, Severity], *, at: Floats | None = None
) -> tuple[Mark, ...]:
    """Return the highest of every stretch of flagged rows as a mark with its value; `at` is where
    the rows stand, if not at their own x.

    A row without a finite value has no height: the chart shades where it stands.
    """
    x = series.x if at is None else at
    found = []
    for first, last in _runs(flagged):
        finite = [row for row in range(first, last + 1) if np.isfinite(series.y[row])]
        if finite:
            row = max(finite, key=lambda row: series.y[row])
            value = float(series.y[row])
            found.append(
                Mark(x=float(x[row]), y=value, severity=flagged[row], label=show_number(value))
            )
    return tuple(found)


def lasting(series: Series, flagged: Mapping[int, Severity]) -> Iterator[Band]:
    """Yield the stretches of more than one flagged row: a mark on each would bury the curve."""
    for first, last in _runs(flagged):
        if last > first:
            yield Band(
                first=float(series.x[first]),
                last=float(series.x[last]),
                label="",
                severity=flagged[first],
            )


def _runs(flagged: Mapping[int, Severity]) -> list[tuple[int, int]]:
    """Return the first and the last of every run of consecutive rows."""
    rows = sorted(flagged)
    starts = [i for i, row in enumerate(rows) if i == 0 or row != rows[i - 1] + 1]
    return [(rows[a], rows[b - 1]) for a, b in pairwise([*starts, len(rows)])]


def _alternative(
    series: Series, spec: LineChart, marks: Sequence[Mark], other: Series | None
) -> Phrase:
    finite = np.flatnonzero(np.isfinite(series.y))
    if not len(finite):
        return NOTHING(axis=AXES[series.axis.value])
    low, high = finite[np.argmin(series.y[finite])], finite[np.argmax(series.y[finite])]
    empty = ""
    scales = {"log": LOG, "symlog": SYMLOG}
    return ALTERNATIVE(
        axis=AXES[series.axis.value],
        rows=len(series),
        first=shown(series.y[finite[0]]),
        last=shown(series.y[finite[-1]]),
        low=shown(series.y[low]),
        low_x=shown_x(series.x[low]),
        high=shown(series.y[high]),
        high_x=shown_x(series.x[high]),
        scale=scales[spec.scale]() if spec.scale in scales else empty,
        smooth=SMOOTH(window=median_window(len(series))) if len(series) >= SMOOTH_FROM else empty,
        levels=LEVELS(labels=Join(items=tuple(level.label for level in spec.levels)))
        if spec.levels
        else empty,
        marks=_marked(series, marks) if marks else empty,
        other=OTHER(name=_label(other, series), first=shown(other.y[0]), last=shown(other.y[-1]))
        if other is not None
        else empty,
    )


def _marked(series: Series, marks: Sequence[Mark]) -> Phrase:
    places = tuple(shown_x(mark.x) for mark in marks)
    items = places if len(places) <= 12 else (*places[:12], f"… ({len(places)})")
    return MARKS(axis=AXES[series.axis.value], rows=Join(items=items))


NOTHING = Text(zh="横轴为 {axis}；没有任何有限值。", en="Over {axis}; no value is finite.")
