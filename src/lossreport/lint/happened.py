"""Holds what a note says to have happened against the logs: over-fitting, NaN, an early stop, how
the run ended, how much was trained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.knowledge.loss_type import loss_type
from lossreport.lint.answers import (
    NOT_KNOWN,
    Answer,
    confirmed,
    contradicted,
    kindest,
    shown,
    unchecked,
)
from lossreport.lint.claim import CountOf, EpochCount, Happened, Place
from lossreport.lint.ledger import Ledger, Seen, rows_at, seen
from lossreport.lint.values import better_way
from lossreport.model.analysis import State
from lossreport.model.run import Axis, Run, Series, Status
from lossreport.text import Join, Phrase, Text, number

EXPLODED, CALM = 10.0, 3.0
"""A norm of ten times its median has exploded, one that stays within three times has not."""
LATE: Final = 0.1
"""A held-out loss that is best in its last tenth shows no over-fitting."""
SPIKES: Final = ("spike", "batch_outlier")
OVERFIT: Final = ("overfitting",)

OVERFITS = Text(
    zh="`{metric}` 过了最佳值 {best} 之后变差，最后为 {last}。",
    en="`{metric}` is best at {best} and ends worse, at {last}.",
)
NO_OVERFIT = Text(
    zh="`{metric}` 直到最后仍处于最佳：最佳 {best}，最后 {last}。",
    en="`{metric}` is still at its best at the end: best {best}, last {last}.",
)
HAS_NAN = Text(
    zh="日志中有 NaN 或 Inf：{metric} 的第 {row} 行（{place}）。",
    en="the logs hold NaN or Inf: row {row} of {metric} ({place}).",
)
NO_NAN = Text(zh="日志中没有 NaN 或 Inf。", en="the logs hold no NaN or Inf.")
EXITED = Text(zh="日志写明了：{quote}", en="the log says so: {quote}")
ENDED = Text(
    zh="日志显示这次训练的结局是：{status}。", en="by its logs the run ended thus: {status}."
)
STATUSES: Final = {
    Status.FINISHED: Text(zh="正常结束", en="finished"),
    Status.CRASHED: Text(zh="崩溃", en="crashed"),
    Status.INTERRUPTED: Text(zh="中断", en="interrupted"),
}
STOPPED = Text(zh="日志记录了早停：{quote}", en="the logs tell of an early stop: {quote}")
NOT_STOPPED = Text(
    zh="没有早停：训练完成了全部计划（{done}）。",
    en="no early stop: all that was planned was trained ({done}).",
)
SPIKED = Text(zh="`{metric}` 有尖峰：{places}。", en="`{metric}` has spikes: {places}.")
GREW = Text(
    zh="`{metric}` 最大为 {top}，中位数为 {median}。",
    en="`{metric}` is at most {top}, its median {median}.",
)
EPOCHS = Text(zh="日志中有 {found} 个 epoch。", en="the logs hold {found} epochs.")
STEPS = Text(zh="日志中有 {found} 步。", en="the logs hold {found} steps.")
ROUNDS = Text(zh="日志中有 {found} 轮。", en="the logs hold {found} rounds.")
EVALUATIONS = Text(zh="日志中有 {found} 次评估。", en="the logs hold {found} evaluations.")


def check_happened(claim: Happened, ledger: Ledger) -> Answer:
    """Check what is said to have happened, or not to have."""
    match claim.what:
        case "overfit":
            return _overfit(claim, ledger)
        case "nonfinite":
            return _nonfinite(claim, ledger)
        case "early_stop":
            return _early_stop(claim, ledger)
        case "spike":
            return _no_spike(claim, ledger)
        case "explosion":
            return _explosion(claim, ledger)
        case _:
            return _ended(claim, ledger)


def said(claim: Happened, *, is_so: bool, text: Phrase, places: tuple[Seen, ...]) -> Answer:
    """Return the answer where the logs are certain: it is so, or it is not."""
    if is_so is not claim.denied:
        return confirmed(claim, places)
    return contradicted(claim, text, places)


def _overfit(claim: Happened, ledger: Ledger) -> Answer:
    found = [f for f in ledger.analysis.findings if f.kind in OVERFIT]
    judged = [
        v.series[0] for v in ledger.analysis.verdicts if v.series and v.state is State.OVERFITTING
    ]
    if found or judged:
        series = ledger.analysis.series(found[0].series[0] if found else judged[0])
        best, last = _ends(series)
        if claim.place is not None and _is_far(claim.place, ledger, series):
            text = OVERFITS(metric=series.label, best=shown([best]), last=shown([last]))
            return contradicted(claim, text, (best, last))
        return said(
            claim,
            is_so=True,
            text=OVERFITS(metric=series.label, best=shown([best]), last=shown([last])),
            places=(best, last),
        )
    for series in ledger.measured():
        rows = np.flatnonzero(np.isfinite(series.y))
        top = _best_row(series)
        if (
            better_way(series) == "down"
            and top is not None
            and top >= rows[-1] - max(1, LATE * len(rows))
            and len(rows) > 2
        ):
            best, last = _ends(series)
            text = NO_OVERFIT(metric=series.label, best=shown([best]), last=shown([last]))
            return said(claim, is_so=False, text=text, places=(best, last))
    return unchecked(claim, NOT_KNOWN)


FAR: Final = 0.15
"""Over-fitting begins at the best row; a place beyond 15 % of the run from it is another."""


def _is_far(place: Place, ledger: Ledger, series: Series) -> bool:
    """Return whether a place is far from the best row in every record of a metric."""
    records = [
        one
        for one in ledger.measured()
        if (one.name, one.split) == (series.name, series.split) and rows_at(one, place)
    ]
    far = []
    for one in records:
        best = _best_row(one)
        gap = abs(float(one.x[best or 0]) - float(one.x[rows_at(one, place)[0]]))
        far.append(gap > FAR * float(np.ptp(one.x)))
    return bool(far) and all(far)


def _best_row(series: Series) -> int | None:
    y = np.where(np.isfinite(series.y), series.y, np.nan)
    if np.isnan(y).all():
        return None
    return int(np.nanargmax(y) if better_way(series) == "up" else np.nanargmin(y))


def _ends(series: Series) -> tuple[Seen, Seen]:
    last = int(np.flatnonzero(np.isfinite(series.y))[-1])
    best = _best_row(series)
    return seen(series, last if best is None else best), seen(series, last)


def _nonfinite(claim: Happened, ledger: Ledger) -> Answer:
    every = (
        ledger.series(claim.metric, None) if claim.metric is not None else ledger.vocabulary.series
    )
    told = _told_nonfinite(ledger)
    if told and claim.place is not None and claim.place.unit == "epoch":
        last = max(
            (float(s.epoch[-1]) for s in ledger.vocabulary.series if len(s.epoch)), default=None
        )
        if last is not None and claim.place.x < math.floor(last):
            return contradicted(claim, EXITED(quote=told))
    if claim.place is not None and not told:
        return _nonfinite_at(claim, ledger, list(every))
    for series in every:
        rows = np.flatnonzero(~np.isfinite(series.y))
        if len(rows) and series.derived is None:
            at = seen(series, int(rows[0]))
            text = HAS_NAN(metric=series.label, row=int(rows[0]), place=at.place)
            return said(claim, is_so=True, text=text, places=(at,))
    hidden = any(
        finding.kind in ("nonfinite", "masked_nonfinite", "poisoned_mean")
        for finding in ledger.analysis.findings
    )
    if told:
        return said(claim, is_so=True, text=EXITED(quote=told), places=())
    return (
        unchecked(claim, NOT_KNOWN)
        if hidden
        else said(claim, is_so=False, text=NO_NAN(), places=())
    )


def _told_nonfinite(ledger: Ledger) -> str:
    """Return the words in which the log says that a loss was not finite, nothing where it does
    not.
    """
    return next(
        (
            event.quote
            for run in ledger.analysis.runs
            for event in run.events
            if event.kind == "nonfinite_exit"
        ),
        "",
    )


ONSET: Final = re.compile(
    r"\b(?:went|goes|turn\w*|becom\w*|became|start\w*|first|since|from)\b|开始|变|首次|第一次|起",
    re.IGNORECASE,
)
"""Words for the first row that is NaN."""


def _nonfinite_at(claim: Happened, ledger: Ledger, every: Sequence[Series]) -> Answer:
    """Check NaN at a place: there, and where the note tells its onset nowhere before."""
    assert claim.place is not None
    answers = []
    if all(np.isfinite(series.y).all() for series in ledger.vocabulary.series):
        return contradicted(claim, NO_NAN())
    for series in every:
        rows = rows_at(series, claim.place)
        wrong = np.flatnonzero(~np.isfinite(series.y))
        if not rows or series.derived is not None:
            continue
        early = len(wrong) and wrong[0] < min(rows) and ONSET.search(claim.origin.quote)
        if not early and any(row in wrong for row in rows):
            answers.append(confirmed(claim, [seen(series, rows[0])]))
            continue
        at = (seen(series, int(wrong[0])),) if len(wrong) else ()
        text = (
            HAS_NAN(metric=series.label, row=int(wrong[0]), place=at[0].place) if at else NO_NAN()
        )
        answers.append(contradicted(claim, text, at))
    return kindest(answers) or unchecked(claim, NOT_KNOWN)


def _ended(claim: Happened, ledger: Ledger) -> Answer:
    """Check how the run ended; where the logs do not tell, or its runs ended in several ways, it
    stays open.
    """
    if claim.what == "broke_off" and any(
        launch.status is not Status.FINISHED
        for run in ledger.analysis.runs
        for launch in run.launches[:-1]
    ):
        # an earlier launch did, whatever became of the last one
        return confirmed(claim) if not claim.denied else unchecked(claim, NOT_KNOWN)
    known = {run.status for run in ledger.analysis.runs}
    status = next(iter(known)) if len(known) == 1 else Status.UNKNOWN
    if status not in STATUSES:
        return unchecked(claim, NOT_KNOWN)
    is_so = (status is Status.FINISHED) is (claim.what == "finished")
    return said(claim, is_so=is_so, text=ENDED(status=STATUSES[status]), places=())


def _early_stop(claim: Happened, ledger: Ledger) -> Answer:
    for run in ledger.analysis.runs:
        for event in run.events:
            if event.kind == "early_stop":
                return said(claim, is_so=True, text=STOPPED(quote=event.quote), places=())
    trained = max((run.progress.epochs[0] or 0 for run in ledger.analysis.runs), default=0)
    if claim.place is not None and claim.place.unit != "epoch":
        trained = int(max((float(s.x[-1]) for s in ledger.measured() if len(s)), default=0.0))
    if claim.place is not None and trained > claim.place.x + 1:
        done = Join(items=(number(float(trained)),))
        return said(claim, is_so=False, text=NOT_STOPPED(done=done), places=())
    if all(run.progress.is_done for run in ledger.analysis.runs):
        done = Join(
            items=tuple(number(float(part)) for run in ledger.analysis.runs for part in _done(run))
        )
        return said(claim, is_so=False, text=NOT_STOPPED(done=done), places=())
    return unchecked(claim, NOT_KNOWN)


def _done(run: Run) -> list[int]:
    return [
        done
        for done, planned in (run.progress.epochs, run.progress.steps)
        if done is not None and planned is not None
    ]


def _no_spike(claim: Happened, ledger: Ledger) -> Answer:
    """Check that there is no spike: in one metric, or in any; at one place, or anywhere."""
    mine = (
        {one.id for one in ledger.series(claim.metric, None)} if claim.metric is not None else None
    )
    found = [
        f
        for f in ledger.analysis.findings
        if f.kind in SPIKES and (mine is None or f.series[0] in mine)
    ]
    rows = [
        (ledger.analysis.series(f.series[0]), row)
        for f in found
        for row in f.rows or (f.start.row,)
    ]
    if claim.place is not None:
        rows = [
            (series, row)
            for series, row in rows
            if claim.place.x in (series.x[row], *series.epoch[row : row + 1])
        ]
    if not rows:
        return confirmed(claim)
    places = tuple(seen(series, row) for series, row in rows[:3])
    return contradicted(claim, SPIKED(metric=rows[0][0].label, places=shown(places)), places)


def _explosion(claim: Happened, ledger: Ledger) -> Answer:
    every = [] if claim.metric is None else ledger.candidates(claim.metric, claim.origin.source)
    if not every:
        return unchecked(claim, NOT_KNOWN)
    series = every[0]
    if loss_type(series.metric_type).role == "schedule":
        return unchecked(claim, NOT_KNOWN)
    if not np.isfinite(series.y).all():
        return said(
            claim,
            is_so=True,
            text=HAS_NAN(metric=series.label, row=0, place=series.path),
            places=(),
        )
    top, median = int(np.abs(series.y).argmax()), float(np.median(np.abs(series.y)))
    ratio = abs(float(series.y[top])) / median if median else math.inf
    text = GREW(metric=series.label, top=shown([seen(series, top)]), median=number(median))
    if CALM < ratio < EXPLODED:
        return unchecked(claim, NOT_KNOWN)
    return said(claim, is_so=ratio >= EXPLODED, text=text, places=(seen(series, top),))


# ------------------------------------------------------------------------------------------- counts
def check_count(claim: CountOf | EpochCount, ledger: Ledger) -> Answer:
    """Check how many epochs, steps, rounds or evaluations there were."""
    if isinstance(claim, EpochCount):
        counts, text = _epochs(ledger, planned=claim.planned), EPOCHS
    else:
        count, text = {
            "steps": (_steps, STEPS),
            "rounds": (_rounds, ROUNDS),
            "evaluations": (_evaluations, EVALUATIONS),
        }[claim.what]
        counts = count(ledger)
    counts.discard(0)
    if not counts:
        return unchecked(claim, NOT_KNOWN)
    return (
        confirmed(claim)
        if claim.count in counts
        else contradicted(claim, text(found=Join(items=tuple(sorted(counts)))))
    )


def _epochs(ledger: Ledger, *, planned: bool) -> set[int]:
    counts: set[int] = set()
    for run in ledger.analysis.runs:
        done, meant = run.progress.epochs
        counts |= {
            count
            for count in ((done, meant) if planned or done is None else (done,))
            if count is not None
        }
        for series in run.series:
            epochs = series.x if series.axis is Axis.EPOCH else series.epoch
            whole = np.unique(epochs[np.isfinite(epochs) & (epochs == np.floor(epochs))])
            counts |= {len(whole)} if len(whole) == len(np.unique(epochs)) else set()
    return counts


def _steps(ledger: Ledger) -> set[int]:
    counts = {
        count for run in ledger.analysis.runs for count in run.progress.steps if count is not None
    }
    last = {
        int(s.x[-1])
        for s in ledger.vocabulary.series
        if s.axis in (Axis.STEP, Axis.ITERATION) and len(s)
    }
    return counts | last | {one + 1 for one in last}


def _rounds(ledger: Ledger) -> set[int]:
    """Return what a text may call rounds: boosting rounds, iterations, epochs (轮)."""
    lengths = {
        len(np.unique(s.x)) for s in ledger.vocabulary.series if s.derived is None and len(s)
    }
    return lengths | _epochs(ledger, planned=False) | _steps(ledger)


def _evaluations(ledger: Ledger) -> set[int]:
    return {len(series) for series in ledger.measured()}
