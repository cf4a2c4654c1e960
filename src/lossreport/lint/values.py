"""Holds what a note says of single values against the rows: at a place, the first, the last, the
best, or somewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.knowledge.loss_type import loss_type
from lossreport.lint.answers import (
    NO_ROW,
    NOT_KNOWN,
    Answer,
    confirmed,
    contradicted,
    shown,
    unchecked,
)
from lossreport.lint.claim import Metric, Number, ValueAt
from lossreport.lint.ledger import SPIKES, Ledger, Seen, rows_at, seen
from lossreport.model.run import Ints, Series
from lossreport.text import Text

UPWARDS: Final = re.compile(
    r"acc|auc|f1|score|reward|return|m?ap(?![a-z])|iou|bleu|rouge|r2|dice|precision|recall|psnr|"
    r"ssim",
    re.IGNORECASE,
)
DOWNWARDS: Final = re.compile(
    r"loss|err|nll|perplexity|ppl|[cw]er\b|mse|mae|rmse|fid\b|entropy", re.IGNORECASE
)
"""Names that tell which way is better where the kind of a metric is not known."""

VALUE = Text(
    zh="日志中此处 `{metric}` 为 {values}。", en="the logs have `{metric}` = {values} there."
)
NOWHERE = Text(
    zh="`{metric}` 从没有取过这样的值：最小 {low}，最大 {high}。",
    en="`{metric}` never has such a value: least {low}, greatest {high}.",
)
BETWEEN = Text(
    zh="没有一行恰好是此值，但它在取值范围之内",
    en="no row is exactly this, but it lies within the values seen",
)
NEVER_FINITE = Text(
    zh="日志中 `{metric}` 没有任何有限值（{place}）。",
    en="the logs hold no finite value of `{metric}` ({place}).",
)
FIRST = Text(
    zh="日志中 `{metric}` 的第一个值为 {values}。",
    en="the first value of `{metric}` in the logs is {values}.",
)
LAST = Text(
    zh="日志中 `{metric}` 的最后一个值为 {values}。",
    en="the last value of `{metric}` in the logs is {values}.",
)
LEAST = Text(
    zh="日志中 `{metric}` 的最小值为 {values}。",
    en="the least value of `{metric}` in the logs is {values}.",
)
GREATEST = Text(
    zh="日志中 `{metric}` 的最大值为 {values}。",
    en="the greatest value of `{metric}` in the logs is {values}.",
)
BEST = Text(
    zh="日志中 `{metric}` 的最佳值为 {values}。",
    en="the best value of `{metric}` in the logs is {values}.",
)
IS: Final = {
    "at": VALUE,
    "first": FIRST,
    "last": LAST,
    "least": LEAST,
    "greatest": GREATEST,
    "best": BEST,
    "began": FIRST,
    "ended": LAST,
}


def has_percent(series: Series) -> bool:
    """Return whether a value of a series can be told in per cent: it is a share, as scores and
    rates of errors are.
    """
    finite = series.y[np.isfinite(series.y)]
    return better_way(series) == "up" or (
        len(finite) > 0 and float(finite.min()) >= 0 and float(finite.max()) <= 1
    )


def fits(claimed: Number, series: Series, value: float) -> bool:
    """Return whether a value of a series is the number of a note, on the scale that the series is
    logged in.
    """
    finite = series.y[np.isfinite(series.y)]
    return claimed.on(float(finite.max()) if len(finite) else math.inf).fits(value)


def check_value(claim: ValueAt, ledger: Ledger) -> Answer:
    if claim.metric is None:
        return _spike_value(claim, ledger)
    if claim.which == "somewhere":
        return _value_somewhere(claim, ledger)
    if claim.which in ("reached", "sunk", "risen"):
        return _reached(claim, ledger)
    every = (
        ledger.series(claim.metric, claim.origin.source)
        if claim.which == "at"
        else ledger.candidates(claim.metric, claim.origin.source)
    )
    rows = [(series, row) for series in every for row in _rows_of(claim, series)]
    fitting = [
        seen(series, row)
        for series, row in rows
        if fits(claim.number, series, float(series.y[row]))
    ]
    if fitting:
        return confirmed(claim, fitting)
    if not rows:
        return never_finite(claim, ledger) or unchecked(claim, NO_ROW)
    distinct = list(
        {round(float(series.y[row]), 6): seen(series, row) for series, row in rows}.values()
    )
    return contradicted(
        claim, IS[claim.which](metric=str(claim.metric), values=shown(distinct)), distinct
    )


def _rows_of(claim: ValueAt, series: Series) -> list[int]:
    """Return the rows of a series that a claim on a value speaks of."""
    if claim.which == "at":
        return (
            [row for row in rows_at(series, claim.place) if np.isfinite(series.y[row])]
            if claim.place is not None
            else []
        )
    finite = np.flatnonzero(np.isfinite(series.y))
    if not len(finite):
        return []
    if claim.which in ("first", "last"):
        return [int(finite[0 if claim.which == "first" else -1])]
    if claim.which == "began":
        return [int(finite[0]), *best_rows(series, "greatest")[:1]]
    if claim.which == "ended":
        return [
            int(finite[-1]),
            *best_rows(series, "least")[:1],
            *best_rows(series, "greatest")[:1],
        ]
    return best_rows(series, claim.which)[:1]


def best_rows(series: Series, which: str) -> list[int]:
    """Return the rows in which a series is least, greatest or best; none where nothing tells which
    way is better.
    """
    way = {"least": "down", "greatest": "up"}.get(which) or better_way(series)
    if way == "none" or not np.isfinite(series.y).any():
        return []
    top = (
        np.nanmin(series.y)
        if way == "down"
        else np.nanmax(np.where(np.isfinite(series.y), series.y, np.nan))
    )
    return np.flatnonzero(series.y == top).tolist()


def better_way(series: Series) -> str:
    """Return down, up or none: where a metric should go, by its kind, else by its name."""
    goal = loss_type(series.metric_type).goal
    if goal != "none" and series.metric_type != "generic":
        return goal
    if UPWARDS.search(series.name):
        return "up"
    return "down" if DOWNWARDS.search(series.name) else goal


def _spike_value(claim: ValueAt, ledger: Ledger) -> Answer:
    """Check a spike whose metric is not named: some metric that has one must have the value
    there.
    """
    place = claim.place
    named = list(
        dict.fromkeys(
            ledger.analysis.series(f.series[0]).name
            for f in ledger.analysis.findings
            if f.kind in SPIKES
        )
    )
    rows = (
        [one for name in named for one in ledger.at(Metric(name=name), place, claim.origin.source)]
        if place is not None
        else []
    )
    if not rows:
        return unchecked(claim, NO_ROW)
    fitting = [one for one in rows if claim.number.fits(one.value)]
    if fitting:
        return confirmed(claim, fitting)
    return contradicted(claim, VALUE(metric=", ".join(named), values=shown(rows)), rows)


def _reached(claim: ValueAt, ledger: Ledger) -> Answer:
    """Check how far a metric comes: some row must be the number; beyond all rows it is
    contradicted, between two of them open.
    """
    every = ledger.candidates(claim.metric, claim.origin.source) if claim.metric is not None else []
    every = [behind(series, claim.which) for series in every]
    ends = [
        seen(series, row)
        for series in every
        for row in np.flatnonzero(np.isfinite(series.y))[-1:].tolist()
    ]
    for series in every:
        if any(
            fits(claim.number, series, value) for value in series.y[np.isfinite(series.y)].tolist()
        ):
            return confirmed(claim)
    if not every:
        return never_finite(claim, ledger) or unchecked(claim, NOT_KNOWN)
    if claim.which != "reached" and not any(len(series) > FEW_BEHIND for series in every):
        return unchecked(claim, BETWEEN)
    return _beyond(claim, every, ends)


FEW_BEHIND: Final = 0


def rows_behind(series: Series, way: str) -> Ints:
    """Return the finite rows of a series behind its highest (`sunk`) or lowest (`risen`) one, all
    for another way.
    """
    rows = np.flatnonzero(np.isfinite(series.y))
    if way not in ("sunk", "risen") or not len(rows):
        return rows
    y = series.y[rows]
    return rows[int(y.argmax() if way == "sunk" else y.argmin()) :]


def behind(series: Series, way: str) -> Series:
    """Return a series from its highest or lowest row on."""
    rows = rows_behind(series, way)
    if way not in ("sunk", "risen") or not len(rows):
        return series
    first = int(rows[0])
    return replace(
        series,
        x=series.x[first:],
        y=series.y[first:],
        line=series.line[first:],
        epoch=series.epoch[first:],
    )


def never_finite(claim: Any, ledger: Ledger) -> Answer | None:
    """Return that a metric has no finite value at all, where a note tells one."""
    every = [] if claim.metric is None else ledger.series(claim.metric, claim.origin.source)
    if not every or any(np.isfinite(series.y).any() for series in every) or not len(every[0]):
        return None
    places = [seen(every[0], 0)]
    text = NEVER_FINITE(metric=str(claim.metric), place=places[0].place)
    return contradicted(claim, text, places)


def _beyond(claim: ValueAt, every: Sequence[Series], ends: Sequence[Seen]) -> Answer:
    low = min((extreme(series, np.nanargmin) for series in every), key=lambda one: one.value)
    high = max((extreme(series, np.nanargmax) for series in every), key=lambda one: one.value)
    if any(_lies_within(claim.number, series) for series in every):
        return unchecked(claim, BETWEEN)
    text = NOWHERE(metric=str(claim.metric), low=shown([low]), high=shown([high]))
    return contradicted(claim, text, (low, high))


def _lies_within(claimed: Number, series: Series) -> bool:
    finite = series.y[np.isfinite(series.y)]
    return bool(float(finite.min()) <= claimed.on(float(finite.max())).value <= float(finite.max()))


def _value_somewhere(claim: ValueAt, ledger: Ledger) -> Answer:
    """Check a value without a place: contradicted only where it lies outside of all that was ever
    logged.
    """
    every = list(ledger.everything(claim.metric)) if claim.metric is not None else []
    if any(
        fits(claim.number, series, value)
        for series in every
        for value in series.y[np.isfinite(series.y)].tolist()
    ):
        return confirmed(claim)
    return _beyond(claim, every, ()) if every else unchecked(claim, NOT_KNOWN)


def extreme(series: Series, pick: object) -> Seen:
    """Return the least or greatest finite value of a series with its place; `pick` is np.nanargmin
    or np.nanargmax.
    """
    finite = np.where(np.isfinite(series.y), series.y, np.nan)
    return seen(series, int(pick(finite)))  # type: ignore[operator]
