"""Finds where the training of one file goes back, from its columns: a launch that the log does not announce in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lossreport.model.run import Axis, SegmentWhy
from lossreport.reading.parser import ColumnKey, RawSegment
from lossreport.reading.runs.reading import Column, Reading


def with_restarts(reading: Reading) -> Reading:
    """Return the reading with a segment at every line at which its training goes back and its parser told of none.

    It is a resume where the log announces one between the row before and that row, else a restart.
    """
    track = training_track(reading)
    if track is None:
        return reading
    found = list(_restarts(reading, *track))
    return replace(reading, segments=sorted([*reading.segments, *found], key=lambda segment: segment.line)) if found else reading


def training_track(reading: Reading) -> tuple[ColumnKey, Column] | None:
    """Return the column of training with the most rows that stand at a place; None where there is none."""
    placed = [(key, column) for key, column in reading.columns.items() if key.split == "train" and key.axis is not Axis.ROW]
    return max(placed, key=lambda item: len(item[1].x), default=None)


def _restarts(reading: Reading, key: ColumnKey, column: Column) -> Iterator[RawSegment]:
    said = [segment.line for segment in reading.segments]
    resumes = [event.line for event in reading.events if event.kind == "resume"]
    beside = [other.line for mine, other in reading.columns.items() if mine.split == "train" and mine.axis is key.axis]
    for row in (np.flatnonzero(np.diff(column.x) < 0) + 1).tolist():
        before, line = int(column.line[row - 1]), int(column.line[row])
        if any(before < told <= line for told in said):
            continue
        announced = max((at for at in resumes if before < at < line), default=before)
        why: SegmentWhy = "restart" if announced == before else "resume"
        first = min((at for lines in beside if (at := _next(lines, announced)) is not None and at <= line), default=line)
        yield RawSegment(first if first > before else line, why)


def _next(lines: np.ndarray[tuple[int], np.dtype[np.int64]], after: int) -> int | None:
    place = int(np.searchsorted(lines, after, side="right"))
    return int(lines[place]) if place < len(lines) else None
