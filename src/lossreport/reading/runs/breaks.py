"""Where the counters of a file are set back, and what bears it out: settings printed again, a
resume in words, a heading, all counters at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Ints, distinct
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.restarts import steps_back
from lossreport.reading.runs.tracks import Track, leading, tracks
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

STOPS: Final = ("oom", "traceback", "killed", "timeout", "nonfinite_exit")
"""Events that end a process: what is set back behind them was started anew."""
HEADING: Final = 3
"""So many lines that are no rows, and ...
"""
WIDE: Final = 3.0
"""... so many times more than usually stand between two rows, are a heading: a program prints how
it was started.
"""
FEWEST, AGAIN_SHARE = 8, 0.05
"""Of at least so many rows at most this share names the epoch of the row before: more do so by
habit.
"""
AGAIN: Final = 3
"""So many settings that were printed before the first row stand between two rows: the program was
started again.
"""

SAID = Text(zh="第 {line} 行写明是续训", en="line {line} says that it resumes")
SETTINGS = Text(zh="第 {line} 行起重新打印了设置", en="settings are printed again from line {line}")
STOPPED = Text(
    zh="第 {line} 行之前的进程已经退出", en="the process before it stopped at line {line}"
)
BANNER = Text(zh="第 {line} 行是另一次运行的开头", en="line {line} begins another run")
LINES = Text(
    zh="第 {line} 行之前有 {count} 行不是记录",
    en="{count} lines that are no rows stand before line {line}",
)
COUNTERS = Text(
    zh="第 {line} 行起所有计数器都回到了前面", en="from line {line} on all counters are set back"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where a counter is set back, or a resume is said: between the lines `after`
    (exclusive) and `line` (the first row behind it).

    `before` and `to` are the places on both sides; `start` is where the run that stands before it
    began. `told` are the witnesses, `begins` is the line where the new process begins to write:
    that of the parser's own word, or else of the first row. `banner` is set where the parser itself
    says that another run begins, `resumes` where words say that an earlier state is taken up.
    """

    after: int
    line: int
    axis: Axis
    before: float
    to: float
    start: float
    stride: float
    told: tuple[Phrase, ...] = ()
    begins: int = 0
    banner: bool = False
    resumes: bool = False

    @property
    def goes_back(self) -> bool:
        """Whether the counter is set back, to where it stood at the most, and not only taken up."""
        return self.to < self.before or (self.to == self.before and self.axis is not Axis.ROW)

    @property
    def is_fresh(self) -> bool:
        """Whether counting begins again where the run before began, or at 0 or 1, and nothing says
        that it is a resume.
        """
        return (
            self.to < self.before and not self.resumes and (self.to <= self.start or self.to <= 1.0)
        )


def breaks(reading: Reading) -> list[Break]:
    """Return the breaks of a reading in the order of its lines, each with what bears it out."""
    found = tracks(reading)
    lead = leading(found)
    back = _merged([one for track in lead for one in _of(track)])
    borne = [_borne_out(reading, one, lead) for one in back if not _goes_on_elsewhere(one, found)]
    return sorted([*borne, *_forward(reading, lead, borne)], key=lambda one: one.line)


def _of(track: Track) -> Iterator[Break]:
    rows = np.union1d(steps_back(track.x), _written_again(track))
    start = float(track.x[0])
    for row, end in pairwise([*rows.tolist(), len(track.x)]):
        ahead = track.x[row:end]
        one = Break(
            after=int(track.line[row - 1]),
            line=int(track.line[row]),
            axis=track.axis,
            before=float(track.x[row - 1]),
            to=float(track.x[row]),
            start=start,
            stride=float(np.median(np.diff(ahead))) if len(ahead) > 1 else track.stride,
        )
        yield one
        start = one.to if one.is_fresh else start


def _written_again(track: Track) -> Ints:
    """Return the rows of a counter of whole epochs that name the epoch of the row before: it was
    begun again, where nearly all stand once.
    """
    again = np.flatnonzero(np.diff(track.x) == 0) + 1
    rare = len(track.x) >= FEWEST and len(again) <= max(1, AGAIN_SHARE * len(track.x))
    return again if rare and track.axis in (Axis.EPOCH, Axis.ROUND) else again[:0]


def _merged(found: Sequence[Break]) -> list[Break]:
    """Return one break where several counters are set back in the same stretch of lines; the finest
    track names it.
    """
    kept: list[Break] = []
    for one in sorted(found, key=lambda one: (one.line, one.after)):
        before = kept[-1] if kept else None
        if before is not None and one.after < before.line:
            fresher = one if one.is_fresh and not before.is_fresh else before
            kept[-1] = replace(
                fresher, after=max(one.after, before.after), line=min(one.line, before.line)
            )
        else:
            kept.append(one)
    return kept


def _goes_on_elsewhere(one: Break, found: Sequence[Track]) -> bool:
    """Return whether another counter, never set back in the whole file, goes on over the break:
    then this one counts inside it.
    """
    for track in found:
        at = int(np.searchsorted(track.line, one.line))
        known = track.axis is not one.axis and 2 <= at <= len(track.line) - 2
        if known and track.x[at] > track.x[at - 1] and not len(steps_back(track.x)):
            return True
    return False


