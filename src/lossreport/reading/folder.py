"""What of a folder is looked at, and what is passed over and why: weights, source code, what is
hidden, our own reports.
"""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.errors import LogError, MissingPathError
from lossreport.model.run import Skipped
from lossreport.reading.bytes.reader import LogFile
from lossreport.text import Text

MAX_DEPTH: Final = 6
"""Folders below a named folder that are searched; deeper ones hold checkpoints and media
(FORMATS.md section 10).
"""
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
ARRAYS: Final = re.compile(r"(?:.{0,200}[_-])?evaluations(?:[_-].{0,200})?\.npz", re.IGNORECASE)
"""The one array file that is a log: what the EvalCallback of Stable-Baselines3 writes."""
SOURCE: Final = (
    ".py",
    ".pyc",
    ".pyx",
    ".c",
    ".cc",
    ".cpp",
    ".cu",
    ".cuh",
    ".h",
    ".hpp",
    ".java",
    ".js",
    ".ts",
    ".rs",
    ".go",
    ".sh",
)
"""Source code prints nothing: what stands in it are names and formats, not numbers."""
SOURCE_CODE: Final = "source code"
SNAPSHOTS: Final = frozenset(
    ("code", "src", "source", "sourcecode", "source_code", "code_snapshot", "snapshot", "scripts")
)
"""Folders so called, with source code and no log in them, are a copy of the program."""
LIBRARIES: Final = frozenset(
    ("site-packages", "dist-packages", "node_modules", "__pycache__", "_sources", "__MACOSX")
)
"""Other people's programs, Sacred's copies of ours, and what macOS puts into its archives beside
the files.
"""
LOG_LIKE: Final = re.compile(
    r".*\.(?:log|out|err|csv|tsv|jsonl|zip|gz)|.*tfevents.*|(?:metrics|history|results|"
    r"trainer_state).*\.json",
    re.IGNORECASE,
)
LOOKED_THROUGH: Final = 2000
"""Files of a folder that are looked at to tell whether it is a copy of the program."""
COMPANIONS: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database in use: read with it, see `database.py`."""
STORES: Final = {
    ".hydra": re.compile(r".+"),
    ".aim": re.compile(r"run_metadata\.sqlite"),
    ".neptune": re.compile(r"(?:.{0,250}/)?(?:data-\d+\.log|metadata\.json)"),
    ".guild": re.compile(
        r"attrs/(?:flags|exit_status|label|started|stopped)|output|"
        r"(?:.{0,250}/)?events\.out\.tfevents[^/]*"
    ),
    ".comet": re.compile(r".+"),
    ".cometml-runs": re.compile(r".+"),
    ".clearml": re.compile(r"(?:.{0,250}/)?offline/.+"),
    ".wandb": re.compile(r".+"),
}
"""Hidden folders that hold a run, and what in them tells of it: Guild AI keeps environment
variables beside the flags, Aim a database a run.
"""
OF_WANDB: Final = re.compile(r"debug(?:-internal|-core|-cli\..{1,80})?\.log")
WANDB_RUN: Final = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-\w{1,80}|latest-run")
"""What W&B says of its own doing in the folders it makes (wandb/sdk/wandb_settings.py):
configurations and requests, no training.
"""
FIFO = Text(zh="是命名管道（FIFO），不是普通文件", en="it is a pipe (FIFO) and no regular file")
SOCKET = Text(zh="是套接字，不是普通文件", en="it is a socket and no regular file")
DEVICE = Text(zh="是设备，不是普通文件", en="it is a device and no regular file")
LOOP = Text(zh="是指向自身的符号链接", en="it is a symbolic link that leads to itself")
LEADS_NOWHERE = Text(
    zh="是符号链接，指向的文件不存在", en="it is a symbolic link to a file that does not exist"
)
SHOWN: Final = 3
"""Names told of each kind of file that is passed over."""


class Passed(NamedTuple):
    """A file or folder that was not looked at, and what it is."""

    name: str
    what: str


def why_not(shown: str, ignore: Sequence[str] = ()) -> str:
    """Return what a file is, by its relative name, where it is not looked at; nothing where it
    is.
    """
    *folders, name = shown.split("/")
    if any(part in LIBRARIES or part == ".git" for part in folders):
        return "source code of libraries or a copy of it"
    if name.startswith(".") or any(part.startswith(".") and part not in STORES for part in folders):
        return "hidden"
    if any(
        part in STORES and not STORES[part].fullmatch("/".join((*folders[i + 1 :], name)))
        for i, part in enumerate(folders)
    ):
        return "an inner file of a tracker's store"
    if OF_WANDB.fullmatch(name) and any(
        part == "wandb" or WANDB_RUN.fullmatch(part) for part in folders
    ):
        return "W&B's log of itself"
    if name.lower().endswith(BINARY) and not ARRAYS.fullmatch(name):
        return "weights, arrays or media"
    if name.lower().endswith(SOURCE) and not is_config(name):
        return SOURCE_CODE
    if name.endswith(COMPANIONS):
        return "part of a database"
    if matches(shown, ignore):
        return "left out by --ignore"
    return "a report or a setting of lossreport, or a document" if matches(shown, NEVER) else ""


def is_config(name: str) -> bool:
    """Return whether a file may be a configuration written in Python, as MMEngine dumps it: only
    parsers of settings are asked.
    """
    return name.lower().endswith(".py")


def wanted(shown: str, ignore: Sequence[str] = ()) -> bool:
    """Return whether a file inside an archive, or at another place, is looked at: neither hidden,
    nor weights, nor left out by name.
    """
    return not why_not(shown, ignore)


def find_logs(
    paths: Sequence[str | os.PathLike[str]],
    ignore: Sequence[str] = (),
    passed: list[Passed] | None = None,
    unread: list[Skipped] | None = None,
) -> Iterator[LogFile]:
    """Yield the files to look at, each once, sorted within a folder, named relative to the folder
    they were found in.

    What is passed over in a folder is added to `passed`, and what bears the name of a log and is no
    file to `unread`. A file that is named is looked at whatever it is, our own reports apart; a
    named FIFO is read once, as standard input is.
    """
    seen: set[Path] = set()
    passed, unread = passed if passed is not None else [], unread if unread is not None else []
    for path in (os.fspath(path) for path in paths):
        if path == "-":
            yield LogFile("stdin", data=sys.stdin.buffer.read())
            continue
        place = Path(path)
        if not place.exists():
            raise MissingPathError(
                f"There is no file or folder {path!r}",
                hint="Check the spelling and the folder you are in.",
            )
        for file, shown in (
            sorted(_walk(place, ignore, passed), key=lambda item: item[1])
            if place.is_dir()
            else [(place, place.name)]
        ):
            if matches(shown, (*NEVER, *ignore)):
                continue
            kind = kind_of(file)
            if kind == FIFO and file == place:
                yield LogFile(shown, data=file.read_bytes())
            elif kind is not None:
                unread.append(Skipped(path=shown, reason=kind(), code=LogError.code))
            elif file.resolve() not in seen:
                seen.add(file.resolve())
                yield LogFile(shown, path=file)


def kind_of(file: Path) -> Text | None:
    """Return what stands in the place of a file where that is none: reading it would wait for ever,
    or never end.
    """
    try:
        mode = file.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return LOOP
        return LEADS_NOWHERE if file.is_symlink() else None
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISFIFO(mode):
        return FIFO
    return SOCKET if stat.S_ISSOCK(mode) else DEVICE


def _walk(folder: Path, ignore: Sequence[str], passed: list[Passed]) -> Iterator[tuple[Path, str]]:
    for here, folders, files in os.walk(folder):
        relative = Path(here).relative_to(folder)
        below = [
            (name, _closed(Path(here) / name, len(relative.parts))) for name in sorted(folders)
        ]
        folders[:] = [name for name, what in below if not what]
        passed += [Passed(f"{(relative / name).as_posix()}/", what) for name, what in below if what]
        for name in sorted(files):
            shown = (relative / name).as_posix()
            what = why_not(shown, ignore)
            if what:
                passed.append(Passed(shown, what))
            else:
                yield Path(here) / name, shown


def _closed(folder: Path, depth: int) -> str:
    """Return why a folder is not searched, or nothing."""
    name = folder.name
    if name in LIBRARIES or name == ".git":
        return "source code of libraries or a copy of it"
    if name.startswith(".") and name not in STORES:
        return "hidden"
    if depth >= MAX_DEPTH:
        return f"more than {MAX_DEPTH} folders deep"
    if is_link_copied(folder):
        return "a copy of the newest run of W&B"
    return "a copy of the program" if name.lower() in SNAPSHOTS and is_snapshot(folder) else ""


LINK_OF_WANDB: Final = "latest-run"
"""W&B links the newest run folder so (wandb/sdk/wandb_init.py); where links cannot be kept (git on
Windows, archives) it becomes a copy.
"""


def is_link_copied(folder: Path) -> bool:
    """Return whether a folder is the copy of W&B's link to the newest run, whose own folder lies
    beside it: `run-20230718_174552-mo1d89db`.
    """
    if folder.name != LINK_OF_WANDB:
        return False
    ids = [file.stem.removeprefix("run-") for file in folder.glob("run-*.wandb")]
    return any(
        (run / f"run-{id}.wandb").is_file()
        for id in ids
        for run in folder.parent.glob(f"*run-*-{glob.escape(id)}")
    )


def is_snapshot(folder: Path) -> bool:
    """Return whether a folder holds source code and nothing that is called like a log."""
    names = [
        file.name
        for file in islice((file for file in folder.rglob("*") if file.is_file()), LOOKED_THROUGH)
    ]
    return any(name.lower().endswith(SOURCE) for name in names) and not any(
        LOG_LIKE.fullmatch(name) for name in names
    )


def told(passed: Iterable[Passed]) -> str:
    """Return in words what was passed over, a kind after the other with its first names; nothing
    where there was nothing.
    """
    kinds: dict[str, list[str]] = {}
    for name, what in passed:
        kinds.setdefault(what, []).append(name)
    return "; ".join(
        f"{', '.join(names[:SHOWN])}{_more(len(names) - SHOWN)} ({what})"
        for what, names in kinds.items()
    )


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def matches(shown: str, globs: Sequence[str]) -> bool:
    """Return whether a relative name, or its last part, fits one of the patterns."""
    return any(
        fnmatch.fnmatch(shown, glob) or fnmatch.fnmatch(shown.rsplit("/", 1)[-1], glob)
        for glob in globs
    )
