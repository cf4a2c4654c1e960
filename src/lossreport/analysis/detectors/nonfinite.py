"""Rows that are NaN or infinite, and exits the log reports because of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context, same_metric
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding, numbers_of
from lossreport.analysis.payloads import NonFinite
from lossreport.analysis.surviving import outlived
from lossreport.model.analysis import Evidence, Finding, Position, Severity
from lossreport.model.run import Axis, Event, Series, shown_x
from lossreport.text import Text
from lossreport.words import AXES

ROWS = Text(
    zh="`{metric}`（{path}）的 {rows} 行中有 {count} 行是 NaN 或无穷大，第一处在 {axis} "
    "{x}（第 {line} 行）；其后{after}。",
    en="`{metric}` ({path}) is NaN or infinite in {count} of {rows} rows, the first at {axis} "
    "{x} (line {line}); {after}.",
)
TAIL = Text(
    zh="再没有有限值，此后的训练不可信",
    en="no finite value follows, so nothing after it can be trusted",
)
LAST = Text(
    zh="再没有有限值，而训练 loss 到最后仍是有限值",
    en="no finite value follows, while the training loss ends finite",
)
TAIL_OTHER = Text(zh="再没有有限值", en="no finite value follows")
RECOVERED = Text(zh="又出现了有限值", en="finite values follow")
AGAIN = Text(
    zh="又出现过有限值，但末尾又不是有限值",
    en="finite values follow, but the last row is not finite again",
)
EXIT = Text(
    zh="日志在 {path} 第 {line} 行写明因 loss 为非有限值而停止训练：“{quote}”。",
    en="The log says at {path}, line {line}, that training stopped because the loss was not "
    "finite: “{quote}”.",
)
PRINTED = Text(
    zh="日志在 {path} 第 {line} 行、最后一行数据之后打印了非有限的 loss：“{quote}”；此后没有训练。",
    en="At {path}, line {line}, behind its last row, the log prints a loss that is not "
    "finite: “{quote}”; nothing is trained after it.",
)
TENSOR: Final = re.compile(r"tensor\((?:nan|-?inf)\b", re.IGNORECASE)
"""As a debugger or a `print` shows a loss that is still a tensor."""

AWAITED = ("reward", "explained_variance")
"""What reinforcement learning logs as NaN until the first episode has ended, or while the returns
do not vary.
"""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a series with non-finite rows, and one for a reported exit."""
    losses = {series.id for series in context.losses}
    for series in sorted(
        context.judged, key=lambda series: (series.id not in losses, *_onset(series))
    ):
        bad = np.flatnonzero(~np.isfinite(series.y))
        if len(bad):
            yield _rows(
                context, series, bad.tolist(), aside=is_aside(context, series, int(bad[-1]))
            )
    # the first of each source
    exits = {
        event.source: event
        for event in reversed(context.run.events)
        if event.kind == "nonfinite_exit"
    }
    if context.losses:
        yield from (_exit(context, event, EXIT) for event in reversed(exits.values()))
        printed = {
            event.source: event
            for event in reversed(context.run.events)
            if _is_printed_last(context, event)
        }
        yield from (
            _exit(context, event, PRINTED)
            for source, event in printed.items()
            if source not in exits
        )


def _is_printed_last(context: Context, event: Event) -> bool:
    """Return whether an event prints a loss of NaN behind all rows of the training losses of its
    file, which end finite.
    """
    if TENSOR.search(event.quote) is None:
        return False
    training = [
        one
        for one in context.losses
        if one.split == "train" and one.source == event.source and len(one)
    ]
    return bool(training) and all(
        int(one.line[-1]) < event.line and np.isfinite(one.y[-1]) for one in training
    )


def _onset(series: Series) -> tuple[bool, int]:
    """Return what puts the first to break first: training before validation, then the earlier line
    of the log.
    """
    bad = np.flatnonzero(~np.isfinite(series.y))
    return series.split != "train", int(series.line[bad[0]]) if len(bad) else 0


def is_aside(context: Context, series: Series, row: int) -> bool:
    """Return whether the training went on: a validation that its loss outlived, or a metric of the
    training beside losses that end finite.

    A score of no prediction is 0/0, and a scaler skips the steps whose gradient overflows: neither
    breaks the weights.
    """
    if _went_on(context, series):
        return True
    if series.id in context.training:
        return False
    losses = [
        one
        for one in context.progress
        if one.id in context.training and one.axis is series.axis and len(one)
    ]
    if series.split != "train":
        # a trainer that logged no step says at least this at the end
        mean = context.facts.get("train_loss")
        return outlived(context, series) or (
            not losses and isinstance(mean, float) and bool(np.isfinite(mean)) and mean != 0
        )
    return bool(losses) and all(
        one.x[-1] >= series.x[row] and np.isfinite(one.y[-1]) and one.y[-1] != 0 for one in losses
    )


