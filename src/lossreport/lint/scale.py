"""Holds what a note says of the scale of a loss and of settings against the logs: shares, chance
levels, mean errors, facts.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from lossreport.knowledge.loss_type import loss_type
from lossreport.lint.answers import NOT_KNOWN, Answer, confirmed, contradicted, shown, unchecked
from lossreport.lint.claim import FactIs, Logarithm, LowestPossible, Metric, PerDimension, ShareOf
from lossreport.lint.ledger import Ledger, Seen, seen
from lossreport.lint.values import extreme
from lossreport.model.analysis import Share
from lossreport.text import Text, number, percent

NEAR_SHARE: Final = 0.05
"""A share is borne out by the rows within five points of it."""
MOST: Final = 0.5
"""One share said of a whole run must fit at least half of its rows."""
MEANS: Final = ("l1", "mse", "huber")

SHARE = Text(
    zh="`{metric}` 的占比逐行变化：{path} 中从 {low}（第 {low_line} 行）到 {high}（第 "
    "{high_line} 行），{rows} 行里只有 {count} 行与此相差不到 5 个百分点。",
    en="the share of `{metric}` varies row by row: from {low} (line {low_line}) to {high} "
    "(line {high_line}) in {path}; only {count} of {rows} rows are within 5 points of this.",
)
LEAST = Text(
    zh="ln {classes} = {level} 是均匀随机猜测的水平，不是最小值：{examples}比它更低。",
    en="ln {classes} = {level} is the chance level of a uniform guess, not a minimum: "
    "{examples} lies below it.",
)
LEAST_HIGHER = Text(
    zh="ln {classes} = {level} 是均匀随机猜测的水平，不是最小值；loss 可以更低（日志中最低为 "
    "{examples}）。",
    en="ln {classes} = {level} is the chance level of a uniform guess, not a minimum; a loss "
    "can be lower (the lowest of the logs is {examples}).",
)
LOGARITHM = Text(zh="ln {classes} = {level}。", en="ln {classes} = {level}.")
DIVIDED = Text(
    zh="`{metric}`（{place}，{value}）是平均误差；按默认的 mean 归约，它已对各维取过平均，"
    "不应再除以 {dimensions}。",
    en="`{metric}` ({place}, {value}) is a mean error; with the default mean reduction it is "
    "per dimension already and must not be divided by {dimensions} again.",
)
FACT = Text(
    zh="日志中 {name} = {value}（{place}）。", en="the logs have {name} = {value} ({place})."
)


def check_share(claim: ShareOf, ledger: Ledger) -> Answer:
    """Check one share said of the run: every file that gives shares must bear it out in half of its
    rows, the one named where one is.
    """
    by_path: dict[str, list[tuple[Share, float]]] = {}
    for share in ledger.analysis.shares:
        for term in share.terms:
            path = ledger.analysis.series(term.series).path
            if term.name == claim.metric.name and claim.origin.source in (None, path):
                by_path.setdefault(path, []).append((share, term.share))
    if not by_path:
        return unchecked(claim, NOT_KNOWN)
    for path, rows in by_path.items():
        near = [one for one in rows if abs(one[1] - claim.share) <= NEAR_SHARE]
        if len(near) < MOST * len(rows):
            low, high = min(rows, key=lambda one: one[1]), max(rows, key=lambda one: one[1])
            text = SHARE(
                metric=str(claim.metric),
                path=path,
                low=percent(low[1]),
                low_line=low[0].at.line,
                high=percent(high[1]),
                high_line=high[0].at.line,
                rows=len(rows),
                count=len(near),
            )
            return contradicted(
                claim,
                text,
                [Seen(value=one[1], path=path, line=one[0].at.line) for one in (low, high)],
            )
    return confirmed(claim)


def check_least(claim: LowestPossible, ledger: Ledger) -> Answer:
    level = math.log(claim.classes)
    losses = [
        s
        for run in ledger.analysis.runs
        for s in run.series
        if loss_type(s.metric_type).log_space and np.isfinite(s.y).any()
    ]
    if not losses:
        return unchecked(claim, NOT_KNOWN)
    lowest = min((extreme(series, np.nanargmin) for series in losses), key=lambda one: one.value)
    text = (LEAST if lowest.value < level else LEAST_HIGHER)(
        classes=claim.classes, level=number(level), examples=shown([lowest])
    )
    return contradicted(claim, text, (lowest,))


def check_per_dimension(claim: PerDimension, ledger: Ledger) -> Answer:
    """Check a division by the number of dimensions, where the run says what that number is and the
    metric is a mean error.
    """
    _, dimensions = ledger.facts.get("action_dim", (None, None))
    named = (
        [claim.metric]
        if claim.metric is not None
        else [Metric(name=name) for name in ledger.vocabulary.names]
    )
    every = [s for name in named for s in ledger.everything(name) if s.metric_type in MEANS]
    holds = [
        (s, row)
        for s in every
        for row in np.flatnonzero(np.isfinite(s.y)).tolist()
        if claim.number.fits(float(s.y[row]))
    ]
    if dimensions is None or dimensions.value != claim.dimensions or not holds:
        return unchecked(claim, NOT_KNOWN)
    at = seen(*holds[-1])
    text = DIVIDED(
        metric=holds[-1][0].name,
        place=at.place,
        value=number(at.value),
        dimensions=claim.dimensions,
    )
    return contradicted(claim, text, (at,))


def check_fact(claim: FactIs, ledger: Ledger) -> Answer:
    run, fact = ledger.facts[claim.name]
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float):
        return unchecked(claim, NOT_KNOWN)
    others = [
        one.value for _, one in ledger.values_of(claim.name) if isinstance(one.value, int | float)
    ]
    if any(
        claim.number.fits(float(value)) or math.isclose(claim.number.value, value, rel_tol=1e-9)
        for value in others
    ):
        return confirmed(claim)
    path = next(
        (source.path for source in run.sources if source.id == fact.source),
        fact.origin or fact.source,
    )
    at = Seen(value=float(fact.value), path=path, line=fact.line or 0)
    return contradicted(
        claim,
        FACT(
            name=claim.name, value=number(float(fact.value)), place=at.place if fact.line else path
        ),
        (at,),
    )


def check_logarithm(claim: Logarithm, _: Ledger) -> Answer:
    """Check a natural logarithm that the note worked out."""
    level = math.log(claim.classes)
    if claim.number.fits(level):
        return confirmed(claim)
    return contradicted(claim, LOGARITHM(classes=claim.classes, level=number(level)))
