"""An early stop that no line of the log tells of: the rows end as far behind a best value as the
patience of the settings allows, or as boosting commonly sets it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.model.run import Event, Fact, Run, Series, Status, ending
from lossreport.values import dataclass

PATIENCE: Final = re.compile(
    r"(?:.{0,100}\.)?(?:(?:early_?)?stop(?:ping|per)?_?(?:patience|rounds)"
    r"|(?:early_?stop\w{0,20}[._])?patience|od_wait)",
    re.IGNORECASE,
)
OF_RATE: Final = re.compile(r"lr|sched|plateau|decay|anneal", re.IGNORECASE)
"""The patience of a learning rate that is lowered ends nothing."""
LATE: Final = 1
"""Keras and Lightning stop when so many rows are no better, loops of one's own often one later
(`counter > patience`).
"""
BOOSTING: Final = ("catboost", "evals_result", "boosting_text")
COMMON: Final = 10
"""Rounds of patience are set in tens (the manuals of CatBoost, LightGBM and XGBoost: 10, 20, 50,
100).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """A held-out metric and how many rows its last stands behind its best."""

    series: Series
    rows: int


def with_early_stop(run: Run) -> Run:
    """Return the run as finished where it was cut before its plan, exactly where the patience of
    its settings ran out.
    """
    if run.status is not Status.INTERRUPTED or ending(run) is not None:
        return run
    sources = {source.id for source in run.sources}
    for fact in run.facts:
        patience = _patience(fact)
        if patience is None or fact.source not in sources or not fact.line:
            continue
        if any(patience <= one.rows <= patience + LATE for one in _waits(run)):
            said = Event(
                kind="early_stop",
                source=fact.source,
                line=fact.line,
                quote=f"{fact.name} = {patience}",
            )
            return replace(run, status=Status.FINISHED, events=(*run.events, said))
    return run


def common_wait(run: Run) -> Waited | None:
    """Return how far a boosting that was cut before its plan went on behind its best, where that is
    a number that patience is commonly set to; None else.
    """
    if run.status is not Status.INTERRUPTED or ending(run) is not None:
        return None
    boosted = {source.id for source in run.sources if source.parser in BOOSTING}
    found = [one for one in _waits(run) if one.series.source in boosted]
    return next((one for one in found if one.rows >= COMMON and one.rows % COMMON == 0), None)


def _patience(fact: Fact) -> int | None:
    value = fact.value
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    wanted = PATIENCE.fullmatch(fact.name) and not OF_RATE.search(fact.name)
    return value if wanted else None


def _waits(run: Run) -> list[Waited]:
    """Return how far each held-out metric went on behind its best."""
    context = Context(run, run)
    waits = []
    for series in run.series:
        up = context.kind(series).goal == "up"
        directed = up or context.kind(series).goal == "down" or context.is_loss(series)
        if series.split == "train" or series.derived or not directed:
            continue
        cost = -series.y if up else series.y
        if len(cost) > 1 and np.isfinite(cost).all():
            waits.append(Waited(series=series, rows=len(cost) - 1 - int(np.argmin(cost))))
    return waits
