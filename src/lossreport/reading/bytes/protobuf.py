"""Reads the wire format of protocol buffers without a schema: the few messages that event files and
W&B files hold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value): an int for a varint, the bytes of all other kinds. Stops where
    the message is damaged.

    Source: protobuf.dev/programming-guides/encoding.
    """
    place, end = 0, len(data)
    while place < end:
        key = data[place]
        place += 1
        if key > 0x7F:
            key, place = varint(data, place - 1)
        kind = key & 7
        if kind == VARINT:
            value, place = varint(data, place)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size = data[place] if place < end else 0
            if size > 0x7F:
                size, place = varint(data, place)
            else:
                place += 1
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            return
        if place + size > end:
            return
        yield key >> 3, data[place : place + size]
        place += size


def packed_numbers(value: int | bytes, code: str) -> list[float]:
    """Return the numbers of a repeated field: packed floats ("f") or doubles ("d"), or varints
    (""), or one that stands alone.
    """
    if isinstance(value, int):
        return [float(_signed(value))]
    if code:
        size = struct.calcsize(code)
        return list(
            struct.unpack(f"<{len(value) // size}{code}", value[: len(value) // size * size])
        )
    numbers, place = [], 0
    while place < len(value):
        number, place = varint(value, place)
        numbers.append(float(_signed(number)))
    return numbers


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def varint(data: bytes, place: int) -> tuple[int, int]:
    """Return the number of variable length at `place`, and the place behind it."""
    value = shift = 0
    while place < len(data):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    return value, place
