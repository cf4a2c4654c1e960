"""The files inside a packed run folder (.zip, .tar, .tar.gz, .tar.zst, ...), read without unpacking
anything into a folder.

A name inside an archive is only ever a name: what is large is held in a file without one, so that
`../../x` and `/etc/x` lead nowhere.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import partial
from typing import IO, BinaryIO, Final

from lossreport.errors import LogError
from lossreport.model.run import Skipped
from lossreport.reading.bytes.compression import Unpacked
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.bytes.spool import IN_MEMORY, Spool
from lossreport.text import Quantity, Text
from lossreport.values import dataclass

ENDINGS: Final = (
    ".zip",
    ".tar",
    ".tar.gz",
    ".tgz",
    ".tar.bz2",
    ".tbz2",
    ".tar.xz",
    ".txz",
    ".tar.zst",
    ".tzst",
)
LARGEST: Final = 1 << 30
"""Members above 1 GiB are weights or a bomb, not logs."""
LARGEST_SUM: Final = 2 << 30
"""Small members are held in memory and large ones in temporary files: of one archive at most 2
GiB.
"""
MOST_MEMBERS: Final = 100_000
BOMB_RATIO: Final = 500
"""The largest 25 of our real logs shrink 4 to 26 times by gzip, bzip2, xz or zstd -19, one of
repeated "nan" 148 times by xz; zeros 1000 times by gzip, the least of the four ...
"""
BOMB_BYTES: Final = 1 << 28
"""... and below 256 MiB nothing is a bomb."""
ENCRYPTED = Text(zh="已加密", en="it is encrypted")
TOO_LARGE = Text(
    zh="解包后有 {size}，超过单个文件 {limit} 的上限",
    en="it unpacks to {size}, which is more than the {limit} read of one file",
)
TOO_MUCH = Text(
    zh="这个压缩包里已读的文件合计将超过 {limit}；请解包后给出目录",
    en="with it, the files of this archive exceed {limit}; unpack it and give the folder",
)
BROKEN = Text(zh="在压缩包里已损坏：{error}", en="it is damaged inside the archive: {error}")
BREAKS_OFF = Text(
    zh="压缩包中断或已损坏，此后的文件没有读到",
    en="the archive is truncated or damaged; files after that point were not read",
)
TOO_MANY = Text(
    zh="文件数超过 {limit}，其余的没有读；请解包后给出该次运行的目录",
    en="it holds more than {limit} files, and the rest is not read; unpack it and give the "
    "folder of the run",
)
BOMB = Text(
    zh="解包后超过自身大小的 {ratio} 倍，按压缩炸弹处理",
    en="it unpacks to more than {ratio} times its size and is treated as a decompression bomb",
)
DAMAGE: Final = (
    OSError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
)
CODE: Final = LogError.code


class BombError(OSError):
    """An archive grows beyond all measure."""


@dataclass
class _Budget:
    """What may still be taken from one archive."""

    left: int = field(default_factory=lambda: LARGEST_SUM)

    def refuses(self, shown: str, size: int) -> Skipped | None:
        """Return why a member of that size is not read, or None and count it."""
        if size > LARGEST:
            return Skipped(
                path=shown, reason=TOO_LARGE(size=_size(size), limit=_size(LARGEST)), code=CODE
            )
        if size > self.left:
            return Skipped(path=shown, reason=TOO_MUCH(limit=_size(LARGEST_SUM)), code=CODE)
        self.left -= size
        return None


def _size(count: int) -> Quantity:
    return Quantity(value=count / (1 << 30), unit="GiB", digits=2)


def is_archive(log: LogFile) -> bool:
    """Return whether a file is an archive by its name and its content: a .zip of another program
    (.npz, .pt) is none.
    """
    if log.path is None or not log.shown.lower().endswith(ENDINGS):
        return False
    return zipfile.is_zipfile(log.path) or _is_tar(log)


def _is_tar(log: LogFile) -> bool:
    with log.open() as file:
        block = file.read(tarfile.BLOCKSIZE)
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(
    log: LogFile, wanted: Callable[[str], bool], prefix: str = ""
) -> Iterator[LogFile | Skipped]:
    """Yield the wanted files of an archive in the order of their names; those that cannot be read
    with the reason.

    They are named by `prefix` and their place inside. Of two members of one name the later one
    counts, as it does when unpacking. Raises LogError where the archive cannot be opened at all.
    """
    try:
        found = (
            _of_zip(log, wanted, prefix)
            if zipfile.is_zipfile(log.path or "")
            else _of_tar(log, wanted, prefix)
        )
        yield from sorted(
            found.values(), key=lambda one: one.path if isinstance(one, Skipped) else one.shown
        )
    except DAMAGE as error:
        raise LogError(
            f"Couldn't unpack {log.shown!r}: {error}",
            hint="Unpack it by hand and give the folder; all other files are read.",
        ) from error


def _of_zip(
    log: LogFile, wanted: Callable[[str], bool], prefix: str
) -> dict[str, LogFile | Skipped]:
    found, budget = dict[str, LogFile | Skipped](), _Budget()
    with zipfile.ZipFile(log.path or "") as archive:
        for number, info in enumerate(archive.infolist()):
            if number >= MOST_MEMBERS:
                found[log.shown] = Skipped(
                    path=log.shown, reason=TOO_MANY(limit=MOST_MEMBERS), code=CODE
                )
                break
            shown = prefix + inside(_name(info))
            if info.is_dir() or not wanted(shown):
                continue
            refused = (
                Skipped(path=shown, reason=ENCRYPTED(), code=CODE)
                if info.flag_bits & 1
                else budget.refuses(shown, info.file_size)
            )
            found[shown] = refused or _read(shown, partial(archive.open, info), info.file_size)
    return found


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member. Without the flag for UTF-8 zipfile takes CP437; Chinese Windows
    writes GBK.
    """
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _of_tar(
    log: LogFile, wanted: Callable[[str], bool], prefix: str
) -> dict[str, LogFile | Skipped]:
    """Read a tar in one pass; weights in it are passed over, packed ones by unpacking them."""
    found, budget = dict[str, LogFile | Skipped](), _Budget()
    try:
        with log.open() as file, _opened_tar(file, log) as archive:
            for number, info in enumerate(archive):
                shown = prefix + inside(info.name)
                if number >= MOST_MEMBERS:
                    found[log.shown] = Skipped(
                        path=log.shown, reason=TOO_MANY(limit=MOST_MEMBERS), code=CODE
                    )
                    break
                if info.isfile() and wanted(shown):
                    found[shown] = budget.refuses(shown, info.size) or _read(
                        shown, partial(_bytes_of, archive, info), info.size
                    )
            raw = getattr(file, "raw", None)
            if isinstance(raw, Unpacked) and raw.damaged:
                # it broke off between two members, which tarfile takes for the end
                found[log.shown] = Skipped(path=log.shown, reason=BREAKS_OFF(), code=CODE)
    except BombError:
        found[log.shown] = Skipped(path=log.shown, reason=BOMB(ratio=BOMB_RATIO), code=CODE)
    except DAMAGE:
        if not found:
            raise
        found[log.shown] = Skipped(path=log.shown, reason=BREAKS_OFF(), code=CODE)
    return found


def _opened_tar(file: BinaryIO, log: LogFile) -> tarfile.TarFile:
    if not isinstance(getattr(file, "raw", None), Unpacked):
        return tarfile.open(fileobj=file, mode="r:")
    limit = (
        max(BOMB_BYTES, BOMB_RATIO * log.path.stat().st_size)
        if log.path is not None
        else BOMB_BYTES
    )
    return tarfile.open(fileobj=_Bounded(file, limit), mode="r|")


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise BombError("it grows beyond all measure")
        return data


def _bytes_of(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    return archive.extractfile(info) or io.BytesIO()


def _read(shown: str, opened: Callable[[], IO[bytes]], size: int) -> LogFile | Skipped:
    try:
        with opened() as member:
            return (
                LogFile(shown, data=member.read())
                if size <= IN_MEMORY
                else LogFile(shown, spool=Spool(member))
            )
    except BombError:
        raise
    except (*DAMAGE, RuntimeError) as error:  # RuntimeError: zipfile, where a password is missing
        return Skipped(path=shown, reason=BROKEN(error=str(error)), code=CODE)


def inside(name: str) -> str:
    """Return a name as a relative path that cannot leave its folder."""
    return "/".join(
        part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")
    )
