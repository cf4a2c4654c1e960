"""Published values of the same kinds of loss, each with its source: something to compare with, never a grade."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.compose.section import SectionWriter, Story, last_finite
from lossreport.knowledge.loss_type import Known
from lossreport.model.report import Block, Column, Prose, Row, Section, Table
from lossreport.model.run import Series
from lossreport.text import Text, number

TITLE = Text(zh="参考值", en="Reference values")
ANSWER = Text(
    zh="公开的同类数值只提供量级，不构成好坏的结论：tokenizer、数据、掩码和归一化都相同才能比较。",
    en="Published values give orders of magnitude, not a judgement: comparable only with the same tokenizer, data, mask and normalisation.",
)
CAPTION = Text(zh="公开资料中的同类数值", en="Published values of the same kinds")
CAPTION_OWN = Text(zh="同类数值：公开资料与自己的存档", en="Values of the same kinds: published, and from one's own archive")
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
            rows.append(Row(cells=(NAMED(metric=story.name(series)), number(value, series.unit), reference.value, reference.source)))
    if not rows:
        return None
    columns = (Column(title=METRIC), Column(title=HERE, align="right"), Column(title=PUBLISHED), Column(title=SOURCE))
    caption = CAPTION_OWN() if any(_learned(story)) else CAPTION()
    table = Table(caption=caption, columns=columns, rows=tuple(rows))
    return Section(id="references", title=TITLE, answer=ANSWER(), blocks=(table, *remarks), opened=0)


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
                yield Row(cells=(NAMED(metric=story.name(series)), here, there, GIVEN(source=reference.source)))


def _learned(story: Story) -> Iterator[Row]:
    """Yield where the user's own earlier runs ended with the same metric of the same kind."""
    ranges = {(one.metric_type, one.name, one.split): one for one in story.run.guidance.learned}
    for scale in story.scales:
        series = story.series(scale.series[0])
        found = ranges.get((series.metric_type, series.name, series.split))
        if found is None:
            continue
        low, high, unit = number(found.low), number(found.high), series.unit
        there = RANGE(median=number(found.median, unit), low=low, high=high)
        days = DAYS(first=found.days[0], last=found.days[-1]) if found.days else UNDATED()
        source = ARCHIVE(count=found.n, days=days, file=found.source)
        yield Row(cells=(NAMED(metric=story.name(series)), number(scale.value, unit), there, source))


RANGE = Text(zh="中位数 {median}（10-90 %：{low} 到 {high}）", en="median {median} (10-90 %: {low} to {high})")
ARCHIVE = Text(
    zh="自己的存档：{count} 次训练的最后值，{days}（`{file}`）", en="own archive: last values of {count} runs, {days} (`{file}`)"
)
DAYS = Text(zh="{first} 至 {last}", en="{first} to {last}")
UNDATED = Text(zh="日志中没有日期", en="no date in the logs")


SECTION = SectionWriter(id="references", order=35, write=write)
