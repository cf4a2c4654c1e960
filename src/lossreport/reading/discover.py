"""From paths to runs: finds the files, asks every parser how sure it is, reads each file once, and sorts the readings into runs."""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from lossreport.errors import LogError, MissingPathError, NothingReadError, UsageError
from lossreport.model.guidance import Guidance
from lossreport.model.run import FactValue, Run, Skipped
from lossreport.reading.bytes.packed import is_archive, members
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.bytes.remote import Local, is_remote, local_copies, name_of, shown_address
from lossreport.reading.parser import Parser, Score, parser, parsers
from lossreport.reading.runs.grouping import Group, grouped
from lossreport.reading.runs.merge import merge
from lossreport.reading.runs.nesting import unnested
from lossreport.reading.runs.reading import Reading, cut_into_runs, read_log
from lossreport.reading.runs.steps_back import with_restarts
from lossreport.text import Text

MAX_DEPTH: Final = 6
"""Folders below a named folder that are searched; deeper ones hold checkpoints and media (FORMATS.md section 10)."""
NEVER: Final = ("*.md", "*.html", "*.htm", "lossreport.*", "lossreport-references.json")
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
COMPANIONS: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database in use: read with it, see `database.py`."""
HYDRA: Final = ".hydra"
"""The one hidden folder that holds the configuration of a run."""
MAC: Final = "__MACOSX"
"""What macOS puts into its archives beside the files."""
MIN_SCORE: Final = 0.5
COULD_NOT = Text(zh="读取失败：{error}", en="{error}")
PARSER_FAILED = Text(zh="解析器出错（lossreport 的缺陷）：{error}", en="the parser failed (a bug in lossreport): {error}")
EMPTY = Text(zh="文件是空的", en="the file is empty")
UNRECOGNISED = Text(zh="没有解析器认得它的内容", en="no parser recognises its content")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user says about reading: (glob, parser id) pairs, globs to leave out, facts that the logs lack, and guidance for judging.

    With `strict` a parser that fails by a bug stops the program instead of costing that one file. `redact` takes secrets, people and
    machines out of everything quoted.
    """

    parsers: tuple[tuple[str, str], ...] = ()
    ignore: tuple[str, ...] = ()
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    guidance: Guidance = field(default_factory=Guidance)
    strict: bool = False
    redact: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parser's word on one file."""

    parser: Parser
    score: Score


def read_paths(paths: Sequence[str | os.PathLike[str]], options: ReadOptions | None = None) -> tuple[Run, ...]:
    """Read all paths as one input and return its runs, those without a metric left out.

    A path is a folder, a file, an archive, an address (s3://, https://, ...) or `-` for standard input. Raises MissingPathError
    where one does not exist and NothingReadError where none holds a metric; a file that cannot be read is named in `Run.skipped`
    of the first run and the others are still read.
    """
    options = options or ReadOptions()
    with local_copies(paths, lambda shown: wanted(shown, options.ignore), MAX_DEPTH) as local:
        return _read_local(local, paths, options)


def _read_local(local: Local, given: Sequence[str | os.PathLike[str]], options: ReadOptions) -> tuple[Run, ...]:
    parts: list[Reading] = []
    skipped = list(local.skipped)
    named = {Path(path) for path in local.paths}
    for log in find_logs(local.paths, options.ignore):
        for found in _read(log, options, named):
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                parts += cut_into_runs(with_restarts(unnested(found)))
    groups = grouped(parts)
    if not groups:
        raise NothingReadError(
            f"No metric found in {_named(given)}{_why(parts, skipped)}", hint="Ask which formats fit: lossreport formats PATH."
        )
    groups[0].skipped = [*skipped, *groups[0].skipped]
    return _merged(groups, parts, run_name(given), options)


