"""From bytes on disk to numbered lines: the first step of reading, the same for every text
format.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TypeVar, overload

import numpy as np

from lossreport import progress
from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Ints
from lossreport.reading.bytes import notebook
from lossreport.reading.bytes.bounds import DIGITS, bounded
from lossreport.reading.bytes.compression import Unpacked, unpacked
from lossreport.reading.bytes.encoding import WIDE, as_utf8, decode, detect, is_binary
from lossreport.reading.bytes.spool import Spool
from lossreport.reading.bytes.terminal import NOISE, fragments, prefix_of, split_writer, writers
from lossreport.reading.bytes.texts import Texts
from lossreport.values import dataclass

HEAD_BYTES: Final = 1 << 16
"""What a parser may look at before it claims a file."""
LEAST_LINES: Final = 3
LONG_HEAD_BYTES: Final = 1 << 22
"""A table of ten thousand columns has lines of this length: the head then holds the first few
lines, if there are any.
"""
BLOCK_BYTES: Final = 1 << 20
LONGEST_LINE: Final = 1 << 25
"""Bytes of a line, 32 MiB: the longest of our real logs, a batch of images printed by mistake, has
11 MiB. What follows in the line is lost.
"""
LEAST_TIME: Final = 60.0
TIME_A_MEGABYTE: Final = 30.0
"""Seconds of the processor that a file may take, whatever its size, and for each megabyte of it.
The slowest of our formats take 3 s for a megabyte on a common machine, so nothing that is a log
comes near it; a pattern or a table that we did not think of ends there.
"""
ASKED_EVERY: Final = 64
"""Lines between two looks at the clock."""
DATABASE: Final = b"SQLite format 3\0"
"""Rows inside a database page look like text and are not in their order."""


CONTROLS: Final = (b"\0", b"\x08", b"\r", b"\x1b")
BOLD: Final = re.compile(rb"[*][*][-+.0-9]")


def is_noisy(lines: bytes) -> bool:
    """Return whether lines may hold what `terminal.NOISE` finds; a search for single bytes is ten
    times as fast as one pattern for all.
    """
    return any(control in lines for control in CONTROLS) or (
        b"*" in lines and b"**" in lines and BOLD.search(lines) is not None
    )


def _is_utf8(lines: bytes) -> bool:
    if lines.isascii():
        return True
    try:
        lines.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _size(texts: Sequence[str]) -> int:
    """Return about how many characters lines have: their bytes, where they are kept as such."""
    return len(texts.data) if isinstance(texts, Texts) else sum(map(len, texts))


def _longest(texts: Sequence[str]) -> int:
    """Return how many characters the longest of some lines has at most."""
    return texts.longest if isinstance(texts, Texts) else max(map(len, texts))


Made = TypeVar("Made")


class Block(NamedTuple):
    """Consecutive lines as they are written, the number of the first, and whether any may hold
    control characters.
    """

    number: int
    texts: Sequence[str]
    complete: bool
    noisy: bool


class Line(NamedTuple):
    """One line, or one fragment of a line that was rewritten, without its end; `number` is the
    1-based line of the file.

    `complete` is False for the last line of a file that ends without a line break: it may have been
    cut while being written. Escape codes, backspaces and the launcher's prefix are taken off;
    `writer` is the process that the prefix names ("rank0").
    """

    number: int
    text: str
    complete: bool
    writer: str = ""


class Lines(Sequence[Line]):
    """Lines in order, kept as columns: a `Line` is made of the few that are looked at by
    themselves.
    """

    def __init__(
        self,
        numbers: Ints,
        texts: Sequence[str],
        complete: bool,
        writers: Sequence[str] | None = None,
    ) -> None:
        self.numbers, self.texts, self._complete, self._writers = numbers, texts, complete, writers

    @classmethod
    def of(cls, lines: Sequence[Line], complete: bool) -> Lines:
        """Return lines that were cleaned one by one, all of them whole or not."""
        numbers = np.array([line.number for line in lines], dtype=np.int64)
        return cls(
            numbers, [line.text for line in lines], complete, [line.writer for line in lines]
        )

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Line]:
        for at in range(len(self.texts)):
            yield self._line(at)

    @overload
    def __getitem__(self, at: int) -> Line: ...

    @overload
    def __getitem__(self, at: slice) -> Lines: ...

    def __getitem__(self, at: int | slice) -> Line | Lines:
        if isinstance(at, int):
            return self._line(at)
        return Lines(
            self.numbers[at],
            self.texts[at],
            self._complete,
            None if self._writers is None else self._writers[at],
        )

    def _line(self, at: int) -> Line:
        return Line(
            int(self.numbers[at]),
            self.texts[at],
            self._complete,
            "" if self._writers is None else self._writers[at],
        )


@dataclass(frozen=True)
class LogFile:
    """A file to read, by path, held in memory (stdin, a small member of an archive) or spooled.
    `shown` is its name in the report.

    With `writer` only the lines of that process are read; the first writer's view holds the lines
    that name none as well.
    """

    shown: str
    path: Path | None = None
    data: bytes | None = None
    writer: str = ""
    spool: Spool | None = None

    def open(self) -> BinaryIO:
        """Open the bytes, decompressed where the file is, and of a notebook what it shows; raises
        LogError where it cannot be opened.
        """
        if self.shown.lower().endswith(notebook.SUFFIX):
            printed = self.once(_printed)
            return unpacked(self._open_packed()) if printed is None else io.BytesIO(printed)
        return unpacked(self._open_packed())

    def _open_packed(self) -> BinaryIO:
        if self.data is not None:
            return io.BytesIO(self.data)
        if self.spool is not None:
            return self.spool.open()
        place = Path(self.path or self.shown)
        try:
            if place.exists() and not place.is_file():  # a FIFO would wait for its writer for ever
                raise LogError(
                    f"Couldn't read {self.shown!r}: it is no regular file",
                    hint="Name a file; all other files are read.",
                )
            return open(place, "rb")
        except OSError as error:
            raise LogError(
                f"Couldn't read {self.shown!r}: {error.strerror}",
                hint="Check its permissions; all other files are read.",
            ) from error

    def once(self, work: Callable[[LogFile], Made]) -> Made:
        """Return what `work` makes of this file, made once: many parsers ask the same of one
        head.
        """
        made: dict[Callable[[LogFile], Any], Any] = self.__dict__.setdefault("_made", {})
        if work not in made:
            made[work] = work(self)
        return made[work]  # type: ignore[no-any-return]

    @cached_property
    def encoding(self) -> str:
        """The encoding by the byte-order mark, or by the look of the first bytes; UTF-8 where
        nothing speaks against it.
        """
        with self.open() as file:
            return detect(file.read(HEAD_BYTES))

    @cached_property
    def head(self) -> bytes:
        """The first bytes, decompressed, without a byte-order mark; text of two or four bytes a
        character as UTF-8.
        """
        with self.open() as file:
            start = file.read(HEAD_BYTES)
            if start.count(b"\n") < LEAST_LINES and b"\0" not in start and len(start) == HEAD_BYTES:
                longer = start + file.read(LONG_HEAD_BYTES)
                start = longer if longer.count(b"\n") >= LEAST_LINES else start
            return b"".join(as_utf8([start], self.encoding))

    @cached_property
    def head_lines(self) -> tuple[str, ...]:
        """The complete lines of the head (all of it, where the file is one line), clean as
        `lines()` yields them; none of a binary file.
        """
        if self.head.startswith(DATABASE) or is_binary(self.head):
            return ()
        raw = self.head.split(self._line_end)
        texts = [decode(line.rstrip(b"\r"), self.encoding) for line in raw]
        kept = texts[:-1] if len(self.head) >= HEAD_BYTES and len(texts) > 1 else texts
        return tuple(line.text for line in self._clean([Block(1, kept, True, True)]))

    @cached_property
    def sample_lines(self) -> tuple[str, ...]:
        """Complete lines from the head, the middle and the tail: a log can begin with pages of
        source code or configuration.
        """
        size = self.path.stat().st_size if self.path is not None and not self.is_packed else 0
        if (
            self.path is None
            or size <= len(self.head)
            or self.encoding in WIDE
            or not self.head_lines
        ):
            return self.head_lines
        with self.open() as file:
            pieces = [
                self._piece(file, place)
                for place in (
                    max(len(self.head), size // 2),
                    max(len(self.head), size - HEAD_BYTES),
                )
            ]
        texts = [text for piece in pieces for text in piece]
        return (
            *self.head_lines,
            *(line.text for line in self._clean([Block(1, texts, True, True)])),
        )

    def _piece(self, file: BinaryIO, place: int) -> list[str]:
        file.seek(place)
        return [
            decode(line, self.encoding)
            for line in file.read(HEAD_BYTES).split(self._line_end)[1:-1]
        ]

    @cached_property
    def is_packed(self) -> bool:
        """Whether the file is compressed, by its first bytes."""
        with self.open() as file:
            return isinstance(getattr(file, "raw", None), Unpacked)

    @cached_property
    def writers(self) -> tuple[str, ...]:
        """The processes that the prefixes of the head's lines name; empty where lines have no
        prefix.
        """
        return () if self._prefix is None else tuple(writers(self._plain_head(), self._prefix))

    @cached_property
    def cut_lines(self) -> set[int]:
        """The lines, of those that were read so far, that are longer than any line of a log and
        were cut.
        """
        return set()

    @cached_property
    def out_of_time(self) -> set[int]:
        """The line, if any, from which on the file is not read since its time is spent; see
        `LEAST_TIME`.
        """
        return set()

    @cached_property
    def damaged(self) -> bool:
        """Whether the compressed file breaks off or is corrupt: what could be unpacked before that
        is read.
        """
        if not self.is_packed:
            return False
        with self.open() as file:
            while file.read(BLOCK_BYTES):
                pass
            return bool(file.raw.damaged)  # type: ignore[attr-defined]

    def digest(self) -> tuple[str, int]:
        """Return the sha256 (hexadecimal) and the number of bytes of the whole file as it lies on
        disk, worked out once for all runs in it.
        """
        return self.once(_digest)

    def text(self) -> str:
        """Return the whole file as text: for structured files that are one value."""
        with self.open() as file:
            content = b"".join(as_utf8([file.read()], self.encoding))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return "\n".join(decode(line, self.encoding) for line in content.split(b"\n"))

    def lines(self) -> Iterator[Line]:
        """Yield the lines in order without holding the file in memory.

        LF and CRLF end a line; a lone CR splits it into fragments of the same number, as progress
        bars do, unless the file has no LF in its head: then CR ends a line. Lines are UTF-8, or
        `encoding` where they are not; what neither knows becomes U+FFFD.
        """
        return self._clean(self._counted(), timed=True)

    def blocks(self) -> Iterator[Block]:
        """Yield the lines as they are written, many at once: for readers that take columns.
        `lines_of` cleans those of a noisy block.
        """
        marked = self._prefix is not None
        for block in self._counted():
            texts = block.texts
            if _longest(texts) > DIGITS:
                texts = [bounded(text) for text in texts]
            yield Block(block.number, texts, block.complete, block.noisy or marked)

    def lines_of(self, block: Block) -> Iterator[Line]:
        """Yield the lines of one block as `lines()` does."""
        return self._clean([block])

    def columns_of(self, block: Block) -> Lines:
        """Return the lines of one of the `blocks()` as `lines()` yields them, all at once."""
        if block.noisy:
            return Lines.of(list(self._clean([block])), block.complete)
        return Lines(
            np.arange(block.number, block.number + len(block.texts), dtype=np.int64),
            block.texts,
            block.complete,
        )

    @cached_property
    def _line_end(self) -> bytes:
        return b"\r" if b"\r" in self.head and b"\n" not in self.head else b"\n"

    @cached_property
    def _prefix(self) -> re.Pattern[str] | None:
        return prefix_of(self._plain_head())

    def _plain_head(self) -> list[str]:
        return [decode(line, self.encoding) for line in self.head.split(b"\n")[:-1] or [self.head]]

    def _counted(self) -> Iterator[Block]:
        """Yield the blocks, and say how far the reading is."""
        for block in self._blocks():
            progress.advance(_size(block.texts) + len(block.texts))
            yield block

    def _blocks(self) -> Iterator[Block]:
        number, end = 1, self._line_end
        held, size = list[bytes](), 0
        clock = _Clock()
        with self.open() as file:
            for block in as_utf8(iter(lambda: file.read(BLOCK_BYTES), b""), self.encoding):
                clock.allow(len(block))
                if clock.is_out():
                    self.out_of_time.add(number)
                    return
                if end not in block:
                    held += [block] if block and size < LONGEST_LINE else []
                    size += len(block)
                    continue
                if size > LONGEST_LINE:  # what stands between there and the end of the line is lost
                    self.cut_lines.add(number)
                    block = end + block.partition(end)[2]
                whole, found, rest = b"".join((*held, block)).rpartition(end)
                held, size = ([rest], len(rest)) if rest else ([], 0)
                if found:
                    if end == b"\n" and b"\r" in whole:
                        whole = whole.replace(b"\r\n", b"\n").removesuffix(b"\r")
                    texts = self._decoded(whole)
                    yield Block(number, texts, True, is_noisy(whole))
                    number += len(texts)
        if held:
            if size > LONGEST_LINE + BLOCK_BYTES:
                self.cut_lines.add(number)
            last = b"".join(held)
            yield Block(
                number,
                [decode(last.removesuffix(b"\r") if end == b"\n" else last, self.encoding)],
                False,
                True,
            )

    def _decoded(self, lines: bytes) -> Sequence[str]:
        """Return many lines as text, as they are where all of them are UTF-8."""
        end = self._line_end
        if not _is_utf8(lines):
            return [decode(line, self.encoding) for line in lines.split(end)]
        return Texts(lines) if end == b"\n" else lines.decode("utf-8").split(end.decode())

    def _clean(self, blocks: Iterable[Block], *, timed: bool = False) -> Iterator[Line]:
        prefix, first = self._prefix, self.writers[:1]
        mine = (self.writer, "") if (self.writer,) == first else (self.writer,)
        for block in blocks:
            clock = _Clock(_size(block.texts))
            for number, raw in enumerate(block.texts, block.number):
                if timed and not number % ASKED_EVERY and clock.is_out():
                    self.out_of_time.add(number)
                    return
                text = raw if len(raw) <= DIGITS else bounded(raw)
                if prefix is None and not (block.noisy and NOISE.search(text)):
                    yield Line(number, text, block.complete)
                    continue
                for piece in fragments(text):
                    writer, said = (
                        split_writer(piece, prefix) if prefix is not None else ("", piece)
                    )
                    if not self.writer or writer in mine:
                        yield Line(number, said, block.complete, writer)


def _printed(log: LogFile) -> bytes | None:
    with log._open_packed() as file:
        content = file.read(notebook.MOST_BYTES + 1)
    return notebook.shown(content) if len(content) <= notebook.MOST_BYTES else None


def _digest(log: LogFile) -> tuple[str, int]:
    with log._open_packed() as file:
        digest, size = hashlib.sha256(), 0
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size += len(block)
        return digest.hexdigest(), size


class _Clock:
    """The processor's time of this thread since a reading began, against what the bytes read so far
    allow.
    """

    def __init__(self, size: int = 0) -> None:
        self._begun = time.thread_time()
        self._allowed = LEAST_TIME
        self.allow(size)

    def allow(self, size: int) -> None:
        """Give the reading the time of so many more bytes."""
        self._allowed += size * TIME_A_MEGABYTE / 1e6

    def is_out(self) -> bool:
        """Return whether the time is spent."""
        return time.thread_time() - self._begun > self._allowed
