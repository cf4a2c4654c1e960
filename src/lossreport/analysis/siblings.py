"""The same spike in several runs: independent runs that jump at the same place share something,
most often the order of their data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.analysis import Analysis, Finding, Hypothesis
from lossreport.model.run import Series
from lossreport.text import Join, Phrase, Text
from lossreport.words import AXES

KINDS: Final = ("spike", "batch_outlier")
SAME: Final = 0.5
"""Series that agree in more than half of their common rows are one run read twice, or one resumed:
no second witness.
"""
MIN_COMMON: Final = 3
WITNESSES: Final = 50
"""Other runs that a spike is looked for in, the first ones: of ten thousand runs each would else be
held against each.
"""

NAMED = Text(zh="{run}（{path} 第 {line} 行）", en="{run} ({path} line {line})")
SHARED = Text(
    zh="其他 run 在同一 {axis} 也有尖峰：{runs}。独立的 run 在同处出现尖峰，"
    "指向共同的数据顺序或数据边界，而不是各自的优化过程。",
    en="Other runs spike at the same {axis} too: {runs}. Independent runs that jump at one "
    "place point to a shared data order or boundary rather than to the optimisation of "
    "each.",
)
ALONE = Text(
    zh="其他 run 在同一 {axis} 有记录而没有尖峰：{runs}。",
    en="Other runs have rows at the same {axis} and no spike: {runs}.",
)


def with_siblings(analyses: Sequence[Analysis]) -> list[Analysis]:
    """Return the analyses of several runs; their spikes say which other independent runs spike at
    the same place, and which do not.
    """
    return [
        replace(
            own,
            findings=tuple(
                _told(own, finding, witnesses(own, analyses)) for finding in own.findings
            ),
        )
        for own in analyses
    ]


def witnesses(own: Analysis, analyses: Sequence[Analysis]) -> list[Analysis]:
    """Return the runs that a spike of one is looked for in."""
    return [one for one in analyses[: WITNESSES + 1] if one is not own][:WITNESSES]


def _told(own: Analysis, finding: Finding, others: Sequence[Analysis]) -> Finding:
    if finding.kind not in KINDS:
        return finding
    series = own.series(finding.series[0])
    shared: list[Phrase] = []
    alone: list[Phrase] = []
    for other in others:
        rival = _rival(series, other)
        if rival is None or not rival.x[0] <= finding.start.x <= rival.x[-1]:
            continue
        step = float(np.median(np.diff(rival.x))) if len(rival) > 1 else 1.0
        same = [
            f
            for f in other.findings
            if f.kind in KINDS and f.series[0] == rival.id and _meets(finding, f, step)
        ]
        row = int(np.searchsorted(rival.x, finding.start.x))
        line = same[0].start.line if same else int(rival.line[min(row, len(rival) - 1)])
        (shared if same else alone).append(
            NAMED(run=other.runs[0].name, path=rival.path, line=line)
        )
    if not shared and not alone:
        return finding
    text = (SHARED if shared else ALONE)(
        axis=AXES[series.axis.value], runs=Join(items=tuple(shared or alone))
    )
    hypotheses = tuple(
        replace(one, support=(*one.support, text)) if shared and one.id in DATA else one
        for one in finding.hypotheses
    )
    return replace(
        finding,
        notes=(*finding.notes, text),
        hypotheses=_reranked(hypotheses) if shared else hypotheses,
    )


DATA: Final = ("bad_batch", "data_boundary")


def _reranked(hypotheses: tuple[Hypothesis, ...]) -> tuple[Hypothesis, ...]:
    """Put the bad batch before the instability: a place shared by independent runs speaks against
    the latter.
    """
    if {"bad_batch", "instability"} - {one.id for one in hypotheses}:
        return hypotheses
    ordered = sorted(hypotheses, key=lambda one: one.rank)
    batch = next(one for one in ordered if one.id == "bad_batch")
    rest = [one for one in ordered if one is not batch]
    place = min(ordered.index(batch), [one.id for one in rest].index("instability"))
    return tuple(
        replace(one, rank=rank) for rank, one in enumerate([*rest[:place], batch, *rest[place:]], 1)
    )


def _meets(a: Finding, b: Finding, step: float) -> bool:
    """Return whether two spikes overlap, or are one row apart."""
    return b.start.x - step <= a.end.x and a.start.x - step <= b.end.x


def _rival(series: Series, other: Analysis) -> Series | None:
    """Return the same metric of an independent run, None where it has none."""
    for one in other.runs[0].series:
        same = (one.name, one.split, one.axis, one.statistic, one.derived is None)
        if same == (
            series.name,
            series.split,
            series.axis,
            series.statistic,
            series.derived is None,
        ) and len(one):
            _, left, right = np.intersect1d(series.x, one.x, return_indices=True)
            if len(left) >= MIN_COMMON and np.mean(series.y[left] == one.y[right]) <= SAME:
                return one
    return None
