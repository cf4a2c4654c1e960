"""The charts of a comparison: a curve a run, a group as its mean with the band of its runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.compare.comparison import Compared, Entry
from lossreport.compare.naming import name_of, reference_of
from lossreport.compose.charting import (
    LEAST_TAIL,
    SMOOTH_FROM,
    axis_scale,
    is_dwarfed,
    running_median,
)
from lossreport.model.report import (
    Chart,
    Curve,
    LineChart,
)
from lossreport.model.run import Floats, shown_x
from lossreport.text import Join, Phrase, Quantity, Text, Value
from lossreport.words import AXES

MOST_CURVES: Final = 6
CHART_TITLE = Text(zh="`{metric}`（横轴 {axis}）", en="`{metric}` over {axis}")
CHART_TELLS = Text(
    zh="横轴为 {axis}。{curves}。{means}{left}", en="Over {axis}. {curves}. {means} {left}"
)
LATE_TITLE = Text(zh="`{metric}`：从 {axis} {x} 起", en="`{metric}` from {axis} {x} on")
MEANS = Text(
    zh="同一设置的各个种子画成它们的平均，底色从其中最低的到最高的。",
    en="Seeds of one setting are drawn as their mean, shaded from the lowest to the highest "
    "of them.",
)
CURVE = Text(zh="{name} 从 {first} 到 {last}", en="{name} from {first} to {last}")
LEFT_OUT = Text(
    zh="另有 {count} 次训练没有画出，都没有认定为不同。",
    en="{count} more runs are not drawn; none of them is called different.",
)
LEFT_OUT_CALLED = Text(
    zh="另有 {count} 次训练没有画出；其中认定为不同的有：{runs}。",
    en="{count} more runs are not drawn; called different among them: {runs}.",
)


def charts(compared: Compared) -> Iterator[Chart]:
    """Draw the reference and the groups that differ first, a group as its mean; then the last half
    by itself, where the start hides it.

    The last of them shows most: it stands beside the answer.
    """
    metric = compared.metric
    ordered = sorted(compared.entries, key=lambda entry: _distance(compared, entry))
    drawn, left = ordered[:MOST_CURVES], ordered[MOST_CURVES:]
    curves = [_mean_curve(entry) for entry in drawn]
    axis = AXES[metric.axis]
    title = CHART_TITLE(metric=metric.name, axis=axis)
    yield _chart(compared, "chart-compared", title, curves, _not_drawn(compared, left))
    half = _rounded((metric.start + metric.end) / 2)
    late = [_within(curve, half, metric.end) for curve in curves]
    if all(len(curve.x) >= LEAST_TAIL for curve in late) and is_dwarfed(_all(curves), _all(late)):
        yield _chart(
            compared,
            "chart-compared-late",
            LATE_TITLE(metric=metric.name, axis=axis, x=shown_x(half)),
            late,
            _not_drawn(compared, left),
        )


def _rounded(x: float) -> float:
    """Return a place as a whole number where that is a step and no epoch of few."""
    return float(int(x)) if abs(x) >= WHOLE_FROM else x


WHOLE_FROM: Final = 20


def _chart(
    compared: Compared, name: str, title: Phrase, curves: Sequence[Curve], left: Value
) -> Chart:
    scale, linthresh = axis_scale([curve.y for curve in curves])
    axis = compared.metric.axis
    unit = compared.entries[0].track.series.unit
    spec = LineChart(
        id=name, curves=tuple(curves), scale=scale, linthresh=linthresh, unit=unit, x_title=axis
    )
    means: Value = MEANS if any(curve.band is not None for curve in curves) else ""
    told = CHART_TELLS(
        axis=AXES[axis], curves=Join(items=tuple(map(_curve, curves))), means=means, left=left
    )
    return Chart(title=title, alternative=told, spec=spec)


def _not_drawn(compared: Compared, left: Sequence[Entry]) -> Value:
    """Return how many runs are not drawn, and which of them are called different from the
    reference.
    """
    if not left:
        return ""
    called = tuple(
        name_of(entry)
        for entry in left
        if entry.difference is not None and entry.difference.call in ("lower", "higher")
    )
    count = sum(len(entry.tracks) for entry in left)
    return (
        LEFT_OUT_CALLED(count=count, runs=Join(items=called)) if called else LEFT_OUT(count=count)
    )


def _within(curve: Curve, first: float, last: float) -> Curve:
    """Return the rows of a curve between two places."""
    keep = (curve.x >= first) & (curve.x <= last)
    smooth = None if curve.smooth is None else curve.smooth[keep]
    band = None if curve.band is None else (curve.band[0][keep], curve.band[1][keep])
    return replace(curve, x=curve.x[keep], y=curve.y[keep], smooth=smooth, band=band)


def _all(curves: Sequence[Curve]) -> Floats:
    return np.concatenate([curve.y[np.isfinite(curve.y)] for curve in curves])


CALLED_FIRST: Final = ("lower", "higher", "leaning")


def _distance(compared: Compared, entry: Entry) -> tuple[int, int, float]:
    """Return the place of an entry in the chart: the reference, what is called different, the rest;
    the farthest first.
    """
    if entry is reference_of(compared):
        return 0, 0, 0.0
    gap = entry.difference
    if gap is None:
        return 1, len(CALLED_FIRST), 0.0
    return (
        1,
        CALLED_FIRST.index(gap.call) if gap.call in CALLED_FIRST else len(CALLED_FIRST),
        -abs(gap.value),
    )


def _mean_curve(entry: Entry) -> Curve:
    """Return the curve of a run; of a group the mean of its runs over the stretch and the places of
    the first, with the lowest and highest of them.
    """
    tracks = [track for track in entry.tracks if not track.silent] or list(entry.tracks)
    x, y = tracks[0].x, tracks[0].series.y
    if len(tracks) == 1:
        return Curve(name=tracks[0].member.label, x=x, y=y, smooth=_smoothed(y))
    x = x[(x >= max(float(t.x[0]) for t in tracks)) & (x <= min(float(t.x[-1]) for t in tracks))]
    each = np.array([np.interp(x, t.x, t.series.y) for t in tracks])
    calm = np.array([one if (smooth := _smoothed(one)) is None else smooth for one in each])
    name = " + ".join(track.member.id for track in tracks)
    mean = each.mean(axis=0)
    return Curve(
        name=name, x=x, y=mean, smooth=_smoothed(mean), band=(calm.min(axis=0), calm.max(axis=0))
    )


def _smoothed(y: Floats) -> Floats | None:
    return running_median(y) if len(y) >= SMOOTH_FROM else None


def _curve(curve: Curve) -> Phrase:
    finite = curve.y[np.isfinite(curve.y)]
    if not len(finite):
        return CURVE(name=curve.name, first="NaN", last="NaN")
    return CURVE(
        name=curve.name,
        first=Quantity(value=float(finite[0])),
        last=Quantity(value=float(finite[-1])),
    )
