"""A program that watched its own loss and stopped because it ran away: told in the log's words,
whatever few rows are beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Event
from lossreport.text import Text, number
from lossreport.values import dataclass

GAVE_UP: Final = re.compile(r"explod|diverg|degenerate solution", re.IGNORECASE)
TEXT = Text(
    zh="程序自己在 {path} 第 {line} 行停下：“{quote}”。`{metric}` 最后打印的是 {last}。",
    en="The program stopped itself at {path} line {line}: “{quote}”. The last `{metric}` "
    "printed is {last}.",
)


def gave_up(context: Context) -> Event | None:
    """Return the message with which the program stopped itself; None without."""
    return next(
        (
            event
            for event in context.run.events
            if event.kind == "other" and event.ends and GAVE_UP.search(event.quote)
        ),
        None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedItself:
    """The program stopped itself, and `said` so."""

    said: bool


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding, on the training loss of the file, or on what it trains where no loss is
    named.
    """
    event = gave_up(context)
    train = [one for one in context.judged if one.split == "train" and len(one)]
    if event is None or not train:
        return
    series = max(
        train,
        key=lambda one: (
            one.source == event.source,
            one in context.progress,
            context.is_loss(one),
            len(one),
        ),
    )
    path = context.run.source(event.source).path
    last = number(float(series.y[-1]))
    text = TEXT(path=path, line=event.line, quote=event.quote, metric=series.label, last=last)
    yield make_finding(
        "divergence",
        series,
        [len(series) - 1],
        Severity.CRITICAL,
        text,
        payload=StoppedItself(said=True),
    )


DETECTOR = Detector(id="stopped_itself", kinds=("divergence",), detect=detect, order=12)
