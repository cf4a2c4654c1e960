"""Messages of an overflow whose loss scale has fallen below 1: updates are dropped although no row
of the log says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import SkippedSteps
from lossreport.model.analysis import Evidence, Finding, Position, Severity
from lossreport.model.run import Event, Series
from lossreport.text import Text

SCALE: Final = re.compile(
    r"(?:loss[ _-]?scaler?|reduc(?:ing|ed)|sett?ing)\b[^\d\n]{0,40}?(?:to|:|=)\s{0,4}"
    r"(?P<scale>\d{1,12}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)(?!\d)",
    re.IGNORECASE,
)
"""`setting loss scale to: 0.25` (fairseq), `reducing loss scale to 0.125` (apex), `Attempted loss
scale: 2, reducing to 1` (DeepSpeed).
"""
FLOOR: Final = 1.0
"""A scale below 1 makes gradients smaller instead of larger: the search has failed (fairseq stops
at 1e-4, DeepSpeed at 1).
"""

TEXT = Text(
    zh="{path} 第 {line} 行：“{quote}”。loss scale 已低于 1，fp16 的梯度仍在溢出："
    "每次溢出都丢掉一次更新，再降下去训练会中止。",
    en="{path} line {line}: “{quote}”. The loss scale is below 1 and fp16 gradients still "
    "overflow: each time an update is dropped, and the training stops where the scale "
    "falls on.",
)


def scale_of(event: Event) -> float | None:
    """Return the loss scale that a message of an overflow sets; None where it names none."""
    if event.kind != "overflow":
        return None
    found = [float(match["scale"]) for match in SCALE.finditer(event.quote)]
    return found[-1] if found else None


def lowest(context: Context) -> Event | None:
    """Return the last message whose loss scale is below 1; None without."""
    events = [
        event
        for event in context.run.events
        if (scale := scale_of(event)) is not None and scale < FLOOR
    ]
    return events[-1] if events else None


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding on the training loss with the most rows, unless a loss scale that is logged
    or a counter of skipped steps tells it.
    """
    event = lowest(context)
    losses = [one for one in context.losses if one.split == "train" and len(one)]
    if event is None or not losses or context.has("skipped_steps"):
        return
    yield _finding(
        context, max(losses, key=lambda one: (one.source == event.source, len(one))), event
    )


def _finding(context: Context, series: Series, event: Event) -> Finding:
    text = TEXT(path=context.run.source(event.source).path, line=event.line, quote=event.quote)
    made = make_finding(
        "skipped_steps",
        series,
        [len(series) - 1],
        Severity.HIGH,
        text,
        payload=SkippedSteps(messages=True),
    )
    place = Position(x=made.start.x, row=made.start.row, line=event.line)
    said = Evidence(source=event.source, line=event.line, x=place.x, value=float("nan"))
    return replace(made, start=place, end=place, rows=(), evidence=(said,))


DETECTOR = Detector(id="overflow_messages", kinds=("skipped_steps",), detect=detect, order=12)
