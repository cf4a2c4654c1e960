"""Reads the log file of LevelDB, in which W&B keeps its records: blocks of 32 KiB, each piece of a
record with a checksum.

Source: github.com/google/leveldb doc/log_format.md; W&B puts a header of seven bytes before the
first block and checks with plain CRC-32.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from lossreport.text import Text

BLOCK: Final = 1 << 15
HEADER: Final = struct.Struct("<IHB")
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
SEEDS: Final = {kind: zlib.crc32(bytes([kind])) for kind in (WHOLE, FIRST, MIDDLE, LAST)}
"""The checksum covers the kind of the piece, then its bytes."""

TORN = Text(zh="文件在这条记录中间结束", en="the file ends in the middle of this record")
CORRUPT = Text(
    zh="校验和不符，这条记录没有使用", en="the checksum does not match; the record is not used"
)


class Piece(NamedTuple):
    """A part of a record as it stands in a block; `problem` where it cannot be used."""

    kind: int
    data: bytes
    problem: Text | None = None


def records(file: BinaryIO, skip: int) -> Iterator[tuple[int, bytes, Text | None]]:
    """Yield (number from 1, data, None) of each record, or (number, b"", problem) where one cannot
    be used.

    `skip` bytes stand before the first record and count as part of the first block. A damaged
    record costs itself, or the rest of its block where its length is damaged too; records lost that
    way are not counted.
    """
    number, parts = 0, list[bytes]()
    for piece in _pieces(file, skip):
        if piece.problem is not None or piece.kind in (WHOLE, FIRST):
            if parts:  # a record was begun and never ended
                number += 1
                yield number, b"", piece.problem or CORRUPT
                parts = []
                if piece.problem is not None:
                    continue
        elif not parts:  # the beginning was lost with an earlier block, where it was told
            continue
        if piece.problem is not None:
            number += 1
            yield number, b"", piece.problem
            continue
        parts.append(piece.data)
        if piece.kind in (WHOLE, LAST):
            number += 1
            yield number, b"".join(parts), None
            parts = []
    if parts:
        yield number + 1, b"", TORN


def _pieces(file: BinaryIO, skip: int) -> Iterator[Piece]:
    place = skip
    while block := file.read(BLOCK):
        is_last = len(block) < BLOCK
        yield from _of_block(block, place, is_last)
        place = 0


def _of_block(block: bytes, place: int, is_last: bool) -> Iterator[Piece]:
    """Yield the pieces of one block; two bad ones in a row mean that their lengths cannot be
    trusted, and the rest is left.
    """
    bad = False
    while place + HEADER.size <= len(block):
        crc, length, kind = HEADER.unpack_from(block, place)
        if kind == 0 and length == 0:
            # filled up with zeros, by the writer or by a file system after a crash
            return
        place += HEADER.size
        if place + length > len(block):
            if not bad:
                yield Piece(kind, b"", TORN if is_last else CORRUPT)
            return
        data = block[place : place + length]
        place += length
        if kind in SEEDS and zlib.crc32(data, SEEDS[kind]) == crc:
            bad = False
            yield Piece(kind, data)
            continue
        if bad:
            return
        bad = True
        yield Piece(kind, b"", CORRUPT)
    if is_last and 0 < len(block) - place < HEADER.size and block[place:].strip(b"\0"):
        yield Piece(0, b"", TORN)
