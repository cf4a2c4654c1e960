"""One static page over all reports below a folder: `lossreport index`. Find, take out of each what
the page shows, order, render.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from lossreport import regex as re
from lossreport.errors import MissingPathError, NothingReadError, ReportError, malformed
from lossreport.index import cache, learned
from lossreport.index.cache import Known
from lossreport.index.entry import Entry, entry_of, place, sound_entry
from lossreport.index.families import copies
from lossreport.index.shelf import page_of
from lossreport.store.stored import LARGEST_FILE, parse_report
from lossreport.text import visible
from lossreport.values import dataclass
from lossreport.writing import check_writable, write_file

FILE: Final = "lossreport.index.html"
SUFFIXES: Final = (".html", ".htm", ".json")
TABLE, DATA = "lossreport.index.csv", "lossreport.index.json"
OURS: Final = (FILE, cache.FILE, learned.FILE, DATA, "lossreport.batch.json")
HEAD: Final = 4096
OURS_BY_HEAD: Final = re.compile(
    rb'<meta name="generator" content="lossreport [^" ,]*">|"schema": ?"lossreport/'
)
"""How a report begins, and no other page that speaks of lossreport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What an index holds, and how many of its reports had to be parsed."""

    entries: tuple[Entry, ...]
    parsed: int
    unsound: tuple[str, ...] = ()
    """Reports that are malformed, each with why; they are not on the page."""


def write_index(
    folder: str | Path, output: str | Path | None = None, title: str | None = None
) -> Indexed:
    """Write the index of all reports below `folder`, its cache and the reference ranges; return
    what it holds.

    `output` is the page, by default lossreport.index.html in the folder; cache, ranges and the
    table as CSV and JSON stand beside it. A report of which HTML and JSON stand side by side under
    one name counts once. Raises MissingPathError, and NothingReadError where there is no report.
    """
    root = Path(folder)
    if not root.is_dir():
        raise MissingPathError(
            f"There is no folder {str(folder)!r}", hint="Name the folder that holds the reports."
        )
    target = Path(output) if output is not None else root / FILE
    check_writable(target)
    before = cache.load(target.with_name(cache.FILE))
    unsound: list[str] = []
    known, parsed = _read(root, target, before, unsound)
    entries = tuple(_shown(known))
    if not entries:
        raise NothingReadError(
            f"No report below {str(folder)!r}",
            hint="Make reports first: lossreport build, or lossreport batch.",
        )
    links = os.path.relpath(root.resolve(), target.resolve().parent).replace(os.sep, "/")
    page = page_of(
        entries, title or root.resolve().name, "" if links == "." else f"{links}/", unsound
    )
    write_file(target, page)
    write_file(target.with_name(learned.FILE), learned.references(entries))
    write_file(target.with_name(TABLE), table_of(entries))
    write_file(target.with_name(DATA), cache.as_json(entries) + "\n")
    if known != before:
        cache.save(target.with_name(cache.FILE), known)
    return Indexed(entries=entries, parsed=parsed, unsound=tuple(unsound))


def table_of(entries: Sequence[Entry]) -> str:
    """Return the entries as CSV: one row a report, then a column for every setting and for the last
    and best value of every metric.
    """
    facts = sorted({name for entry in entries for name in entry.facts})
    labels = sorted({label for entry in entries for label, _, _ in entry.values})
    head = [
        "path",
        "title",
        "name",
        "state",
        "owner",
        "tags",
        "first_day",
        "last_day",
        "goal",
        "goal_best",
        "logs_sha256",
    ]
    head += ["commit", "data", "seed", "configuration", "copy_of"]
    known = copies(entries)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    settings = [f"setting:{name}" for name in facts]
    ends_of = [f"{end}:{label}" for label in labels for end in ("last", "best")]
    writer.writerow([*head, *map(visible, settings), *map(visible, ends_of)])
    for entry in entries:
        values = {label: (last, best) for label, last, best in entry.values}
        own = [
            entry.path,
            entry.title,
            entry.names[0],
            entry.state,
            entry.owner,
            " ".join(entry.tags),
        ]
        own += [
            *(entry.days[:1] or ("",)),
            *(entry.days[-1:] or ("",)),
            entry.goal,
            _cell(entry.goal_best),
            " ".join(entry.logs),
        ]
        own += [
            entry.commit,
            entry.data,
            entry.seed,
            entry.configuration,
            known.get(entry.path, ""),
        ]
        ends = [_cell(value) for label in labels for value in values.get(label, (None, None))]
        writer.writerow(
            [*map(_harmless, own), *(_harmless(entry.facts.get(name, "")) for name in facts), *ends]
        )
    return text.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value)


def _harmless(text: str) -> str:
    """Return a text on one line, of characters that every encoding has, that no spreadsheet runs as
    a formula.
    """
    shown = visible(text)
    return f"'{shown}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else shown


def _read(
    root: Path, target: Path, before: dict[str, Known], unsound: list[str]
) -> tuple[dict[str, Known], int]:
    known: dict[str, Known] = {}
    parsed = 0
    for path, status in _files(root):
        name = place(path, root)
        if path.resolve() == target.resolve():
            continue
        old = before.get(name)
        if old is not None and (old.size, old.changed) == (status.st_size, status.st_mtime_ns):
            known[name] = old
            continue
        try:
            known[name], fresh = _look(path, name, status, old)
        except ReportError as error:
            unsound.append(f"{name}: {error}")
            continue
        parsed += fresh
    return known, parsed


def _shown(known: dict[str, Known]) -> Iterator[Entry]:
    """Yield the entries by path, the JSON of a report only where no page of the same name stands
    beside it.
    """
    for name, one in sorted(known.items()):
        twins = (
            (known.get(name[: -len(".json")] + end) for end in (".html", ".htm"))
            if name.endswith(".json")
            else ()
        )
        if one.entry is not None and not any(
            twin is not None and twin.entry is not None for twin in twins
        ):
            yield one.entry


def _look(path: Path, name: str, status: os.stat_result, old: Known | None) -> tuple[Known, bool]:
    """Return what is known of a file now, and whether it had to be parsed; a file that was only
    touched is not.

    Raises ReportError where it is a report that cannot be read: cut, damaged, too large.
    """
    raw, ours = _content(path, status.st_size)
    if not raw:
        return Known(size=status.st_size, changed=status.st_mtime_ns, sha256="", entry=None), False
    sha = cache.digest(raw)
    if old is not None and old.sha256 == sha:
        return Known(
            size=status.st_size, changed=status.st_mtime_ns, sha256=sha, entry=old.entry
        ), False
    try:
        stored = parse_report(raw, path)
    except ReportError:
        if ours:
            raise
        return Known(size=status.st_size, changed=status.st_mtime_ns, sha256=sha, entry=None), True
    with malformed(name):
        entry = sound_entry(entry_of(stored, name))
    return Known(size=status.st_size, changed=status.st_mtime_ns, sha256=sha, entry=entry), True


def _content(path: Path, size: int) -> tuple[bytes, bool]:
    """Return the bytes of a file that may be a report, b"" for any other, and whether its head says
    that it is one.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            ours = OURS_BY_HEAD.search(head) is not None
            if ours and size > LARGEST_FILE:
                raise ReportError(
                    f"{path.name!r} has more than {LARGEST_FILE >> 20} MiB",
                    hint="Build it again without --embed-logs.",
                )
            return (
                head + file.read() if b"lossreport" in head and size <= LARGEST_FILE else b""
            ), ours
    except OSError as error:
        raise ReportError(
            f"Couldn't read {path.name!r}: {error.strerror}", hint="Check who may read it."
        ) from error


def _files(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for here, folders, files in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not name.endswith(".files")
        )
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and name not in OURS and not name.startswith("."):
                path = Path(here) / name
                with suppress(OSError):
                    # a link that leads nowhere, or a report that was removed meanwhile
                    status = path.stat()
                    if stat.S_ISREG(status.st_mode):
                        yield path, status