def summary_of_nothing(context: Context, series: Series) -> Series | None:
    """Return the rows of batches of a training metric whose epoch rows are NaN, where each stands
    behind a finite one; None elsewhere.

    A mean over no batch is 0/0: a metric that is reset after its last print leaves it (MXNet's
    Speedometer), and the weights are sound.
    """
    if series.split != "train" or series.axis is not Axis.EPOCH:
        return None
    finer = [
        one
        for one in context.run.series
        if one is not series and one.axis in INNER and same_metric(one, series) and len(one)
    ]
    bad = series.line[~np.isfinite(series.y)]
    for one in finer:
        if bool(np.isfinite(one.y).all()) and len(bad) and one.line[0] < bad[0]:
            return one
    return None


def _went_on(context: Context, series: Series) -> bool:
    """Return whether rows of batches behind the last mean over nothing are finite: at the end of a
    log those not printed may be NaN as well.
    """
    finer = summary_of_nothing(context, series)
    return finer is not None and int(finer.line[-1]) > int(series.line[~np.isfinite(series.y)][-1])


COUNTS: Final = re.compile(
    r"(?:.*[_/ ])?(?:count|num_(?:pos|positives?|objects?|targets?|gts?)|n_pos|positives|"
    r"instances)",
    re.IGNORECASE,
)


def counted(context: Context, series: Series) -> Series | None:
    """Return the count beside a metric that is 0 in exactly the rows in which the metric is not
    finite; None without.
    """
    bad = ~np.isfinite(series.y)
    for one in context.run.series:
        beside = (
            one is not series
            and one.source == series.source
            and one.axis is series.axis
            and len(one) == len(series)
        )
        if (
            beside
            and COUNTS.fullmatch(one.name)
            and np.array_equal(one.line, series.line)
            and np.array_equal(one.y == 0, bad)
            and bad.any()
        ):
            return one
    return None


INNER: Final = (Axis.STEP, Axis.ITERATION)


def _rows(context: Context, series: Series, bad: list[int], aside: bool) -> Finding:
    grave = context.is_loss(series) or series.metric_type == "grad_norm"
    tail, ends = not np.isfinite(series.y[bad[0] :]).any(), bool(not np.isfinite(series.y[-1]))
    text = ROWS(
        metric=series.label,
        path=series.path,
        count=len(bad),
        rows=len(series),
        axis=AXES[series.axis.value],
        x=shown_x(series.x[bad[0]]),
        line=int(series.line[bad[0]]),
        after=_after(context, series, aside=aside, grave=grave, tail=tail, ends=ends),
    )
    if _went_on(context, series) or counted(context, series) is not None:
        return make_finding(
            "nonfinite",
            series,
            bad,
            Severity.LOW,
            text,
            payload=NonFinite(count=len(bad), aside=aside),
        )
    of_tail = Severity.HIGH if tail else Severity.MEDIUM
    severity = of_tail if aside and grave else _severity(series, bad, grave, ends)
    return make_finding(
        "nonfinite", series, bad, severity, text, payload=NonFinite(count=len(bad), aside=aside)
    )


def _after(
    context: Context, series: Series, *, aside: bool, grave: bool, tail: bool, ends: bool
) -> Text:
    """Return what came after the first row that is not finite."""
    if not tail:
        return AGAIN if ends else RECOVERED
    if aside and series.id not in context.training:
        return LAST
    return TAIL if grave and series.split == "train" and not aside else TAIL_OTHER


def _severity(series: Series, bad: list[int], grave: bool, ends: bool) -> Severity:
    """Return how much it matters: of a metric that is no loss a NaN is a gap, and before its first
    value there was nothing to compute it from.

    The reward of the first episode, the novelty of a first archive, a mean over none: one or two
    rows, or any number of what is awaited.
    """
    if grave:
        return Severity.CRITICAL if ends else Severity.HIGH
    leading = not ends and bad[-1] == len(bad) - 1
    return (
        Severity.LOW
        if leading and (series.metric_type in AWAITED or len(bad) <= FIRST)
        else Severity.MEDIUM
    )


FIRST: Final = 2
"""So many rows at the very beginning come before there is anything to compute a metric from."""


def _exit(context: Context, event: Event, text: Text) -> Finding:
    series = max(
        (s for s in context.losses if len(s)), key=lambda s: (s.source == event.source, len(s))
    )
    last = len(series) - 1
    place = Position(x=float(series.x[last]), row=last, line=event.line)
    path = context.run.source(event.source).path
    held = NonFinite(count=1)
    return Finding(
        id="",
        kind="nonfinite",
        key=f"nonfinite:exit@{path}#{event.line}",
        severity=Severity.CRITICAL,
        series=(series.id,),
        start=place,
        end=place,
        rows=(),
        numbers=numbers_of(held),
        payload=held,
        evidence=(Evidence(source=event.source, line=event.line, x=place.x, value=float("nan")),),
        text=text(path=path, line=event.line, quote=event.quote),
    )


DETECTOR = Detector(
    id="nonfinite",
    kinds=(
        Kind(
            id="nonfinite",
            title=Text(zh="非有限值（NaN / Inf）", en="non-finite value (NaN / Inf)"),
        ),
    ),
    detect=detect,
    order=10,
)
