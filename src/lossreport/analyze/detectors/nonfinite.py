"""Rows that are NaN or infinite, and exits the log reports because of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.detector import Context, Detector, Found, make_finding, shown_x
from lossreport.analyze.surviving import outlived
from lossreport.model.analysis import Evidence, Finding, Position, Severity
from lossreport.model.run import Event, Series
from lossreport.text import Text
from lossreport.words import AXES

ROWS = Text(
    zh="`{metric}`（{path}）有 {count} 行是 NaN 或无穷大，第一处在 {axis} {x}（第 {line} 行）；其后{after}。",
    en="`{metric}` ({path}) has {count} NaN or infinite rows, the first at {axis} {x} (line {line}); {after}.",
)
TAIL = Text(zh="再没有有限值，此后的训练不可信", en="no finite value follows, so nothing after it can be trusted")
APART = Text(
    zh="此后也没有有限值，而训练 loss 在那之后仍是有限值：权重是有限的，出问题的是验证的计算",
    en="no finite value of it follows, but the training loss stays finite: the weights are finite, and what the validation computes is not",
)
RECOVERED = Text(zh="又出现了有限值", en="finite values follow")
EXIT = Text(
    zh="日志在 {path} 第 {line} 行写明因 loss 为非有限值而停止训练：“{quote}”。",
    en="The log says at {path}, line {line}, that training stopped because the loss was not finite: “{quote}”.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a series with non-finite rows, and one for a reported exit."""
    for series in context.judged:
        bad = np.flatnonzero(~np.isfinite(series.y))
        if len(bad):
            yield _rows(series, bad.tolist(), outlived(context, series))
    exits = {event.source: event for event in reversed(context.run.events) if event.kind == "nonfinite_exit"}  # the first of each source
    if context.losses:
        yield from (_exit(context, event) for event in reversed(exits.values()))


def _rows(series: Series, bad: list[int], apart: bool) -> Finding:
    tail = not np.isfinite(series.y[bad[0] :]).any()
    text = ROWS(
        metric=series.label,
        path=series.path,
        count=len(bad),
        axis=AXES[series.axis.value],
        x=shown_x(float(series.x[bad[0]])),
        line=int(series.line[bad[0]]),
        after=(APART if apart else TAIL) if tail else RECOVERED,
    )
    severity = Severity.CRITICAL if tail and not apart else Severity.HIGH
    return make_finding("nonfinite", series, bad, severity, text, numbers={"count": len(bad)})


def _exit(context: Context, event: Event) -> Finding:
    series = max((s for s in context.losses if len(s)), key=lambda s: (s.source == event.source, len(s)))
    last = len(series) - 1
    place = Position(x=float(series.x[last]), row=last, line=event.line)
    path = context.run.source(event.source).path
    return Finding(
        id="",
        kind="nonfinite",
        key=f"nonfinite:exit@{path}#{event.line}",
        severity=Severity.CRITICAL,
        series=(series.id,),
        start=place,
        end=place,
        rows=(),
        numbers={"count": 1},
        evidence=(Evidence(source=event.source, line=event.line, x=place.x, value=float("nan")),),
        text=EXIT(path=path, line=event.line, quote=event.quote),
    )


DETECTOR = Detector(id="nonfinite", kinds=("nonfinite",), detect=detect, order=10)
