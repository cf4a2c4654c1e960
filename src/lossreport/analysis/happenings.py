"""Gathers what happened at one place into one event: its findings over all metrics and files,
symptoms under the one that leads.

A spike of the total and of its terms, a NaN that runs through ten losses, are one thing to look at:
the first or gravest of them keeps its causes, the others name it (`explained_by`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Finding
from lossreport.model.run import Series

NEAR: Final = 3
"""Rows on each side that count as the same place, as for what moves around a spike
(`companions.NEAR`).
"""
FAMILIES: Final = (
    ("spike", "batch_outlier", "above_chance"),
    ("nonfinite", "masked_nonfinite", "poisoned_mean", "skipped_steps"),
    ("level_shift",),
    ("divergence",),
    ("worsening", "overfitting"),
)
"""Kinds that are one happening where they come together. A spike beside a NaN stays two: which
caused which is a hypothesis.
"""


def gathered(context: Context) -> tuple[Finding, ...]:
    """Return the findings; of those of one family at one place all but the leading one name it."""
    led: dict[str, str] = {}
    spacing = {
        series.id: _spacing(series)
        for series in {id(one): one for one in map(context.subject, context.found)}.values()
    }
    for family in FAMILIES:
        mine = [f for f in context.found if f.kind in family and f.explained_by is None]
        for event in _events(context, mine, spacing):
            lead = min(event, key=lambda f: _order(context, f))
            led |= {
                f.key: lead.key
                for f in event
                if f is not lead and context.subject(f) is not context.subject(lead)
            }
    return tuple(
        replace(f, explained_by=led[f.key], hypotheses=()) if f.key in led else f
        for f in context.found
    )


def _events(
    context: Context, findings: Sequence[Finding], spacing: Mapping[str, float]
) -> list[list[Finding]]:
    """Return the findings in groups of one place each."""
    events: list[list[Finding]] = []
    recent: list[list[Finding]] = []
    reach = NEAR * max(spacing.values(), default=0.0)
    for finding in sorted(findings, key=lambda f: (f.start.x, f.start.line)):
        # in the order of x an event is over once its last finding is out of anybody's reach
        recent = [event for event in recent if finding.start.x - event[-1].start.x <= reach]
        near = next(
            (
                event
                for event in recent
                if any(_is_near(context, finding, other, spacing) for other in event)
            ),
            None,
        )
        if near is None:
            events.append([finding])
            recent.append(events[-1])
        else:
            near.append(finding)
    return events


def _is_near(context: Context, a: Finding, b: Finding, spacing: Mapping[str, float]) -> bool:
    one, other = context.subject(a), context.subject(b)
    if one.entity != other.entity or one.axis is not other.axis:
        return False
    return abs(a.start.x - b.start.x) <= NEAR * max(spacing[one.id], spacing[other.id])


def _spacing(series: Series) -> float:
    """Return the usual distance between rows on the axis; 0 where there is but one."""
    steps = np.diff(series.x)
    return float(np.median(np.abs(steps))) if len(steps) else 0.0


def _order(context: Context, finding: Finding) -> tuple[object, ...]:
    """Order the findings of an event: of values that are not finite the first by line leads, else
    the gravest, the total before its terms.
    """
    series = context.subject(finding)
    is_goal = context.goal is not None and context.goal.series == series.id
    rank = -finding.severity.rank
    if finding.kind in FAMILIES[1]:
        return (rank, finding.start.x, finding.start.line, is_total(series.name))
    return (rank, not is_goal, not is_total(series.name), series.split != "train", finding.start.x)
