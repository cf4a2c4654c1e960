"""Lets one finding explain others: an outlier that a logging artefact accounts for is not as severe
as it looks.

Nor is a training loss that rises while what it is trained for gets better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.course import best_row, is_up
from lossreport.analysis.goal import measured
from lossreport.analysis.trend import BLOCKS
from lossreport.curves.stats import block_medians, theil_sen
from lossreport.model.analysis import Finding, Severity
from lossreport.text import Text

EXPLAINABLE = ("spike", "above_chance", "mixture", "source_disagreement")


def explained(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings; those on rows of a suspected mixed reduction name it, carry its
    hypotheses, and are high at most.

    That the score of a class never changes is part of the finding that the class is not found.
    """
    causes = [finding for finding in findings if finding.kind == "mixed_reduction"]
    lost = {
        one: finding.key
        for finding in findings
        if finding.kind == "lost_class"
        for one in finding.series[:-1]
    }
    return tuple(
        replace(finding, explained_by=lost[finding.series[0]])
        if finding.kind == "constant_metric" and finding.series[0] in lost
        else _explain(finding, causes)
        for finding in findings
    )


def _explain(finding: Finding, causes: Sequence[Finding]) -> Finding:
    sources = {item.source for item in finding.evidence}
    for cause in causes:
        if (
            finding.kind in EXPLAINABLE
            and cause.evidence[0].source in sources
            and finding.evidence[0].source == cause.evidence[0].source
        ):
            severity = Severity.HIGH if finding.severity is Severity.CRITICAL else finding.severity
            return replace(
                finding,
                explained_by=cause.key,
                severity=severity,
                hypotheses=cause.hypotheses or finding.hypotheses,
            )
    return finding


AT_END: Final = 0.8
"""The goal still gets better where its best stands in the last fifth of its rows, and its whole
course gains by Sen's 90 % interval ...
"""
LEAST: Final = 5
"""... of at least five rows: fewer have no such interval."""
BETTER = Text(
    zh="同时 `{metric}` 一直在变好（最好值在第 {line} 行）：上升的更可能是 loss "
    "的组成或权重（课程、加权），不是发散。",
    en="Meanwhile `{metric}` gets better (its best stands at line {line}): what rises are "
    "more likely the terms or weights of the loss (a curriculum, a weighting); this is no "
    "divergence of the model.",
)


def weighed(context: Context) -> tuple[Finding, ...]:
    """Return the findings; a divergence of a training loss under a validation that gets better is
    of medium severity and says so.
    """
    if context.goal is None or context.by_id[context.goal.series].split == "train":
        return context.found
    goal = context.by_id[context.goal.series]
    values = measured(context, goal)
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < LEAST or context.has("worsening", goal) or context.has("overfitting", goal):
        return context.found
    up = is_up(context, goal)
    best = best_row(values, up=up)
    cost, centres = block_medians(-values[rows] if up else values[rows], BLOCKS)
    if np.searchsorted(rows, best) < AT_END * len(rows) or theil_sen(centres, cost).high >= 0:
        return context.found
    told = BETTER(metric=goal.label, line=int(goal.line[best]))
    return tuple(
        replace(f, severity=Severity.MEDIUM, notes=(*f.notes, told))
        if f.kind == "divergence"
        and context.subject(f).split == "train"
        and f.severity is Severity.CRITICAL
        else f
        for f in context.found
    )
