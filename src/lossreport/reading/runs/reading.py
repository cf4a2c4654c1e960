"""What one file gave: its records sorted by kind, and cut where the file begins another run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.run import Floats, Ints, SegmentWhy, Skipped, frozen_floats, frozen_ints
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import REACH, quote, raised
from lossreport.reading.parser import (
    ColumnChunk,
    ColumnKey,
    Parser,
    RawEvent,
    RawFact,
    RawNote,
    RawSegment,
    RawStatus,
    RawTime,
    RowsRead,
    SkippedLine,
    Unread,
)
from lossreport.reading.runs.restarts import counted_on, is_epoch_counter, is_shuffled, steps_back
from lossreport.text import Text

NO_RECORD = Text(zh="{parser} 在其中没有找到记录", en="{parser} found no record in it")
BROKEN_OFF = Text(zh="压缩文件在此之后损坏或不完整", en="the compressed file is damaged or truncated after this line")
NEVER_CUT: Final = ("start", "resume", "stage", "interleaved")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """All values of one series of a file; see `ColumnChunk`. `of` is as long as x."""

    x: Floats
    y: Floats
    line: Ints
    epoch: Floats
    of: Floats

    def part(self, keep: slice | Ints) -> Column:
        """Return some of the rows."""
        return Column(
            x=frozen_floats(self.x[keep]),
            y=frozen_floats(self.y[keep]),
            line=frozen_ints(self.line[keep]),
            epoch=frozen_floats(self.epoch[keep]),
            of=frozen_floats(self.of[keep]),
        )


@dataclass(kw_only=True)
class Reading:
    """What one file, or one run of a file, gave before it is merged into a run: from `first_line` on, begun for the reason `why`.

    `unread` are the places of the lines that its parser did not know; see `Unread`.
    """

    log: LogFile
    parser: Parser
    columns: dict[ColumnKey, Column] = field(default_factory=dict)
    facts: list[RawFact] = field(default_factory=list)
    events: list[RawEvent] = field(default_factory=list)
    segments: list[RawSegment] = field(default_factory=list)
    notes: list[RawNote] = field(default_factory=list)
    skips: list[SkippedLine] = field(default_factory=list)
    status: list[RawStatus] = field(default_factory=list)
    stamps: list[RawTime] = field(default_factory=list)
    unread: Ints = field(default_factory=lambda: frozen_ints([]))
    rows: int = 0
    lines: int = 0
    first_line: int = 1
    part: int = 0
    why: SegmentWhy = "start"
    is_cut: bool = False

    @property
    def longest(self) -> Column | None:
        """The column with the most rows, or None where there is none."""
        return max(self.columns.values(), key=lambda column: len(column.x), default=None)


def read_log(log: LogFile, parser: Parser) -> Reading | Skipped:
    """Read one file with its parser; a file without a record is skipped with that reason."""
    reading = Reading(log=log, parser=parser)
    chunks: dict[ColumnKey, list[ColumnChunk]] = {}
    for record in parser.read(log):
        if isinstance(record, ColumnChunk):
            chunks.setdefault(record.key, []).append(record)
        else:
            _take(reading, record)
    reading.columns = {key: _joined(parts) for key, parts in chunks.items()}
    reading.events = list(_with_exceptions(reading))
    if log.damaged:
        reading.skips.append(SkippedLine(reading.lines, BROKEN_OFF, torn=True))
    if not reading.columns and not reading.facts and not reading.events:
        return Skipped(path=log.shown, reason=NO_RECORD(parser=parser.id), code="empty")
    return reading


def _with_exceptions(reading: Reading) -> Iterator[RawEvent]:
    """Yield the events, of a traceback the exception that it ends with: the line that says why; the last few of many only."""
    open_ones = [event for event in reading.events if event.kind == "traceback"][-LAST_TRACEBACKS:]
    if not open_ones:
        yield from reading.events
        return
    below: dict[int, list[tuple[int, str]]] = {event.line: [] for event in open_ones}
    for line in reading.log.lines():
        for start, held in below.items():
            if line.number > start and len(held) <= REACH:  # of a large log no more than what a traceback may take
                held.append((line.number, line.text))
    said = {event.line for event in reading.events if event.kind != "traceback"}
    for event in reading.events:
        found = raised(below[event.line]) if event in open_ones else None
        if found is None:
            yield event
        elif found[0] not in said:  # else the line is an event already: out of memory, an interrupt
            yield replace(event, line=found[0], quote=quote(found[1]))


LAST_TRACEBACKS: Final = 8


def cut_into_runs(reading: Reading) -> list[Reading]:
    """Return one reading a run: the file is cut where a process starts from the beginning instead of going on.

    A part takes the lines from its configuration (printed before its first row) to the next part. What the file says before its
    first row counts for parts that print no configuration of their own.
    """
    reading = unrolled(reading)
    starts = [segment for segment in reading.segments if _begins_anew(reading, segment)]
    if not starts:
        return [reading]
    bounds = [1, *(with_header(reading, segment.line) for segment in starts), 2**62]
    return [_part(reading, number, first, after) for number, (first, after) in enumerate(pairwise(bounds))]


def unrolled(reading: Reading) -> Reading:
    """Return the reading without restarts that are none: rows out of order, and a step that begins again with every epoch."""
    column = reading.longest
    back = [segment for segment in reading.segments if segment.why == "restart"]
    if column is None or not back:
        return reading
    if is_shuffled(column.x):
        columns = {key: one.part(np.argsort(one.x, kind="stable")) for key, one in reading.columns.items()}
        return replace(reading, columns=columns, segments=[segment for segment in reading.segments if segment.why != "restart"])
    rows = np.searchsorted(column.line, [segment.line for segment in back])
    jitter = {segment.line for segment, row in zip(back, rows.tolist(), strict=True) if _is_jitter(column, row)}
    if jitter:
        reading = replace(reading, segments=[segment for segment in reading.segments if segment.line not in jitter])
    starts = np.array([row for segment, row in zip(back, rows.tolist(), strict=True) if segment.line not in jitter], dtype=np.int64)
    inside = len(starts) and starts.min() > 0 and starts.max() < len(column.x)
    if not inside or len(starts) < len(reading.segments) or not is_epoch_counter(column.x, column.y, starts):
        return reading
    shift = counted_on(column.x, starts) - column.x
    columns = {
        key: replace(one, x=frozen_floats(one.x + shift[np.clip(np.searchsorted(column.line, one.line), 0, len(shift) - 1)]))
        for key, one in reading.columns.items()
    }
    return replace(reading, columns=columns, segments=[])


def _is_jitter(column: Column, row: int) -> bool:
    return 0 < row < len(column.x) and column.x[row] < column.x[row - 1] and row not in steps_back(column.x)


def _take(reading: Reading, record: object) -> None:
    match record:
        case RawFact():
            reading.facts.append(record)
        case RawEvent():
            reading.events.append(record)
        case RawSegment():
            reading.segments.append(record)
        case RawNote():
            reading.notes.append(record)
        case RawStatus():
            reading.status.append(record)
        case RawTime():
            reading.stamps.append(record)
        case RowsRead():
            reading.rows, reading.lines = record.rows, record.lines
        case SkippedLine():
            reading.skips.append(record)
        case Unread():
            reading.unread = record.places
        case _:
            raise TypeError(f"{reading.parser.id} yielded {record!r}, which is no record")


def _joined(chunks: Sequence[ColumnChunk]) -> Column:
    def joined(name: str) -> Floats:
        return np.concatenate([getattr(chunk, name) for chunk in chunks])

    of = np.concatenate([chunk.of if len(chunk.of) else np.full(len(chunk.x), np.nan) for chunk in chunks])
    return Column(
        x=frozen_floats(joined("x")),
        y=frozen_floats(joined("y")),
        line=frozen_ints(joined("line")),
        epoch=frozen_floats(joined("epoch")),
        of=frozen_floats(of),
    )


def _begins_anew(reading: Reading, segment: RawSegment) -> bool:
    """Return whether a segment is another run: its parser says so, or it restarts where the rows before it started."""
    column = reading.longest
    if segment.why in NEVER_CUT or column is None:
        return False
    if segment.why == "new_run":  # another run may log other metrics
        return _last_row(reading, segment.line) > 0 and any(each.line[-1] >= segment.line for each in reading.columns.values())
    row = int(np.searchsorted(column.line, segment.line))
    if not 0 < row < len(column.x):
        return False
    return bool(column.x[row] <= column.x[0] < column.x[row - 1])


def with_header(reading: Reading, line: int) -> int:
    """Return the line from which a launch's own lines count: its settings, and the word that it resumes, stand between the last row before and its first."""
    before = _last_row(reading, line)
    resumes = [event.line for event in reading.events if event.kind == "resume"]
    return min((at for at in (*(fact.line for fact in reading.facts), *resumes) if before < at < line), default=line)


