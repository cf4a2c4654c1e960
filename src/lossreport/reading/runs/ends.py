"""How a launch ended: what its last lines say, held against its rows and its plan.

Words and exceptions count where the training does not go on behind them. What a launch has said
before and gone on after (`Done!` at every epoch, an exception that is caught each time) tells
nothing at its end either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport.model.run import ENDINGS, EventKind, Ints, Status, distinct, went_on
from lossreport.reading.kit.phrases import word_of
from lossreport.reading.parser import RawEvent
from lossreport.reading.runs.progress import Came
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.spans import Span
from lossreport.values import dataclass

MEANS: Final[dict[EventKind, Status]] = {
    kind: status for status, kinds in ENDINGS.items() for kind in kinds
}
NO_EXCEPTION: Final = "Traceback (most recent call last)"
"""What is quoted of a traceback whose exception is not in the log: other processes wrote into it,
or the log breaks off.
"""


@dataclass(frozen=True, slots=True)
class Close:
    """One line that may tell how a launch ended: how sure its words are, and the event it is of
    where it is one.
    """

    line: int
    status: Status
    sure: bool
    event: RawEvent | None = None


def status_of(ends: Sequence[tuple[Reading, Span]], way: Came, *, torn: bool) -> Status:
    """Tell how it ended, from the end of the launch in each of its sources.

    A log that simply stops before the planned end was interrupted.
    """
    stores = [
        status.status
        for part, span in ends
        for status in part.status
        if not status.word and span.holds(status.line)
    ]
    if stores:
        return stores[-1]
    closes = [closes_of(part, span) for part, span in ends]
    by_words = [status for each in closes if (status := _by_words(each)) is not None]
    if Status.FINISHED in by_words or way.full:
        return Status.FINISHED
    if by_words:
        return Status.CRASHED if Status.CRASHED in by_words else by_words[0]
    if any(not close.sure for each in closes for close in each) and not way.short:
        return Status.FINISHED
    return Status.INTERRUPTED if way.short or torn else Status.UNKNOWN


def _by_words(closes: Sequence[Close]) -> Status | None:
    """Return what the surest words say: the end of the training, unless it was asked to stop
    before; else what came first.

    An exception before the words that all is complete was caught, one behind them is not of the
    training.
    """
    sure = [close for close in closes if close.sure]
    finished = [close for close in sure if close.status is Status.FINISHED]
    broken = [close for close in sure if close.status is not Status.FINISHED]
    if finished and not any(
        close.status is Status.INTERRUPTED and close.line < finished[-1].line for close in broken
    ):
        return Status.FINISHED
    known = [
        close for close in broken if close.event is None or NO_EXCEPTION not in close.event.quote
    ] or broken
    return known[0].status if known else None


def closes_of(part: Reading, span: Span) -> list[Close]:
    """Return the lines of a launch behind which its training does not go on, in their order; unsure
    words only of a file with rows.
    """
    rows = _rows(part, span)
    found = [(close, word) for close, word in _closes(part, span) if close.sure or len(rows)]
    survived = {word for close, word in found if went_on(rows, close.line)}
    last = [close for close, word in found if word not in survived]
    return sorted(last, key=lambda close: close.line)


def _closes(part: Reading, span: Span) -> Iterator[tuple[Close, str]]:
    for status in part.status:
        if status.word and span.holds(status.line):
            yield Close(status.line, status.status, status.sure), status.word
    for event in part.events:
        ends = event.ends or MEANS.get(event.kind)
        if ends is not None and span.holds(event.line):
            yield Close(event.line, ends, True, event), f"{event.kind} {word_of(event.quote)}"


def _rows(part: Reading, span: Span) -> Ints:
    """Return the lines of the training rows of a launch; of a file without any those of its other
    rows.
    """
    training = [column.line for key, column in part.columns.items() if key.split == "train"]
    training += [part.echoed] if len(part.echoed) else []
    lines = distinct(training or [column.line for column in part.columns.values()])
    return lines[(lines >= span.first) & (lines <= span.last)]
