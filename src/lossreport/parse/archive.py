"""The files inside a packed run folder (.zip, .tar, .tar.gz, .tar.xz, ...), read without unpacking anything to disk."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from lossreport.errors import LogError
from lossreport.parse.reader import LogFile

ENDINGS: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
LARGEST: Final = 1 << 30
"""Members above 1 GiB are weights or a bomb, not logs."""


def is_archive(log: LogFile) -> bool:
    """Return whether a file is an archive by its name and its content: a .zip of another program (.npz, .pt) is none."""
    if log.path is None or not log.shown.lower().endswith(ENDINGS):
        return False
    return zipfile.is_zipfile(log.path) or tarfile.is_tarfile(log.path)


def members(log: LogFile) -> Iterator[LogFile]:
    """Yield the files of an archive in the order of their names, named by their place inside; raises LogError where it is damaged."""
    try:
        yield from _of_zip(log) if zipfile.is_zipfile(log.path or "") else _of_tar(log)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError) as error:
        raise LogError(
            f"Couldn't unpack {log.shown!r}: {error}", hint="Unpack it by hand and give the folder; all other files are read."
        ) from error


def _of_zip(log: LogFile) -> Iterator[LogFile]:
    with zipfile.ZipFile(log.path or "") as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if not info.is_dir() and info.file_size <= LARGEST:
                yield LogFile(_inside(info.filename), data=archive.read(info))


def _of_tar(log: LogFile) -> Iterator[LogFile]:
    with tarfile.open(log.path or "") as archive:
        for info in sorted(archive.getmembers(), key=lambda info: info.name):
            if info.isfile() and info.size <= LARGEST and (file := archive.extractfile(info)) is not None:
                yield LogFile(_inside(info.name), data=file.read())


def _inside(name: str) -> str:
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))
