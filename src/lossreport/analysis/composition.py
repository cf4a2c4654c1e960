"""What the total loss is made of, row by row: weight times value of every term. Shares of value,
not of gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.found import position
from lossreport.analysis.views import EPOCH_LAST
from lossreport.model.analysis import NotApplicable, Share, Term
from lossreport.model.run import Series, is_epoch_level
from lossreport.text import Join, Text

MAX_ROWS: Final = 200
NEEDS = Text(
    zh="没有损失项的权重，无法分解总损失：用 `--set weight.<metric>=...` 给出（日志中的损失："
    "{names}）。",
    en="The weights of the terms are unknown, so the total cannot be decomposed: give them "
    "with `--set weight.<metric>=...` (losses in the logs: {names}).",
)
NO_LOSS = Text(
    zh="日志里没有训练 loss，没有可分解的总损失。",
    en="The logs hold no training loss, so there is no total to decompose.",
)
SINGLE = Text(
    zh="只有一个损失项，无需分解。",
    en="There is a single loss term, so there is nothing to decompose.",
)


def shares(context: Context) -> Iterator[Share | NotApplicable]:
    """Yield the shares at every row of every source that has all terms, or why there are none."""
    found = False
    for series in _sources(context):
        terms = weighted_terms(context, series)
        if len(terms) >= 2:
            found = True
            yield from _rows(context, terms)
    if not found:
        names = tuple(
            dict.fromkeys(series.name for series in context.losses if series.split == "train")
        )
        reason = SINGLE() if names else NO_LOSS()
        if len(names) > 1:
            reason = NEEDS(names=Join(items=names[:8]))
        yield NotApplicable(check="composition", series=(), reason=reason)


def weighted_terms(context: Context, of: list[Series]) -> list[tuple[Series, float]]:
    """Return (series, weight) of the terms of the total loss among the series of one source.

    A term has a configured weight (`weight.<metric>`); the one cross-entropy without a weight
    counts once, as in every code that weights its auxiliary losses only.
    """
    terms: list[tuple[Series, float]] = []
    plain = {
        s.name
        for s in of
        if s.metric_type == "cross_entropy" and f"weight.{s.name}" not in context.facts
    }
    for series in of:
        weight = context.facts.get(f"weight.{series.name}")
        if isinstance(weight, int | float) and not isinstance(weight, bool):
            terms.append((series, float(weight)))
        elif plain == {series.name}:
            terms.append((series, 1.0))
    configured = any(f"weight.{series.name}" in context.facts for series, _ in terms)
    return terms if configured else []


def _sources(context: Context) -> list[list[Series]]:
    """Return the training losses of every source, one row an epoch: epoch means, or the last
    printed row of every epoch.
    """
    groups: dict[tuple[str, bool], list[Series]] = {}
    for series in context.losses:
        rows = series if is_epoch_level(series) else context.view(series, EPOCH_LAST)
        if series.split == "train" and rows is not None:
            groups.setdefault((rows.source, rows.derived is None), []).append(rows)
    return list(groups.values())


def _rows(context: Context, terms: list[tuple[Series, float]]) -> Iterator[Share]:
    main = terms[0][0]
    step = max(1, -(-len(main) // MAX_ROWS))
    for row in range(0, len(main), step):
        values = [(series, weight, _at(series, int(main.line[row]))) for series, weight in terms]
        total = sum(weight * value for _, weight, value in values)
        if (
            not np.isfinite(total)
            or total <= 0
            or any(weight * value < 0 for _, weight, value in values)
        ):
            continue
        made = tuple(
            Term(series=s.id, name=s.name, weight=weight, value=value, share=weight * value / total)
            for s, weight, value in values
        )
        yield Share(run=context.run.id, at=position(main, row), terms=made)


def _at(series: Series, line: int) -> float:
    row = np.flatnonzero(series.line == line)
    return float(series.y[row[0]]) if len(row) else float("nan")
