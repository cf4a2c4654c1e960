"""Holds one claim against the logs: confirmed, contradicted with the line that says otherwise, or
unchecked with the reason.

A claim that any candidate of its metric bears out is confirmed; only what none of them allows is a
contradiction.
"""

from __future__ import annotations

from typing import assert_never

from lossreport.lint.answers import Answer, of_split, unchecked
from lossreport.lint.claim import (
    BestAt,
    BoundOf,
    Claim,
    ConstantIs,
    CountOf,
    CourseOf,
    EpochCount,
    FactIs,
    Happened,
    LevelSince,
    Logarithm,
    LowestPossible,
    Metric,
    PerDimension,
    RangeOf,
    Settled,
    ShareOf,
    SpikesAt,
    TrendOf,
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
    match claim:
        case ValueAt():
            return of_split(claim, ledger, check_value)
        case BestAt() | BoundOf() | LevelSince() | ConstantIs() | CourseOf():
            return of_split(claim, ledger, check_course)
        case RangeOf():
            return of_split(claim, ledger, check_range)
        case TrendOf():
            return of_split(claim, ledger, check_trend)
        case Settled():
            return of_split(claim, ledger, check_settled)
        case SpikesAt():
            return of_split(claim, ledger, check_spikes)
        case Happened():
            return check_happened(claim, ledger)
        case CountOf() | EpochCount():
            return check_count(claim, ledger)
        case ShareOf():
            return check_share(claim, ledger)
        case LowestPossible():
            return check_least(claim, ledger)
        case Logarithm():
            return check_logarithm(claim, ledger)
        case PerDimension():
            return check_per_dimension(claim, ledger)
        case FactIs():
            return check_fact(claim, ledger)
        case _:
            assert_never(claim)


def _is_share(metric: Metric | None, ledger: Ledger) -> bool:
    """Return whether per cent can be said of a metric."""
    return metric is not None and any(map(has_percent, ledger.candidates(metric, None)))
