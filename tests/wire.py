"""Writes protobuf messages and event files for tests of readers."""

import struct

from lossreport.reading.formats.tfevents import masked_crc

Field = int | float | bytes | str


def message(*fields: tuple[int, Field]) -> bytes:
    """Encode (field number, value) pairs: whole numbers as varints, floats as doubles, the rest as
    bytes.
    """
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value % (1 << 64))
        elif isinstance(value, float):
            out += varint(number << 3 | 1) + struct.pack("<d", value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return bytes(out)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def scalar_record(step: int, tag: str, value: float, time: float | None = 1.5) -> bytes:
    """Return a record of an event file of TensorBoard that holds one scalar."""
    inner = message((1, tag)) + b"\x15" + struct.pack("<f", value)
    data = message(*(() if time is None else ((1, time),)), (2, step), (5, message((1, inner))))
    length = struct.pack("<Q", len(data))
    return (
        length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))
    )
