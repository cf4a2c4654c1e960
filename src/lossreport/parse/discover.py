"""From paths to runs: finds the files, asks every parser how sure it is, reads each file once, and merges what belongs together."""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from lossreport.errors import LogError, MissingPathError, NothingReadError, UsageError
from lossreport.model.run import (
    USER,
    Axis,
    Event,
    Fact,
    FactValue,
    Floats,
    Progress,
    Run,
    Segment,
    SegmentSpan,
    Series,
    Skipped,
    Source,
    SourceNote,
    Statistic,
    Status,
    frozen_floats,
    frozen_ints,
)
from lossreport.parse.names import canonical_names
from lossreport.parse.parser import (
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
    Score,
    SkippedLine,
    parser,
    parsers,
)
from lossreport.parse.reader import LogFile
from lossreport.text import Text

MAX_DEPTH: Final = 4
"""Folders below a named folder that are searched; deeper ones hold checkpoints and media (FORMATS.md section 10)."""
NEVER: Final = ("*.md", "*.html", "*.htm", "lossreport.*")
"""Our own outputs and configuration are never log sources (CONTRACT.md)."""
BINARY: Final = (
    ".pt",
    ".pth",
    ".bin",
    ".ckpt",
    ".safetensors",
    ".npz",
    ".npy",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".mp4",
    ".pdf",
    ".pkl",
    ".so",
)
"""Weights and media: passed over in a folder without a word, read when named."""
MIN_SCORE: Final = 0.5
SKIPS_KEPT: Final = 5
COULD_NOT = Text(zh="读取失败：{error}", en="{error}")
PARSER_FAILED = Text(zh="解析器出错（lossreport 的缺陷）：{error}", en="the parser failed, a bug of lossreport: {error}")
NO_RECORD = Text(zh="{parser} 在其中没有找到记录", en="{parser} found no record in it")
EMPTY = Text(zh="文件是空的", en="the file is empty")
UNRECOGNISED = Text(zh="没有解析器认得它的内容", en="no parser recognises its content")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user says about reading: (glob, parser id) pairs, globs to leave out, and facts that the logs lack.

    With `strict` a parser that fails by a bug stops the program instead of costing that one file.
    """

    parsers: tuple[tuple[str, str], ...] = ()
    ignore: tuple[str, ...] = ()
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parser's word on one file."""

    parser: Parser
    score: Score


def read_paths(paths: Sequence[str | os.PathLike[str]], options: ReadOptions | None = None) -> tuple[Run, ...]:
    """Read all paths as one input and return its runs.

    A path is a folder, a file or `-` for standard input. Raises MissingPathError where one does not exist and NothingReadError
    where none holds a metric; a file that cannot be read is named in `Run.skipped` and the others are still read.
    """
    options = options or ReadOptions()
    parts: list[Reading] = []
    skipped: list[Skipped] = []
    for log in find_logs(paths, options.ignore):
        try:
            found = read_log(log, _choose(log, options))
        except LogError as error:
            skipped.append(Skipped(path=log.shown, reason=COULD_NOT(error=str(error)), code=error.code))
            continue
        except UsageError:
            raise
        except Exception as error:  # a bug in one parser must not cost the other files
            if options.strict:
                raise
            skipped.append(Skipped(path=log.shown, reason=PARSER_FAILED(error=f"{type(error).__name__}: {error}"), code=LogError.code))
            continue
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            parts.append(found)
    run = merge(parts, skipped, run_name(paths), options.facts)
    if not run.series:
        raise NothingReadError(
            f"No metric found in {_named(paths)}{_why(parts, skipped)}", hint="Ask which formats fit: lossreport formats PATH."
        )
    return (run,)


def find_logs(paths: Sequence[str | os.PathLike[str]], ignore: Sequence[str] = ()) -> Iterator[LogFile]:
    """Yield the files to look at, each once, sorted within a folder, named relative to the folder they were found in."""
    seen: set[Path] = set()
    for path in (os.fspath(path) for path in paths):
        if path == "-":
            yield LogFile("stdin", data=sys.stdin.buffer.read())
            continue
        place = Path(path)
        if not place.exists():
            raise MissingPathError(f"There is no file or folder {path!r}", hint="Check the spelling and the folder you are in.")
        for file, shown in sorted(_walk(place), key=lambda item: item[1]) if place.is_dir() else [(place, place.name)]:
            if file.resolve() not in seen and not _matches(shown, (*NEVER, *ignore)):
                seen.add(file.resolve())
                yield LogFile(shown, path=file)


