"""What the total loss is made of, row by row: never one split for the whole run where the rows
differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport.compose.section import SectionWriter, Story, shown
from lossreport.model.analysis import Finding, Share
from lossreport.model.report import Block, Chart, Column, Prose, Row, Section, ShareChart, Table
from lossreport.model.run import USER, frozen_floats, shown_x
from lossreport.text import Join, Phrase, Text, Value, finding_tag, percent
from lossreport.words import AXES

MAX_ROWS: Final = 40

TITLE = Text(zh="总损失由什么组成", en="What the total loss is made of")
ANSWER = Text(zh="{path}：各行的占比为 {ranges}。", en="{path}: the shares per row are {ranges}.")
ANSWER_ONE = Text(
    zh="{path}：占比在各行之间基本不变，{ranges}。",
    en="{path}: the shares hardly change between rows, {ranges}.",
)
RANGE = Text(zh="`{metric}` {low} 到 {high}", en="`{metric}` {low} to {high}")
FORMULA = Text(
    zh="总损失 = {terms}（权重来自 {origin}）。", en="Total = {terms} (weights from {origin})."
)
TERM = Text(zh="{weight} × `{metric}`", en="{weight} × `{metric}`")
ASSUMED = Text(
    zh="`{metric}` 没有配置权重，按 1 计算。",
    en="No weight is configured for `{metric}`, so it is counted with a weight of 1.",
)
VALUE_ONLY = Text(
    zh="这里是**数值**占比，不是梯度占比：数值大的项不一定主导更新（例如 L1 "
    "的梯度大小与数值无关）。要知道谁主导训练，需要分别记录每一项的梯度范数。",
    en="These are shares of **value**, not of gradient: the largest term need not drive the "
    "update (the gradient of an L1, for example, does not depend on its value). To find "
    "out what drives training, log the gradient norm of each term.",
)
SUSPECT = Text(
    zh="{path} 的数值疑似归约假象（{finding}）：下面的占比只说明文件里写了什么，不说明训练时 "
    "loss 的真实组成。",
    en="The rows of {path} are suspected artefacts of the reduction ({finding}): the shares "
    "below describe what the file holds, not what the training loss was made of.",
)
CAPTION = Text(zh="{path}：逐行占比", en="{path}: shares row by row")
CHART = Text(zh="{path}：各项占总损失的比例", en="{path}: share of each term in the total")
CHART_ALT = Text(
    zh="每根柱是一行，横轴为 {axis}；{ranges}。", en="One bar per row over {axis}; {ranges}."
)
TOTAL, LINE = Text(zh="总损失", en="total"), Text(zh="行号", en="line")
NAMED = Text(zh="`{metric}`", en="`{metric}`")


def write(story: Story) -> Section | None:
    """Write formula, ranges and the table of every source that has all terms, and a stacked chart
    of the first. One whose rows are suspected artefacts comes last, and its ranges alone are told
    where another can be relied on.
    """
    mine = [share for share in story.analysis.shares if share.run == story.run.id]
    if not mine:
        return None
    blocks: list[Block] = []
    answer: Phrase | None = None
    by_source = _by_source(story, mine)
    for path in sorted(by_source, key=lambda path: len(_suspects(story, path)) > 0):
        shares = by_source[path]
        answer = answer or _answer(path, shares)
        blocks += _of_source(story, path, shares, first=not blocks)
    return Section(id="composition", title=TITLE, answer=answer, blocks=tuple(blocks), opened=0)


def _by_source(story: Story, shares: Sequence[Share]) -> dict[str, list[Share]]:
    groups: dict[str, list[Share]] = {}
    for share in shares:
        groups.setdefault(story.series(share.terms[0].series).path, []).append(share)
    return groups


def _suspects(story: Story, path: str) -> list[Finding]:
    return [
        finding
        for finding in story.findings
        if finding.kind == "mixed_reduction" and story.series(finding.series[0]).path == path
    ]


def _ranges(shares: Sequence[Share]) -> tuple[Phrase, ...]:
    made = []
    for index, term in enumerate(shares[0].terms):
        values = [share.terms[index].share for share in shares]
        made.append(RANGE(metric=term.name, low=percent(min(values)), high=percent(max(values))))
    return tuple(made)


def _answer(path: str, shares: Sequence[Share]) -> Phrase:
    spread = max(s.terms[0].share for s in shares) - min(s.terms[0].share for s in shares)
    return (ANSWER_ONE if spread < 0.05 else ANSWER)(path=path, ranges=Join(items=_ranges(shares)))


def _of_source(story: Story, path: str, shares: list[Share], *, first: bool) -> list[Block]:
    terms = shares[0].terms
    blocks: list[Block] = []
    suspects = _suspects(story, path)
    blocks += [
        Prose(text=SUSPECT(path=path, finding=finding_tag(finding.id))) for finding in suspects[:1]
    ]
    if suspects and not first:
        return [*blocks, Prose(text=_answer(path, shares))]
    if first:
        shown_terms = tuple(TERM(weight=shown(term.weight), metric=term.name) for term in terms)
        blocks.append(
            Prose(
                text=FORMULA(
                    terms=_plus(shown_terms), origin=_origins(story, [term.name for term in terms])
                )
            )
        )
        assumed = [term.name for term in terms if story.run.fact(f"weight.{term.name}") is None]
        blocks += [Prose(text=ASSUMED(metric=name)) for name in assumed]
        blocks.append(Prose(text=VALUE_ONLY()))
    axis = AXES[story.series(terms[0].series).axis.value]
    head = [Column(title=axis, align="right")]
    head += [Column(title=NAMED(metric=term.name), align="right") for term in terms]
    head += [Column(title=TOTAL, align="right"), Column(title=LINE, align="right")]
    blocks.append(
        Table(
            caption=CAPTION(path=path),
            columns=tuple(head),
            rows=tuple(_row(s) for s in _chosen(shares)),
            folded=len(shares) > 15,
        )
    )
    if first:
        blocks.append(_chart(path, shares, axis))
    return blocks


def _chosen(shares: list[Share]) -> list[Share]:
    if len(shares) <= MAX_ROWS:
        return shares
    return [shares[round(i)] for i in np.linspace(0, len(shares) - 1, MAX_ROWS)]


def _row(share: Share) -> Row:
    total = sum(term.weight * term.value for term in share.terms)
    cells: list[Value] = [
        shown_x(share.at.x),
        *(percent(term.share) for term in share.terms),
        shown(total),
        share.at.line,
    ]
    return Row(cells=tuple(cells))


def _plus(terms: Sequence[Phrase]) -> Value:
    sum_: Value = terms[0]
    for term in terms[1:]:
        sum_ = PLUS(a=sum_, b=term)
    return sum_


PLUS = Text(zh="{a} + {b}", en="{a} + {b}")
BY_USER = Text(zh="用户给定的设置", en="the user's settings")


def _origins(story: Story, metrics: Sequence[str]) -> Join:
    """Return where each configured weight stands; a weight that no fact gives is told beside the
    formula.
    """
    facts = [fact for metric in metrics if (fact := story.run.fact(f"weight.{metric}")) is not None]
    places = [
        BY_USER if fact.source == USER else f"{story.run.source(fact.source).path}:{fact.line}"
        for fact in facts
    ]
    return Join(items=tuple(dict.fromkeys(places)) or (BY_USER,))


def _chart(path: str, shares: list[Share], axis: Text) -> Chart:
    chosen = _chosen(shares)
    names = tuple(term.name for term in chosen[0].terms)
    spec = ShareChart(
        id="chart-shares",
        x=frozen_floats([share.at.x for share in chosen]),
        names=names,
        shares=tuple(
            frozen_floats([share.terms[i].share for share in chosen]) for i in range(len(names))
        ),
    )
    return Chart(
        title=CHART(path=path),
        alternative=CHART_ALT(axis=axis, ranges=Join(items=_ranges(shares))),
        spec=spec,
    )


SECTION = SectionWriter(id="composition", order=60, write=write)
