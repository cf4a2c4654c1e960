"""The one door through which a report leaves: a file is replaced whole or not at all, a device is
written to, and stdout may be gone.

A temporary file `.lossreport-XXXXXXXX.tmp` is locked by the process that writes it. What a killed
process left is locked by nobody, and the next report written into that folder removes it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from lossreport import regex as re
from lossreport.errors import OutputError
from lossreport.text import printable

if sys.platform == "win32":  # pragma: no cover
    fcntl = None
else:
    import fcntl

PREFIX: Final = ".lossreport-"
SUFFIX: Final = ".tmp"
LEFT: Final = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}" + re.escape(SUFFIX))
"""A temporary file of ours: eight characters are what `tempfile` puts between. No other file of
lossreport is called so.
"""
ABANDONED: Final = 24 * 3600
"""Seconds after which a temporary file is taken for abandoned where files cannot be locked (NFS
without its lock service, Windows): no report takes a day to write, and a file in use cannot be
removed on Windows.
"""
CHART: Final = re.compile(r"[\w.\-]{1,200}-[0-9a-f]{12}\.svg")
"""A chart beside a Markdown report: its name ends with the first digits of the sha256 of its
content.
"""
UNNAMED: Final = 3600
"""Seconds after which a chart that no text names is removed: a run that was killed before its text
wrote it, and a run that is about to write its text needs it for a moment only.
"""
PATIENCE: Final = 10.0
"""Seconds to wait for another run that writes the same document; it takes well below one, unless it
was stopped.
"""
LARGEST_TEXT: Final = 1 << 26
"""Bytes of a neighbour of the same stem that is looked through for the charts it names; no Markdown
report has as many.
"""


def resolved(target: Path) -> Path:
    """Return the file that writing to `target` changes: what a symbolic link leads to, as `>` of a
    shell has it.

    Devices and FIFOs keep their name: /dev/stdout leads to a place that has none. Raises
    OutputError at a link that leads to itself.
    """
    if not target.is_symlink() or is_stream(target):
        return target
    place = Path(os.path.realpath(target))
    if place.is_symlink():
        raise OutputError(
            f"Couldn't write {str(target)!r}: the link leads to itself",
            hint="Remove the link, or name another file.",
        )
    return place


def is_stream(target: Path) -> bool:
    """Return whether a path names a FIFO or a character device: what is written into and cannot be
    replaced.
    """
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def check_writable(target: Path) -> None:
    """Raise OutputError where a report could not be written to `target`, before any work is
    done.
    """
    place = resolved(target)
    if place.is_dir():
        raise OutputError(
            f"Couldn't write {str(target)!r}: it is a folder", hint="Name a file with -o FILE."
        )
    if is_stream(place):
        if not os.access(place, os.W_OK):
            raise OutputError(
                f"Couldn't write {str(target)!r}: permission denied",
                hint="Name another place with -o FILE.",
            )
        return
    if place.exists() and not place.is_file():
        raise OutputError(
            f"Couldn't write {str(target)!r}: it is a disk or a socket",
            hint="Name a file with -o FILE.",
        )
    if not place.parent.is_dir():
        raise OutputError(
            f"Couldn't write {str(target)!r}: there is no folder {str(place.parent)!r}",
            hint="Make the folder first.",
        )
    if not os.access(place.parent, os.W_OK):
        raise OutputError(
            f"Couldn't write {str(target)!r}: the folder is not writable",
            hint="Name another place with -o FILE.",
        )


def write_file(target: Path, content: str | bytes) -> None:
    """Write one file, whole or not at all; into a FIFO or a device as it is. Raises OutputError."""
    with _told(target):
        place = resolved(target)
        sweep(place.parent)
        _put(place, _bytes(content))


def write_document(target: Path, text: str | bytes, files: Mapping[str, str]) -> None:
    """Write a document and the files beside it, in `<stem>.files/`; raises OutputError.

    The names of the files follow from their content. So the old text and its charts stand untouched
    until the new text is in its place, whenever the process ends; what only the old text named is
    removed after that. Runs that write one document do so one after the other: each would remove
    charts that the other has found in place and is about to name.
    """
    place = resolved(target)
    with _told(target):
        folder = place.with_name(f"{place.stem}.files")
        sweep(place.parent)
        if files:
            folder.mkdir(exist_ok=True)
        if not folder.is_dir():
            _put(place, _bytes(text))
            return
        with _alone(folder) as alone:
            before = _named(place) if alone else ""
            sweep(folder)
            for name, content in files.items():
                _put_chart(folder / name, _bytes(content))
            _put(place, _bytes(text))
            _remove_old(folder, place, before)


def write_stdout(content: str | bytes) -> None:
    """Write to standard output. Where its reader has gone (`| head`) the rest goes nowhere; raises
    OutputError where it is closed or full.
    """
    if sys.stdout is None:
        raise OutputError(
            "Couldn't write to standard output: it is closed", hint="Name a file with -o FILE."
        )
    try:
        sys.stdout.flush()
        rest = memoryview(_bytes(content))
        while rest:
            # with PYTHONUNBUFFERED a write may take a part only, and say so by nothing else
            rest = rest[sys.stdout.buffer.write(rest) or _blocked() :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        raise OutputError(
            f"Couldn't write to standard output: {error.strerror}", hint="Name a file with -o FILE."
        ) from error


def echo(text: str, *, err: bool = False) -> None:
    """Print lines, on stderr with `err`; nothing in them acts on the terminal."""
    import click

    click.echo(printable(text), err=err)


def _blocked() -> int:
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def silence() -> None:
    """Let whatever is still to be written to standard output go nowhere: what it holds would fail
    again when the program ends.
    """
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def sweep(folder: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote into `folder`."""
    with suppress(OSError), os.scandir(folder) as entries:
        # a folder that cannot be listed keeps what it holds
        for name in [
            entry.path
            for entry in entries
            if LEFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]:
            _remove_unless_in_use(name)


