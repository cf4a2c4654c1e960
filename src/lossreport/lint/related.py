"""Holds what a note says of one value beside another against the rows: changes, comparisons, how
early the gains came, where they stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.lint.answers import (
    NO_ROW,
    NOT_KNOWN,
    TOO_FEW,
    Answer,
    confirmed,
    contradicted,
    kindest,
    shown,
    unchecked,
)
from lossreport.lint.claim import (
    Amount,
    ChangedBy,
    Compared,
    EarlyShare,
    EndsBeside,
    Metric,
    NoBetterSince,
    Place,
    StepAt,
    TurnsAt,
)
from lossreport.lint.ledger import Ledger, Seen, rows_at, rows_since, seen
from lossreport.lint.values import best_rows, better_way, has_percent
from lossreport.model.run import Axis, Floats, Ints, Series
from lossreport.text import Phrase, Text, number, percent

SMALL, WIDE = 0.20, 0.35
"""Two values within a fifth of the greater one lie close, beyond a third they do not."""
EQUAL, UNEQUAL = 0.10, 0.25
"""About the same, and not the same any more."""
LITTLE, MUCH = 0.10, 0.25
"""Of all that a metric got better, a tenth is hardly any more and a quarter is some."""
HALF: Final = 0.5
TURN: Final = 0.15
"""A metric turns where both of its arms span at least so much of its range."""
PERCENT_SCALE: Final = 1.5
"""A share beyond this is logged in per cent: a point of it is 1 and not 0.01."""

CHANGED = Text(
    zh="`{metric}` 从 {first} 变为 {last}，即 {change}。",
    en="`{metric}` goes from {first} to {last}, that is {change}.",
)
DOWN_BY = Text(zh="降低 {share}", en="down by {share}")
UP_BY = Text(zh="升高 {share}", en="up by {share}")
FARTHEST = Text(
    zh="`{metric}` 没有这样大的变化：最大的一次是从 {first} 到 {last}。",
    en="`{metric}` never changes that much: at most from {first} to {last}.",
)
BESIDE = Text(
    zh="日志中 `{one}` 为 {a}，`{other}` 为 {b}。",
    en="the logs have `{one}` = {a} and `{other}` = {b}.",
)
BESIDE_ROWS = Text(
    zh="{rows} 行中有 {count} 行并非如此，如 `{one}` {a} 而 `{other}` {b}。",
    en="{count} of {rows} rows are otherwise, such as `{one}` {a} beside `{other}` {b}.",
)
SOME_ROWS = Text(
    zh="最后一行不成立，但多数行成立：请写明是哪些",
    en="it does not hold at the end, but of most rows: say which are meant",
)
COURSE_OF_GAP = Text(
    zh="`{one}` 与 `{other}` 的差距从 {a} 变为 {b}。",
    en="the gap of `{one}` and `{other}` goes from {a} to {b}.",
)
EARLY = Text(
    zh="`{metric}` 到此处只走完了全部改善的 {share}（{first} → {here} → {best}）。",
    en="`{metric}` had come {share} of its whole way by then ({first}, {here}, {best}).",
)
BOTH_ENDS = Text(
    zh="`{metric}` 开始为 {first}，最后为 {last}。",
    en="`{metric}` begins at {first} and ends at {last}.",
)
LATER_BEST = Text(
    zh="`{metric}` 此后仍有更好的值：{later}，此前最好为 {before}。",
    en="`{metric}` is better later on: {later}, before that {before} at best.",
)
STEP = Text(
    zh="`{metric}` 前一行为 {before}，此处为 {here}。",
    en="`{metric}` is {before} in the row before and {here} there.",
)
NO_TURN = Text(
    zh="`{metric}` 并没有这样转折：从 {first} 到 {last}，最小 {low}，最大 {high}。",
    en="`{metric}` does not turn so: from {first} to {last}, least {low}, greatest {high}.",
)
NOT_SAID = Text(zh="没有说明从哪里到哪里", en="it does not say from where to where")


def _finite(series: Series) -> Ints:
    return np.flatnonzero(np.isfinite(series.y))


# --------------------------------------------------------------------------------------- one metric
def check_changed(claim: ChangedBy, ledger: Ledger) -> Answer:
    """Check by how much a metric fell or rose, from where to where the note may mean."""
    answers = [
        _changed_in(claim, series) for series in ledger.levels(claim.metric, claim.origin.source)
    ]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _changed_in(claim: ChangedBy, series: Series) -> Answer:
    rows = _finite(series)
    if len(rows) < 2:
        return unchecked(claim, TOO_FEW)
    if claim.vaguely:
        return _vaguely(claim, series, rows)
    pairs = [(a, b) for a, b in _pairs(claim, series, rows) if a != b]
    if not pairs:
        return unchecked(claim, NO_ROW)
    for a, b in pairs:
        if _is_so_much(claim, series, float(series.y[a]), float(series.y[b])):
            return confirmed(claim, [seen(series, a), seen(series, b)])
    first, last = (seen(series, row) for row in pairs[0])
    share = abs(last.value - first.value) / abs(first.value) if first.value else 0.0
    change = (DOWN_BY if last.value < first.value else UP_BY)(share=percent(share))
    text = CHANGED(
        metric=str(claim.metric), first=shown([first]), last=shown([last]), change=change
    )
    return contradicted(claim, text, (first, last))


def _pairs(claim: ChangedBy, series: Series, rows: Ints) -> Iterator[tuple[int, int]]:
    """Yield the rows between which a change may be meant, the most likely first."""
    way = _way(claim, series)
    starts, ends = [int(rows[0])], [int(rows[-1])]
    if claim.last_rows:
        starts = rows[max(0, len(rows) - claim.last_rows - 1) :][:2].tolist()
        ends = [int(rows[-1])]
    elif claim.since_best:
        starts = [
            *best_rows(series, "best"),
            *best_rows(series, "least"),
            *best_rows(series, "greatest"),
        ]
    elif claim.start is None and claim.end is None:
        extreme = series.y[rows].argmin() if way == "falls" else series.y[rows].argmax()
        ends.append(int(rows[extreme]))
    if claim.start is not None:
        starts = _near(series, claim.start, rows)
    if claim.end is not None:
        ends = _near(series, claim.end, rows)
    yield from ((a, b) for a in starts for b in ends)


def _near(series: Series, place: Place, rows: Ints) -> list[int]:
    """Return the finite rows at a place, and the one before it: the fourth epoch may be number
    three.
    """
    finite = set(rows.tolist())
    found = [row for row in rows_at(series, place) if row in finite]
    if not found and len(rows) > 2 and (place.unit == "epoch") is (series.axis is Axis.EPOCH):
        # a metric that is measured every 25 steps, at the step nearest
        x = series.x[rows]
        nearest = int(np.abs(x - place.x).argmin())
        if abs(float(x[nearest]) - place.x) <= float(np.median(np.diff(x))):
            return [int(rows[nearest])]
    return found + [row - 1 for row in found if row - 1 in finite]


def _way(claim: ChangedBy, series: Series) -> str:
    if claim.direction in ("better", "worse"):
        down = (better_way(series) == "down") is (claim.direction == "better")
        return "falls" if down else "rises"
    return claim.direction


def _is_so_much(claim: ChangedBy, series: Series, a: float, b: float) -> bool:
    way = _way(claim, series)
    if (way == "falls" and b > a) or (way == "rises" and b < a):
        return False
    return _holds(claim.amount, a, b, series)


def _holds(told: Amount, a: float, b: float, series: Series) -> bool:
    """Return whether `b` is so much from `a`."""
    if told.kind == "left":
        return bool(a) and told.holds(abs(b) / abs(a))
    if told.kind == "points":
        return told.holds(abs(a - b) / _scale(series))
    if told.kind == "gap":
        return told.holds(abs(a - b))
    if told.kind == "factor":
        low, high = sorted((abs(a), abs(b)))
        return low > 0 and told.holds(high / low)
    share = abs(a - b) / abs(a) if a else 0.0
    # per cent of a share may mean points of it
    return told.holds(share) or (has_percent(series) and told.holds(abs(a - b) / _scale(series)))


def _scale(series: Series) -> float:
    """Return what 100 % are in a series: 1, or 100 where it is logged in per cent."""
    return 100.0 if float(np.nanmax(series.y[np.isfinite(series.y)])) > PERCENT_SCALE else 1.0


def _vaguely(claim: ChangedBy, series: Series, rows: Ints) -> Answer:
    """Check a change at a time that the note does not tell: contradicted where none is so great."""
    y = series.y[rows]
    sign = 1.0 if _way(claim, series) == "falls" else -1.0
    peaks = np.maximum.accumulate(sign * y)
    last = int((peaks - sign * y).argmax())
    first = int((sign * y[: last + 1]).argmax())
    told = Amount(kind=claim.amount.kind, low=claim.amount.low, high=np.inf)
    if _holds(told, float(y[first]), float(y[last]), series):
        return unchecked(claim, NOT_SAID)
    ends = [seen(series, int(rows[first])), seen(series, int(rows[last]))]
    text = FARTHEST(metric=str(claim.metric), first=shown(ends[:1]), last=shown(ends[1:]))
    return contradicted(claim, text, ends)


def check_ends_beside(claim: EndsBeside, ledger: Ledger) -> Answer:
    """Check whether a metric ends above or below where it began."""
    answers = []
    for series in ledger.candidates(claim.metric, claim.origin.source):
        rows = _finite(series)
        if len(rows) < 2:
            continue
        first, last = seen(series, int(rows[0])), seen(series, int(rows[-1]))
        way = better_way(series)
        above = claim.side == "above" or (
            claim.side in ("better", "worse") and (way == "up") is (claim.side == "better")
        )
        if way == "none" and claim.side in ("better", "worse"):
            continue
        holds = last.value > first.value if above else last.value < first.value
        text = BOTH_ENDS(metric=str(claim.metric), first=shown([first]), last=shown([last]))
        answers.append(_said(claim, text, (first, last), holds=holds))
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _said(claim: object, text: Phrase, places: Sequence[Seen], *, holds: bool) -> Answer:
    return (
        confirmed(claim, places) if holds else contradicted(claim, text, places)  # type: ignore[arg-type]
    )


def check_no_better(claim: NoBetterSince, ledger: Ledger) -> Answer:
    """Check that nothing was gained any more from a place on, beside all that was gained before."""
    answers = [
        _no_better_in(claim, series) for series in ledger.levels(claim.metric, claim.origin.source)
    ]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _no_better_in(claim: NoBetterSince, series: Series) -> Answer:
    rows = _finite(series)
    way = better_way(series)
    if claim.rising is not None:
        way = "up" if claim.rising else "down"
    if way == "none" or len(rows) < 3:
        return unchecked(claim, TOO_FEW)
    later = _later(claim, series, rows)
    before = rows[~np.isin(rows, later)]
    if not len(later) or not len(before):
        return unchecked(claim, NO_ROW)
    y = series.y if way == "up" else -series.y
    best, then = int(before[y[before].argmax()]), int(later[y[later].argmax()])
    whole = float(np.ptp(y[rows]))
    gained = float(y[then] - y[best])
    if gained <= LITTLE * whole if claim.place is not None else gained <= 0.5 * LITTLE * whole:
        return confirmed(claim, [seen(series, best)])
    if gained < MUCH * whole and claim.place is not None:
        return unchecked(claim, NOT_SAID)
    ends = (seen(series, then), seen(series, best))
    text = LATER_BEST(metric=str(claim.metric), later=shown(ends[:1]), before=shown(ends[1:]))
    return contradicted(claim, text, ends)


def _later(claim: NoBetterSince, series: Series, rows: Ints) -> Ints:
    """Return the rows in which nothing was gained any more."""
    if claim.last_rows:
        return rows[-claim.last_rows :]
    if claim.place is None:
        return rows[1:]
    since = rows_since(series, claim.place)
    behind = [row for row in since if row not in rows_at(series, claim.place)]
    return rows[np.isin(rows, behind)]


def check_step(claim: StepAt, ledger: Ledger) -> Answer:
    """Check that a row lies above or below the one before it."""
    answers = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        rows = _finite(series).tolist()
        here = rows[-1:] if claim.place is None else rows_at(series, claim.place)
        for row in here:
            if row not in rows or rows.index(row) == 0:
                continue
            before = seen(series, rows[rows.index(row) - 1])
            now = seen(series, row)
            rises = now.value > before.value
            text = STEP(metric=str(claim.metric), before=shown([before]), here=shown([now]))
            holds = now.value != before.value and rises is (claim.direction == "rises")
            answers.append(_said(claim, text, (now, before), holds=holds))
    return kindest(answers) or unchecked(claim, NO_ROW)


def check_turns(claim: TurnsAt, ledger: Ledger) -> Answer:
    """Check that a metric falls first and rises then, or the other way round."""
    answers = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        rows = _finite(series)
        if len(rows) < 3:
            continue
        y = series.y[rows] if claim.first == "falls" else -series.y[rows]
        low, span = int(y.argmin()), float(np.ptp(y))
        arms = float(y[0] - y[low]), float(y[-1] - y[low])
        places = [seen(series, int(row)) for row in (rows[0], rows[-1])]
        finite = series.y[rows]
        text = NO_TURN(
            metric=str(claim.metric),
            first=shown(places[:1]),
            last=shown(places[1:]),
            low=number(float(finite.min())),
            high=number(float(finite.max())),
        )
        answers.append(_said(claim, text, places, holds=span > 0 and min(arms) >= TURN * span))
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def check_early(claim: EarlyShare, ledger: Ledger) -> Answer:
    """Check that most of what was gained came up to a place; without a metric, in the one that
    counts or any held-out one.
    """
    every = (
        ledger.levels(claim.metric, claim.origin.source)
        if claim.metric is not None
        else [*ledger.measured(), *ledger.training_losses()]
    )
    answers = [_early_in(claim, series) for series in every]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _early_in(claim: EarlyShare, series: Series) -> Answer:
    rows = _finite(series)
    counted = np.flatnonzero(series.x[rows] < claim.place.x + (series.x[rows[0]] == 1))
    best = best_rows(series, "best")[:1] or [int(rows[-1])]
    whole = float(series.y[best[0]] - series.y[rows[0]])
    if len(counted) < 2 or not whole:
        return unchecked(claim, NO_ROW)
    here = int(rows[counted[-1]])
    share = float(series.y[here] - series.y[rows[0]]) / whole
    places = [seen(series, row) for row in (int(rows[0]), here, best[0])]
    text = EARLY(
        metric=series.label,
        share=percent(share),
        first=shown(places[:1]),
        here=shown(places[1:2]),
        best=shown(places[2:]),
    )
    return _said(claim, text, places, holds=share >= HALF)


# ------------------------------------------------------------------------------------- two metrics
def check_compared(claim: Compared, ledger: Ledger) -> Answer:
    """Check how two metrics lie to each other, in the records that count the same."""
    answers = [_compared_in(claim, one, other) for one, other in _records(claim, ledger)]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _records(claim: Compared, ledger: Ledger) -> list[tuple[Series, Series]]:
    """Return the records of two metrics to hold beside each other: of one axis where there are
    some.
    """
    pairs = [
        (one, other)
        for one in ledger.levels(_of_training(claim.one, ledger), claim.origin.source)
        for other in ledger.levels(_of_training(claim.other, ledger), claim.origin.source)
        if one is not other
    ]
    return [pair for pair in pairs if pair[0].axis is pair[1].axis] or pairs


def _of_training(metric: Metric, ledger: Ledger) -> Metric:
    return (
        Metric(name=metric.name, split="train") if ledger.is_in_several_splits(metric) else metric
    )


def _compared_in(claim: Compared, one: Series, other: Series) -> Answer:
    _, i, j = np.intersect1d(one.x, other.x, return_indices=True)
    finite = np.isfinite(one.y[i]) & np.isfinite(other.y[j])
    i, j = i[finite], j[finite]
    if claim.relation in ("widens", "narrows"):
        return _course_of_gap(claim, one, other, i, j)
    if claim.place is not None:
        wanted = rows_since(one, claim.place) if claim.since else rows_at(one, claim.place)
        keep = np.isin(i, wanted)
        i, j = i[keep], j[keep]
        if not len(i):
            return unchecked(claim, NO_ROW)
        return _in_rows(claim, one, other, i, j)
    if claim.over == "every" and len(i):
        return _in_rows(claim, one, other, i, j)
    return _at_end(claim, one, other, i, j)


def _at_end(claim: Compared, one: Series, other: Series, i: Ints, j: Ints) -> Answer:
    a, b = (seen(series, int(_finite(series)[-1])) for series in (one, other))
    state = _state(claim, a.value, b.value, one)
    if state == "open":
        return unchecked(claim, NOT_SAID)
    if state == "no" and len(i) and claim.amount is None:
        rows = [
            _state(claim, float(one.y[p]), float(other.y[q]), one)
            for p, q in zip(i, j, strict=True)
        ]
        if rows.count("yes") > HALF * len(rows) and rows[-1] == "yes":
            return unchecked(claim, SOME_ROWS)
    return _answer(claim, a, b, holds=state == "yes")


def _in_rows(claim: Compared, one: Series, other: Series, i: Ints, j: Ints) -> Answer:
    states = [
        _state(claim, float(one.y[p]), float(other.y[q]), one) for p, q in zip(i, j, strict=True)
    ]
    wrong = [row for row, state in enumerate(states) if state == "no"]
    if not wrong:
        row = len(i) - 1
        return confirmed(claim, [seen(one, int(i[row])), seen(other, int(j[row]))])
    a, b = seen(one, int(i[wrong[0]])), seen(other, int(j[wrong[0]]))
    text = BESIDE_ROWS(
        rows=len(i),
        count=len(wrong),
        one=str(claim.one),
        other=str(claim.other),
        a=shown([a]),
        b=shown([b]),
    )
    return contradicted(claim, text, (a, b))


def _answer(claim: Compared, a: Seen, b: Seen, *, holds: bool) -> Answer:
    text = BESIDE(one=str(claim.one), other=str(claim.other), a=shown([a]), b=shown([b]))
    return _said(claim, text, (a, b), holds=holds)


def _state(claim: Compared, a: float, b: float, series: Series) -> str:
    """Return yes, no, or open where the two lie neither near nor far."""
    apart = abs(a - b) / max(abs(a), abs(b)) if max(abs(a), abs(b)) else 0.0
    if claim.relation == "near":
        return _graded(
            apart,
            SMALL if "gap" in claim.origin.quote or "差" in claim.origin.quote else EQUAL,
            WIDE,
        )
    if claim.relation == "far":
        return {"yes": "no", "no": "yes"}.get(_graded(apart, EQUAL, UNEQUAL), "open")
    side = claim.relation == "apart" or (a > b if claim.relation == "above" else a < b)
    if claim.amount is None:
        return "yes" if side else "no"
    return "yes" if side and _holds(claim.amount, b, a, series) else "no"


def _graded(value: float, low: float, high: float) -> str:
    if value <= low:
        return "yes"
    return "no" if value > high else "open"


def _course_of_gap(claim: Compared, one: Series, other: Series, i: Ints, j: Ints) -> Answer:
    if claim.place is not None:
        keep = np.isin(i, rows_since(one, claim.place))
        i, j = i[keep], j[keep]
    if len(i) < 4:
        return unchecked(claim, TOO_FEW)
    gap: Floats = np.abs(one.y[i] - other.y[j])
    half = len(gap) // 2
    grown = float(np.median(gap[half:]) - np.median(gap[:half]))
    holds = grown > 0 if claim.relation == "widens" else grown < 0
    last = [seen(one, int(i[-1])), seen(other, int(j[-1]))]
    text = COURSE_OF_GAP(
        one=str(claim.one),
        other=str(claim.other),
        a=number(float(gap[0])),
        b=number(float(gap[-1])),
    )
    return _said(claim, text, last, holds=holds)
