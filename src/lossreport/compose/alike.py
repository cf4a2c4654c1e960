"""What several runs have alike, told once: findings of one kind on one metric, and steps in the
same words. The runs that it holds of are counted and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from lossreport.compose.section import Story
from lossreport.model.analysis import Finding
from lossreport.model.report import Column, Row, Table
from lossreport.model.run import shown_x
from lossreport.text import Join, Phrase, Text, Value, first_sentence
from lossreport.words import SEVERITIES

LEAST_RUNS: Final = 3
"""Two runs that are alike are named beside each other in less room than a row of a table takes."""
MOST_SPANS: Final = 6
"""Spans of runs that a reader looks up; of more they are counted."""
MOST_ALIKE: Final = 12
MOST_OTHERS: Final = 200
"""Findings of single runs that a page lists; nobody reads more of them one by one."""

CAPTION = Text(zh="几次训练共有的发现", en="Findings that several runs share")
CUT = Text(
    zh="几次训练共有的发现（共 {count} 种，列出 {shown} 种）",
    en="Findings that several runs share ({shown} of {count} listed)",
)
OTHERS = Text(
    zh="下面没有详细写出的训练各自的发现（{count} 条，列出 {shown} 条，全部在 JSON 中）",
    en="Findings of the runs that are not described in full below ({count}, {shown} listed; the "
    "JSON has all)",
)
FINDING, SEVERITY, METRIC = (
    Text(zh="发现", en="finding"),
    Text(zh="严重程度", en="severity"),
    Text(zh="指标", en="metric"),
)
RUNS, EXAMPLE, ID, AT = (
    Text(zh="训练", en="runs"),
    Text(zh="例如", en="for example"),
    Text(zh="编号", en="id"),
    Text(zh="位置", en="at"),
)
CODE = Text(zh="`{name}`", en="`{name}`")
COUNTED = Text(zh="{count} 次：{runs}", en="{count} runs: {runs}")
SPAN = Text(zh="{first} 到 {last}", en="{first} to {last}")
MORE = Text(zh="另 {count} 次", en="{count} more")
OF_RUN = Text(zh="{run}：{text}", en="{run}: {text}")

Key = tuple[str, str]
"""What makes findings alike: their kind, and how the metric is called."""


class Alike(NamedTuple):
    """Findings that are alike: the gravest of them, the run that shows it, and all runs that have
    one.
    """

    key: Key
    finding: Finding
    shown_by: Story
    stories: tuple[Story, ...]


def alike(stories: Sequence[Story]) -> list[Alike]:
    """Return what at least three runs have alike, the gravest first, then what most runs have."""
    found: dict[Key, dict[str, tuple[Finding, Story]]] = {}
    for story in stories:
        for finding in story.findings:  # the gravest first
            of_kind = found.setdefault(_key(story, finding), {})
            of_kind.setdefault(story.run.id, (finding, story))
    groups = []
    for key, members in found.items():
        if len(members) >= LEAST_RUNS:
            gravest, shown_by = max(members.values(), key=lambda one: one[0].severity.rank)
            groups.append(Alike(key, gravest, shown_by, tuple(one for _, one in members.values())))
    return sorted(groups, key=lambda one: (-one.finding.severity.rank, -len(one.stories)))


def _key(story: Story, finding: Finding) -> Key:
    return finding.kind, story.series(finding.series[0]).label


def own_findings(story: Story, groups: Sequence[Alike]) -> list[Finding]:
    """Return the findings of a run that are in none of the groups, the gravest first."""
    keys = {one.key for one in groups}
    return [finding for finding in story.findings if _key(story, finding) not in keys]


def of_most(groups: Sequence[Alike], count: int) -> list[Alike]:
    """Return what more than half of so many runs have alike: it tells none from the others."""
    return [one for one in groups if 2 * len(one.stories) > count]


# ------------------------------------------------------------------------------------------ as text
def together(
    stories: Sequence[Story], told: Callable[[Story], Phrase | None]
) -> dict[str, tuple[Phrase, list[Story]]]:
    """Return each text that is told of a run, by its English words, with the runs it is told of, in
    their order.
    """
    found: dict[str, tuple[Phrase, list[Story]]] = {}
    for story in stories:
        text = told(story)
        if text is not None:
            found.setdefault(text.plain("en"), (text, []))[1].append(story)
    return found


def named(stories: Sequence[Story]) -> Value:
    """Return the ids of runs: one, or how many they are and from where to where."""
    if len(stories) == 1:
        return stories[0].run.id
    places = {run.id: place for place, run in enumerate(stories[0].analysis.runs)}
    spans: list[list[str]] = []
    last = -2
    for place, run_id in sorted((places[story.run.id], story.run.id) for story in stories):
        if place == last + 1:
            spans[-1].append(run_id)
        else:
            spans.append([run_id])
        last = place
    shown: list[Value] = [name for span in spans[:MOST_SPANS] for name in _ends(span)]
    left = sum(len(span) for span in spans[MOST_SPANS:])
    items = (*shown, MORE(count=left)) if left else tuple(shown)
    return (
        COUNTED(count=len(stories), runs=Join(items=items))
        if len(stories) > 2
        else Join(items=items)
    )


def _ends(span: Sequence[str]) -> Sequence[Value]:
    """Return the first and the last of runs that follow each other, both where they are two."""
    return span if len(span) < 3 else (SPAN(first=span[0], last=span[-1]),)


# ---------------------------------------------------------------------------------------- as tables
def alike_table(groups: Sequence[Alike]) -> Iterator[Table]:
    """Yield the table of what runs have alike, each with the words of the gravest of them."""
    if groups:
        rows = tuple(
            Row(
                cells=(
                    one.finding.called,
                    SEVERITIES[one.finding.severity.value],
                    CODE(name=one.key[1]),
                    named(one.stories),
                    OF_RUN(run=one.shown_by.run.id, text=first_sentence(one.finding.text)),
                )
            )
            for one in groups[:MOST_ALIKE]
        )
        heads = (FINDING, SEVERITY, METRIC, RUNS, EXAMPLE)
        caption = CAPTION() if len(rows) == len(groups) else CUT(count=len(groups), shown=len(rows))
        yield Table(caption=caption, columns=tuple(Column(title=head) for head in heads), rows=rows)


def others_table(stories: Sequence[Story], groups: Sequence[Alike]) -> Iterator[Table]:
    """Yield a folded table of the findings that single runs show, of which no group tells."""
    found = [(story, finding) for story in stories for finding in own_findings(story, groups)]
    if found:
        found.sort(key=lambda one: -one[1].severity.rank)
        rows = tuple(
            Row(
                cells=(
                    finding.id,
                    finding.called,
                    SEVERITIES[finding.severity.value],
                    CODE(name=story.series(finding.series[0]).label),
                    shown_x(finding.start.x),
                )
            )
            for story, finding in found[:MOST_OTHERS]
        )
        heads = (ID, FINDING, SEVERITY, METRIC, AT)
        yield Table(
            caption=OTHERS(count=len(found), shown=len(rows)),
            columns=tuple(Column(title=head) for head in heads),
            rows=rows,
            folded=True,
        )
