"""Chooses how a series is drawn: scale by rule, reference lines, flagged rows, restarts, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from lossreport.compose.section import Story, shown, shown_x
from lossreport.model.analysis import Severity
from lossreport.model.report import Chart, Curve, Level, LineChart, Mark
from lossreport.model.run import Floats, Series
from lossreport.text import Join, Phrase, Text, show_number
from lossreport.words import AXES

AxisScale = Literal["linear", "log", "symlog"]

LOG_RATIO: Final = 20.0
"""A positive series whose maximum is more than 20 times its median is drawn in logs (SCIENCE.md section 6)."""
LOG_DECADES: Final = 2.0
NEAR_LEVEL: Final = 3.0
"""A chance line is drawn where it lies within 3 times the range of the values (SCIENCE.md section 6)."""
SMOOTH_FROM: Final = 60
"""With fewer rows there is no smoothing: markers."""

TITLE = Text(zh="`{metric}`（{path}）", en="`{metric}` ({path})")
TITLE_TWO = Text(zh="`{metric}`：{path} 与 {other}", en="`{metric}`: {path} and {other}")
ALTERNATIVE = Text(
    zh="横轴为 {axis}，{rows} 行，从 {first} 到 {last}；最小 {low}（{axis} {low_x}），最大 {high}（{axis} {high_x}）{scale}{smooth}{levels}{marks}{other}。",
    en=(
        "Over {axis}, {rows} rows from {first} to {last}; lowest {low} at {axis} {low_x}, highest {high} at {axis} {high_x}"
        "{scale}{smooth}{levels}{marks}{other}."
    ),
)
LOG = Text(zh="；纵轴为对数", en="; log scale")
SYMLOG = Text(zh="；纵轴为对称对数", en="; symmetric log scale")
SMOOTH = Text(
    zh="；浅色为原始点，实线为 {window} 行居中滑动中位数",
    en="; pale points are single rows, the line is their centred running median over {window} rows",
)
LEVELS = Text(zh="；虚线为 {labels}", en="; dashed: {labels}")
MARKS = Text(zh="；标出的行：{axis} {rows}", en="; marked rows: {axis} {rows}")
OTHER = Text(zh="；另一条线是 {path}，从 {first} 到 {last}", en="; the other line is {path}, from {first} to {last}")


def line_chart(story: Story, series: Series, *, other: Series | None = None) -> Chart:
    """Return a chart of one series, with another source's view of the same metric over it where `other` is given."""
    scale, linthresh = axis_scale([series.y] if other is None else [series.y, other.y])
    levels = _levels(story, series)
    flagged = story.flagged(series)
    spec = LineChart(
        id=f"chart-{series.id}",
        curves=(_curve(series, series.path), *(() if other is None else (_curve(other, other.path),))),
        scale=scale,
        linthresh=linthresh,
        levels=levels,
        marks=tuple(_marks(series, flagged)),
        rules=tuple(float(series.x[span.first_row]) for span in series.segments[1:]),
        unit=series.unit,
    )
    title = TITLE(metric=story.name(series), path=series.path)
    if other is not None:
        title = TITLE_TWO(metric=story.name(series), path=series.path, other=other.path)
    return Chart(title=title, alternative=_alternative(series, spec, flagged, other), spec=spec)


def axis_scale(values: Sequence[Floats]) -> tuple[AxisScale, float]:
    """Return ("linear" | "log" | "symlog", linear threshold) by the rule of SCIENCE.md section 6."""
    y = np.concatenate([v[np.isfinite(v)] for v in values])
    if not any(_is_wide(v[np.isfinite(v)]) for v in (*values, y)):
        return "linear", 1.0
    return ("log", 1.0) if y.min() > 0 else ("symlog", float(np.percentile(np.abs(y[y != 0]), 5)))


def _is_wide(y: Floats) -> bool:
    size = np.log10(np.abs(y[y != 0]))
    return bool(len(size) and (size.max() - np.median(size) > np.log10(LOG_RATIO) or np.ptp(size) > LOG_DECADES))


def running_median(y: Floats) -> tuple[Floats, int]:
    """Return a centred running median and its window: n/50, odd, 5 to 1001 rows (SCIENCE.md section 6)."""
    import pandas as pd

    window = int(min(1001, max(5, len(y) // 50))) | 1
    return np.asarray(pd.Series(y).rolling(window, center=True, min_periods=1).median().to_numpy(), dtype=np.float64), window


def _curve(series: Series, name: str) -> Curve:
    smooth = running_median(series.y)[0] if len(series) >= SMOOTH_FROM else None
    return Curve(name=name, x=series.x, y=series.y, smooth=smooth, breaks=tuple(span.last_row for span in series.segments[:-1]))


def _levels(story: Story, series: Series) -> tuple[Level, ...]:
    scale = next((s for s in story.scales if story.series(s.series[0]).name == series.name and s.chance is not None), None)
    if scale is None or scale.chance is None:
        return ()
    finite = series.y[np.isfinite(series.y)]
    if not len(finite) or not finite.min() / NEAR_LEVEL <= scale.chance <= finite.max() * NEAR_LEVEL:
        return ()
    return (Level(y=scale.chance, label=f"{_formula(story, scale.assumption)} = {show_number(scale.chance)}"),)


def _formula(story: Story, assumption: str) -> str:
    """Return the formula with the run's own numbers: ln(vocab_size) becomes ln 65536."""
    size = story.run.value("vocab_size")
    return assumption.replace("ln(vocab_size)", f"ln {size}") if isinstance(size, int) else assumption


def _marks(series: Series, flagged: dict[int, Severity]) -> list[Mark]:
    return [
        Mark(x=float(series.x[row]), y=float(series.y[row]), severity=severity, label=show_number(float(series.y[row])))
        for row, severity in sorted(flagged.items())
    ]


def _alternative(series: Series, spec: LineChart, flagged: dict[int, Severity], other: Series | None) -> Phrase:
    finite = np.flatnonzero(np.isfinite(series.y))
    if not len(finite):
        return NOTHING(axis=AXES[series.axis.value])
    low, high = finite[np.argmin(series.y[finite])], finite[np.argmax(series.y[finite])]
    empty = ""
    return ALTERNATIVE(
        axis=AXES[series.axis.value],
        rows=len(series),
        first=shown(series.y[finite[0]]),
        last=shown(series.y[finite[-1]]),
        low=shown(series.y[low]),
        low_x=shown_x(series.x[low]),
        high=shown(series.y[high]),
        high_x=shown_x(series.x[high]),
        scale=LOG() if spec.scale == "log" else SYMLOG() if spec.scale == "symlog" else empty,
        smooth=SMOOTH(window=running_median(series.y)[1]) if len(series) >= SMOOTH_FROM else empty,
        levels=LEVELS(labels=Join(items=tuple(level.label for level in spec.levels))) if spec.levels else empty,
        marks=_marked(series, flagged) if flagged else empty,
        other=OTHER(path=other.path, first=shown(other.y[0]), last=shown(other.y[-1])) if other is not None else empty,
    )


def _marked(series: Series, flagged: dict[int, Severity]) -> Phrase:
    rows = tuple(shown_x(series.x[row]) for row in sorted(flagged))
    items = rows if len(rows) <= 12 else (*rows[:12], f"… ({len(rows)})")
    return MARKS(axis=AXES[series.axis.value], rows=Join(items=items))


NOTHING = Text(zh="横轴为 {axis}；没有任何有限值。", en="Over {axis}; no value is finite.")
