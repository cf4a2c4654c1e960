"""How far each launch of a run came, how it ended, and what was planned for it: every start of the program has its own settings and its own end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from lossreport.model.run import Axis, Fact, FactValue, Floats, Launch, Progress, Segment, Series, Source, Statistic, Status, went_on
from lossreport.reading.kit.names import canonical_names
from lossreport.reading.parser import RawFact, RawSegment
from lossreport.reading.runs.reading import Reading, with_header

FATAL: Final = ("nonfinite_exit", "oom", "traceback")
STOPPED: Final = ("killed", "timeout")
"""Stopped from outside; the run itself had no fault."""


class Span(NamedTuple):
    """The lines of one launch in one source, first and last, and why it began."""

    first: int
    last: int
    why: RawSegment

    def holds(self, line: int) -> bool:
        """Return whether a line is one of the launch."""
        return self.first <= line <= self.last


def spans(part: Reading) -> list[Span]:
    """Return the stretches of lines of a reading, one a launch, in their order; none where it holds no metric.

    A launch begins with what it prints before its first row: its settings, and the line that says that it resumes.
    """
    if not part.columns:
        return []
    begin = min(int(column.line[0]) for column in part.columns.values()) if part.is_cut else 1
    starts = [begin, *(with_header(part, segment.line) for segment in part.segments)]
    ends = [start - 1 for start in starts[1:]] + [max(part.lines, starts[-1])]
    reasons = [RawSegment(begin, part.why), *part.segments]
    return [Span(start, end, why) for start, end, why in zip(starts, ends, reasons, strict=True)]


def segments(part: Reading, source: str) -> Iterator[Segment]:
    """Yield the stretches of rows of a reading as segments of its source: each begins with its first row."""
    found = spans(part)
    ends = [span.why.line - 1 for span in found[1:]] + [span.last for span in found[-1:]]
    for span, end in zip(found, ends, strict=True):
        yield Segment(source=source, first_line=span.why.line if span.why.line else 1, last_line=end, why=span.why.why)


def launches(part: Reading, source: Source, series: Sequence[Series]) -> Iterator[Launch]:
    """Yield the launches of one reading; `series` are those of its source, rows that a later launch wrote again included."""
    found = spans(part)
    for span in found:
        facts = tuple(named(part, source.id, span))
        progress = progress_of(series, {fact.name: fact.value for fact in reversed(facts)}, span)
        last = span is found[-1]
        status = status_of(part, progress, span, torn=source.torn and last)
        yield Launch(source=source.id, first_line=span.first, last_line=span.last, status=status, progress=progress, facts=facts)


def named(part: Reading, source: str, span: Span | None = None) -> Iterator[Fact]:
    """Yield the settings of a launch, or of a whole reading, under every name they are known by: those printed first count."""
    seen: set[str] = set()
    for raw in _latest_first(part) if span is None else (raw for raw in part.facts if span.holds(raw.line)):
        for name in canonical_names(raw.name):
            if name not in seen:
                seen.add(name)
                yield Fact(name=name, value=raw.value, source=source, line=raw.line)


def _latest_first(part: Reading) -> Iterator[RawFact]:
    """Yield the settings of the last launch, then what only earlier ones say: the plan of a resumed training is that of its resume."""
    bounds = [0, *(with_header(part, segment.line) for segment in part.segments), 2**62]
    for first, after in reversed(list(pairwise(bounds))):
        yield from (raw for raw in part.facts if first <= raw.line < after)


def progress_of(series: Sequence[Series], planned: dict[str, FactValue], span: Span | None = None) -> Progress:
    """Return what was done of what was planned, of all rows or of those of one launch."""
    epochs = [s for s in series if s.axis is Axis.EPOCH and s.statistic is Statistic.EPOCH_MEAN and s.split == "train" and len(s)]
    done = max((count for s in epochs if (count := _completed(s, span)) is not None), default=None)
    limit = _count(planned.get("max_steps"))
    counted = [Axis.STEP] if limit is None else [Axis.STEP, Axis.ITERATION]  # iterations of loggers without a limit may count batches
    reached = next((steps for axis in counted if (steps := _reached(series, axis, span)) is not None), None)
    return Progress(epochs=(done, _count(planned.get("epochs"))), steps=(reached, limit))


def _reached(series: Sequence[Series], axis: Axis, span: Span | None) -> int | None:
    mine = (s for s in series if s.axis is axis and s.split == "train" and len(s))
    return max((int(x.max()) for s in mine if len(x := _inside(s, span))), default=None)


def _completed(series: Series, span: Span | None) -> int | None:
    base = 1 if series.x.min() >= 1 else 0
    x = _inside(series, span)
    return int(x.max()) + 1 - base if len(x) else None


def _inside(series: Series, span: Span | None) -> Floats:
    return series.x if span is None else series.x[(series.line >= span.first) & (series.line <= span.last)]


def _count(value: FactValue) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def status_of_run(parts: Sequence[Reading], progress: Progress, *, torn: bool) -> Status:
    """Tell how a run ended: by the end of the last launch in each of its sources."""
    return _status([(part, (spans(part) or [WHOLE])[-1]) for part in parts], progress, torn=torn)


def status_of(part: Reading, progress: Progress, span: Span, *, torn: bool) -> Status:
    """Tell how a launch ended."""
    return _status([(part, span)], progress, torn=torn)


WHOLE: Final = Span(0, 2**62, RawSegment(0, "start"))
"""All lines of a reading without a metric: a launcher's output beside the logger's own files."""


def _status(ends: Sequence[tuple[Reading, Span]], progress: Progress, *, torn: bool) -> Status:
    """Tell how it ended. A log that simply stops before the planned end was interrupted, or is still being written."""
    said = [status.status for part, span in ends for status in part.status if span.holds(status.line)]
    if said:
        return said[-1]
    counts = (progress.epochs, progress.steps)
    if any(done is not None and done == planned for done, planned in counts):
        return Status.FINISHED
    last = [event for part, span in ends for event in part.events if span.holds(event.line) and not _went_on(part, event.line)]
    if any(event.kind in FATAL for event in last):
        return Status.CRASHED
    if any(event.kind in STOPPED for event in last):
        return Status.INTERRUPTED
    short = any(done is not None and planned is not None and done < planned for done, planned in counts)
    return Status.INTERRUPTED if short or torn else Status.UNKNOWN


def _went_on(part: Reading, line: int) -> bool:
    return any(went_on(column.line, line) for key, column in part.columns.items() if key.split == "train")
