"""Holds one claim against the logs: confirmed, contradicted with the line that says otherwise, or unchecked with the reason.

A claim that any candidate of its metric bears out is confirmed; only what none of them allows is a contradiction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, assert_never

import numpy as np

from lossreport.knowledge.loss_type import loss_type
from lossreport.lint.claim import (
    Claim,
    EpochCount,
    FactIs,
    Logarithm,
    LowestPossible,
    PerDimension,
    RangeOf,
    Settled,
    ShareOf,
    SpikesAt,
    TrendOf,
    ValueAt,
)
from lossreport.lint.ledger import Ledger, Seen, seen
from lossreport.model.analysis import Share, State
from lossreport.model.run import Axis, Floats, Series
from lossreport.model.states import STATES, TROUBLES
from lossreport.text import Join, Phrase, Text, number, percent
from lossreport.values import dataclass

Outcome = Literal["confirmed", "contradicted", "unchecked"]

OUTSIDE: Final = 0.10
"""A range is contradicted where more than a tenth of the rows lie elsewhere; fewer are a matter of speaking."""
NEAR_SHARE: Final = 0.05
"""A share is borne out by the rows within five points of it."""
MOST: Final = 0.5
"""One share said of a whole run must fit at least half of its rows."""
TREND_ROWS: Final = 6
TREND_BLOCKS: Final = 50
TREND_P: Final = 0.05
"""Two-sided level of the Mann-Kendall test (Kendall 1975, normal approximation), over at most 50 block medians."""
MEANS: Final = ("l1", "mse", "huber")

VALUE = Text(zh="日志中此处 `{metric}` 为 {values}。", en="the logs have `{metric}` = {values} there.")
SHOWN = Text(zh="{value}（{place}）", en="{value} ({place})")
NOWHERE = Text(
    zh="`{metric}` 从没有取过这样的值：最小 {low}，最大 {high}。", en="`{metric}` never has such a value: least {low}, greatest {high}."
)
RANGE = Text(
    zh="`{metric}`（{path}）的 {rows} 行中有 {count} 行不在此范围内，如 {examples}。",
    en="{count} of {rows} rows of `{metric}` ({path}) lie elsewhere, such as {examples}.",
)
TREND = Text(
    zh="`{metric}`（{path}）除去尖峰后的 {rows} 行没有这样的趋势：Kendall τ = {tau}，p = {p}（第 {first}-{last} 行）{mixed}。",
    en="the {rows} rows of `{metric}` ({path}) without spikes show no such trend: Kendall tau {tau}, p {p} (lines {first}-{last}){mixed}.",
)
MIXED = Text(zh="，且各行混杂了不同的组", en=", and its rows mix different groups")
STATE = Text(
    zh="`{metric}`（{path}，第 {first}-{last} 行）的判断是：{state}。", en="`{metric}` ({path}, lines {first}-{last}) is judged: {state}."
)
RUN_STATE = Text(zh="整个 run 的判断是：{state}。", en="the run as a whole is judged: {state}.")
NO_SPIKE = Text(
    zh="`{metric}` 在 {x} 处没有尖峰（{value}）；日志中的尖峰在 {found}。",
    en="`{metric}` has no spike at {x} ({value}); the logs have spikes at {found}.",
)
NONE = Text(zh="无", en="none")
SHARE = Text(
    zh="`{metric}` 的占比逐行变化：{path} 中从 {low}（第 {low_line} 行）到 {high}（第 {high_line} 行），{rows} 行里只有 {count} 行与此相差不到 5 个百分点。",
    en="the share of `{metric}` varies row by row: from {low} (line {low_line}) to {high} (line {high_line}) in {path}; only {count} of {rows} rows are within 5 points of this.",
)
LEAST = Text(
    zh="ln {classes} = {level} 是均匀随机猜测的水平，不是最小值：{examples}比它更低。",
    en="ln {classes} = {level} is the chance level of a uniform guess, not a minimum: {examples} lies below it.",
)
LEAST_HIGHER = Text(
    zh="ln {classes} = {level} 是均匀随机猜测的水平，不是最小值；loss 可以更低（日志中最低为 {examples}）。",
    en="ln {classes} = {level} is the chance level of a uniform guess, not a minimum; a loss can be lower (the lowest of the logs is {examples}).",
)
LOGARITHM = Text(zh="ln {classes} = {level}。", en="ln {classes} = {level}.")
DIVIDED = Text(
    zh="`{metric}`（{place}，{value}）是平均误差；按默认的 mean 归约，它已对各维取过平均，不应再除以 {dimensions}。",
    en="`{metric}` ({place}, {value}) is a mean error; with the default mean reduction it is per dimension already and must not be divided by {dimensions} again.",
)
FACT = Text(zh="日志中 {name} = {value}（{place}）。", en="the logs have {name} = {value} ({place}).")
EPOCHS = Text(zh="日志中有 {found} 个 epoch。", en="the logs hold {found} epochs.")
NO_ROW = Text(zh="日志没有这一处的记录", en="the logs have no row there")
BETWEEN = Text(zh="没有一行恰好是此值，但它在取值范围之内", en="no row is exactly this, but it lies within the values seen")
TOO_FEW = Text(zh="行数太少，无法检验", en="too few rows to test")
NOT_KNOWN = Text(zh="日志没有可对照的内容", en="the logs hold nothing to compare it with")
FITS = Text(zh="与日志相符", en="agrees with the logs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the logs say to a claim, and the places that say it."""

    claim: Claim
    outcome: Outcome
    text: Phrase
    places: tuple[Seen, ...] = ()


