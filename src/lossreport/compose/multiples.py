"""All metrics at a glance: a small chart a metric over one axis, the events of the first picture
shaded through all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.compose.charting import axis_scale, curve_of
from lossreport.compose.goal_figure import ORDER, events_on, picture_axis
from lossreport.compose.placing import placed
from lossreport.compose.section import Story, shown
from lossreport.model.analysis import Finding
from lossreport.model.report import Band, Chart, Curve, LineChart
from lossreport.model.run import Series, Statistic
from lossreport.text import Text

MOST: Final = 24
"""Eight rows of three: of more metrics the table and the JSON hold the numbers."""
MOST_CURVES: Final = 4
LEAST_POINTS: Final = 2
CAPTION = Text(zh="`{metric}` {first} → {last}", en="`{metric}` {first} → {last}")
NAME = Text(zh="{name}", en="{name}")


def multiples(story: Story, events: Sequence[Finding]) -> tuple[Chart, ...]:
    """Return a small chart for every metric that moves, those that matter first; at most so many as
    a page is good for.
    """
    axis = picture_axis(story, events)
    if axis is None:
        return ()
    bands = tuple(replace(band, label="") for band in events_on(story, events))
    groups = sorted(_groups(story), key=lambda group: _rank(story, group[0]))[:MOST]
    found = [
        x for group in groups for one in group if (x := placed(story.run, one, axis)) is not None
    ]
    ends = np.concatenate([np.empty(0), *found])
    x_range = (float(np.nanmin(ends)), float(np.nanmax(ends))) if len(ends) else None
    return tuple(_chart(story, group, axis, bands, x_range) for group in groups)


def _groups(story: Story) -> list[list[Series]]:
    """Return the series of the log by metric: one a split, source and entity, none that a second
    file holds alike or that never moves.
    """
    copies = {one.copy for one in story.analysis.agreements}
    groups: dict[str, dict[tuple[object, ...], Series]] = {}
    for series in story.run.series:
        finite = series.y[np.isfinite(series.y)]
        own = (
            not series.derived
            and series.statistic is not Statistic.RUNNING_MEAN
            and series.id not in copies
        )
        if (
            own
            and len(finite) >= LEAST_POINTS
            and (np.ptp(finite) > 0 or len(finite) < len(series))
        ):
            groups.setdefault(series.name, {}).setdefault(
                (series.split, series.source, series.entity), series
            )
    return [list(group.values()) for group in groups.values()]


def _rank(story: Story, series: Series) -> tuple[int, int]:
    names = [one.name for one in story.main]
    role = story.kind(series).role
    return (
        names.index(series.name) if series.name in names else len(names),
        ORDER.index(role) if role in ORDER else len(ORDER),
    )


def _chart(
    story: Story,
    group: Sequence[Series],
    axis: Series,
    bands: tuple[Band, ...],
    x_range: tuple[float, float] | None,
) -> Chart:
    """Return the chart of one metric over the common axis, or over its own where no log relates the
    two.
    """
    first = group[0]
    on = axis if placed(story.run, first, axis) is not None else first
    placeable = [one for one in group if placed(story.run, one, on) is not None]
    # the training has one colour in all panels
    drawn = sorted(placeable, key=lambda one: one.split != "train")[:MOST_CURVES]
    curves = [curve for one in drawn if (curve := _curve(story, one, on, drawn)) is not None]
    scale, linthresh = axis_scale([one.y for one in drawn])
    if story.kind(first).role == "schedule":
        scale, linthresh = "linear", 1.0
    common = on is axis
    spec = LineChart(
        id=f"small-{first.id}",
        curves=tuple(curves),
        scale=scale,
        linthresh=linthresh,
        bands=bands if common else (),
        x_range=x_range if common else None,
        x_title="" if common else on.axis.value,
        name=first.name,
        small=True,
    )
    finite = drawn[0].y[np.isfinite(drawn[0].y)]
    title = CAPTION(metric=first.name, first=shown(finite[0]), last=shown(finite[-1]))
    return Chart(title=title, alternative=NAME(name=first.name), spec=spec)


def _curve(story: Story, series: Series, axis: Series, group: Sequence[Series]) -> Curve | None:
    x = placed(story.run, series, axis)
    return None if x is None else replace(curve_of(series, _told_by(series, group)), x=x)


def _told_by(series: Series, group: Sequence[Series]) -> str:
    """Return what tells a series from the others of its metric: split, entity, file, as far as they
    differ.
    """
    parts = [
        series.split if len({one.split for one in group}) > 1 else "",
        str(series.entity)
        if series.entity is not None and len({one.entity for one in group}) > 1
        else "",
        series.path
        if len(
            {one.path for one in group if one.split == series.split and one.entity == series.entity}
        )
        > 1
        else "",
    ]
    return " ".join(part for part in parts if part) or series.split
