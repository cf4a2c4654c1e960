"""The list of anomalies with their evidence and causes weighed, and what was looked at and found quiet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.compose.charting import line_chart
from lossreport.compose.section import SectionWriter, Story, is_epoch_level
from lossreport.model.analysis import Finding
from lossreport.model.report import Block, Chart, Column, FindingList, Prose, Row, ScatterChart, Section, Table
from lossreport.model.run import Series, frozen_ints
from lossreport.text import Join, Phrase, Text, show_number
from lossreport.words import KINDS

MAX_CHARTS: Final = 1

TITLE = Text(zh="异常清单", en="Anomalies")
ANSWER = Text(zh="共 {count} 条：{kinds}。", en="{count} in all: {kinds}.")
COUNTED = Text(zh="{count} 条{kind}", en="{kind} ({count})")
NONE = Text(zh="没有发现异常。", en="No anomaly was found.")
QUIET = Text(zh="检查过、没有发现尖峰的序列：{names}。", en="Checked, and no spike found: {names}.")
NAMED = Text(zh="`{metric}`（{path}，{rows} 行）", en="`{metric}` ({path}, {rows} rows)")
SCATTER = Text(zh="{path}：`{a}` 与 `{b}`，每个点是一行", en="{path}: `{a}` against `{b}`, one point per row")
SCATTER_ALT = Text(
    zh="各行不落在一条曲线上，而是聚成 {count} 簇：{clusters}；不属于任何簇的行：{single}。双对数坐标，点旁标注 epoch。",
    en="The rows do not follow one curve but fall into {count} clusters: {clusters}; rows in no cluster: {single}. Log-log axes, with the epoch beside each point.",
)
CLUSTER = Text(zh="{letter}（{rows}）", en="{letter} ({rows})")
IGNORED = Text(zh="按用户规则忽略的发现（不计入判断）", en="Findings ignored by the user's rules (not counted in the verdict)")
WHAT, WHY, UNTIL = Text(zh="发现", en="finding"), Text(zh="理由", en="reason"), Text(zh="有效期至", en="until")
FOR_EVER = Text(zh="未设期限", en="no end date")
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write(story: Story) -> Section:
    """Write all findings in full, the quiet series, and the charts that show the gravest."""
    if not story.findings:
        return Section(id="anomalies", title=TITLE, answer=NONE(), blocks=(*_quiet(story), *_ignored(story)))
    blocks: list[Block] = [FindingList(findings=story.findings, names=story.names)]
    blocks += _quiet(story)
    blocks += _ignored(story)
    blocks += _charts(story)
    return Section(id="anomalies", title=TITLE, answer=_answer(story), blocks=tuple(blocks))


def _answer(story: Story) -> Phrase:
    counts: dict[str, int] = {}
    for finding in story.findings:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
    kinds = tuple(COUNTED(kind=KINDS.get(kind, kind), count=count) for kind, count in counts.items())
    return ANSWER(count=len(story.findings), kinds=Join(items=kinds))


def _quiet(story: Story) -> Iterator[Block]:
    loud = {f.series[0] for f in story.findings if f.kind in ("spike", "batch_outlier", "nonfinite")}
    unseen = {series for item in story.analysis.not_applicable if item.check == "spike" for series in item.series}
    judged = [story.series(v.series[0]) for v in story.verdicts]
    quiet = tuple(NAMED(metric=story.name(s), path=s.path, rows=len(s)) for s in judged if s.id not in loud | unseen)
    if quiet:
        yield Prose(text=QUIET(names=Join(items=quiet[:12] if len(quiet) <= 12 else (*quiet[:12], "…"))))


def _ignored(story: Story) -> Iterator[Block]:
    ids = {series.id for series in story.run.series}
    mine = [one for one in story.analysis.ignored if ids & set(one.finding.series)]
    if mine:
        rows = [Row(cells=(one.finding.text, one.reason, one.until.isoformat() if one.until else FOR_EVER)) for one in mine]
        columns = (Column(title=WHAT), Column(title=WHY), Column(title=UNTIL))
        yield Table(caption=IGNORED(), columns=columns, rows=tuple(rows))


def _charts(story: Story) -> Iterator[Chart]:
    flagged = [s for s in story.main if story.flagged(s) and is_epoch_level(s)]
    for series in flagged[:MAX_CHARTS]:
        yield line_chart(story, series, other=_other_source(story, series))
    for finding in story.findings:
        if finding.groups:
            yield _scatter(story, finding)
            return


def _other_source(story: Story, series: Series) -> Series | None:
    """Return the other source's last rows of every epoch, where the two sources disagree."""
    for finding in story.findings:
        if finding.kind == "source_disagreement" and finding.series[0] == series.id:
            return story.view(story.series(finding.series[1]), "epoch_last")
    return None


def _scatter(story: Story, finding: Finding) -> Chart:
    a, b = (story.series(series) for series in finding.series[:2])
    groups = np.full(len(a), -1)
    for index, rows in enumerate(finding.groups):
        groups[list(rows)] = index
    labels = tuple(show_number(int(x)) for x in a.x)
    spec = ScatterChart(id=f"chart-{a.id}-{b.id}", x_name=a.name, y_name=b.name, x=a.y, y=b.y, groups=frozen_ints(groups), labels=labels)
    clusters = tuple(
        CLUSTER(letter=LETTERS[i % 26], rows=Join(items=tuple(labels[row] for row in rows))) for i, rows in enumerate(finding.groups)
    )
    single = Join(items=tuple(labels[row] for row in np.flatnonzero(groups < 0).tolist()))
    alternative = SCATTER_ALT(count=len(finding.groups), clusters=Join(items=clusters), single=single)
    return Chart(title=SCATTER(path=a.path, a=a.name, b=b.name), alternative=alternative, spec=spec)


SECTION = SectionWriter(id="anomalies", order=50, write=write)
