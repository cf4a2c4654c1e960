"""Opens what is compressed as if it were not: gzip, bzip2, xz and Zstandard, known by their first
bytes and not by their names.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol, cast

MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)

BLOCK_BYTES: Final = 1 << 16


class Unpacked(io.RawIOBase):
    """The bytes inside a compressed file. Where it is cut or damaged they simply end, and `damaged`
    says so.
    """

    def __init__(self, packed: BinaryIO, kind: str) -> None:
        self._packed, self._inner = packed, _openers()[kind](packed)
        self.damaged = False

    def close(self) -> None:
        """Close the compressed file as well."""
        self._packed.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            data = self._inner.read1(len(view))  # read() would drop what came before the damage
        except (EOFError, OSError, zlib.error, lzma.LZMAError, _zstd_error()):
            self.damaged = True
            return 0
        view[: len(data)] = data
        return len(data)


def unpacked(packed: BinaryIO) -> BinaryIO:
    """Return the file itself where it is not compressed, else its content."""
    start = packed.read(8)
    packed.seek(0)
    kind = next((kind for magic, kind in MAGIC if start.startswith(magic)), None)
    return (
        packed
        if kind is None
        else cast(BinaryIO, io.BufferedReader(Unpacked(packed, kind), 1 << 20))
    )


class Inner(Protocol):
    """A decompressing stream."""

    def read1(self, size: int, /) -> bytes: ...


class _Zstd:
    """Zstandard frames one after another; raises EOFError where the file ends inside one, which
    zstandard's own reader passes over.
    """

    def __init__(self, packed: BinaryIO) -> None:
        import zstandard

        self._packed, self._new = packed, zstandard.ZstdDecompressor().decompressobj
        self._frame, self._rest, self._ready = self._new(), b"", b""

    def read1(self, size: int) -> bytes:
        while not self._ready:
            block = self._rest or self._packed.read(BLOCK_BYTES)
            if not block:
                if self._started and not self._frame.eof:
                    raise EOFError("the file ends inside a frame")
                return b""
            if self._frame.eof:
                self._frame = self._new()
            self._started = True
            self._ready = self._frame.decompress(block)
            self._rest = self._frame.unused_data if self._frame.eof else b""
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    _started = False


def _openers() -> dict[str, Callable[[BinaryIO], Inner]]:
    return {
        "gzip": lambda file: gzip.GzipFile(fileobj=file),
        "bzip2": bz2.BZ2File,
        "xz": lzma.LZMAFile,
        "zstd": _Zstd,
    }


def _zstd_error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError
