"""Makes one `Run` of the readings that belong together. Numbers keep their source; nothing is averaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.guidance import Guidance
from lossreport.model.run import (
    USER,
    Axis,
    Event,
    Fact,
    FactValue,
    Floats,
    Ints,
    Progress,
    Run,
    Segment,
    SegmentSpan,
    Series,
    Source,
    Statistic,
    Status,
    frozen_floats,
    id_prefix,
    went_on,
)
from lossreport.parse.names import canonical_names
from lossreport.parse.parser import RawSegment
from lossreport.parse.reading import Column, Reading
from lossreport.parse.redaction import redact, redact_fact
from lossreport.parse.runs import Group

SKIPS_KEPT: Final = 5
FATAL: Final = ("nonfinite_exit", "oom", "traceback")
STOPPED: Final = ("killed", "timeout")
"""Stopped from outside; the run itself had no fault."""


def merge(
    group: Group,
    run_id: str,
    name: str,
    source_ids: Mapping[int, str],
    facts: Mapping[str, FactValue],
    guidance: Guidance | None = None,
    *,
    redacted: bool = True,
) -> Run:
    """Return the run of a group. `source_ids` gives the id of a file by the identity of its `LogFile`; `facts` and `guidance` are the user's.

    With `redacted` secrets, people, home folders and machines are taken out of quotes and settings (`redaction.py`).
    """
    parts = group.parts
    ids = {id(part): source_ids[id(part.log)] for part in parts}
    sources = tuple(_source(part, ids[id(part)]) for part in parts)
    series = tuple(_all_series(parts, ids, run_id))
    guidance = guidance or Guidance()
    known = _facts(parts, ids, facts, guidance.origins)
    events = tuple(Event(kind=e.kind, source=ids[id(p)], line=e.line, quote=e.quote) for p in parts for e in p.events)
    if redacted:
        known = tuple(replace(fact, value=redact_fact(fact.name, fact.value)) for fact in known)
        events = tuple(replace(event, quote=redact(event.quote)) for event in events)
    stamps = [time.stamp for part in parts for time in part.stamps]
    progress = _progress(series, known)
    return Run(
        id=run_id,
        name=name,
        sources=sources,
        series=series,
        facts=known,
        events=events,
        segments=tuple(segment for part in parts for segment in _segments(part, ids[id(part)])),
        status=_status(parts, sources, progress),
        progress=progress,
        time=(min(stamps), max(stamps)) if stamps else (None, None),
        notes=tuple(note.of(ids[id(part)]) for part in parts for note in part.notes),
        skipped=tuple(group.skipped),
        guidance=guidance,
    )


def _source(part: Reading, source_id: str) -> Source:
    digest, size = part.log.digest()
    return Source(
        id=source_id,
        path=part.log.shown,
        parser=part.parser.id,
        sha256=digest,
        bytes=size,
        rows=part.rows,
        skipped=len(part.skips),
        skips=tuple((skip.line, skip.reason()) for skip in part.skips[:SKIPS_KEPT]),
        encoding=part.log.encoding,
        lines=part.lines,
        torn=any(skip.torn for skip in part.skips),
    )


def _all_series(parts: Sequence[Reading], ids: Mapping[int, str], run_id: str) -> Iterator[Series]:
    number = 0
    for part in parts:
        starts = np.array([segment.line for segment in part.segments], dtype=np.int64)
        for key, column in part.columns.items():
            number += 1
            yield Series(
                id=f"{id_prefix(run_id)}m{number}",
                run=run_id,
                name=key.name,
                split=key.split,
                axis=key.axis,
                statistic=key.statistic,
                window=key.window,
                unit=key.unit,
                resolution=key.resolution,
                source=ids[id(part)],
                path=part.log.shown,
                x=column.x,
                y=column.y,
                line=column.line,
                epoch=_epochs(column),
                segments=_spans(column.line, starts),
            )


def _epochs(column: Column) -> Floats:
    return column.epoch if np.isfinite(column.epoch).all() else frozen_floats([])


def _spans(line: Ints, starts: Ints) -> tuple[SegmentSpan, ...]:
    cuts = [0, *sorted({int(cut) for cut in np.searchsorted(line, starts) if 0 < cut < len(line)}), len(line)]
    return tuple(SegmentSpan(first_row=first, last_row=after - 1) for first, after in pairwise(cuts))


def _segments(part: Reading, source: str) -> Iterator[Segment]:
    if not part.columns:
        return
    begin = min(int(column.line[0]) for column in part.columns.values()) if part.is_cut else 1
    starts = [RawSegment(begin, part.why), *part.segments]
    ends = [segment.line - 1 for segment in starts[1:]] + [max(part.lines, starts[-1].line)]
    for start, end in zip(starts, ends, strict=True):
        yield Segment(source=source, first_line=start.line, last_line=end, why=start.why)


def _facts(
    parts: Sequence[Reading], ids: Mapping[int, str], given: Mapping[str, FactValue], origins: Mapping[str, str]
) -> tuple[Fact, ...]:
    """Return the user's facts, then those of configuration files, then those dumped into logs; a name once a source."""
    facts = [Fact(name=name, value=value, source=USER, origin=origins.get(name, "")) for name, value in given.items()]
    for part in sorted(parts, key=lambda part: not part.parser.config):
        seen: set[str] = set()
        for raw in part.facts:
            for name in canonical_names(raw.name):
                if name not in seen:
                    seen.add(name)
                    facts.append(Fact(name=name, value=raw.value, source=ids[id(part)], line=raw.line))
    return tuple(facts)


def _progress(series: Sequence[Series], facts: Sequence[Fact]) -> Progress:
    planned = {fact.name: fact.value for fact in reversed(facts)}
    epochs = [s for s in series if s.axis is Axis.EPOCH and s.statistic is Statistic.EPOCH_MEAN and s.split == "train" and len(s)]
    done = max((_completed(s) for s in epochs), default=None)
    limit = _count(planned.get("max_steps"))
    counted = [Axis.STEP] if limit is None else [Axis.STEP, Axis.ITERATION]  # iterations of loggers without a limit may count batches
    reached = next((steps for axis in counted if (steps := _reached(series, axis)) is not None), None)
    return Progress(epochs=(done, _count(planned.get("epochs"))), steps=(reached, limit))


def _reached(series: Sequence[Series], axis: Axis) -> int | None:
    return max((int(s.x.max()) for s in series if s.axis is axis and s.split == "train" and len(s)), default=None)


def _completed(series: Series) -> int:
    base = 1 if series.x.min() >= 1 else 0
    return int(series.x.max()) + 1 - base


def _count(value: FactValue) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def _status(parts: Sequence[Reading], sources: Sequence[Source], progress: Progress) -> Status:
    """Tell how the run ended. A log that simply stops before the planned end was interrupted, or is still being written."""
    said = [status.status for part in parts for status in part.status]
    if said:
        return said[-1]
    if any(done is not None and done == planned for done, planned in (progress.epochs, progress.steps)):
        return Status.FINISHED
    ends = [event for part in parts for event in part.events if not _went_on(part, event.line)]
    if any(event.kind in FATAL for event in ends):
        return Status.CRASHED
    if any(event.kind in STOPPED for event in ends):
        return Status.INTERRUPTED
    short = any(done is not None and planned is not None and done < planned for done, planned in (progress.epochs, progress.steps))
    return Status.INTERRUPTED if short or any(source.torn for source in sources) else Status.UNKNOWN


def _went_on(part: Reading, line: int) -> bool:
    return any(went_on(column.line, line) for key, column in part.columns.items() if key.split == "train")
