"""From bytes on disk to numbered lines: the first step of reading, the same for every text format."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from lossreport.errors import LogError

HEAD_BYTES: Final = 1 << 16
"""What a parser may look at before it claims a file."""
BLOCK_BYTES: Final = 1 << 20
BOM: Final = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line, or one carriage-return fragment of a line, without its end; `number` is the 1-based line of the file.

    `complete` is False for the last line of a file that ends without a line break: it may have been cut while being written.
    """

    number: int
    text: str
    complete: bool


@dataclass(frozen=True)
class LogFile:
    """A file to read, by path or held in memory (stdin). `shown` is its name in the report: relative, with `/`."""

    shown: str
    path: Path | None = None
    data: bytes | None = None

    def open(self) -> BinaryIO:
        """Open the bytes; raises LogError where the file cannot be opened."""
        if self.data is not None:
            return io.BytesIO(self.data)
        try:
            return open(self.path or self.shown, "rb")
        except OSError as error:
            raise LogError(
                f"Couldn't read {self.shown!r}: {error.strerror}",
                hint="Check its permissions; all other files are read.",
            ) from error

    @cached_property
    def head(self) -> bytes:
        """The first bytes, without a byte-order mark."""
        with self.open() as file:
            return file.read(HEAD_BYTES).removeprefix(BOM)

    @cached_property
    def head_lines(self) -> tuple[str, ...]:
        """The complete lines of the head (all of it, where the file is one line), as text."""
        text = self.head.decode("utf-8", errors="replace")
        lines = [line.rstrip("\r") for line in text.split("\n")]
        return tuple(lines[:-1]) if len(self.head) >= HEAD_BYTES and len(lines) > 1 else tuple(lines)

    @cached_property
    def encoding(self) -> str:
        """The encoding by the byte-order mark; UTF-8 without one."""
        with self.open() as file:
            return "utf-8-sig" if file.read(3) == BOM else "utf-8"

    def digest(self) -> tuple[str, int]:
        """Return the sha256 (hexadecimal) and the number of bytes of the whole file."""
        with self.open() as file:
            digest, size = hashlib.sha256(), 0
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
                size += len(block)
            return digest.hexdigest(), size

    def text(self) -> str:
        """Return the whole file as text: for small structured files only."""
        with self.open() as file:
            return file.read().removeprefix(BOM).decode("utf-8", errors="replace")

    def lines(self) -> Iterator[Line]:
        """Yield the lines in order without holding the file in memory.

        LF and CRLF end a line; a lone CR splits it into fragments of the same number, as progress bars do, unless the file
        has no LF in its head: then CR ends a line. Bytes that are not UTF-8 become U+FFFD.
        """
        if b"\r" in self.head and b"\n" not in self.head:
            yield from self._numbered(b"\r")
            return
        for line in self._numbered(b"\n"):
            text = line.text.removesuffix("\r")
            if "\r" not in text:
                yield line._replace(text=text)
                continue
            for fragment in text.split("\r"):
                if fragment:
                    yield line._replace(text=fragment)

    def _numbered(self, end: bytes) -> Iterator[Line]:
        number, rest = 0, b""
        with self.open() as file:
            first = True
            while block := file.read(BLOCK_BYTES):
                if first:
                    block, first = block.removeprefix(BOM), False
                *complete, rest = (rest + block).split(end)
                for raw in complete:
                    number += 1
                    yield Line(number, raw.decode("utf-8", errors="replace"), True)
        if rest:
            yield Line(number + 1, rest.decode("utf-8", errors="replace"), False)