def check(claim: Claim, ledger: Ledger) -> Answer:
    """Hold a claim against the logs."""
    match claim:
        case ValueAt():
            return _value(claim, ledger)
        case RangeOf():
            return _range(claim, ledger)
        case TrendOf():
            return _trend(claim, ledger)
        case Settled():
            return _settled(claim, ledger)
        case SpikesAt():
            return _spikes(claim, ledger)
        case ShareOf():
            return _share(claim, ledger)
        case LowestPossible():
            return _least(claim, ledger)
        case Logarithm():
            fits = claim.number.fits(math.log(claim.classes))
            level = LOGARITHM(classes=claim.classes, level=number(math.log(claim.classes)))
            return _confirmed(claim) if fits else _contradicted(claim, level)
        case PerDimension():
            return _per_dimension(claim, ledger)
        case FactIs():
            return _fact(claim, ledger)
        case EpochCount():
            return _epochs(claim, ledger)
        case _:
            assert_never(claim)


def _confirmed(claim: Claim, places: Sequence[Seen] = ()) -> Answer:
    return Answer(claim=claim, outcome="confirmed", text=FITS(), places=tuple(places))


def _unchecked(claim: Claim, why: Text) -> Answer:
    return Answer(claim=claim, outcome="unchecked", text=why())


def _contradicted(claim: Claim, text: Phrase, places: Sequence[Seen] = ()) -> Answer:
    return Answer(claim=claim, outcome="contradicted", text=text, places=tuple(places))


def _shown(places: Sequence[Seen], most: int = 3) -> Join:
    return Join(items=tuple(SHOWN(value=number(one.value), place=one.place) for one in places[:most]))


# ------------------------------------------------------------------------------------------------ values
def _value(claim: ValueAt, ledger: Ledger) -> Answer:
    if claim.x is None:
        return _value_somewhere(claim, ledger)
    found = list(ledger.at(claim.metric, claim.x, claim.origin.source))
    fitting = [one for one in found if claim.number.fits(one.value)]
    if fitting:
        return _confirmed(claim, fitting)
    if not found:
        return _unchecked(claim, NO_ROW)
    distinct = list({round(one.value, 6): one for one in found}.values())
    return _contradicted(claim, VALUE(metric=claim.metric, values=_shown(distinct)), distinct)


def _value_somewhere(claim: ValueAt, ledger: Ledger) -> Answer:
    """Check a value without a place: contradicted only where it lies outside of all that was ever logged."""
    every = list(ledger.everything(claim.metric))
    if any(claim.number.fits(value) for series in every for value in series.y[np.isfinite(series.y)].tolist()):
        return _confirmed(claim)
    if not every:
        return _unchecked(claim, NOT_KNOWN)
    low = min((_extreme(series, np.nanargmin) for series in every), key=lambda one: one.value)
    high = max((_extreme(series, np.nanargmax) for series in every), key=lambda one: one.value)
    if low.value <= claim.number.value <= high.value:
        return _unchecked(claim, BETWEEN)
    text = NOWHERE(metric=claim.metric, low=_shown([low]), high=_shown([high]))
    return _contradicted(claim, text, (low, high))


def _extreme(series: Series, pick: object) -> Seen:
    finite = np.where(np.isfinite(series.y), series.y, np.nan)
    return seen(series, int(pick(finite)))  # type: ignore[operator]


