"""The list of anomalies with their evidence and causes weighed, and what was looked at and found
quiet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.analysis.payloads import Excursion
from lossreport.compose.charting import line_chart, zoom_chart
from lossreport.compose.goal_figure import other_source, pictured
from lossreport.compose.section import SectionWriter, Story
from lossreport.compose.sections.answer import top_findings
from lossreport.curves.excursion import MIN_ROWS
from lossreport.model.analysis import Finding, Severity, Vote
from lossreport.model.report import (
    Block,
    Chart,
    Column,
    FindingList,
    Prose,
    Row,
    ScatterChart,
    Section,
    Table,
)
from lossreport.model.run import frozen_ints, is_epoch_level, shown_x
from lossreport.text import Join, Phrase, Text, show_number
from lossreport.words import AXES, SEVERITIES

MAX_CHARTS: Final = 1
MAX_ZOOMS: Final = 2
"""Panels of single excursions, the gravest first; of all others the table above has the rows."""
ZOOM_FROM: Final = 100
"""In a shorter curve the chart of the whole shows every row already."""

TITLE = Text(zh="异常清单", en="Anomalies")
ANSWER = Text(zh="共 {count} 条：{kinds}。", en="{count} in all: {kinds}.")
COUNTED = Text(zh="{count} 条{kind}", en="{kind} ({count})")
NONE = Text(zh="没有发现异常。", en="No anomaly was found.")
QUIET = Text(zh="检查过、没有发现尖峰的序列：{names}。", en="Checked, and no spike found: {names}.")
NAMED = Text(zh="`{metric}`（{path}，{rows} 行）", en="`{metric}` ({path}, {rows} rows)")
SCATTER = Text(
    zh="{path}：`{a}` 与 `{b}`，每个点是一行", en="{path}: `{a}` against `{b}`, one point per row"
)
SCATTER_ALT = Text(
    zh="各行不落在一条曲线上，而是聚成 {count} 簇：{clusters}；不属于任何簇的行：{single}。"
    "双对数坐标，点旁标注 epoch。",
    en="The rows do not follow one curve but fall into {count} clusters: {clusters}; rows in "
    "no cluster: {single}. Log-log axes, with the epoch beside each point.",
)
CLUSTER = Text(zh="{letter}（{rows}）", en="{letter} ({rows})")
MAX_FULL: Final = 60
MAX_ALIKE: Final = 3
"""Findings of low severity and one kind that are told in full."""
MAX_OF_KIND: Final = 12
"""Graver ones of one kind."""
LEAST_FULL: Final = 6
"""Findings of a run told in full however many runs share the page."""
EVENTS: Final = ("spike", "batch_outlier", "level_shift")
"""What happens at a place: where the terms of one total do it at the same row, it is told once, and
the others are rows of the table.
"""
MAX_ROWS: Final = 500
"""More findings than a person reads one by one are rows of a table; all of them are in the JSON."""
FURTHER = Text(
    zh="其余 {count} 条发现（列出 {shown} 条，全部在 JSON 中）",
    en="{count} more findings ({shown} listed, all of them in the JSON)",
)
IGNORED = Text(
    zh="按用户规则忽略的发现（不计入判断）",
    en="Findings ignored by the user's rules (not counted in the verdict)",
)
WHAT, WHY, UNTIL = (
    Text(zh="发现", en="finding"),
    Text(zh="理由", en="reason"),
    Text(zh="有效期至", en="until"),
)
FOR_EVER = Text(zh="未设期限", en="no end date")
MAX_FIRES: Final = 6
ALWAYS: Final = 20
"""A rule that needs more rows says from which one on it is silent: it never looked at those
before.
"""
JURY = Text(
    zh="公开的尖峰规则怎么看 `{metric}`（{path}）；只供参考，不参与判断",
    en="What published spike rules say of `{metric}` ({path}); no verdict uses it",
)
RULE, FIRES_WHEN = Text(zh="规则", en="rule"), Text(zh="何时报警", en="fires when")
SAYS = Text(
    zh="报警的 {axis}（– 不报警；≥ 128 自第 128 行起才判断；12 < 128 需要 128 行，只有 12 行）",
    en="the {axis} where it fires (– silent; ≥ 128: from row 128 on; 12 < 128: needs 128 "
    "rows, has 12)",
)
MORE = Text(zh="另有 {count} 处", en="{count} more")
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write(story: Story) -> Section:
    """Write all findings in full, the quiet series, and the charts that show the gravest."""
    if not story.findings:
        return Section(
            id="anomalies", title=TITLE, answer=NONE(), blocks=(*_quiet(story), *_ignored(story))
        )
    full, rest = parted(story.findings, runs=len(story.analysis.runs))
    blocks: list[Block] = [FindingList(findings=full, names=story.names)]
    blocks += _further(story, rest)
    blocks += _juries(story)
    blocks += _quiet(story)
    blocks += _ignored(story)
    blocks += _charts(story)
    return Section(id="anomalies", title=TITLE, answer=_answer(story), blocks=tuple(blocks))


def parted(
    findings: Sequence[Finding], *, runs: int = 1
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Part the findings, the gravest first, into those told in full and the rest.

    Of one kind a few are enough, of low ones fewer; of one event in several series the gravest is;
    several runs share the page.
    """
    full: list[Finding] = []
    rest: list[Finding] = []
    alike: Counter[tuple[str, bool]] = Counter()
    places: set[tuple[str, str, float]] = set()
    most = max(LEAST_FULL, MAX_FULL // runs)
    for finding in findings:
        low = finding.severity is Severity.LOW
        place = (finding.kind, finding.evidence[0].source, finding.start.x)
        enough = len(full) >= most or alike[finding.kind, low] >= (
            MAX_ALIKE if low else MAX_OF_KIND
        )
        if enough or (finding.kind in EVENTS and place in places):
            rest.append(finding)
            continue
        alike[finding.kind, low] += 1
        places.add(place)
        full.append(finding)
    return tuple(full), tuple(rest)


def _further(story: Story, rest: Sequence[Finding]) -> Iterator[Block]:
    """Yield a folded table of the findings that are not told in full: the gravest stand before
    it.
    """
    if rest:
        rows = [
            Row(
                cells=(
                    f.id,
                    f.called,
                    SEVERITIES[f.severity.value],
                    story.names.get(f.series[0], ""),
                    shown_x(f.start.x),
                )
            )
            for f in rest[:MAX_ROWS]
        ]
        heads = (
            Text(zh="编号", en="id"),
            WHAT,
            Text(zh="严重程度", en="severity"),
            Text(zh="指标", en="metric"),
            Text(zh="位置", en="at"),
        )
        yield Table(
            caption=FURTHER(count=len(rest), shown=len(rows)),
            columns=tuple(Column(title=head) for head in heads),
            rows=tuple(rows),
            folded=True,
        )


def _answer(story: Story) -> Phrase:
    counts = Counter(finding.called for finding in story.findings)
    kinds = tuple(COUNTED(kind=kind, count=count) for kind, count in counts.items())
    return ANSWER(count=len(story.findings), kinds=Join(items=kinds))


def _quiet(story: Story) -> Iterator[Block]:
    loud = {
        f.series[0] for f in story.findings if f.kind in ("spike", "batch_outlier", "nonfinite")
    }
    unseen = {
        series
        for item in story.analysis.not_applicable
        if item.check == "spike"
        for series in item.series
    }
    judged = [story.series(v.series[0]) for v in story.verdicts]
    quiet = tuple(
        NAMED(metric=story.name(s), path=s.path, rows=len(s))
        for s in judged
        if s.id not in loud | unseen and np.isfinite(s.y).sum() >= MIN_ROWS
    )
    if quiet:
        yield Prose(
            text=QUIET(names=Join(items=quiet[:12] if len(quiet) <= 12 else (*quiet[:12], "…")))
        )


def _juries(story: Story) -> Iterator[Block]:
    """Write the folded tables of what published spike rules say of the series with the gravest
    spikes.
    """
    ids = {series.id for series in story.run.series}
    for jury in story.analysis.juries:
        if ids & set(jury.series):
            series = story.series(jury.series[0])
            rows = tuple(Row(cells=(vote.title, vote.rule, _vote(vote))) for vote in jury.votes)
            columns = (
                Column(title=RULE),
                Column(title=FIRES_WHEN),
                Column(title=SAYS(axis=AXES[series.axis.value])),
            )
            caption = JURY(metric=story.name(series), path=series.path)
            yield Table(caption=caption, columns=columns, rows=rows, folded=True)


def _vote(vote: Vote) -> Phrase | str | Join:
    """Return what a rule says: where it fires, a dash where it is silent, and how many rows it has
    of those it needs.
    """
    if vote.rows < vote.needs:
        return f"{vote.rows} < {vote.needs}"
    if vote.reason is not None:
        return vote.reason
    if not vote.fires:
        return f"– (≥ {vote.needs})" if vote.needs > ALWAYS else "–"
    shown = tuple(shown_x(at.x) for at in vote.fires[:MAX_FIRES])
    return Join(
        items=(*shown, MORE(count=len(vote.fires) - MAX_FIRES))
        if len(vote.fires) > MAX_FIRES
        else shown
    )


def _ignored(story: Story) -> Iterator[Block]:
    ids = {series.id for series in story.run.series}
    mine = [one for one in story.analysis.ignored if ids & set(one.finding.series)]
    if mine:
        rows = [
            Row(
                cells=(
                    one.finding.text,
                    one.reason,
                    one.until.isoformat() if one.until else FOR_EVER,
                )
            )
            for one in mine
        ]
        columns = (Column(title=WHAT), Column(title=WHY), Column(title=UNTIL))
        yield Table(caption=IGNORED(), columns=columns, rows=tuple(rows))


def _charts(story: Story) -> Iterator[Chart]:
    drawn = pictured(story, top_findings(story))
    flagged = [
        s for s in story.main if story.flagged(s) and is_epoch_level(s) and s.id not in drawn
    ]
    for series in flagged[:MAX_CHARTS]:
        yield line_chart(story, series, other=other_source(story, series))
    excursions = [
        (f, f.payload)
        for f in story.findings
        if isinstance(f.payload, Excursion) and len(story.series(f.series[0])) >= ZOOM_FROM
    ]
    for finding, peak in excursions[:MAX_ZOOMS]:
        yield zoom_chart(story, finding, peak)
    for finding in story.findings:
        if finding.groups:
            yield _scatter(story, finding)
            return


def _scatter(story: Story, finding: Finding) -> Chart:
    a, b = (story.series(series) for series in finding.series[:2])
    groups = np.full(len(a), -1)
    for index, rows in enumerate(finding.groups):
        groups[list(rows)] = index
    labels = tuple(show_number(int(x)) for x in a.x)
    spec = ScatterChart(
        id=f"chart-{a.id}-{b.id}",
        x_name=a.name,
        y_name=b.name,
        x=a.y,
        y=b.y,
        groups=frozen_ints(groups),
        labels=labels,
    )
    clusters = tuple(
        CLUSTER(letter=LETTERS[i % 26], rows=Join(items=tuple(labels[row] for row in rows)))
        for i, rows in enumerate(finding.groups)
    )
    single = Join(items=tuple(labels[row] for row in np.flatnonzero(groups < 0).tolist()))
    alternative = SCATTER_ALT(
        count=len(finding.groups), clusters=Join(items=clusters), single=single
    )
    return Chart(title=SCATTER(path=a.path, a=a.name, b=b.name), alternative=alternative, spec=spec)


SECTION = SectionWriter(id="anomalies", order=50, write=write)
