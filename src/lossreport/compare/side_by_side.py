"""Makes the report of a comparison: its answer, metric by metric, the settings and the places in
common. Nothing is called better; a difference has its interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lossreport import __version__
from lossreport.compare.as_json import numbers
from lossreport.compare.comparison import Comparison
from lossreport.compare.member import Member
from lossreport.compare.naming import name_of, name_of_members, reference_of
from lossreport.compare.pictures import charts
from lossreport.compare.sentences import absent, sentences, unequal
from lossreport.compare.tables import (
    GIVEN,
    MOST_COLUMNS,
    coincidences_section,
    method_section,
    metric_table,
    runs_table,
    settings_section,
)
from lossreport.model.analysis import Analysis
from lossreport.model.report import (
    Block,
    Meta,
    Prose,
    Report,
    Section,
)
from lossreport.model.run import Run, Series, shown_x
from lossreport.text import Join, Phrase, Text
from lossreport.words import AXES

OPEN_TABLES: Final = 4
"""Further metrics are folded."""

TITLE = Text(zh="训练对比：{names}", en="Comparison of runs: {names}")
AND_MORE = Text(zh="{first} 等 {count} 次训练", en="{first} and {count} more")
ANSWER_TITLE = Text(zh="谁低谁高，能不能算数", en="What differs, and is it more than noise?")
ANSWER = Text(
    zh="以 {reference} 为基准，按 {axis} 对齐，只比较所有训练都有的一段：{axis} {start} 到 "
    "{end}；“水平”是 {since} 之后各行的均值。",
    en="Against {reference}, aligned by {axis} over the stretch that all runs have, {axis} "
    "{start} to {end}; a level is the mean of the rows from {since} on.",
)
ONLY_NOISE = Text(
    zh="区间只包含一次训练内部逐行的噪声；换一个种子可能变动更大。要认定一项改动有效，"
    "每种设置至少用 3 个种子各跑一次。",
    en="The intervals know the noise from row to row within a run only; another seed may move "
    "a run further. To credit a change, run each setting with at least 3 seeds.",
)
WITH_SEEDS = Text(
    zh="{groups} 内的训练只差种子：它们之间的离散程度已计入区间；"
    "只有一次的设置按同样的离散程度计。",
    en="The runs within {groups} differ in their seed alone: their spread is part of the "
    "intervals, and a setting with one run is taken to have the same spread.",
)
THINNED = Text(
    zh="{names} 取自只保留部分行的报告：噪声由留下的行估计。用日志文件夹对比会更准。",
    en="{names} come from reports that keep some of the rows only: the noise is estimated "
    "from those. Comparing the folders of logs is more exact.",
)
METRICS_TITLE = Text(zh="逐项指标", en="Metric by metric")


def report_of(comparison: Comparison, title: str | None = None) -> Report:
    """Return the report of a comparison."""
    sections = [
        _answer(comparison),
        _metrics(comparison),
        settings_section(comparison),
        coincidences_section(comparison),
        method_section(comparison),
    ]
    kept: dict[str, list[Series]] = {member.id: [] for member in comparison.members}
    for compared in comparison.metrics:
        for track in compared.metric.tracks:
            kept[track.member.id].append(track.series)
    runs = tuple(_with_ids(member, kept[member.id]) for member in comparison.members)
    return Report(
        analysis=Analysis(runs=runs),
        meta=Meta(title=_title(comparison, title), version=__version__),
        sections=tuple(section for section in sections if section is not None),
        extra={"comparison": numbers(comparison)},
    )


def _with_ids(member: Member, kept: Sequence[Series]) -> Run:
    """Return a run of the series that were compared; those that were derived stand for themselves,
    their origin is not kept.
    """
    unique = list({id(series): series for series in kept}.values())
    return member.as_run(
        [
            replace(series, id=f"{member.id}-m{number}", derived=None)
            for number, series in enumerate(unique, 1)
        ]
    )


def _title(comparison: Comparison, title: str | None) -> Phrase:
    if title:
        return GIVEN(title=title)
    names = [member.name for member in comparison.members]
    if len(names) <= MOST_COLUMNS // 2:
        return TITLE(names=Join(items=tuple(names)))
    return TITLE(names=AND_MORE(first=names[0], count=len(names) - 1))


def _answer(comparison: Comparison) -> Section:
    main = comparison.metrics[0]
    told = [*sentences(main, comparison), *absent(comparison, main), *unequal(comparison)]
    blocks: list[Block] = [Prose(text=text) for text in told]
    several = [group for group in comparison.groups if len(group) > 1]
    if several:
        named = tuple(name_of_members(group) for group in several)
        blocks.append(Prose(text=WITH_SEEDS(groups=Join(items=named))))
    else:
        blocks.append(Prose(text=ONLY_NOISE()))
    thinned = tuple(member.label for member in comparison.members if member.thinned)
    if thinned:
        blocks.append(Prose(text=THINNED(names=Join(items=thinned))))
    blocks += [list(charts(main))[-1], runs_table(comparison)]
    metric = main.metric
    axis = AXES[metric.axis]
    answer = ANSWER(
        reference=name_of(reference_of(main) or main.entries[0]),
        axis=axis,
        start=shown_x(metric.start),
        end=shown_x(metric.end),
        since=shown_x(main.since),
    )
    return Section(id="answer", title=ANSWER_TITLE, answer=answer, blocks=tuple(blocks))


def _metrics(comparison: Comparison) -> Section:
    blocks: list[Block] = []
    for index, compared in enumerate(comparison.metrics):
        blocks.append(metric_table(compared, folded=index >= OPEN_TABLES))
        blocks += list(charts(compared))[:-1] if index == 0 else []
        if 0 < index < OPEN_TABLES:
            blocks += [Prose(text=text) for text in sentences(compared, comparison)]
    return Section(id="metrics", title=METRICS_TITLE, blocks=tuple(blocks))