def _borne_out(reading: Reading, one: Break, lead: Sequence[Track]) -> Break:
    told = list(_witnesses(reading, one))
    if all(_is_set_back(track, one) for track in lead):
        told.append(COUNTERS(line=one.line))
    worded = [
        s.line for s in reading.segments if s.why != "restart" and one.after < s.line <= one.line
    ]
    return replace(
        one,
        told=tuple(told),
        begins=min(worded, default=one.line),
        banner=any(
            one.after < segment.line <= one.line
            for segment in reading.segments
            if segment.why == "new_run"
        ),
        resumes=any(one.after < line <= one.line for line in resume_lines(reading)),
    )


def _is_set_back(track: Track, one: Break) -> bool:
    at = int(np.searchsorted(track.line, one.line))
    return not 0 < at < len(track.line) or bool(track.x[at] <= track.x[at - 1])


def _witnesses(reading: Reading, one: Break) -> Iterator[Phrase]:
    for segment in reading.segments:
        if segment.why == "new_run" and one.after < segment.line <= one.line:
            yield BANNER(line=segment.line)
    resumed = [line for line in resume_lines(reading) if one.after < line <= one.line]
    if resumed:
        yield SAID(line=resumed[0])
    settings = [fact.line for fact in reading.facts if one.after < fact.line < one.line]
    if settings:
        yield SETTINGS(line=min(settings))
    stops = [
        event.line
        for event in reading.events
        if event.kind in STOPS and one.after < event.line < one.line
    ]
    if stops:
        yield STOPPED(line=stops[0])
    extra = one.line - one.after - 1
    if extra >= HEADING and extra > WIDE * _usual_gap(reading):
        yield LINES(line=one.line, count=extra)


def resume_lines(reading: Reading) -> list[int]:
    """Return the lines that say that a training is taken up again."""
    segments = [segment.line for segment in reading.segments if segment.why == "resume"]
    return sorted([*segments, *(event.line for event in reading.events if event.kind == "resume")])


def _usual_gap(reading: Reading) -> float:
    """Return how many lines that are no rows usually stand between two rows."""
    lines = row_lines(reading)
    return float(np.median(np.diff(lines))) - 1.0 if len(lines) > 1 else 0.0


def row_lines(reading: Reading) -> Ints:
    """Return the lines that hold a row, sorted."""
    return distinct(column.line for column in reading.columns.values())


def _forward(reading: Reading, lead: Sequence[Track], borne: Sequence[Break]) -> Iterator[Break]:
    """Yield the breaks at which no counter is set back: a resume or another run in words, or the
    settings printed once more, between two rows.
    """
    lines = row_lines(reading)
    if not len(lines):
        return
    taken = {(one.after, one.line) for one in borne}
    places = sorted(
        {
            *_resumed_between(reading, lines),
            *_configured_between(reading, lines),
            *_named_between(reading, lines),
        }
    )
    for after, line in places:
        inside = any(first < line and after < last for first, last in taken)
        if not inside:
            yield _borne_out(reading, _at(lead, after, line), ())


def _at(lead: Sequence[Track], after: int, line: int) -> Break:
    """Return a break that no counter shows, with the places of the finest track on both sides where
    it has any.
    """
    for track in lead:
        at = int(np.searchsorted(track.line, line))
        if 0 < at < len(track.line):
            before, to = float(track.x[at - 1]), float(track.x[at])
            return Break(
                after=after,
                line=line,
                axis=track.axis,
                before=before,
                to=to,
                start=float(track.x[0]),
                stride=track.stride,
            )
    return Break(after=after, line=line, axis=Axis.ROW, before=0.0, to=0.0, start=0.0, stride=1.0)


def _resumed_between(reading: Reading, lines: Ints) -> Iterator[tuple[int, int]]:
    yield from (
        _around(lines, line) for line in resume_lines(reading) if lines[0] < line <= lines[-1]
    )


def _named_between(reading: Reading, lines: Ints) -> Iterator[tuple[int, int]]:
    """Yield where the parser itself says that another run begins."""
    named = (segment.line for segment in reading.segments if segment.why == "new_run")
    yield from (_around(lines, line) for line in named if lines[0] < line <= lines[-1])


def _configured_between(reading: Reading, lines: Ints) -> Iterator[tuple[int, int]]:
    """Yield where settings that stood before the first row are printed again."""
    known = {fact.name for fact in reading.facts if fact.line < lines[0]}
    counted: dict[tuple[int, int], set[str]] = {}
    for fact in reading.facts:
        if fact.name in known and lines[0] < fact.line < lines[-1]:
            counted.setdefault(_around(lines, fact.line), set()).add(fact.name)
    yield from (place for place, names in counted.items() if len(names) >= AGAIN)


def _around(lines: Ints, line: int) -> tuple[int, int]:
    """Return the rows on both sides of a line: the last before it, and the first at or behind
    it.
    """
    at = int(np.searchsorted(lines, line))
    return int(lines[at - 1]), int(lines[min(at, len(lines) - 1)])
