"""The picture of the first screen: the goal metric, training and validation together, its best
place and the events, numbered.

Below it stands what matters next, on the same axis: the loss beside a score, a second loss, the
learning rate or the gradient norm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.analysis.joining import JOINED
from lossreport.compose.charting import (
    SMOOTH_FROM,
    axis_scale,
    chance_levels,
    curve_of,
    median_window,
    peaks,
)
from lossreport.compose.placing import placed
from lossreport.compose.section import POINTING, Story, shown
from lossreport.model.analysis import Finding, State
from lossreport.model.report import NUMBERS, Band, Chart, Curve, LineChart, Star
from lossreport.model.run import Floats, Series, Statistic, shown_x
from lossreport.text import Join, Phrase, Text, Value
from lossreport.words import AXES

MOST_CURVES: Final = 3
LEAST_POINTS: Final = 2
MOST_STRETCHES: Final = 8
LASTING: Final = (
    "overfitting",
    "plateau",
    "no_learning",
    "divergence",
    "worsening",
    "lost_metric",
    "frozen_metric",
)
"""Kinds of finding that hold from their first row to their last: what lies between is shaded
too.
"""

TITLE = Text(zh="`{metric}`{below}", en="`{metric}`{below}")
BELOW = Text(zh="，下图 `{metric}`", en=", below: `{metric}`")
ALTERNATIVE = Text(
    zh="横轴为 {axis}，{rows} 个点，从 {first} 到 {last}{smooth}{best}{bands}。",
    en="Over {axis}, {rows} points from {first} to {last}{smooth}{best}{bands}.",
)
SMOOTH = Text(zh="；实线为 {window} 行滑动中位数", en="; line: running median of {window} rows")
LINE = Text(zh="实线为 {window} 行滑动中位数。", en="Line: running median of {window} rows.")
BEST = Text(
    zh="；星号是最好的 {value}（{axis} {x}）", en="; the star is the best, {value} at {axis} {x}"
)
BANDS = Text(zh="；阴影 {events}", en="; shaded: {events}")
EVENT = Text(zh="{number} {axis} {x}", en="{number} {axis} {x}")
EMPTY: Final = ""


def goal_figure(story: Story, events: Sequence[Finding]) -> Iterator[Chart]:
    """Yield the chart of the goal, or of what stands nearest to it, with a second panel; nothing
    where there is no curve to draw.
    """
    main = main_series(story, events)
    if main is None:
        return
    beside = _beside(story, main)
    axis = _axis(story, main, beside)
    below = next(_next(story, main, axis, events), None)
    yield _chart(story, main, beside, axis, below, events)


def pictured(story: Story, events: Sequence[Finding]) -> frozenset[str]:
    """Return the ids of the series that the first panel of the picture shows: nothing is drawn
    twice.
    """
    main = main_series(story, events)
    return frozenset(() if main is None else (main.id, *(one.id for one in _beside(story, main))))


def picture_axis(story: Story, events: Sequence[Finding]) -> Series | None:
    """Return the series whose axis the picture has."""
    main = main_series(story, events)
    return None if main is None else _axis(story, main, _beside(story, main))


def events_on(story: Story, events: Sequence[Finding]) -> tuple[Band, ...]:
    """Return the places of the events on the axis of the picture."""
    main, axis = main_series(story, events), picture_axis(story, events)
    return () if main is None or axis is None else tuple(_bands(story, axis, main, events))


def main_series(story: Story, events: Sequence[Finding] = ()) -> Series | None:
    """Return the series that the first picture is of: the goal, else what an event is told of, else
    a loss, else a score, else any.
    """
    goal = story.analysis.goal(story.run.id)
    chosen = [printed(story, story.series(goal.series))] if goal is not None else []
    told = [printed(story, story.series(event.series[0])) for event in events]
    ranked = sorted(
        story.run.series,
        key=lambda s: ORDER.index(role) if (role := story.kind(s).role) in ORDER else len(ORDER),
    )
    return next(
        (s for s in (*chosen, *told, *story.main, *ranked) if _drawable(s) and is_printed(s)), None
    )


ORDER: Final = ("loss", "metric", "regulariser", "health", "schedule")


def printed(story: Story, series: Series) -> Series:
    """Return the series of the log that a derived one was made from, as far as there is one of the
    same metric; one that goes on from file to file is printed as a whole.
    """
    if series.derived is None or is_printed(series):
        return series
    same = [s for s in story.run.series if s.id in series.derived.of and s.name == series.name]
    return next((s for s in same if s.statistic is not Statistic.RUNNING_MEAN), series)


def is_printed(series: Series) -> bool:
    """Return whether all rows of a series stand in the logs, in one file or in several."""
    return series.derived is None or series.derived.how == JOINED


def _whole(story: Story) -> list[Series]:
    """Return the series that are printed, those of one file only where no other goes on with
    them.
    """
    printed = [s for s in story.run.series if is_printed(s)]
    pieces = {piece for s in printed if s.derived for piece in s.derived.of}
    return [s for s in printed if s.id not in pieces]


def _drawable(series: Series) -> bool:
    return int(np.isfinite(series.y).sum()) >= LEAST_POINTS


# -------------------------------------------------------------------------- what stands on one axis
def _beside(story: Story, main: Series) -> list[Series]:
    """Return what is drawn in one panel with a series: the same metric of the other splits, the
    training first, or another source's view.
    """
    same = [
        s
        for s in _whole(story)
        if s.name == main.name
        and s.split != main.split
        and s.entity == main.entity
        and np.isfinite(s.y).any()
    ]
    ordered = sorted(
        same,
        key=lambda s: (s.split != "train", s.source != main.source, s.statistic is Statistic.VALUE),
    )
    chosen = {s.split: s for s in reversed(ordered)}
    found = [s for s in ordered if chosen[s.split] is s and _related(story, s, main)][
        : MOST_CURVES - 1
    ]
    return found or [
        s for s in (other_source(story, main),) if s is not None and _related(story, s, main)
    ]


def other_source(story: Story, series: Series) -> Series | None:
    """Return the same metric as another file tells it, where the two disagree: the picture shows
    what the sentence says.
    """
    for finding in story.findings:
        if finding.kind != "source_disagreement":
            continue
        told = [story.series(one) for one in finding.series]
        if finding.series[0] == series.id:
            return story.view(told[1], "epoch_last")
        if series.source in {one.source for one in told} and series.label == told[0].label:
            return next((one for one in told if one.source != series.source), None)
    return None


def _related(story: Story, a: Series, b: Series) -> bool:
    return placed(story.run, a, b) is not None or placed(story.run, b, a) is not None


def _axis(story: Story, main: Series, beside: Sequence[Series]) -> Series:
    """Return the series whose axis the picture has: that of the main one, unless another can only
    be placed the other way round.
    """
    for reference in (main, *beside):
        if all(placed(story.run, one, reference) is not None for one in (main, *beside)):
            return reference
    return main


def _next(story: Story, main: Series, axis: Series, events: Sequence[Finding]) -> Iterator[Series]:
    """Yield what matters next and can be placed on the axis, the most telling first."""
    score = story.kind(main).role != "loss"
    told = [printed(story, story.series(event.series[0])) for event in events]
    own = [s for s in _whole(story) if s.statistic is not Statistic.RUNNING_MEAN]
    by_kind = [s for kind in NEXT for s in own if s.metric_type == kind]
    moving = [s for s in by_kind if _drawable(s) and np.ptp(s.y[np.isfinite(s.y)]) > 0]
    losses = [s for s in story.main if is_printed(s) and s.entity is None]
    wanted = [*(losses if score else ()), *told, *losses, *moving, *by_kind]
    for series in wanted:
        if (
            series.name != main.name
            and _drawable(series)
            and not _same_rows(series, main)
            and placed(story.run, series, axis) is not None
        ):
            yield series


def _same_rows(a: Series, b: Series) -> bool:
    """Return whether two metrics are one under two names: a picture of both says nothing more."""
    return len(a) == len(b) and bool(np.array_equal(a.y, b.y, equal_nan=True))


NEXT: Final = ("reward", "learning_rate", "grad_norm", "accuracy")


# ---------------------------------------------------------------------------------------- the chart
def _chart(
    story: Story,
    main: Series,
    beside: Sequence[Series],
    axis: Series,
    below: Series | None,
    events: Sequence[Finding],
) -> Chart:
    star = _star(story, main, axis)
    bands = tuple(_bands(story, axis, main, events))
    panel = [] if below is None else [_panel(story, below, _beside(story, below), axis)]
    spec = replace(
        _panel(story, main, beside, axis),
        id=f"goal-{main.id}",
        marks=peaks(main, story.flagged(main), at=placed(story.run, main, axis)),
        rules=tuple(float(axis.x[span.first_row]) for span in axis.segments[1:]),
        bands=bands,
        star=star,
        x_title=axis.axis.value,
        below=tuple(panel),
    )
    under: Value = BELOW(metric=below.label) if below is not None else EMPTY
    title = TITLE(
        metric=main.name if any(one.split != main.split for one in beside) else main.label,
        below=under,
    )
    smoothed = _smoothing(
        (main, *beside, *(() if below is None else (below, *_beside(story, below))))
    )
    return Chart(
        title=title,
        alternative=_words((main, *beside), axis, star, bands),
        spec=spec,
        told=True,
        caption=smoothed,
    )


def _smoothing(drawn: Sequence[Series]) -> Phrase | None:
    """Return what the line through the rows is, None where no row is smoothed."""
    windows = sorted({median_window(len(one)) for one in drawn if len(one) >= SMOOTH_FROM})
    return LINE(window="-".join(map(str, sorted({windows[0], windows[-1]})))) if windows else None


def _panel(story: Story, series: Series, beside: Sequence[Series], axis: Series) -> LineChart:
    scale, linthresh = axis_scale([series.y, *(s.y for s in beside)])
    if story.kind(series).role == "schedule":
        # whoever looks at a schedule looks for its straight lines
        scale, linthresh = "linear", 1.0
    return LineChart(
        id=f"panel-{series.id}",
        curves=tuple(_curves(story, series, beside, axis)),
        scale=scale,
        linthresh=linthresh,
        levels=chance_levels(story, series),
        unit=series.unit,
        name=series.name if any(one.split != series.split for one in beside) else series.label,
    )


def _curves(
    story: Story, series: Series, beside: Sequence[Series], axis: Series
) -> Iterator[Curve]:
    apart = any(other.split != series.split for other in beside)
    for one in sorted((series, *beside), key=lambda s: apart and s.split != "train"):
        # the training has one colour in all panels
        x = placed(story.run, one, axis)
        if x is not None:
            yield replace(curve_of(one, one.split if apart else one.path), x=x)


def _star(story: Story, main: Series, axis: Series) -> Star | None:
    if story.verdict.state is State.BROKEN or np.nanmin(main.y) == np.nanmax(main.y):
        # nothing to choose
        return None
    best = next(
        (one for one in story.analysis.bests if one.run == story.run.id and one.series == main.id),
        None,
    )
    at = placed(story.run, main, axis)
    return None if best is None or at is None else Star(x=float(at[best.at.row]), y=best.value)


def _bands(story: Story, axis: Series, main: Series, events: Sequence[Finding]) -> Iterator[Band]:
    """Yield the places of the events that lie on the axis of the chart, by their numbers.

    An event that holds for the whole picture is shown by what it explains there.
    """
    for number, finding in zip(NUMBERS, events, strict=False):
        explained = [
            one
            for one in story.findings
            if one.explained_by == finding.key
            and story.series(one.series[0]).label == main.label
            and one.kind in POINTING
        ]
        shown_by = explained if explained and _covers(story, axis, finding) else [finding]
        places = sorted({place for one in shown_by for place in _stretches(story, axis, one)})[
            :MOST_STRETCHES
        ]
        for count, (first, last) in enumerate(places):
            yield Band(
                first=first, last=last, label="" if count else number, severity=finding.severity
            )


WHOLE: Final = 0.9
"""Shading nine tenths of the picture shows nothing."""


def _covers(story: Story, axis: Series, finding: Finding) -> bool:
    wide = sum(last - first for first, last in _stretches(story, axis, finding))
    at = placed(story.run, story.series(finding.series[0]), axis)
    own = float(np.ptp(at)) if at is not None and len(at) else np.inf
    return wide > WHOLE * min(own, float(np.ptp(axis.x)))


def _stretches(story: Story, axis: Series, finding: Finding) -> list[tuple[float, float]]:
    """Return from where to where a finding holds on the axis of the chart: consecutive rows are one
    stretch.
    """
    at = placed(story.run, story.series(finding.series[0]), axis)
    if at is None or not len(at):
        return []
    if finding.kind in LASTING:
        return [_sorted(at, finding.start.row, finding.end.row)]
    rows = np.array([row for row in finding.rows if row < len(at)] or [finding.start.row])
    breaks = np.flatnonzero(np.diff(rows) > 1)
    firsts, lasts = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    return [_sorted(at, int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _sorted(at: Floats, first: int, last: int) -> tuple[float, float]:
    low, high = sorted((float(at[min(first, len(at) - 1)]), float(at[min(last, len(at) - 1)])))
    return low, high


def _words(
    drawn: Sequence[Series], axis: Series, star: Star | None, bands: Sequence[Band]
) -> Phrase:
    """Return what the picture shows of the first of the drawn series; the medians are those of all
    of them.
    """
    main = drawn[0]
    finite = main.y[np.isfinite(main.y)]
    windows = sorted({median_window(len(one)) for one in drawn if len(one) >= SMOOTH_FROM})
    said = AXES[axis.axis.value]
    events = Join(
        items=tuple(
            EVENT(number=band.label, axis=said, x=shown_x(band.first))
            for band in bands
            if band.label
        )
    )
    return ALTERNATIVE(
        axis=said,
        rows=len(finite),
        first=shown(finite[0]),
        last=shown(finite[-1]),
        smooth=SMOOTH(window="-".join(map(str, sorted({windows[0], windows[-1]}))))
        if windows
        else EMPTY,
        best=BEST(value=shown(star.y), axis=said, x=shown_x(star.x)) if star is not None else EMPTY,
        bands=BANDS(events=events) if bands else EMPTY,
    )