def _range(claim: RangeOf, ledger: Ledger) -> Answer:
    worst: list[tuple[float, Answer]] = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        rows = np.flatnonzero(np.isfinite(series.y)).tolist()
        spikes = ledger.spike_rows(series) if claim.ordinary else set()
        rows = [row for row in rows if row not in spikes]
        outside = [row for row in rows if not _within(claim, float(series.y[row]))]
        if len(outside) <= OUTSIDE * len(rows):
            return _confirmed(claim)
        far = [seen(series, row) for row in sorted(outside, key=lambda row: -abs(series.y[row] - claim.high.value))[:3]]
        text = RANGE(metric=claim.metric, path=series.path, rows=len(rows), count=len(outside), examples=_shown(far))
        worst.append((len(outside) / len(rows), _contradicted(claim, text, far)))
    return min(worst, key=lambda one: one[0])[1] if worst else _unchecked(claim, NOT_KNOWN)


def _within(claim: RangeOf, value: float) -> bool:
    return claim.low.value - 1.001 * claim.low.unit <= value <= claim.high.value + 1.001 * claim.high.unit


# ------------------------------------------------------------------------------------------------ course
def _trend(claim: TrendOf, ledger: Ledger) -> Answer:
    wrong: list[Answer] = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        spikes = ledger.spike_rows(series)
        rows = [row for row in np.flatnonzero(np.isfinite(series.y)).tolist() if row not in spikes]
        if len(rows) < TREND_ROWS:
            continue
        tau, p = kendall(_blocks(series.y[rows]))
        if p < TREND_P and (tau < 0) is (claim.direction == "falls"):
            return _confirmed(claim)
        mixed = ledger.has("mixture", series)
        text = TREND(
            metric=claim.metric,
            path=series.path,
            rows=len(rows),
            tau=number(tau, digits=2),
            p=number(p, digits=2),
            first=int(series.line[rows[0]]),
            last=int(series.line[rows[-1]]),
            mixed=MIXED if mixed else "",
        )
        wrong.append(_contradicted(claim, text, (seen(series, rows[0]), seen(series, rows[-1]))))
    return wrong[0] if wrong else _unchecked(claim, TOO_FEW)


def _blocks(y: Floats) -> Floats:
    if len(y) <= TREND_BLOCKS:
        return y
    return np.array([np.median(part) for part in np.array_split(y, TREND_BLOCKS)])


def kendall(y: Floats) -> tuple[float, float]:
    """Return Kendall's tau of `y` against its order and the two-sided p of the normal approximation, ties in `y` counted."""
    n = len(y)
    i, j = np.triu_indices(n, 1)
    score = float(np.sign(y[j] - y[i]).sum())
    _, ties = np.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    z = (score - math.copysign(1, score)) / math.sqrt(variance) if variance > 0 and score else 0.0
    return score / (n * (n - 1) / 2), math.erfc(abs(z) / math.sqrt(2))


def _settled(claim: Settled, ledger: Ledger) -> Answer:
    if claim.metric is None:
        return _run_settled(claim, ledger)
    states = ledger.states(claim.metric, claim.origin.source)
    against = {"converged": (*TROUBLES, State.IMPROVING), "stable": TROUBLES, "not_converged": (State.CONVERGED,)}[claim.word]
    if not states:
        return _unchecked(claim, NOT_KNOWN)
    if not all(state in against for _, state in states):
        return _confirmed(claim)
    series, state = states[0]
    text = STATE(metric=claim.metric, path=series.path, first=int(series.line[0]), last=int(series.line[-1]), state=STATES[state].name)
    return _contradicted(claim, text, (seen(series, 0), seen(series, len(series) - 1)))


def _run_settled(claim: Settled, ledger: Ledger) -> Answer:
    states = [ledger.analysis.run_verdict(run.id).state for run in ledger.analysis.runs]
    against = (*TROUBLES, State.IMPROVING) if claim.word == "converged" else (State.CONVERGED,)
    if not all(state in against for state in states):
        return _confirmed(claim)
    first = next((series for run in ledger.analysis.runs for series in run.series if len(series)), None)
    places = (seen(first, len(first) - 1),) if first is not None else ()
    return _contradicted(claim, RUN_STATE(state=STATES[states[0]].name), places)


