"""Cuts the reading of a file into its runs and launches, as the weighing found it. Rows leave no
run without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.run import (
    Axis,
    Ints,
    SegmentWhy,
    Weighing,
    distinct,
    frozen_floats,
    unlike,
)
from lossreport.reading.parser import ColumnKey, RawNote, RawSegment, SkippedLine
from lossreport.reading.runs.breaks import Break
from lossreport.reading.runs.reading import Column, Reading, row_after, with_header
from lossreport.reading.runs.restarts import counted_on, steps_back
from lossreport.reading.runs.tracks import Track
from lossreport.reading.runs.weighing import MOST_REASONS, Kind, Weighed
from lossreport.reading.runs.writers import Writers
from lossreport.text import Phrase, Text

STRANGER = Text(
    zh="这一行属于另一个进程：前后各行的计数在它两边连续",
    en="a line of another process: the rows before and behind it count on without it",
)
CHOSEN = Text(zh="按你的要求当作一次训练", en="read as one run, as you asked")
END: Final = 2**62
"""Behind every line."""


def cut(reading: Reading, weighed: Weighed, *, together: bool = False) -> list[Reading]:
    """Return one reading a run, with its launches as segments. With `together` all rows are one
    run, launches that begin anew included.
    """
    told = weighed.told()
    told = replace(told, because=(*reading.weighing.because, *told.because))
    if together:
        return [_together(reading, weighed.breaks)]
    match weighed.chosen.kind:
        case Kind.NO_ORDER:
            return [replace(_in_order(reading), segments=[], weighing=told)]
        case Kind.INSIDE if weighed.track is not None:
            return [replace(_counted_on(reading, weighed.track), segments=[], weighing=told)]
        case Kind.STRAYS if weighed.track is not None and weighed.writers is not None:
            return [
                replace(
                    _without(reading, weighed.track, weighed.writers), segments=[], weighing=told
                )
            ]
        case Kind.WRITERS if weighed.track is not None and weighed.writers is not None:
            return _by_writer(reading, weighed.track, weighed.writers, told)
        case _:
            return _by_launch(reading, weighed.breaks, told)


def _by_launch(reading: Reading, breaks: Sequence[Break], told: Weighing) -> list[Reading]:
    """Cut where counting begins afresh; what is taken up again stays one run, with a segment a
    launch.
    """
    segments = [RawSegment(one.begins, why) for one in breaks if (why := _why(one)) is not None]
    starts = [segment for segment in segments if segment.why == "new_run"]
    whole = replace(reading, segments=segments, weighing=told)
    if not starts:
        return [whole]
    bounds = [1, *(with_header(reading, segment.line) for segment in starts), END]
    parts = [
        _part(whole, number, first, after) for number, (first, after) in enumerate(pairwise(bounds))
    ]
    if len(breaks) > MOST_REASONS:
        signs = {one.begins: one.told[:1] for one in breaks}
        own = [signs.get(segment.line, ()) for segment in starts]
        parts = [
            _because(part, (*reading.weighing.because, *begin, *end))
            for part, (begin, end) in zip(parts, pairwise([(), *own, ()]), strict=True)
        ]
    return [replace(parts[0], begins=_opening(reading)), *parts[1:]]


def _because(part: Reading, signs: tuple[Phrase, ...]) -> Reading:
    """Return a run with the signs of where it begins and ends: of a file with very many those of
    all the others say nothing of its rows.
    """
    return replace(part, weighing=replace(part.weighing, because=signs))


def _together(reading: Reading, breaks: Sequence[Break]) -> Reading:
    """Return the reading as one run, every break that something bears out a segment of it."""
    segments = [
        RawSegment(one.begins, "resume" if one.resumes else "restart")
        for one in breaks
        if _why(one) is not None
    ]
    return replace(reading, segments=segments, weighing=Weighing(because=(CHOSEN(),)))


def _why(one: Break) -> SegmentWhy | None:
    """Return what begins at a break; None where nothing bears out that anything does: the rows stay
    as they are.
    """
    if one.banner or one.is_fresh:
        return "new_run"
    if one.resumes:
        return "resume"
    return "restart" if one.told and one.goes_back else None


def _part(reading: Reading, number: int, first: int, after: int) -> Reading:
    """Return what stands on the lines of one run. What a file says before its first row counts for
    runs that print no settings.
    """

    def mine(line: int) -> bool:
        return first <= line < after

    columns = {
        key: column.part(_between(column.line, first, after))
        for key, column in reading.columns.items()
    }
    facts = [fact for fact in reading.facts if mine(fact.line)]
    made = _kept(reading, columns, mine)
    return replace(
        made,
        facts=facts or [fact for fact in reading.facts if fact.line < row_after(reading, 0)],
        segments=[
            segment
            for segment in reading.segments
            if mine(segment.line) and segment.why != "new_run"
        ],
        lines=min(after - 1, reading.lines),
        first_line=first,
        begins=first,
        part=number,
        why="new_run" if number else "start",
        is_cut=True,
    )


def _opening(reading: Reading) -> int:
    """Return the line of the start that wrote the first row of a file: the first line, or that of
    the last of several starts before it.

    0 where no other run of the file opens with a line of its own: then what stands above the first
    row is of the file (a search begins).
    """
    first = row_after(reading, 0)
    starts = [segment.line for segment in reading.segments if segment.why == "new_run"]
    return max((line for line in starts if line <= first), default=1 if starts else 0)


def _kept(
    reading: Reading, columns: dict[ColumnKey, Column], mine: Callable[[int], bool]
) -> Reading:
    """Return a reading with these columns, and of everything else what stands on its lines."""
    lines = [column.line for column in columns.values() if len(column.line)]
    return replace(
        reading,
        columns=_rows_from_zero({key: column for key, column in columns.items() if len(column.x)}),
        events=[event for event in reading.events if mine(event.line)],
        notes=list(_notes(reading, mine)),
        skips=[skip for skip in reading.skips if mine(skip.line)],
        status=[status for status in reading.status if mine(status.line)],
        stamps=[time for time in reading.stamps if time.line and mine(time.line)],
        rows=max((len(distinct([line])) for line in unlike(lines)), default=0),
    )


def _rows_from_zero(columns: dict[ColumnKey, Column]) -> dict[ColumnKey, Column]:
    """Return the columns with those that only count rows counted from the first row of their
    run.
    """
    first = min(
        (float(column.x[0]) for key, column in columns.items() if key.axis is Axis.ROW), default=0.0
    )
    if not first:
        return columns
    return {
        key: replace(column, x=frozen_floats(column.x - first)) if key.axis is Axis.ROW else column
        for key, column in columns.items()
    }


def _notes(reading: Reading, mine: Callable[[int], bool]) -> Iterator[RawNote]:
    for note in reading.notes:
        lines = tuple(line for line in note.lines if mine(line))
        if lines:
            yield replace(note, lines=lines)


def _between(line: Ints, first: int, after: int) -> slice:
    return slice(int(np.searchsorted(line, first)), int(np.searchsorted(line, after)))


def _by_writer(reading: Reading, track: Track, writers: Writers, told: Weighing) -> list[Reading]:
    """Return one reading a process, in the order in which they begin."""
    order = [int(label) for label in dict.fromkeys(writers.labels.tolist()) if label >= 0]
    spans = {label: track.line[writers.labels == label] for label in order}
    made = []
    for number, label in enumerate(order):
        part = _of_writer(reading, track, writers, label)
        begin, end = int(spans[label][0]), int(spans[label][-1])
        shared = any(
            other != label and spans[other][0] <= end and begin <= spans[other][-1]
            for other in order
        )
        why: SegmentWhy = "new_run" if number else "start"
        why = "interleaved" if shared else why
        made.append(
            replace(
                part,
                part=number,
                first_line=begin,
                why=why,
                is_cut=True,
                segments=[],
                weighing=told,
            )
        )
    return made


def _of_writer(reading: Reading, track: Track, writers: Writers, label: int) -> Reading:
    def whose(line: Ints) -> Ints:
        return writers.labels[
            np.clip(np.searchsorted(track.line, line, side="right") - 1, 0, len(track.line) - 1)
        ]

    def mine(line: int) -> bool:
        return bool(whose(np.array([line]))[0] == label)

    columns = {
        key: column.part(np.flatnonzero(whose(column.line) == label))
        for key, column in reading.columns.items()
    }
    return _kept(reading, columns, mine)


def _without(reading: Reading, track: Track, writers: Writers) -> Reading:
    """Return the reading without the lines of strangers, which are counted as skipped."""
    strange = track.line[writers.labels < 0]
    columns = {
        key: column.part(np.flatnonzero(~np.isin(column.line, strange)))
        for key, column in reading.columns.items()
    }
    skips = sorted(
        [*reading.skips, *(SkippedLine(int(line), STRANGER) for line in strange)],
        key=lambda skip: skip.line,
    )
    return replace(
        reading,
        columns={key: column for key, column in columns.items() if len(column.x)},
        skips=skips,
    )


def _in_order(reading: Reading) -> Reading:
    columns = {
        key: column.part(np.argsort(column.x, kind="stable"))
        for key, column in reading.columns.items()
    }
    return replace(reading, columns=columns)


def _counted_on(reading: Reading, track: Track) -> Reading:
    """Return the reading with the counter of its track counted on from epoch to epoch; other axes
    stay as they are.
    """
    shift = counted_on(track.x, steps_back(track.x)) - track.x

    def moved(column: Column) -> Column:
        at = np.clip(np.searchsorted(track.line, column.line, side="right") - 1, 0, len(shift) - 1)
        return replace(column, x=frozen_floats(column.x + shift[at]))

    return replace(
        reading,
        columns={
            key: moved(column) if key.axis is track.axis else column
            for key, column in reading.columns.items()
        },
    )