def _merged(groups: Sequence[Group], parts: Sequence[Reading], name: str, options: ReadOptions) -> tuple[Run, ...]:
    logs = {id(part.log): part.log for part in parts}
    ids = {identity: f"s{number}" for number, identity in enumerate(logs, 1)}
    named = [group.name or name for group in groups] if len(groups) > 1 else [name]
    return tuple(
        merge(group, f"r{number}", called, ids, options.facts, options.guidance, redacted=options.redact)
        for number, (group, called) in enumerate(zip(groups, named, strict=True), 1)
    )


def _read(log: LogFile, options: ReadOptions, named: Collection[Path]) -> Iterator[Reading | Skipped]:
    """Read one file, or those in one archive; what cannot be read is passed on with the reason."""
    try:
        for file in unfolded(log, options.ignore, named):
            if isinstance(file, Skipped):
                yield file
            else:
                yield from _read_one(file, options)
    except LogError as error:
        yield Skipped(path=log.shown, reason=COULD_NOT(error=str(error)), code=error.code)


def _read_one(log: LogFile, options: ReadOptions) -> Iterator[Reading | Skipped]:
    """Read one file, each of its writers apart."""
    try:
        for view in _views(log):
            chosen = _choose(view, options)
            yield chosen if isinstance(chosen, Skipped) else read_log(view, chosen)
    except LogError as error:
        yield Skipped(path=log.shown, reason=COULD_NOT(error=str(error)), code=error.code)
    except UsageError:
        raise
    except Exception as error:  # a bug in one parser must not cost the other files
        if options.strict:
            raise
        yield Skipped(path=log.shown, reason=PARSER_FAILED(error=f"{type(error).__name__}: {error}"), code=LogError.code)


def _views(log: LogFile) -> Iterator[LogFile]:
    """Yield the file, or a view of each process that wrote it; the first keeps the name of the file."""
    if len(log.writers) < 2:
        yield log
        return
    for number, writer in enumerate(log.writers):
        yield replace(log, writer=writer, shown=f"{log.shown}#{writer}" if number else log.shown)


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


def unfolded(log: LogFile, ignore: Sequence[str] = (), named: Collection[Path] = ()) -> Iterator[LogFile | Skipped]:
    """Yield the file, or those inside it where it is an archive, with what cannot be read; raises LogError where it cannot be opened.

    An archive that the user named is a folder like any other; one found in a folder is a folder below it.
    """
    if not is_archive(log):
        yield log
        return
    yield from members(log, lambda shown: wanted(shown, ignore), "" if log.path in named else f"{log.shown}/")


def wanted(shown: str, ignore: Sequence[str] = ()) -> bool:
    """Return whether a file inside an archive, or at another place, is looked at: neither hidden, nor weights, nor left out by name."""
    hidden = any((name.startswith(".") and name != HYDRA) or name == MAC for name in shown.split("/"))
    return not (hidden or shown.lower().endswith(BINARY) or _matches(shown, (*NEVER, *ignore)))


def candidates(log: LogFile) -> list[Candidate]:
    """Return what every parser says of a file, surest first."""
    found = [Candidate(unit, unit.sniff(log)) for unit in parsers()]
    return sorted(found, key=lambda candidate: -candidate.score.value)


def run_name(paths: Sequence[str | os.PathLike[str]]) -> str:
    """Return the name of a run: that of the folder, or of the first file's folder."""
    first = os.fspath(paths[0])
    if first == "-":
        return "stdin"
    if is_remote(first):
        return name_of(first) if first.endswith("/") else PurePosixPath(name_of(first)).stem
    place = Path(first).resolve()
    return place.name if place.is_dir() else place.stem


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    for here, folders, files in os.walk(folder):
        relative = Path(here).relative_to(folder)
        folders[:] = sorted(name for name in folders if (not name.startswith(".") or name == HYDRA) and len(relative.parts) < MAX_DEPTH)
        for name in files:
            if not name.startswith(".") and not name.lower().endswith((*BINARY, *COMPANIONS)):
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


def _named(paths: Sequence[str | os.PathLike[str]]) -> str:
    return ", ".join(repr(shown_address(path)) for path in paths)


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