def _spikes(claim: SpikesAt, ledger: Ledger) -> Answer:
    found = sorted({float(ledger.analysis.series(f.series[0]).x[row]) for f in ledger.spikes(claim.metric) for row in f.rows})
    for x in claim.x:
        here = list(ledger.at(claim.metric, x, claim.origin.source))
        if not here:
            return _unchecked(claim, NO_ROW)
        if x not in found:
            shown = Join(items=tuple(number(one) for one in found[:8])) if found else NONE()
            return _contradicted(claim, NO_SPIKE(metric=claim.metric, x=number(x), value=_shown(here[:1]), found=shown), here[:1])
    return _confirmed(claim)


# ------------------------------------------------------------------------------------------------ scale
def _share(claim: ShareOf, ledger: Ledger) -> Answer:
    """Check one share said of the run: every file that gives shares must bear it out in half of its rows, the one named where one is."""
    by_path: dict[str, list[tuple[Share, float]]] = {}
    for share in ledger.analysis.shares:
        for term in share.terms:
            path = ledger.analysis.series(term.series).path
            if term.name == claim.metric and claim.origin.source in (None, path):
                by_path.setdefault(path, []).append((share, term.share))
    if not by_path:
        return _unchecked(claim, NOT_KNOWN)
    for path, rows in by_path.items():
        near = [one for one in rows if abs(one[1] - claim.share) <= NEAR_SHARE]
        if len(near) < MOST * len(rows):
            low, high = min(rows, key=lambda one: one[1]), max(rows, key=lambda one: one[1])
            text = SHARE(
                metric=claim.metric,
                path=path,
                low=percent(low[1]),
                low_line=low[0].at.line,
                high=percent(high[1]),
                high_line=high[0].at.line,
                rows=len(rows),
                count=len(near),
            )
            return _contradicted(claim, text, [Seen(value=one[1], path=path, line=one[0].at.line) for one in (low, high)])
    return _confirmed(claim)


def _least(claim: LowestPossible, ledger: Ledger) -> Answer:
    level = math.log(claim.classes)
    losses = [s for run in ledger.analysis.runs for s in run.series if loss_type(s.metric_type).log_space and np.isfinite(s.y).any()]
    if not losses:
        return _unchecked(claim, NOT_KNOWN)
    lowest = min((_extreme(series, np.nanargmin) for series in losses), key=lambda one: one.value)
    text = (LEAST if lowest.value < level else LEAST_HIGHER)(classes=claim.classes, level=number(level), examples=_shown([lowest]))
    return _contradicted(claim, text, (lowest,))


def _per_dimension(claim: PerDimension, ledger: Ledger) -> Answer:
    """Check a division by the number of dimensions, where the run says what that number is and the metric is a mean error."""
    _, dimensions = ledger.facts.get("action_dim", (None, None))
    named = [claim.metric] if claim.metric is not None else list(ledger.metrics)
    every = [s for name in named for s in ledger.everything(name) if s.metric_type in MEANS]
    holds = [(s, row) for s in every for row in np.flatnonzero(np.isfinite(s.y)).tolist() if claim.number.fits(float(s.y[row]))]
    if dimensions is None or dimensions.value != claim.dimensions or not holds:
        return _unchecked(claim, NOT_KNOWN)
    at = seen(*holds[-1])
    text = DIVIDED(metric=holds[-1][0].name, place=at.place, value=number(at.value), dimensions=claim.dimensions)
    return _contradicted(claim, text, (at,))


def _fact(claim: FactIs, ledger: Ledger) -> Answer:
    run, fact = ledger.facts[claim.name]
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float):
        return _unchecked(claim, NOT_KNOWN)
    if claim.number.fits(float(fact.value)) or math.isclose(claim.number.value, fact.value, rel_tol=1e-9):
        return _confirmed(claim)
    path = next((source.path for source in run.sources if source.id == fact.source), fact.origin or fact.source)
    at = Seen(value=float(fact.value), path=path, line=fact.line or 0)
    return _contradicted(claim, FACT(name=claim.name, value=number(float(fact.value)), place=at.place if fact.line else path), (at,))


def _epochs(claim: EpochCount, ledger: Ledger) -> Answer:
    counts: set[int] = set()
    for run in ledger.analysis.runs:
        counts |= {count for count in run.progress.epochs if count is not None}
        counts |= {len(np.unique(s.x)) for s in run.series if s.axis is Axis.EPOCH} | {
            len(np.unique(s.epoch)) for s in run.series if len(s.epoch)
        }
    counts.discard(0)
    if not counts:
        return _unchecked(claim, NOT_KNOWN)
    return _confirmed(claim) if claim.count in counts else _contradicted(claim, EPOCHS(found=Join(items=tuple(sorted(counts)))))
