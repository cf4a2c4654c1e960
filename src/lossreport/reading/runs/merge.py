"""Makes one `Run` of the readings that belong together. Numbers keep their source; nothing is
averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.guidance import Guidance
from lossreport.model.run import (
    USER,
    Event,
    Fact,
    FactValue,
    Floats,
    Ints,
    Launch,
    Piece,
    Run,
    SegmentSpan,
    Series,
    Source,
    Weighing,
    frozen_floats,
    id_prefix,
)
from lossreport.reading.privacy.redaction import redact, redact_fact
from lossreport.reading.runs.ends import closes_of, status_of
from lossreport.reading.runs.grouping import Group
from lossreport.reading.runs.launches import launches_of, named, segments
from lossreport.reading.runs.progress import came
from lossreport.reading.runs.reading import Column, Reading
from lossreport.reading.runs.spans import WHOLE, Span, spans

SKIPS_KEPT: Final = 5


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
    """Return the run of a group. `source_ids` gives the id of a file by the identity of its
    `LogFile`; `facts` and `guidance` are the user's.

    With `redacted` secrets, people, home folders and machines are taken out of quotes and settings
    (`redaction.py`).
    """
    parts = group.parts
    files = [file for part in parts for file in part.files]
    ids = {id(part): source_ids[id(part.log)] for part in (*parts, *files)}
    sources = tuple(_source(file, ids[id(file)]) for file in files)
    of_file = {id(file): source for file, source in zip(files, sources, strict=True)}
    series = tuple(_all_series(parts, ids, run_id))
    guidance = guidance or Guidance()
    known = _facts(files, ids, facts, guidance.origins)
    ends = [(part, (spans(part) or [WHOLE])[-1]) for part in parts]
    events = tuple(
        event
        for part, span in ends
        for file in part.files
        for event in _events(file, span, ids[id(file)])
    )
    if redacted:
        known = tuple(replace(fact, value=redact_fact(fact.name, fact.value)) for fact in known)
        events = tuple(replace(event, quote=redact(event.quote)) for event in events)
    stamps = [time.stamp for part in parts for time in part.stamps]
    configured = {ids[id(part)] for part in parts if part.parser.config} | {USER}
    shared = [fact for fact in known if fact.source in configured]
    way = came([(part, None) for part in parts], known)
    status = status_of(ends, way, torn=any(source.torn for source in sources))
    whole = Launch(
        source=sources[0].id, first_line=1, last_line=1, status=status, progress=way.ended(status)
    )
    return Run(
        id=run_id,
        name=name,
        sources=sources,
        series=series,
        facts=known,
        events=events,
        segments=tuple(segment for part in parts for segment in segments(part, ids[id(part)])),
        launches=launches_of(parts, of_file, shared, whole),
        status=status,
        progress=way.ended(status),
        time=(min(stamps), max(stamps)) if stamps else (None, None),
        notes=tuple(note.of(ids[id(part)]) for part in files for note in part.notes),
        skipped=tuple(group.skipped),
        guidance=guidance,
        reading=_surest_last(parts),
    )


def _events(part: Reading, last: Span, source: str) -> Iterator[Event]:
    """Yield the events of a reading; those by which its last launch ended say how."""
    ended = {
        id(close.event): close.status for close in closes_of(part, last) if close.event is not None
    }
    for event in part.events:
        how = ended.get(id(event))
        yield Event(
            kind=event.kind,
            source=source,
            line=event.line,
            quote=event.quote,
            ends=how,
            frame=event.frame,
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
        unread=int(
            np.count_nonzero((part.unread >= part.first_line) & (part.unread <= part.lines))
        ),
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
                entity=key.entity,
                source=ids[id(part.files[int(column.file[0])] if len(column.file) else part)],
                path=part.path,
                x=column.x,
                y=column.y,
                line=column.line,
                epoch=_epochs(column),
                segments=_spans(column.line, starts),
                pieces=_pieces(column, [ids[id(file)] for file in part.files]),
            )


def _epochs(column: Column) -> Floats:
    return column.epoch if np.isfinite(column.epoch).all() else frozen_floats([])


def _pieces(column: Column, sources: Sequence[str]) -> tuple[Piece, ...]:
    """Return from which row on the rows stand in which source, where they stand in several."""
    changes: Sequence[int] = (
        np.flatnonzero(np.diff(column.file, prepend=-1)).tolist() if len(column.file) else []
    )
    return tuple(Piece(first_row=row, source=sources[int(column.file[row])]) for row in changes)


def _spans(line: Ints, starts: Ints) -> tuple[SegmentSpan, ...]:
    cuts = [
        0,
        *sorted({int(cut) for cut in np.searchsorted(line, starts) if 0 < cut < len(line)}),
        len(line),
    ]
    return tuple(
        SegmentSpan(first_row=first, last_row=after - 1) for first, after in pairwise(cuts)
    )


def _facts(
    parts: Sequence[Reading],
    ids: Mapping[int, str],
    given: Mapping[str, FactValue],
    origins: Mapping[str, str],
) -> tuple[Fact, ...]:
    """Return the user's facts, then those of configuration files, then those dumped into logs; a
    name once a source.
    """
    facts = [
        Fact(name=name, value=value, source=USER, origin=origins.get(name, ""))
        for name, value in given.items()
    ]
    for part in sorted(parts, key=lambda part: not part.parser.config):
        facts += named(part, ids[id(part)])
    return tuple(facts)


def _surest_last(parts: Sequence[Reading]) -> Weighing:
    """Return the weighing of the file whose rows belong together least surely."""
    return min((part.weighing for part in parts), key=lambda one: one.margin, default=Weighing())