def candidates(log: LogFile) -> list[Candidate]:
    """Return what every parser says of a file, surest first."""
    found = [Candidate(unit, unit.sniff(log)) for unit in parsers()]
    return sorted(found, key=lambda candidate: -candidate.score.value)


@dataclass
class Reading:
    """What one file gave, before it is merged into a run."""

    log: LogFile
    parser: Parser
    columns: dict[ColumnKey, list[ColumnChunk]] = field(default_factory=dict)
    facts: list[RawFact] = field(default_factory=list)
    events: list[RawEvent] = field(default_factory=list)
    segments: list[RawSegment] = field(default_factory=list)
    notes: list[RawNote] = field(default_factory=list)
    skips: list[SkippedLine] = field(default_factory=list)
    status: list[RawStatus] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    rows: int = 0
    lines: int = 0

    def take(self, record: object) -> None:
        """Sort one record of the parser to its kind."""
        match record:
            case ColumnChunk():
                self.columns.setdefault(record.key, []).append(record)
            case RawFact():
                self.facts.append(record)
            case RawEvent():
                self.events.append(record)
            case RawSegment():
                self.segments.append(record)
            case RawNote():
                self.notes.append(record)
            case RawStatus():
                self.status.append(record)
            case RawTime():
                self.stamps.append(record.stamp)
            case RowsRead():
                self.rows, self.lines = record.rows, record.lines
            case SkippedLine():
                self.skips.append(record)
            case _:
                raise TypeError(f"{self.parser.id} yielded {record!r}, which is no record")


def read_log(log: LogFile, chosen: Parser | Skipped) -> Reading | Skipped:
    """Read one file with its parser, or pass on why it is not read."""
    if isinstance(chosen, Skipped):
        return chosen
    reading = Reading(log, chosen)
    for record in chosen.read(log):
        reading.take(record)
    if not reading.columns and not reading.facts:
        return Skipped(path=log.shown, reason=NO_RECORD(parser=chosen.id), code="empty")
    return reading


def merge(parts: Sequence[Reading], skipped: Iterable[Skipped], name: str, facts: Mapping[str, FactValue]) -> Run:
    """Make one run of what its files gave. Numbers keep their source; nothing is averaged."""
    ids = {id(part): f"s{number}" for number, part in enumerate(parts, 1)}
    sources = tuple(_source(part, ids[id(part)]) for part in parts)
    series = tuple(_all_series(parts, ids))
    known = _facts(parts, ids, facts)
    events = tuple(Event(kind=e.kind, source=ids[id(p)], line=e.line, quote=e.quote) for p in parts for e in p.events)
    stamps = [stamp for part in parts for stamp in part.stamps]
    progress = _progress(series, known)
    return Run(
        id="r1",
        name=name,
        sources=sources,
        series=series,
        facts=known,
        events=events,
        segments=tuple(segment for part in parts for segment in _segments(part, ids[id(part)])),
        status=_status(parts, events, sources, progress),
        progress=progress,
        time=(min(stamps), max(stamps)) if stamps else (None, None),
        notes=tuple(_note(note, ids[id(part)]) for part in parts for note in part.notes),
        skipped=tuple(skipped),
    )


def run_name(paths: Sequence[str | os.PathLike[str]]) -> str:
    """Return the name of a run: that of the folder, or of the first file's folder."""
    first = os.fspath(paths[0])
    if first == "-":
        return "stdin"
    place = Path(first).resolve()
    return place.name if place.is_dir() else place.stem


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    for here, folders, files in os.walk(folder):
        relative = Path(here).relative_to(folder)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and len(relative.parts) < MAX_DEPTH)
        for name in files:
            if not name.startswith(".") and not name.lower().endswith(BINARY):
                yield Path(here) / name, (relative / name).as_posix()


def _matches(shown: str, globs: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(shown, glob) or fnmatch.fnmatch(shown.rsplit("/", 1)[-1], glob) for glob in globs)


def _choose(log: LogFile, options: ReadOptions) -> Parser | Skipped:
    for glob, parser_id in options.parsers:
        if _matches(log.shown, (glob,)):
            return parser(parser_id)
    if not log.head:
        return Skipped(path=log.shown, reason=EMPTY(), code="empty")
    best = candidates(log)[0]
    if best.score.value >= MIN_SCORE:
        return best.parser
    return Skipped(path=log.shown, reason=UNRECOGNISED(), code="unrecognised")


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


