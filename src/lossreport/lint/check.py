"""Holds one claim against the logs: confirmed, contradicted with the line that says otherwise, or
unchecked with the reason.

A claim that any candidate of its metric bears out is confirmed; only what none of them allows is a
contradiction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lossreport.lint.answers import Answer, of_split, unchecked
from lossreport.lint.claim import (
    BestAt,
    BoundOf,
    ChangedBy,
    Claim,
    Compared,
    ConstantIs,
    CountOf,
    CourseOf,
    EarlyShare,
    EndsBeside,
    EpochCount,
    FactIs,
    Happened,
    LevelSince,
    Logarithm,
    LowestPossible,
    Metric,
    NoBetterSince,
    PerDimension,
    RangeOf,
    RateIs,
    Settled,
    ShareOf,
    SpikesAt,
    StepAt,
    Took,
    TrendOf,
    TurnsAt,
    ValueAt,
)
from lossreport.lint.course import (
    check_course,
    check_range,
    check_settled,
    check_spikes,
    check_trend,
)
from lossreport.lint.happened import check_count, check_happened
from lossreport.lint.ledger import Ledger
from lossreport.lint.progress import (
    check_condition,
    check_interval,
    check_rate,
    check_restart,
    check_spike_count,
    check_took,
)
from lossreport.lint.related import (
    check_changed,
    check_compared,
    check_early,
    check_ends_beside,
    check_no_better,
    check_step,
    check_turns,
)
from lossreport.lint.scale import (
    check_fact,
    check_least,
    check_logarithm,
    check_per_dimension,
    check_share,
)
from lossreport.lint.values import check_value, has_percent
from lossreport.text import Text

OF_WHAT = Text(zh="没有说明是什么的百分比", en="it does not say per cent of what")


def check(claim: Claim, ledger: Ledger) -> Answer:
    """Hold a claim against the logs."""
    if (
        isinstance(claim, ValueAt | BoundOf | LevelSince)
        and claim.number.percent
        and not _is_share(claim.metric, ledger)
    ):
        return unchecked(claim, OF_WHAT)
    for kinds, held in OF_METRIC.items():
        if isinstance(claim, kinds):
            return of_split(claim, ledger, held)
    return _of_run(claim, ledger)


OF_METRIC: Final[Mapping[Any, Callable[[Any, Ledger], Answer]]] = {
    ValueAt: check_value,
    (BestAt, BoundOf, LevelSince, ConstantIs, CourseOf): check_course,
    RangeOf: check_range,
    TrendOf: check_trend,
    Settled: check_settled,
    SpikesAt: check_spikes,
    ChangedBy: check_changed,
    EndsBeside: check_ends_beside,
    NoBetterSince: check_no_better,
    StepAt: check_step,
    TurnsAt: check_turns,
    EarlyShare: check_early,
}
"""How a claim on one metric is held against the rows of the split that it means."""

OF_RUN: Final[Mapping[Any, Callable[[Any, Ledger], Answer]]] = {
    Compared: check_compared,
    RateIs: check_rate,
    Took: check_took,
    EpochCount: check_count,
    ShareOf: check_share,
    LowestPossible: check_least,
    Logarithm: check_logarithm,
    PerDimension: check_per_dimension,
    FactIs: check_fact,
}
"""How a claim on the run, or on several of its metrics, is held against the logs."""
HAPPENED: Final[Mapping[str, Callable[[Happened, Ledger], Answer]]] = {
    "restart": check_restart,
    "healthy": check_condition,
    "failed": check_condition,
    "diverged": check_condition,
    "recovered": check_condition,
}
COUNTED: Final[Mapping[str, Callable[[CountOf, Ledger], Answer]]] = {
    "spikes": check_spike_count,
    "evaluation_interval": check_interval,
    "save_interval": check_interval,
}


def _of_run(claim: Claim, ledger: Ledger) -> Answer:
    if isinstance(claim, Happened):
        return HAPPENED.get(claim.what, check_happened)(claim, ledger)
    if isinstance(claim, CountOf):
        return COUNTED.get(claim.what, check_count)(claim, ledger)
    return OF_RUN[type(claim)](claim, ledger)


def _is_share(metric: Metric | None, ledger: Ledger) -> bool:
    """Return whether per cent can be said of a metric."""
    return metric is not None and any(map(has_percent, ledger.candidates(metric, None)))
