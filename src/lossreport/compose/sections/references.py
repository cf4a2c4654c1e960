"""Published values of the same kinds of loss, each with its source: something to compare with,
never a grade.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.compose.section import SectionWriter, Story, last_finite
from lossreport.knowledge.loss_type import Known
from lossreport.knowledge.provenance import birth, data_of, digest_of
from lossreport.model.guidance import spread_of
from lossreport.model.report import Block, Column, Prose, Row, Section, Table
from lossreport.model.run import Run, Series
from lossreport.text import Text, number

TITLE = Text(zh="参考值", en="Reference values")
ANSWER = Text(
    zh="公开的同类数值只提供量级，不构成好坏的结论：tokenizer、数据、掩码和归一化都相同才能比较。",
    en="Published values give orders of magnitude, not a judgement: comparable only with the "
    "same tokenizer, data, mask and normalisation.",
)
CAPTION = Text(zh="公开资料中的同类数值", en="Published values of the same kinds")
CAPTION_OWN = Text(
    zh="同类数值：公开资料与自己的存档",
    en="Values of the same kinds: published, and from one's own archive",
)
METRIC, HERE, PUBLISHED, SOURCE = (
    Text(zh="loss", en="loss"),
    Text(zh="本次", en="here"),
    Text(zh="公开的值", en="published"),
    Text(zh="出处", en="source"),
)
REMARK = Text(zh="`{metric}`：{what}", en="`{metric}`: {what}")
NAMED = Text(zh="`{metric}`", en="`{metric}`")
GIVEN = Text(zh="{source}（用户给定）", en="{source} (given by the user)")


def write(story: Story) -> Section | None:
    """Write the references of every kind of loss in the run, once a kind."""
    rows, seen = [*_own(story), *_learned(story)], set()
    remarks: list[Block] = []
    for scale in story.scales:
        series = story.series(scale.series[0])
        kind = story.kind(series)
        value = last_finite(series)
        told = [one for one in kind.references if one.where(_known(story, series))]
        if kind.id in seen or value is None or (kind.references and not told):
            continue
        seen.add(kind.id)
        if told and kind.comparable is not None:
            remarks.append(Prose(text=REMARK(metric=story.name(series), what=kind.comparable)))
        for reference in told:
            rows.append(
                Row(
                    cells=(
                        NAMED(metric=story.name(series)),
                        number(value, series.unit),
                        reference.value,
                        reference.source,
                    )
                )
            )
    if not rows:
        return None
    columns = (
        Column(title=METRIC),
        Column(title=HERE, align="right"),
        Column(title=PUBLISHED),
        Column(title=SOURCE),
    )
    caption = CAPTION_OWN() if any(_learned(story)) else CAPTION()
    table = Table(caption=caption, columns=columns, rows=tuple(rows))
    return Section(
        id="references", title=TITLE, answer=ANSWER(), blocks=(table, *remarks), opened=0
    )


def _known(story: Story, series: Series) -> Known:
    """Return what a reference may ask about the run: whether it is of the same task."""
    run = story.run
    return Known(
        name=series.name,
        split=series.split,
        facts={fact.name: run.value(fact.name) for fact in run.facts},
        metrics=frozenset(one.name for one in run.series),
        parser=run.source(series.source).parser,
    )


def _own(story: Story) -> Iterator[Row]:
    """Yield the references that the user gave, for the metrics that this run has."""
    for reference in story.run.guidance.references:
        for scale in story.scales:
            series = story.series(scale.series[0])
            if reference.metric in (series.name, series.label):
                here, there = number(scale.value, series.unit), number(reference.value, series.unit)
                yield Row(
                    cells=(
                        NAMED(metric=story.name(series)),
                        here,
                        there,
                        GIVEN(source=reference.source),
                    )
                )


def _learned(story: Story) -> Iterator[Row]:
    """Yield where the user's own earlier runs of the same task ended with the same metric of the
    same kind; the run itself is none of them.
    """
    goal = story.analysis.goal(story.run.id)
    aim = (story.series(goal.series).label, goal.mode == "max") if goal is not None else ("", False)
    data = data_of({fact.name: story.run.value(fact.name) for fact in story.run.facts})
    ranges = {
        (one.metric_type, one.name, one.split, one.unit, one.goal, one.rises, one.data): one
        for one in story.run.guidance.learned
    }
    marks = _marks(story.run)
    for scale in story.scales:
        series = story.series(scale.series[0])
        found = ranges.get(
            (series.metric_type, series.name, series.split, series.unit or "", *aim, data)
        )
        ended = found.without(marks) if found is not None else ()
        if found is None or not ended:
            continue
        low, median, high = spread_of([one.value for one in ended])
        days = sorted({day for one in ended for day in one.days})
        there = RANGE(median=number(median, series.unit), low=number(low), high=number(high))
        source = ARCHIVE(
            count=len(ended),
            days=DAYS(first=days[0], last=days[-1]) if days else UNDATED(),
            file=found.source,
        )
        yield Row(
            cells=(
                NAMED(metric=story.name(series)),
                number(scale.value, series.unit),
                there,
                source,
            )
        )


def _marks(run: Run) -> set[str]:
    """Return what tells the run from every other: a digest of its logs, and of where its metrics
    begin.
    """
    begins = [
        (series.label, series, int(rows[0]))
        for series in run.series
        if series.derived is None and len(rows := np.flatnonzero(np.isfinite(series.y)))
    ]
    logs = sorted(source.sha256 for source in run.sources)
    return {
        birth((label, float(series.x[row]), float(series.y[row])) for label, series, row in begins),
        digest_of("\n".join(logs)),
    }


RANGE = Text(
    zh="中位数 {median}（10-90%：{low} 到 {high}）",
    en="median {median} (10-90%: {low} to {high})",
)
ARCHIVE = Text(
    zh="自己的存档：同一目标、同一数据的 {count} 次训练的最后值，{days}（`{file}`）",
    en="own archive: last values of {count} runs with the same goal and data, {days} (`{file}`)",
)
DAYS = Text(zh="{first} 至 {last}", en="{first} to {last}")
UNDATED = Text(zh="日志中没有日期", en="no date in the logs")


SECTION = SectionWriter(id="references", order=35, write=write)