def _remove_unless_in_use(name: str) -> None:
    with suppress(OSError), open(name, "rb") as file:
        # it was moved to its place meanwhile, or is another user's
        if _locked(file) or time.time() - os.fstat(file.fileno()).st_mtime > ABANDONED:
            os.unlink(name)


def _locked(file: BinaryIO | int) -> bool:
    """Lock a file or a folder for this process; return whether that was possible: nobody else holds
    it, and files can be locked here.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Keep other runs of lossreport from writing into a folder; say whether that was possible (not
    on Windows, nor on some NFS).

    The folder itself is locked, so that no lock file stays; the system unlocks it when the process
    ends, however it does.
    """
    if fcntl is None:
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        until = time.monotonic() + PATIENCE
        while not (alone := _locked(handle)) and time.monotonic() < until:
            time.sleep(0.02)
        yield alone
    finally:
        os.close(handle)


def _put(place: Path, content: bytes) -> None:
    if not is_stream(place):
        _replace(place, content)
        return
    with open(os.open(place, os.O_WRONLY), "wb") as stream:
        stream.write(content)


def _replace(place: Path, content: bytes) -> None:
    name = ""
    try:
        with _temporary(place.parent) as file:
            name = file.name
            file.write(content)
            file.flush()
            os.chmod(name, _mode(place))
            if fcntl is not None:
                os.replace(name, place)  # while it is locked, so that nobody takes it for abandoned
        if fcntl is None:
            os.replace(name, place)
    except BaseException:
        if name:
            Path(name).unlink(missing_ok=True)
        raise


def _temporary(folder: Path) -> BinaryIO:
    """Return a new file that is locked. One that another process swept before it was locked is made
    anew.
    """
    import tempfile  # takes a third of the time of --help, which writes no file

    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=PREFIX, suffix=SUFFIX)
        os.close(handle)
        file = open(name, "r+b")  # noqa: SIM115 - the caller closes it
        if not _locked(file) or os.path.exists(name):
            return file
        file.close()


def _mode(place: Path) -> int:
    """Return the permissions of the file that is replaced, or those of a new one."""
    try:
        return place.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _put_chart(place: Path, content: bytes) -> None:
    """Write a chart; one that stands there is new again, so that no other run takes it for
    forgotten before the text names it.
    """
    if _holds(place, content):
        with suppress(OSError):
            # another user's file cannot be dated; whether it is there still is seen next
            os.utime(place)
    if not _holds(place, content):
        _replace(place, content)


def _holds(place: Path, content: bytes) -> bool:
    try:
        return not place.is_symlink() and place.read_bytes() == content
    except OSError:
        return False


def _named(place: Path) -> str:
    """Return the text that stands in a place, for the charts it names."""
    try:
        return place.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _remove_old(folder: Path, place: Path, before: str) -> None:
    """Remove the charts that no text names now: those that the old text named, and those that no
    text named for long.
    """
    charts = [path for path in folder.iterdir() if CHART.fullmatch(path.name)]
    now = "".join(_named(path) for path in _sharing(place))
    for chart in [path for path in charts if path.name not in now]:
        with suppress(FileNotFoundError):  # another run removed it
            if chart.name in before or time.time() - chart.lstat().st_mtime > UNNAMED:
                chart.unlink()


def _sharing(place: Path) -> list[Path]:
    """Return the documents whose charts lie in the same folder: those of one stem (`report.md`,
    `report.markdown`).
    """
    with os.scandir(place.parent) as entries:
        stems = [
            entry for entry in entries if Path(entry.name).stem == place.stem and entry.is_file()
        ]
        return [Path(entry.path) for entry in stems if entry.stat().st_size <= LARGEST_TEXT]


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8")


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn what the system refuses into OutputError; a reader of a FIFO that has gone is passed on
    as it is.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"Couldn't write {str(target)!r}: {error.strerror}",
            hint="An existing report was left as it was.",
        ) from error
