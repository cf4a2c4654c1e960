"""Records behind damage are read, what is damaged is named, and nothing else is lost."""

import io
import struct
import zlib

import pytest

from lossreport.reading.bytes.leveldb import (
    BLOCK,
    CORRUPT,
    FIRST,
    HEADER,
    LAST,
    MIDDLE,
    TORN,
    WHOLE,
    records,
)

SKIP = 7


def piece(kind: int, data: bytes) -> bytes:
    return HEADER.pack(zlib.crc32(bytes([kind]) + data), len(data), kind) + data


def file_of(*items: bytes) -> bytes:
    """A file with a record for every item, cut over blocks as LevelDB does."""
    out = bytearray(SKIP)
    for item in items:
        first, rest = True, item
        while first or rest:
            left = BLOCK - len(out) % BLOCK
            if left < HEADER.size:
                out += bytes(left)
                left = BLOCK
            part, rest = rest[: left - HEADER.size], rest[left - HEADER.size :]
            kind = (WHOLE if not rest else FIRST) if first else (LAST if not rest else MIDDLE)
            out += piece(kind, part)
            first = False
    return bytes(out)


def read(data: bytes) -> list[tuple[int, bytes, object]]:
    return list(records(io.BytesIO(data), SKIP))


def test_records_come_back_whole_and_numbered() -> None:
    items = [b"a", b"b" * 100, b"c" * (3 * BLOCK), b"", b"d" * (BLOCK - 50), b"e"]
    assert read(file_of(*items)) == [(number, item, None) for number, item in enumerate(items, 1)]


@pytest.mark.parametrize("left", [0, 1, 6, 7, 8])
def test_a_block_may_end_anywhere(left: int) -> None:
    first = b"x" * (BLOCK - SKIP - HEADER.size - left)
    assert [data for _, data, _ in read(file_of(first, b"yz"))] == [first, b"yz"]


@pytest.mark.parametrize("cut", [1, 5, 12, 17])
def test_a_torn_end_costs_the_last_record_and_is_called_torn(cut: int) -> None:
    data = file_of(b"first", b"second", b"a long third")
    assert read(data[:-cut]) == [(1, b"first", None), (2, b"second", None), (3, b"", TORN)]


def test_a_record_torn_between_blocks_is_called_torn() -> None:
    assert read(file_of(b"first", b"x" * (2 * BLOCK))[:BLOCK]) == [
        (1, b"first", None),
        (2, b"", TORN),
    ]


def test_a_damaged_record_costs_only_itself() -> None:
    data = bytearray(file_of(b"first", b"second", b"third"))
    data[data.index(b"second")] ^= 1
    assert read(bytes(data)) == [(1, b"first", None), (2, b"", CORRUPT), (3, b"third", None)]


def test_a_damaged_length_costs_its_block_and_no_more() -> None:
    filler = b"f" * (BLOCK - SKIP - 3 * HEADER.size - len(b"firstsecond"))
    data = bytearray(file_of(b"first", b"second", filler, b"next block"))
    struct.pack_into("<H", data, data.index(b"second") - 3, 2)
    found = read(bytes(data))
    assert found[0] == (1, b"first", None)
    assert [problem for _, _, problem in found if problem] == [CORRUPT]
    assert found[-1][1:] == (b"next block", None)


def test_a_damaged_middle_costs_the_whole_record() -> None:
    data = bytearray(file_of(b"first", b"m" * (2 * BLOCK), b"last"))
    data[BLOCK + 100] ^= 1
    found = read(bytes(data))
    assert [found[0][1], found[-1][1]] == [b"first", b"last"]
    assert {problem for _, _, problem in found[1:-1]} == {CORRUPT}


def test_a_file_filled_up_with_zeros_ends_there() -> None:
    assert read(file_of(b"first") + bytes(5000)) == [(1, b"first", None)]
