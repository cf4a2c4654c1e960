"""From paths to runs: finds the files, asks every parser how sure it is, reads each file once, and
sorts the readings into runs.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from lossreport import progress
from lossreport.errors import LogError, NothingReadError, UsageError
from lossreport.model.guidance import Guidance
from lossreport.model.run import FactValue, Run, Skipped
from lossreport.reading.alike import Alike
from lossreport.reading.bytes.packed import ENDINGS, is_archive, members
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.bytes.remote import Local, is_remote, local_copies, name_of, shown_address
from lossreport.reading.crashes import broken_before_rows
from lossreport.reading.crowd import bounded
from lossreport.reading.folder import (
    MAX_DEPTH,
    SOURCE_CODE,
    Passed,
    find_logs,
    is_config,
    matches,
    told,
    wanted,
)
from lossreport.reading.kit.table import SEPARATORS, cells, is_header
from lossreport.reading.kit.untrusted import Unreadable
from lossreport.reading.parser import Parser, Score, parser, parsers
from lossreport.reading.runs.belonging import runs_of
from lossreport.reading.runs.copies import COPY
from lossreport.reading.runs.gathering import gathered
from lossreport.reading.runs.grouping import Group, grouped
from lossreport.reading.runs.merge import merge
from lossreport.reading.runs.reading import REFUSED, Reading, read_log
from lossreport.reading.runs.wishes import corrected, wishes_of
from lossreport.text import Text
from lossreport.values import dataclass

MIN_SCORE: Final = 0.5
MOST_TOLD: Final = 6
"""Files that a refusal names with their reasons."""
COULD_NOT = Text(zh="读取失败：{error}", en="{error}")
PARSER_FAILED = Text(
    zh="解析器出错（lossreport 的缺陷）：{error}",
    en="the parser failed (a bug in lossreport): {error}",
)
EMPTY = Text(zh="文件是空的", en="the file is empty")
UNRECOGNISED_CODE: Final = "unrecognised"
NO_ROWS = Text(zh="只有表头，没有一行数据", en="a header of a table without a row below it")
UNRECOGNISED = Text(zh="没有解析器认得它的内容", en="no parser recognises its content")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user says about reading: (glob, parser id) pairs, globs to leave out, facts that the
    logs lack, and guidance for judging.

    With `strict` a parser that fails by a bug stops the program instead of costing that one file.
    `redact` takes secrets, people and machines out of everything quoted.
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


def read_paths(
    paths: Sequence[str | os.PathLike[str]], options: ReadOptions | None = None
) -> tuple[Run, ...]:
    """Read all paths as one input and return its runs, those without a metric left out.

    A path is a folder, a file, an archive, an address (s3://, https://, ...) or `-` for standard
    input. Raises MissingPathError where one does not exist and NothingReadError where none holds a
    metric; a file that cannot be read is named in `Run.skipped` of the first run and the others are
    still read.
    """
    options = options or ReadOptions()
    with local_copies(paths, lambda shown: wanted(shown, options.ignore), MAX_DEPTH) as local:
        return _read_local(local, paths, options)


def _read_local(
    local: Local, given: Sequence[str | os.PathLike[str]], options: ReadOptions
) -> tuple[Run, ...]:
    wishes = wishes_of(options.facts)
    readings: list[Reading] = []
    skipped, passed = list(local.skipped), list[Passed]()
    named = {Path(path) for path in local.paths}
    logs = list(find_logs(local.paths, options.ignore, passed, skipped))
    progress.begin(
        "reading",
        sum(log.path.stat().st_size for log in logs if log.path is not None and log.path.is_file()),
    )
    alike = Alike(logs)
    for log in filter(alike.opens, logs):
        held = len(readings)
        for found in _read(log, options, named):
            if isinstance(found, Reading):
                kept, left = bounded(found)
                readings.append(kept)
                skipped += left
            elif is_config(found.path) and found.code == UNRECOGNISED_CODE:
                passed.append(Passed(found.path, SOURCE_CODE))
            else:
                skipped.append(found)
        alike.saw(log, is_log=len(readings) > held)
    skipped += alike.unopened()
    parts = [
        part
        for reading in gathered(readings)
        for part in ([corrected(reading, wishes)] if reading.gathered else runs_of(reading, wishes))
    ]
    groups = grouped(parts)
    if not groups and (broken := broken_before_rows(logs, parts)):
        parts, groups = broken, [Group("", broken)]
        told_of = {part.log.shown for part in broken}
        skipped = [one for one in skipped if one.path not in told_of]
    if not groups:
        raise NothingReadError(
            f"No metric found in {_named(given)}{_why(parts, skipped, passed)}",
            hint="Ask which formats fit: lossreport formats PATH.",
        )
    groups[0].skipped = [*skipped, *groups[0].skipped]
    return _merged(groups, parts, run_name(given), options)


def _merged(
    groups: Sequence[Group], parts: Sequence[Reading], name: str, options: ReadOptions
) -> tuple[Run, ...]:
    logs = {id(piece.log): piece.log for part in parts for piece in part.files}
    ids = {identity: f"s{number}" for number, identity in enumerate(logs, 1)}
    named = [group.name or name for group in groups] if len(groups) > 1 else [name]
    return tuple(
        merge(
            group,
            f"r{number}",
            called,
            ids,
            options.facts,
            options.guidance,
            redacted=options.redact,
        )
        for number, (group, called) in enumerate(zip(groups, named, strict=True), 1)
    )


def _read(
    log: LogFile, options: ReadOptions, named: Collection[Path]
) -> Iterator[Reading | Skipped]:
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
    except Unreadable as error:
        yield Skipped(path=log.shown, reason=COULD_NOT(error=str(error)), code=LogError.code)
    except UsageError:
        raise
    except Exception as error:  # a bug in one parser must not cost the other files
        if options.strict:
            raise
        yield Skipped(
            path=log.shown,
            reason=PARSER_FAILED(error=f"{type(error).__name__}: {error}"),
            code=LogError.code,
        )


def _views(log: LogFile) -> Iterator[LogFile]:
    """Yield the file, or a view of each process that wrote it; the first keeps the name of the
    file.
    """
    if len(log.writers) < 2:
        yield log
        return
    for number, writer in enumerate(log.writers):
        yield replace(log, writer=writer, shown=f"{log.shown}#{writer}" if number else log.shown)


def unfolded(
    log: LogFile, ignore: Sequence[str] = (), named: Collection[Path] = ()
) -> Iterator[LogFile | Skipped]:
    """Yield the file, or those inside it where it is an archive, with what cannot be read; raises
    LogError where it cannot be opened.

    An archive that the user named is a folder like any other; one found in a folder is a folder
    below it. There a member that lies unpacked beside the archive, in the folder called like it, is
    left out.
    """
    if not is_archive(log):
        yield log
    elif log.path in named:
        yield from members(log, lambda shown: wanted(shown, ignore))
    else:
        for member in members(log, lambda shown: wanted(shown, ignore), f"{log.shown}/"):
            yield member if isinstance(member, Skipped) else _unless_unpacked(log, member)


def _unless_unpacked(archive: LogFile, member: LogFile) -> LogFile | Skipped:
    """Return a member of an archive, or that it is a copy of the file beside the archive that it
    was packed from, or unpacked to.
    """
    stem = next(
        (
            archive.shown[: -len(ending)]
            for ending in ENDINGS
            if archive.shown.lower().endswith(ending)
        ),
        archive.shown,
    )
    inner = member.shown.removeprefix(f"{archive.shown}/")
    beside = (
        None if archive.path is None else archive.path.parent / PurePosixPath(stem).name / inner
    )
    if (
        beside is None
        or not beside.is_file()
        or member.digest() != LogFile(member.shown, path=beside).digest()
    ):
        return member
    return Skipped(path=member.shown, reason=COPY(other=f"{stem}/{inner}"), code="copy")


def candidates(log: LogFile) -> list[Candidate]:
    """Return what every parser says of a file, surest first; of Python code only the parsers of
    settings are asked.
    """
    found = [Candidate(unit, unit.sniff(log)) for unit in _asked(log)]
    return sorted(found, key=lambda candidate: -candidate.score.value)


def _asked(log: LogFile) -> Sequence[Parser]:
    return [unit for unit in parsers() if unit.config] if is_config(log.shown) else parsers()


def surest(log: LogFile) -> Candidate:
    """Return the first of `candidates`, without asking the parsers that cannot be it."""
    numbered = sorted(enumerate(_asked(log)), key=lambda item: -item[1].most)
    best, rank = Candidate(numbered[0][1], Score(-1.0, "")), 0
    for number, unit in numbered:
        if unit.most < best.score.value:
            break
        score = unit.sniff(log)
        if (-score.value, number) < (-best.score.value, rank):
            best, rank = Candidate(unit, score), number
    return best


def run_name(paths: Sequence[str | os.PathLike[str]]) -> str:
    """Return the name of a run: that of the folder, or of the first file's folder."""
    first = os.fspath(paths[0])
    if first == "-":
        return "stdin"
    if is_remote(first):
        return name_of(first) if first.endswith("/") else PurePosixPath(name_of(first)).stem
    place = Path(first).resolve()
    return place.name if place.is_dir() else place.stem


def _choose(log: LogFile, options: ReadOptions) -> Parser | Skipped:
    for glob, parser_id in options.parsers:
        if matches(log.shown, (glob,)):
            return parser(parser_id)
    if not log.head:
        return Skipped(path=log.shown, reason=EMPTY(), code="empty")
    best = surest(log)
    if best.score.value >= MIN_SCORE:
        return best.parser
    return Skipped(
        path=log.shown,
        reason=(NO_ROWS if _is_bare_header(log) else UNRECOGNISED)(),
        code=UNRECOGNISED_CODE,
    )


def _is_bare_header(log: LogFile) -> bool:
    """Return whether a file holds nothing but the names of columns: the program that should have
    filled it never came to a row.
    """
    lines = [line for line in log.head_lines if line.strip()]
    return len(lines) == 1 and any(
        is_header(cells(lines[0], separator)) for separator in SEPARATORS
    )


def _named(paths: Sequence[str | os.PathLike[str]]) -> str:
    return ", ".join(repr(shown_address(path)) for path in paths)


def _why(parts: Sequence[Reading], skipped: Sequence[Skipped], passed: Sequence[Passed]) -> str:
    """Return why there is no metric: what each file is, those that a parser refuses first, then
    what was not looked at.
    """
    reasons = [
        (skip.code == REFUSED, f"{skip.path}: {skip.reason.plain('en')}") for skip in skipped
    ]
    settings = [f"{part.log.shown}: {_of_settings(part)}" for part in parts]
    lines = [
        *(text for refused, text in reasons if refused),
        *settings,
        *(text for refused, text in reasons if not refused),
    ]
    more = [f"and {len(lines) - MOST_TOLD} more"] if len(lines) > MOST_TOLD else []
    unseen = [f"not looked at: {told(passed)}"] if passed else []
    return (
        f" ({'; '.join((*lines[:MOST_TOLD], *more, *unseen))})"
        if lines or unseen
        else ": it holds no file"
    )


def _of_settings(part: Reading) -> str:
    """Return what a file without a row is; of the state of a trainer that ended before its first
    row, why it has none.
    """
    facts = {fact.name: fact.value for fact in part.facts}
    every, made = facts.get("logging_steps"), facts.get("max_steps")
    if part.parser.id != "hf_trainer_state":
        return "only configuration"
    if isinstance(every, int) and isinstance(made, int) and every > made > 0:
        return (
            f"a trainer's state without a row, since it logs every {every} of {made} steps; "
            f"lower logging_steps"
        )
    return "a trainer's state without a row"


def select(runs: tuple[Run, ...], wanted: str | None) -> tuple[Run, ...]:
    """Return the run of that id or name, or all; raises UsageError naming the runs where there is
    none of it.
    """
    if wanted is None:
        return runs
    chosen = tuple(run for run in runs if wanted in (run.id, run.name))
    if not chosen:
        known = ", ".join(f"{run.id} ({run.name})" for run in runs)
        raise UsageError(f"No run is called {wanted!r}", hint=f"There are: {known}.")
    return chosen
