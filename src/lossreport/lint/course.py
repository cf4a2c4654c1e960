"""Holds what a note says of the course of a metric against the rows: ranges, trends, bounds, where
it is best, states, spikes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport.lint.answers import (
    MOST_SHOWN,
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
    BestAt,
    BoundOf,
    ConstantIs,
    CourseOf,
    LevelSince,
    Place,
    RangeOf,
    Settled,
    SpikesAt,
    TrendOf,
)
from lossreport.lint.ledger import Ledger, rows_at, rows_since, seen
from lossreport.lint.values import best_rows, better_way, fits, never_finite, rows_behind
from lossreport.model.analysis import State
from lossreport.model.run import Axis, Floats, Series
from lossreport.model.states import STATES, TROUBLES
from lossreport.text import Join, Text, number

OUTSIDE: Final = 0.10
"""A range is contradicted where more than a tenth of the rows lie elsewhere; fewer are a matter of
speaking.
"""
ABOUT_OUTSIDE: Final = 0.25
"""What is said to be about a level may leave it in a quarter of the rows."""
TREND_ROWS: Final = 6
TREND_BLOCKS: Final = 50
TREND_P: Final = 0.05
"""Two-sided level of the Mann-Kendall test (Kendall 1975, normal approximation), over at most 50
block medians.
"""
END: Final = 4
"""What still falls does so in the last four rows or the last quarter."""
LATEST: Final = 0.2
"""What goes on to the end is best in its last fifth."""
SAME: Final = 1e-6
"""A metric whose rows differ by less than a millionth is constant."""
FAR: Final = 0.1
"""A place without a row is far from the best one beyond a tenth of the run."""
CLOSE: Final = 0.005
"""Of many rows one may lie beyond a bound by half a percent of it, a matter of speaking: 1.503
under "never exceeds 1.5".
"""
NEAR: Final = 0.02
"""A level is held by rows within 2 % of it, or within what the note prints."""

RANGE = Text(
    zh="`{metric}`（{path}）的 {rows} 行中有 {count} 行不在此范围内，如 {examples}。",
    en="{count} of {rows} rows of `{metric}` ({path}) lie elsewhere, such as {examples}.",
)
TREND = Text(
    zh="`{metric}`（{path}）除去尖峰后的 {rows} 行没有这样的趋势：Kendall τ = {tau}，p = "
    "{p}（第 {first}-{last} 行）{mixed}。",
    en="the {rows} rows of `{metric}` ({path}) without spikes show no such trend: Kendall tau "
    "{tau}, p {p} (lines {first}-{last}){mixed}.",
)
MIXED = Text(zh="，且各行混杂了不同的组", en=", and its rows mix different groups")
STATE = Text(
    zh="`{metric}`（{path}，第 {first}-{last} 行）的判断是：{state}。",
    en="`{metric}` ({path}, lines {first}-{last}) is judged: {state}.",
)
RUN_STATE = Text(zh="整个 run 的判断是：{state}。", en="the run as a whole is judged: {state}.")
NO_SPIKE = Text(
    zh="`{metric}` 在 {x} 处没有尖峰（{value}）；日志中的尖峰在 {found}。",
    en="`{metric}` has no spike at {x} ({value}); the logs have spikes at {found}.",
)
NONE = Text(zh="无", en="none")
BEST_AT = Text(
    zh="`{metric}` 的该极值在 {best}，而此处是 {here}。",
    en="`{metric}` has that extreme in {best}; what is named here is {here}.",
)
BEST_ELSEWHERE = Text(
    zh="`{metric}` 的该极值在 {best}，与所说之处相距甚远。",
    en="`{metric}` has that extreme in {best}, far from what is named here.",
)
BEYOND = Text(
    zh="`{metric}`（{path}）的 {rows} 行中有 {count} 行越过了它，如 {examples}。",
    en="{count} of {rows} rows of `{metric}` ({path}) pass it, such as {examples}.",
)
NOT_BEYOND = Text(
    zh="`{metric}` 没有一行在那一侧，最近的是 {examples}。",
    en="no row of `{metric}` lies on that side of it; the nearest is {examples}.",
)
STANDS_OUT = Text(
    zh="那一行比邻近各行高或低，但没有被判为尖峰",
    en="the row there stands above or below its neighbours, and was not flagged as a spike",
)
SOME_LIE_THERE = Text(
    zh="有的行在那一侧，有的不在：请写明是哪些",
    en="some rows lie on that side and some do not: say which are meant",
)
NOT_LEVEL = Text(
    zh="`{metric}` 此后 {rows} 行中有 {count} 行不是此值，如 {examples}。",
    en="{count} of {rows} rows of `{metric}` from there on have another value, such as {examples}.",
)
VARIES = Text(
    zh="`{metric}` 并非恒定：从 {low} 到 {high}。",
    en="`{metric}` is not constant: it lies between {low} and {high}.",
)
TURNS = Text(
    zh="`{metric}`（{path}）并非如此：最好的一行是 {best}，最后一行是 {last}。",
    en="`{metric}` ({path}) does otherwise: its best row is {best}, its last {last}.",
)
STEP_BACK = Text(
    zh="`{metric}`（{path}）有 {count} 处相反，如 {examples}。",
    en="`{metric}` ({path}) goes the other way {count} times, such as at {examples}.",
)
UNDECIDED = Text(zh="各行不足以判定走向", en="its rows do not tell which way it goes")
OFF_BY_ONE = Text(
    zh="最佳的一行与所说之处相邻：计数从 0 还是从 1 开始，日志没有说明",
    en="its best row is the one beside it: whether the note counts from 0 or from 1 cannot be told",
)
NO_WAY = Text(
    zh="不知道该指标以高为好还是以低为好", en="nothing tells whether more or less of it is better"
)

Checked = BestAt | BoundOf | LevelSince | ConstantIs | CourseOf


def check_course(claim: Checked, ledger: Ledger) -> Answer:
    """Check what is said of the course of one metric."""
    match claim:
        case BestAt():
            return _best_at(claim, ledger)
        case BoundOf():
            return _bound(claim, ledger)
        case LevelSince():
            return _level(claim, ledger)
        case ConstantIs():
            return _constant(claim, ledger)
        case CourseOf():
            return _course(claim, ledger)


# ------------------------------------------------------------------------------ extremes and bounds
def _best_at(claim: BestAt, ledger: Ledger) -> Answer:
    """Check where the best row is; without a metric it may be that of any metric measured on
    held-out rows.
    """
    every = (
        ledger.candidates(claim.metric, claim.origin.source)
        if claim.metric is not None
        else ledger.measured()
    )
    found = [(series, row) for series in every for row in best_rows(series, claim.which)]
    if not found:
        return never_finite(claim, ledger) or unchecked(claim, NO_WAY if every else NOT_KNOWN)
    here = [(series, row) for series in every for row in _rows(series, claim.place)]
    for series, row in here:
        tolerance = 0.5 * (series.resolution or 0.0)
        if any(
            other is series and abs(float(series.y[row] - series.y[best])) <= tolerance
            for other, best in found
        ):
            return confirmed(claim, [seen(series, row)])
    if not here:
        return _best_elsewhere(claim, found)
    if claim.place is not None and any(
        claim.place.x - float(series.x[row]) == (1 if series.x[0] == 0 else -1)
        for series, row in found
    ):
        return unchecked(claim, OFF_BY_ONE)
    best, other = (
        list({(p.path, p.line): p for p in (seen(*one) for one in part)}.values())
        for part in (found, here)
    )
    name = str(claim.metric) if claim.metric is not None else found[0][0].label
    return contradicted(
        claim,
        BEST_AT(metric=name, best=shown(best), here=shown(other[:1])),
        (*best[:1], *other[:1]),
    )


def _best_elsewhere(claim: BestAt, found: Sequence[tuple[Series, int]]) -> Answer:
    """Check a place without a row of its own: contradicted where the best row of every record is
    far from it.
    """
    name = str(claim.metric) if claim.metric is not None else found[0][0].label
    for series, row in found:
        span = float(series.x[-1] - series.x[0])
        unit = "epoch" if series.axis is Axis.EPOCH else "step"
        near = (
            abs(float(series.x[row]) - claim.place.x) <= FAR * span
            if claim.place is not None
            else True
        )
        if (
            near
            or claim.place is None
            or claim.place.unit != unit
            or not series.x[0] <= claim.place.x <= series.x[-1]
        ):
            return unchecked(claim, NO_ROW)
    best = [seen(series, row) for series, row in found]
    return contradicted(claim, BEST_ELSEWHERE(metric=name, best=shown(best)), best)


def _rows(series: Series, place: Place | None) -> list[int]:
    """Return the finite rows at a place; the last finite row without one."""
    finite = np.isfinite(series.y)
    if place is None:
        return [int(row) for row in np.flatnonzero(finite)[-1:]]
    return [row for row in rows_at(series, place) if finite[row]]


def _bound(claim: BoundOf, ledger: Ledger) -> Answer:
    """Check on which side of a number values lie; one record of the metric that bears the claim out
    is enough.
    """
    answers = [
        _bound_of(claim, series) for series in ledger.candidates(claim.metric, claim.origin.source)
    ]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _bound_of(claim: BoundOf, series: Series) -> Answer:
    rows = _bound_rows(claim, series)
    if not rows:
        return unchecked(claim, NO_ROW)
    inside = [row for row in rows if _lies(claim, series, row)]
    outside = [row for row in rows if row not in set(inside)]
    holds = {"some": bool(inside), "ends": rows[-1] in inside}.get(claim.over, not outside)
    if holds:
        return confirmed(claim, [seen(series, row) for row in inside[:1]])
    if inside and claim.over in ("ends", "told") and not claim.last_rows:
        return unchecked(claim, SOME_LIE_THERE)
    sign = 1.0 if claim.side == "above" else -1.0
    far = [
        seen(series, row) for row in sorted(outside, key=lambda row: sign * float(series.y[row]))
    ]
    if claim.over in ("some", "ends", "told"):
        return contradicted(
            claim, NOT_BEYOND(metric=str(claim.metric), examples=shown(far[-1:])), far[-1:]
        )
    text = BEYOND(
        metric=str(claim.metric),
        path=series.path,
        rows=len(rows),
        count=len(outside),
        examples=shown(far),
    )
    return contradicted(claim, text, far[:MOST_SHOWN])


def _bound_rows(claim: BoundOf, series: Series) -> list[int]:
    """Return the finite rows that a bound speaks of."""
    if claim.last_rows:
        return list(np.flatnonzero(np.isfinite(series.y))[-claim.last_rows :].tolist())
    if claim.over == "last":
        return _rows(series, None)
    if claim.place is None:
        return list(rows_behind(series, claim.way).tolist())
    rows = rows_since(series, claim.place) if claim.since else rows_at(series, claim.place)
    return [row for row in rows if np.isfinite(series.y[row])]


def _lies(claim: BoundOf, series: Series, row: int) -> bool:
    """Return whether a row lies on the side of a number; one that is all but the number as it is
    written does where all rows are spoken of.

    A row of 0.4255 does not lie below 0.4, though it is 0.4 to one digit.
    """
    limit = claim.number.on(float(series.y[np.isfinite(series.y)].max()))
    if claim.strict:
        return bool(series.y[row] < limit.value - 1e-9 * abs(limit.value))
    slack = (
        0.0
        if claim.over in ("some", "ends", "last")
        else min(0.5 * limit.unit, CLOSE * abs(limit.value))
    )
    value = float(series.y[row])
    return value > limit.value - slack if claim.side == "above" else value < limit.value + slack


def _level(claim: LevelSince, ledger: Ledger) -> Answer:
    """Check the level that a metric keeps from a place on; without a place, over the second half of
    its rows.
    """
    wrong: list[Answer] = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        finite = np.flatnonzero(np.isfinite(series.y))
        since = (
            set(rows_since(series, claim.place))
            if claim.place is not None
            else set(finite[len(finite) // 2 :].tolist())
        )
        rows = [row for row in finite.tolist() if row in since]
        if not rows:
            continue
        other = [row for row in rows if not _holds(claim, series, float(series.y[row]))]
        if len(other) <= (ABOUT_OUTSIDE if claim.number.about else OUTSIDE) * len(rows):
            return confirmed(claim, [seen(series, row) for row in rows[:1]])
        examples = [seen(series, row) for row in other[:3]]
        text = NOT_LEVEL(
            metric=str(claim.metric), rows=len(rows), count=len(other), examples=shown(examples)
        )
        wrong.append(contradicted(claim, text, examples))
    return wrong[0] if wrong else unchecked(claim, NO_ROW)


def _holds(claim: LevelSince, series: Series, value: float) -> bool:
    level = claim.number.on(float(series.y[np.isfinite(series.y)].max()))
    return fits(claim.number, series, value) or (
        claim.number.about and abs(value - level.value) <= max(level.unit, NEAR * abs(level.value))
    )


def _constant(claim: ConstantIs, ledger: Ledger) -> Answer:
    every = ledger.candidates(claim.metric, claim.origin.source)
    wrong: list[Answer] = []
    for series in every:
        low, high = (
            int(pick(np.where(np.isfinite(series.y), series.y, np.nan)))
            for pick in (np.nanargmin, np.nanargmax)
        )
        if float(series.y[high] - series.y[low]) <= SAME * abs(float(series.y[high])):
            return confirmed(claim, [seen(series, low)])
        ends = [seen(series, low), seen(series, high)]
        wrong.append(
            contradicted(
                claim,
                VARIES(metric=str(claim.metric), low=shown(ends[:1]), high=shown(ends[1:])),
                ends,
            )
        )
    return wrong[0] if wrong else unchecked(claim, NOT_KNOWN)


# ------------------------------------------------------------------------------------------ courses
def _course(claim: CourseOf, ledger: Ledger) -> Answer:
    """Check which way a metric goes; one record of it that bears the claim out is enough."""
    answers = [
        _of_series(claim, series, ledger)
        for series in ledger.levels(claim.metric, claim.origin.source)
    ]
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _of_series(claim: CourseOf, series: Series, ledger: Ledger) -> Answer:
    if claim.direction == "flat":
        return _flat(claim, series)
    sign = _sign(claim, series)
    if sign is None:
        return unchecked(claim, NO_WAY)
    spikes = ledger.spike_rows(series)
    rows = np.array(
        [row for row in np.flatnonzero(np.isfinite(series.y)).tolist() if row not in spikes],
        dtype=np.int64,
    )
    if claim.over == "since" and claim.place is not None:
        rows = rows[np.isin(rows, rows_since(series, claim.place))]
    if len(rows) < 3:
        return unchecked(claim, TOO_FEW)
    y = sign * series.y[rows]  # from here on the claim is that it rises
    match claim.over:
        case "every":
            return _every(claim, series, rows, y)
        case "throughout":
            return _throughout(claim, series, rows, y)
        case "some":
            return _somehow(claim, series, rows, y)
        case "end":
            return _at_end(claim, series, rows, y, improves=_improves(claim, series, sign, ledger))
        case "since":
            decided = _rises(-y) or y[-1] <= y[0]
            return _decided(claim, series, rows, y, rises=_rises(y), decided=decided)


FLAT_SHARE, MOVED_SHARE = 0.15, 0.35
"""What stays within 15 % of all that a metric moved is flat; beyond 35 % it is not."""
FLAT_LEVEL: Final = 0.02
"""Rows within 2 % of their median are flat, however little the metric moved before."""


def _flat(claim: CourseOf, series: Series) -> Answer:
    """Check that a metric keeps its level: in every row, from a place on, or in its second half."""
    rows = np.flatnonzero(np.isfinite(series.y))
    whole = float(np.ptp(series.y[rows]))
    if claim.over == "since" and claim.place is not None:
        rows = rows[np.isin(rows, rows_since(series, claim.place))]
    elif claim.over == "end":
        rows = rows[len(rows) // 2 :]
    if len(rows) < 2:
        return unchecked(claim, TOO_FEW)
    y = _blocks(series.y[rows])
    spread, level = float(np.ptp(y)), abs(float(np.median(y)))
    if spread <= FLAT_LEVEL * level or (claim.over != "every" and spread <= FLAT_SHARE * whole):
        return confirmed(claim, [seen(series, int(rows[0]))])
    if claim.over != "every" and spread <= MOVED_SHARE * whole:
        return unchecked(claim, UNDECIDED)
    low, high = int(rows[series.y[rows].argmin()]), int(rows[series.y[rows].argmax()])
    ends = [seen(series, low), seen(series, high)]
    text = VARIES(metric=str(claim.metric), low=shown(ends[:1]), high=shown(ends[1:]))
    return contradicted(claim, text, ends)


def _improves(claim: CourseOf, series: Series, sign: float, ledger: Ledger) -> bool:
    """Return whether the verdict on a series is that it still gets better, and that is what the
    note says.
    """
    better = {"up": 1.0, "down": -1.0}.get(better_way(series))
    return sign == better and any(
        one is series and state is State.IMPROVING
        for one, state in ledger.states(claim.metric, None)
    )


def _sign(claim: CourseOf, series: Series) -> float | None:
    """Return 1 where the claim is that the values rise, -1 where that they fall; None where better
    and worse cannot be told.
    """
    if claim.direction in ("rises", "falls"):
        return 1.0 if claim.direction == "rises" else -1.0
    way = better_way(series)
    if way == "none":
        return None
    return 1.0 if (way == "up") is (claim.direction == "better") else -1.0


def _rises(y: Floats) -> bool:
    """Return whether rows rise: each over the one before, or by the test of Mann and Kendall where
    they are enough for it.
    """
    if len(y) < TREND_ROWS:
        return len(y) >= 3 and bool((np.diff(y) > 0).all())
    tau, p = kendall(_blocks(y))
    return p < TREND_P and tau > 0


def _tail(y: Floats) -> Floats:
    return y[-max(END, len(y) // END) :]


def _somehow(
    claim: CourseOf, series: Series, rows: np.typing.NDArray[np.int64], y: Floats
) -> Answer:
    return _decided(claim, series, rows, y, rises=_rises(y) or _rises(_tail(y)), decided=_rises(-y))


def _at_end(
    claim: CourseOf, series: Series, rows: np.typing.NDArray[np.int64], y: Floats, *, improves: bool
) -> Answer:
    decided = _rises(-_tail(y)) or _rises(-y[int(y.argmax()) :])
    return _decided(claim, series, rows, y, rises=improves or _rises(_tail(y)), decided=decided)


def _decided(
    claim: CourseOf,
    series: Series,
    rows: np.typing.NDArray[np.int64],
    y: Floats,
    *,
    rises: bool,
    decided: bool,
) -> Answer:
    if rises:
        return confirmed(claim, [seen(series, int(rows[-1]))])
    return _turned(claim, series, rows, y) if decided else unchecked(claim, UNDECIDED)


def _every(claim: CourseOf, series: Series, rows: np.typing.NDArray[np.int64], y: Floats) -> Answer:
    back = np.flatnonzero(np.diff(y) < 0)
    if not len(back):
        return confirmed(claim, [seen(series, int(rows[-1]))])
    examples = [seen(series, int(rows[row + 1])) for row in back[:3].tolist()]
    return contradicted(
        claim,
        STEP_BACK(
            metric=str(claim.metric), path=series.path, count=len(back), examples=shown(examples)
        ),
        examples,
    )


def _throughout(
    claim: CourseOf, series: Series, rows: np.typing.NDArray[np.int64], y: Floats
) -> Answer:
    """Check that rows go one way to the end: as a whole, and none of them turn behind the best
    one.
    """
    ends_early = len(y) - 1 - int(y.argmax()) > LATEST * len(y)
    if not _rises(y) or _rises(-y[int(y.argmax()) :]) or ends_early:
        return _turned(claim, series, rows, y)
    return confirmed(claim, [seen(series, int(rows[-1]))])


def _turned(
    claim: CourseOf, series: Series, rows: np.typing.NDArray[np.int64], y: Floats
) -> Answer:
    best, last = seen(series, int(rows[int(y.argmax())])), seen(series, int(rows[-1]))
    text = TURNS(metric=str(claim.metric), path=series.path, best=shown([best]), last=shown([last]))
    return contradicted(claim, text, (best, last))


def check_range(claim: RangeOf, ledger: Ledger) -> Answer:
    """Check between which numbers the rows of a metric lie."""
    worst: list[tuple[float, Answer]] = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        rows = np.flatnonzero(np.isfinite(series.y)).tolist()
        spikes = ledger.spike_rows(series) if claim.ordinary else set()
        rows = [row for row in rows if row not in spikes]
        outside = [row for row in rows if not _within(claim, float(series.y[row]))]
        if len(outside) <= OUTSIDE * len(rows):
            return confirmed(claim)
        far = [
            seen(series, row)
            for row in sorted(outside, key=lambda row: -abs(series.y[row] - claim.high.value))[:3]
        ]
        text = RANGE(
            metric=str(claim.metric),
            path=series.path,
            rows=len(rows),
            count=len(outside),
            examples=shown(far),
        )
        worst.append((len(outside) / len(rows), contradicted(claim, text, far)))
    return min(worst, key=lambda one: one[0])[1] if worst else unchecked(claim, NOT_KNOWN)


def _within(claim: RangeOf, value: float) -> bool:
    return (
        claim.low.value - 1.001 * claim.low.unit
        <= value
        <= claim.high.value + 1.001 * claim.high.unit
    )


def check_trend(claim: TrendOf, ledger: Ledger) -> Answer:
    """Check whether a metric falls or rises as a whole."""
    wrong: list[Answer] = []
    for series in ledger.levels(claim.metric, claim.origin.source):
        spikes = ledger.spike_rows(series)
        rows = [row for row in np.flatnonzero(np.isfinite(series.y)).tolist() if row not in spikes]
        if len(rows) < TREND_ROWS:
            continue
        tau, p = kendall(_blocks(series.y[rows]))
        if p < TREND_P and (tau < 0) is (claim.direction == "falls"):
            return confirmed(claim)
        mixed = ledger.has("mixture", series)
        text = TREND(
            metric=str(claim.metric),
            path=series.path,
            rows=len(rows),
            tau=number(tau, digits=2),
            p=number(p, digits=2),
            first=int(series.line[rows[0]]),
            last=int(series.line[rows[-1]]),
            mixed=MIXED if mixed else "",
        )
        wrong.append(contradicted(claim, text, (seen(series, rows[0]), seen(series, rows[-1]))))
    return wrong[0] if wrong else unchecked(claim, TOO_FEW)


def _blocks(y: Floats) -> Floats:
    if len(y) <= TREND_BLOCKS:
        return y
    return np.array([np.median(part) for part in np.array_split(y, TREND_BLOCKS)])


def kendall(y: Floats) -> tuple[float, float]:
    """Return Kendall's tau of `y` against its order and the two-sided p of the normal
    approximation, ties in `y` counted.
    """
    n = len(y)
    i, j = np.triu_indices(n, 1)
    score = float(np.sign(y[j] - y[i]).sum())
    _, ties = np.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    z = (score - math.copysign(1, score)) / math.sqrt(variance) if variance > 0 and score else 0.0
    return score / (n * (n - 1) / 2), math.erfc(abs(z) / math.sqrt(2))


# -------------------------------------------------------------------------------- states and spikes
CERTAIN: Final = {
    "converged": ((State.CONVERGED, State.PLATEAU_HIGH), (*TROUBLES, State.IMPROVING)),
    "stable": ((State.CONVERGED, State.PLATEAU_HIGH, State.IMPROVING), TROUBLES),
    "not_converged": ((*TROUBLES, State.IMPROVING), (State.CONVERGED,)),
}
"""The verdicts that bear a word out, and those that contradict it; the others leave it open."""


def check_settled(claim: Settled, ledger: Ledger) -> Answer:
    """Check whether a metric or the run has converged or is stable, by the verdicts on it."""
    if claim.metric is None:
        return _run_settled(claim, ledger)
    states = ledger.states(claim.metric, claim.origin.source)
    good, bad = CERTAIN[claim.word]
    if any(state in good for _, state in states):
        return confirmed(claim)
    if not states or not all(state in bad for _, state in states):
        return unchecked(claim, NOT_KNOWN)
    series, state = states[0]
    text = STATE(
        metric=str(claim.metric),
        path=series.path,
        first=int(series.line[0]),
        last=int(series.line[-1]),
        state=STATES[state].name,
    )
    return contradicted(claim, text, (seen(series, 0), seen(series, len(series) - 1)))


def _run_settled(claim: Settled, ledger: Ledger) -> Answer:
    states = [ledger.analysis.run_verdict(run.id).state for run in ledger.analysis.runs]
    good, bad = CERTAIN[claim.word]
    if any(state in good for state in states):
        return confirmed(claim)
    if not all(state in bad for state in states):
        return unchecked(claim, NOT_KNOWN)
    first = next(
        (series for run in ledger.analysis.runs for series in run.series if len(series)), None
    )
    places = (seen(first, len(first) - 1),) if first is not None else ()
    return contradicted(claim, RUN_STATE(state=STATES[states[0]].name), places)


def check_spikes(claim: SpikesAt, ledger: Ledger) -> Answer:
    """Check the places of spikes against those that were flagged."""
    if claim.metric is None:
        return _some_spikes(claim, ledger)
    found = sorted(
        {
            float(ledger.analysis.series(f.series[0]).x[row])
            for f in ledger.spikes(claim.metric)
            for row in f.rows
        }
    )
    for place in claim.places:
        here = list(ledger.at(claim.metric, place, claim.origin.source))
        if not here:
            return unchecked(claim, NO_ROW)
        if place.x not in found:
            others = Join(items=tuple(number(one) for one in found[:8])) if found else NONE()
            text = NO_SPIKE(
                metric=str(claim.metric), x=number(place.x), value=shown(here[:1]), found=others
            )
            return contradicted(claim, text, here[:1])
    return confirmed(claim)


def _some_spikes(claim: SpikesAt, ledger: Ledger) -> Answer:
    """Check the places of spikes of whichever metric: contradicted where no metric that has any
    stands out from its neighbours there.
    """
    flagged = [
        (ledger.analysis.series(f.series[0]), row) for f in ledger.spikes(None) for row in f.rows
    ]
    every = list({series.id: series for series, _ in flagged}.values())
    for place in claim.places:
        here = [
            (series, row)
            for series in every
            for row in rows_at(series, place)
            if np.isfinite(series.y[row])
        ]
        if not here:
            return unchecked(claim, NO_ROW if every else NOT_KNOWN)
        if any(
            series is other and row == place_row
            for series, row in flagged
            for other, place_row in here
        ):
            continue
        if any(_stands_out(series, row) for series, row in here):
            return unchecked(claim, STANDS_OUT)
        found = Join(
            items=tuple(
                number(x) for x in sorted({float(series.x[row]) for series, row in flagged})[:8]
            )
        )
        text = NO_SPIKE(
            metric=here[0][0].label, x=number(place.x), value=shown([seen(*here[0])]), found=found
        )
        return contradicted(claim, text, [seen(*here[0])])
    return confirmed(claim)


def _stands_out(series: Series, row: int) -> bool:
    """Return whether a row is the highest or the lowest of its neighbourhood: what a person calls a
    spike and no rule does.
    """
    around = np.delete(series.y[max(0, row - BESIDE) : row + BESIDE + 1], min(row, BESIDE))
    finite, steps = around[np.isfinite(around)], np.abs(np.diff(series.y[np.isfinite(series.y)]))
    if not len(finite) or not len(steps):
        return False
    return bool(abs(series.y[row] - np.median(finite)) > STANDS * np.median(steps))


BESIDE: Final = 2
STANDS: Final = 4.0
"""A row stands out that lies four usual steps from row to row beyond its neighbours."""
