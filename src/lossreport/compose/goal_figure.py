"""The picture of the first screen: the goal metric, training and validation together, its best place and the events, numbered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.compose.charting import SMOOTH_FROM, axis_scale, chance_levels, running_median
from lossreport.compose.placing import placed
from lossreport.compose.section import POINTING, Story, shown
from lossreport.model.analysis import Finding
from lossreport.model.report import NUMBERS, Band, Chart, Curve, LineChart, Star
from lossreport.model.run import Series, Statistic, shown_x
from lossreport.text import Join, Phrase, Text
from lossreport.words import AXES

MOST_CURVES: Final = 3

TITLE = Text(zh="`{metric}`{beside}", en="`{metric}`{beside}")
BESIDE = Text(zh="，与 {others} 对照", en=" beside {others}")
ALTERNATIVE = Text(
    zh="横轴为 {axis}，{rows} 个点，从 {first} 到 {last}{best}{bands}。",
    en="Over {axis}, {rows} points from {first} to {last}{best}{bands}.",
)
BEST = Text(zh="；星号是最好的 {value}（{axis} {x}）", en="; the star is the best, {value} at {axis} {x}")
BANDS = Text(zh="；阴影 {events}", en="; shaded: {events}")
EVENT = Text(zh="{number} {axis} {x}", en="{number} {axis} {x}")
EMPTY: Final = ""


def goal_figure(story: Story, events: Sequence[Finding]) -> Iterator[Chart]:
    """Yield the chart of the goal, or of the first loss where a run has no goal; nothing where there is no curve to draw."""
    main = _main(story)
    if main is None:
        return
    yield _chart(story, main, _beside(story, main), events)
    if story.kind(main).role != "loss":
        losses = [s for s in story.main if s is not main and np.isfinite(s.y).sum() >= LEAST_POINTS and s.entity is None][:1]
        for loss in losses:
            yield _chart(story, loss, _beside(story, loss), events)


LEAST_POINTS: Final = 2


def _main(story: Story) -> Series | None:
    goal = story.analysis.goal(story.run.id)
    chosen = [story.series(goal.series)] if goal is not None else []
    candidates = [*chosen, *(s for s in (*story.main, *story.run.series) if not s.derived)]
    return next((s for s in candidates if np.isfinite(s.y).sum() >= LEAST_POINTS), None)


def _beside(story: Story, main: Series) -> list[Series]:
    """Return the same metric of the other splits that can be placed on its axis, the training first."""
    other = _other_source(story, main)
    same = [
        s
        for s in story.run.series
        if s.name == main.name
        and s.split != main.split
        and s.entity == main.entity
        and not (s.derived and s.derived.how not in ("joined",))
        and np.isfinite(s.y).any()
    ]
    ordered = sorted(same, key=lambda s: (s.split != "train", s.source != main.source, s.statistic is Statistic.VALUE))
    chosen = {s.split: s for s in reversed(ordered)}
    if other is not None:
        return [other]
    return [s for s in ordered if chosen[s.split] is s and placed(story.run, s, main) is not None][: MOST_CURVES - 1]


def _other_source(story: Story, main: Series) -> Series | None:
    """Return the same metric as another file tells it, where the two disagree: the picture shows what the sentence says."""
    for finding in story.findings:
        if finding.kind == "source_disagreement":
            told = [story.series(one) for one in finding.series]
            apart = [
                one for one in told if one.label == main.label and one.source != main.source and placed(story.run, one, main) is not None
            ]
            if apart and any(one.label == main.label and one.source == main.source for one in told):
                return apart[0]
    return None


def _chart(story: Story, main: Series, beside: Sequence[Series], events: Sequence[Finding]) -> Chart:
    scale, linthresh = axis_scale([main.y, *(s.y for s in beside)])
    star = _star(story, main)
    bands = tuple(_bands(story, main, events))
    by_file = any(other.split == main.split for other in beside)
    curves = [_curve(main, main.path if by_file else main.split)]
    for other in beside:
        x = placed(story.run, other, main)
        assert x is not None
        curves.append(replace(_curve(other, other.path if by_file else other.split), x=x))
    spec = LineChart(
        id=f"goal-{main.id}",
        curves=tuple(curves),
        scale=scale,
        linthresh=linthresh,
        levels=chance_levels(story, main),
        rules=tuple(float(main.x[span.first_row]) for span in main.segments[1:]),
        unit=main.unit,
        bands=bands,
        star=star,
        x_title=main.axis.value,
    )
    others = Join(items=tuple(s.path if by_file else s.label for s in beside))
    title = TITLE(metric=main.label, beside=BESIDE(others=others) if others.items else EMPTY)
    return Chart(title=title, alternative=_words(main, star, bands), spec=spec)


def _curve(series: Series, name: str) -> Curve:
    smooth = running_median(series.y)[0] if len(series) >= SMOOTH_FROM else None
    return Curve(name=name, x=series.x, y=series.y, smooth=smooth, breaks=tuple(span.last_row for span in series.segments[:-1]))


def _star(story: Story, main: Series) -> Star | None:
    best = next((one for one in story.analysis.bests if one.run == story.run.id and one.series == main.id), None)
    return None if best is None else Star(x=best.at.x, y=best.value)


def _bands(story: Story, main: Series, events: Sequence[Finding]) -> Iterator[Band]:
    """Yield the places of the events that lie on the axis of the chart, by their numbers.

    An event that holds for the whole picture is shown by what it explains there.
    """
    for number, finding in zip(NUMBERS, events, strict=False):
        shown_by = [finding]
        if _covers(story, main, finding):
            shown_by = [
                one
                for one in story.findings
                if one.explained_by == finding.key and story.series(one.series[0]).label == main.label and one.kind in POINTING
            ]
        places = sorted({place for one in shown_by for place in _stretches(story, main, one)})[:MOST_STRETCHES]
        for count, (first, last) in enumerate(places):
            yield Band(first=first, last=last, label="" if count else number, severity=finding.severity)


WHOLE: Final = 0.9
"""Shading nine tenths of the picture shows nothing."""
MOST_STRETCHES: Final = 8


def _covers(story: Story, main: Series, finding: Finding) -> bool:
    wide = sum(last - first for first, last in _stretches(story, main, finding))
    at = placed(story.run, story.series(finding.series[0]), main)
    own = float(np.ptp(at)) if at is not None and len(at) else np.inf
    return wide > WHOLE * min(own, float(np.ptp(main.x)))


def _stretches(story: Story, main: Series, finding: Finding) -> list[tuple[float, float]]:
    """Return from where to where a finding holds on the axis of the chart: consecutive rows are one stretch."""
    at = placed(story.run, story.series(finding.series[0]), main)
    if at is None or not len(at):
        return []
    rows = np.array([row for row in finding.rows if row < len(at)] or [finding.start.row])
    breaks = np.flatnonzero(np.diff(rows) > 1)
    firsts, lasts = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    ends = [sorted((float(at[first]), float(at[last]))) for first, last in zip(firsts, lasts, strict=True)]
    return [(first, last) for first, last in ends]


def _words(main: Series, star: Star | None, bands: Sequence[Band]) -> Phrase:
    finite = main.y[np.isfinite(main.y)]
    axis = AXES[main.axis.value]
    events = Join(items=tuple(EVENT(number=band.label, axis=axis, x=shown_x(band.first)) for band in bands if band.label))
    return ALTERNATIVE(
        axis=axis,
        rows=len(finite),
        first=shown(finite[0]),
        last=shown(finite[-1]),
        best=BEST(value=shown(star.y), axis=axis, x=shown_x(star.x)) if star is not None else EMPTY,
        bands=BANDS(events=events) if bands else EMPTY,
    )
