"""Holds a member of an archive: a small one in memory, a large one in a file without a name, which
is gone with the process.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import IO, BinaryIO, Final, cast

IN_MEMORY: Final = 1 << 24
"""Bytes of a member that is held in memory: of our real logs 99 in 100 have less."""
BLOCK_BYTES: Final = 1 << 20


class Spool:
    """The bytes of one member. It can be opened any number of times, also while it is open."""

    def __init__(self, source: IO[bytes]) -> None:
        self._file = tempfile.TemporaryFile(prefix="lossreport-")  # noqa: SIM115 - it lives as long as this object
        shutil.copyfileobj(source, self._file, BLOCK_BYTES)

    def open(self) -> BinaryIO:
        """Return the bytes from their begin."""
        return cast(BinaryIO, io.BufferedReader(_View(self), BLOCK_BYTES))

    def read_at(self, place: int, size: int) -> bytes:
        """Return at most `size` bytes from `place` on."""
        self._file.seek(place)
        return self._file.read(size)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._file.seek(0, io.SEEK_END)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


class _View(io.RawIOBase):
    """One opening of a spool, with a place of its own."""

    def __init__(self, spool: Spool) -> None:
        self._spool, self._place = spool, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._spool.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._spool.read_at(self._place, len(view))
        view[: len(data)] = data
        self._place += len(data)
        return len(data)
