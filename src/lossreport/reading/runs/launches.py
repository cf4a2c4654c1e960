"""The launches of a run: every start of the program has its own lines, settings, plan and end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from lossreport.model.run import USER, Fact, Launch, Segment, Source, Status
from lossreport.reading.kit.names import canonical_names
from lossreport.reading.parser import RawFact
from lossreport.reading.runs.ends import status_of
from lossreport.reading.runs.progress import came
from lossreport.reading.runs.reading import Reading, with_header
from lossreport.reading.runs.spans import Span, boundaries, spans
from lossreport.reading.runs.tracks import UNCOUNTED


def segments(part: Reading, source: str) -> Iterator[Segment]:
    """Yield the stretches of rows of a reading as segments of its source: each begins with its
    first row.
    """
    found = spans(part)
    ends = [span.why.line - 1 for span in found[1:]] + [span.last for span in found[-1:]]
    for span, end in zip(found, ends, strict=True):
        yield Segment(
            source=source,
            first_line=span.why.line if span.why.line else 1,
            last_line=end,
            why=span.why.why,
        )


def launches_of(
    parts: Sequence[Reading], of_file: Mapping[int, Source], shared: Sequence[Fact], whole: Launch
) -> tuple[Launch, ...]:
    """Return the launches of a run, each once however many files tell of it; `whole` is what all
    files say of a run with a single one.

    The file that knows of most launches tells them, among equals the one that says how they ended.
    A file of the same format whose rows begin behind its own, or end before them, is of another
    launch.
    """
    told = [(part, list(launches(part, of_file[id(part.files[0])], shared))) for part in parts]
    told = sorted((one for one in told if one[1]), key=_says_most, reverse=True)
    kept: list[tuple[Reading, list[Launch]]] = []
    for part, found in told:
        if not kept or part.why == "resume" or all(_is_another(part, other) for other, _ in kept):
            kept.append((part, found))
    every = [launch for part in parts for other, found in kept if other is part for launch in found]
    if len(every) != 1:
        return tuple(every)
    return (replace(every[0], status=whole.status, progress=whole.progress),)


def _says_most(told: tuple[Reading, list[Launch]]) -> tuple[int, bool, int]:
    part, found = told
    return len(found), found[-1].status is not Status.UNKNOWN, part.rows


def _is_another(part: Reading, other: Reading) -> bool:
    """Return whether two files of one format tell of different launches: neither has rows between
    those of the other.
    """
    common = [key for key in part.columns if key in other.columns and key.axis not in UNCOUNTED]
    if part.parser is not other.parser or part.log.path == other.log.path or not common:
        return False
    pairs = [(part.columns[key].x, other.columns[key].x) for key in common]
    return all(mine.min() > its.max() or its.min() > mine.max() for mine, its in pairs)


def launches(part: Reading, source: Source, shared: Sequence[Fact] = ()) -> Iterator[Launch]:
    """Yield the launches of one reading, rows that a later launch wrote again included; `shared`
    are settings that all of them had.
    """
    found = spans(part)
    before = (
        list(named(part, source.id, Span(0, found[0].first - 1, found[0].why))) if found else []
    )
    for span in found:
        facts = tuple(named(part, source.id, span))
        way = came([(part, span)], (*_given(shared), *facts, *before, *shared))
        status = status_of([(part, span)], way, torn=source.torn and span is found[-1])
        yield Launch(
            source=source.id,
            first_line=span.first,
            last_line=span.last,
            status=status,
            progress=way.ended(status),
            facts=facts,
        )


def _given(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.source == USER]


def named(part: Reading, source: str, span: Span | None = None) -> Iterator[Fact]:
    """Yield the settings of a launch, or of a whole reading, under every name they are known by:
    those printed first count.
    """
    seen: set[str] = set()
    for raw in (
        _latest_first(part) if span is None else (raw for raw in part.facts if span.holds(raw.line))
    ):
        for name in canonical_names(raw.name):
            if name not in seen:
                seen.add(name)
                yield Fact(name=name, value=raw.value, source=source, line=raw.line)


def _latest_first(part: Reading) -> Iterator[RawFact]:
    """Yield the settings of the last launch, then what only earlier ones say: the plan of a resumed
    training is that of its resume.
    """
    later = boundaries(part) if part.columns else part.segments
    bounds = [0, *(with_header(part, segment.line) for segment in later), 2**62]
    for first, after in reversed(list(pairwise(bounds))):
        yield from (raw for raw in part.facts if first <= raw.line < after)