def _last_row(reading: Reading, before: int) -> int:
    """Return the line of the last row of any series before a line; 0 where there is none."""
    places = ((column, int(np.searchsorted(column.line, before))) for column in reading.columns.values())
    return max((int(column.line[place - 1]) for column, place in places if place), default=0)


def _part(reading: Reading, number: int, first: int, after: int) -> Reading:
    def mine(line: int) -> bool:
        return first <= line < after

    columns = {key: column.part(_between(column.line, first, after)) for key, column in reading.columns.items()}
    facts = [fact for fact in reading.facts if mine(fact.line)]
    lines = [column.line for column in columns.values() if len(column.line)]
    rows = int(max((len(np.unique(line)) for line in lines), default=0))
    return replace(
        reading,
        columns={key: column for key, column in columns.items() if len(column.x)},
        facts=facts or [fact for fact in reading.facts if fact.line < _first_row(reading)],
        events=[event for event in reading.events if mine(event.line)],
        segments=[segment for segment in reading.segments if mine(segment.line) and not _begins_anew(reading, segment)],
        notes=list(_notes(reading, first, after)),
        skips=[skip for skip in reading.skips if mine(skip.line)],
        status=[status for status in reading.status if mine(status.line)],
        stamps=[time for time in reading.stamps if time.line and mine(time.line)],
        rows=rows,
        lines=min(after - 1, reading.lines),
        first_line=first,
        part=number,
        why="new_run" if number else "start",
        is_cut=True,
    )


def _notes(reading: Reading, first: int, after: int) -> Iterator[RawNote]:
    for note in reading.notes:
        lines = tuple(line for line in note.lines if first <= line < after)
        if lines:
            yield replace(note, lines=lines)


def _between(line: Ints, first: int, after: int) -> slice:
    return slice(int(np.searchsorted(line, first)), int(np.searchsorted(line, after)))


def _first_row(reading: Reading) -> int:
    return int(min((column.line[0] for column in reading.columns.values() if len(column.line)), default=0))