def _all_series(parts: Sequence[Reading], ids: Mapping[int, str]) -> Iterator[Series]:
    number = 0
    for part in parts:
        starts = np.array([segment.line for segment in part.segments], dtype=np.int64)
        for key, chunks in part.columns.items():
            number += 1
            line = frozen_ints(np.concatenate([chunk.line for chunk in chunks]))
            yield Series(
                id=f"m{number}",
                run="r1",
                name=key.name,
                split=key.split,
                axis=key.axis,
                statistic=key.statistic,
                window=key.window,
                unit=key.unit,
                resolution=key.resolution,
                source=ids[id(part)],
                path=part.log.shown,
                x=frozen_floats(np.concatenate([chunk.x for chunk in chunks])),
                y=frozen_floats(np.concatenate([chunk.y for chunk in chunks])),
                line=line,
                epoch=_epochs(chunks),
                segments=_spans(line, starts),
            )


def _epochs(chunks: Sequence[ColumnChunk]) -> Floats:
    epochs = np.concatenate([chunk.epoch for chunk in chunks])
    return frozen_floats(epochs if np.isfinite(epochs).all() else [])


def _spans(line: Any, starts: Any) -> tuple[SegmentSpan, ...]:
    cuts = [0, *sorted({int(cut) for cut in np.searchsorted(line, starts) if 0 < cut < len(line)}), len(line)]
    return tuple(SegmentSpan(first_row=first, last_row=after - 1) for first, after in pairwise(cuts))


def _segments(part: Reading, source: str) -> Iterator[Segment]:
    if not part.columns:
        return
    starts = [RawSegment(1, "start"), *part.segments]
    ends = [segment.line - 1 for segment in starts[1:]] + [max(part.lines, starts[-1].line)]
    for start, end in zip(starts, ends, strict=True):
        yield Segment(source=source, first_line=start.line, last_line=end, why=start.why)


def _facts(parts: Sequence[Reading], ids: Mapping[int, str], given: Mapping[str, FactValue]) -> tuple[Fact, ...]:
    """Return the user's facts, then those of configuration files, then those dumped into logs; a name once a source."""
    facts = [Fact(name=name, value=value, source=USER) for name, value in given.items()]
    for part in sorted(parts, key=lambda part: not part.parser.config):
        seen: set[str] = set()
        for raw in part.facts:
            for name in canonical_names(raw.name):
                if name not in seen:
                    seen.add(name)
                    facts.append(Fact(name=name, value=raw.value, source=ids[id(part)], line=raw.line))
    return tuple(facts)


def _note(note: RawNote, source: str) -> SourceNote:
    return note.of(source)


def _progress(series: Sequence[Series], facts: Sequence[Fact]) -> Progress:
    planned = {fact.name: fact.value for fact in reversed(facts)}
    epochs = [s for s in series if s.axis is Axis.EPOCH and s.statistic is Statistic.EPOCH_MEAN and s.split == "train" and len(s)]
    done = max((_completed(s) for s in epochs), default=None)
    return Progress(epochs=(done, _count(planned.get("epochs"))), steps=(None, _count(planned.get("max_steps"))))


def _completed(series: Series) -> int:
    base = 1 if series.x.min() >= 1 else 0
    return int(series.x.max()) + 1 - base


def _count(value: FactValue) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def _status(parts: Sequence[Reading], events: Sequence[Event], sources: Sequence[Source], progress: Progress) -> Status:
    """Tell how the run ended. A log that simply stops before the planned end was interrupted, or is still being written."""
    done, planned = progress.epochs
    if any(part.status for part in parts) or (done is not None and done == planned):
        return Status.FINISHED
    if any(event.kind in ("nonfinite_exit", "oom", "traceback") for event in events):
        return Status.CRASHED
    if any(source.torn for source in sources) or (done is not None and planned is not None and done < planned):
        return Status.INTERRUPTED
    return Status.UNKNOWN


def _named(paths: Sequence[str | os.PathLike[str]]) -> str:
    return ", ".join(repr(os.fspath(path)) for path in paths)


def _why(parts: Sequence[Reading], skipped: Sequence[Skipped]) -> str:
    lines = [f"{part.log.shown}: only configuration" for part in parts] + [f"{skip.path}: {skip.reason.plain('en')}" for skip in skipped]
    return " (" + "; ".join(lines[:6]) + (f"; and {len(lines) - 6} more" if len(lines) > 6 else "") + ")" if lines else ": it holds no file"


def select(runs: tuple[Run, ...], wanted: str | None) -> tuple[Run, ...]:
    """Return the run of that id or name, or all; raises UsageError naming the runs where there is none of it."""
    if wanted is None:
        return runs
    chosen = tuple(run for run in runs if wanted in (run.id, run.name))
    if not chosen:
        known = ", ".join(f"{run.id} ({run.name})" for run in runs)
        raise UsageError(f"No run is called {wanted!r}", hint=f"There are: {known}.")
    return chosen
