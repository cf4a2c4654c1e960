"""VisualDL's `vdlrecords.<time>.log`, as PaddlePaddle's tools write it: protobuf records, each
behind its length. `line` is the number of the record.

Source: FORMATS.md section 6 and visualdl/proto/record.proto. Records have no checksum: damage shows
as a length that cannot be. The tag gives split and name; a folder called train or eval gives the
split of its files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from lossreport.reading.bytes.protobuf import fields
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.rows import split_of_folder
from lossreport.reading.kit.tracker import Points, stamp
from lossreport.reading.parser import Parser, RawFact, RawTime, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

LENGTH: Final = struct.Struct("<Q")
LARGEST: Final = 1 << 28
"""A record above 256 MiB is a damaged length."""
FIRST_TAG: Final = b"meta_data_tag"
"""What VisualDL writes before anything else."""
STEP, TAG, TIME, VALUE, HPARAMS, TAGGED = 1, 2, 3, 4, 13, 14
TORN = Text(zh="文件在这条记录中间结束", en="the file ends in the middle of this record")
DAMAGED = Text(
    zh="记录长度已损坏，此后无法再读",
    en="the length of the record is damaged; nothing after it can be read",
)


def sniff(log: LogFile) -> Score:
    """Claim files whose first record is VisualDL's own."""
    head = log.head
    if len(head) > LENGTH.size and FIRST_TAG in head[LENGTH.size : LENGTH.size + 64]:
        length = LENGTH.unpack_from(head)[0]
        values = [
            value
            for name, value in fields(head[LENGTH.size : LENGTH.size + length])
            if name == 1 and isinstance(value, bytes)
        ]
        if any((TAG, FIRST_TAG) in fields(value) for value in values):
            return Score(0.98, "records of VisualDL")
    return Score(0.0, "not records of VisualDL")


def read(log: LogFile) -> Iterator[Record]:
    """Yield all scalars over the step, and hyperparameters as facts; times are UTC."""
    points, last, times = Points(split_of_folder(log.shown) or "train"), 0, list[int]()
    with log.open() as file:
        for number, data, problem in _records(file):
            last = number
            if problem is not None:
                yield SkippedLine(number, problem, torn=problem is TORN)
                continue
            for name, value in fields(data):
                if name == 1 and isinstance(value, bytes):
                    yield from _value(points, value, times, number)
    yield from points.chunks()
    yield from (RawTime(text) for time in times if (text := stamp(time / 1000)) is not None)
    yield RowsRead(points.count, last)


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes, Text | None]]:
    number = 0
    while header := file.read(LENGTH.size):
        number += 1
        length = LENGTH.unpack(header)[0] if len(header) == LENGTH.size else 0
        if length > LARGEST:
            yield number, b"", DAMAGED
            return
        data = file.read(length)
        if len(header) < LENGTH.size or len(data) < length:
            yield number, b"", TORN
            return
        yield number, data, None


def _value(points: Points, data: bytes, times: list[int], number: int) -> Iterator[Record]:
    said = dict(fields(data))
    tag, step, time = said.get(TAG, b""), said.get(STEP, 0), said.get(TIME)
    if not isinstance(tag, bytes) or not isinstance(step, int):
        return
    name = tag.decode("utf-8", "replace")
    value, tagged, hparams = said.get(VALUE), said.get(TAGGED), said.get(HPARAMS)
    if isinstance(value, bytes):
        yield from points.add(name, _signed(step), _float(value), number)
    elif isinstance(tagged, bytes):
        inner = dict(fields(tagged))
        under, number_of = inner.get(1, b""), inner.get(2, bytes(4))
        if isinstance(under, bytes) and isinstance(number_of, bytes):
            yield from points.add(
                f"{name}/{under.decode('utf-8', 'replace')}",
                _signed(step),
                _float(number_of),
                number,
            )
    elif isinstance(hparams, bytes):
        yield from _hyperparameters(hparams, number)
    if isinstance(time, int) and (value is not None or tagged is not None):
        times[1:] = [time]


def _hyperparameters(data: bytes, number: int) -> Iterator[Record]:
    """Yield the settings of an HParam message: each a whole number (1), a double (2) or a text (3),
    and its name (4).
    """
    for field, info in fields(data):
        if field == 1 and isinstance(info, bytes):
            said = dict(fields(info))
            name = said.get(4, b"")
            whole, double, text = said.get(1), said.get(2), said.get(3)
            value: int | float | str | None = whole if isinstance(whole, int) else None
            if isinstance(double, bytes) and len(double) == 8:
                value = float(struct.unpack("<d", double)[0])
            elif isinstance(text, bytes):
                value = text.decode("utf-8", "replace")
            if isinstance(name, bytes) and name and value is not None:
                yield RawFact(name.decode("utf-8", "replace"), value, number)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _float(data: bytes) -> float:
    return float(struct.unpack("<f", data)[0]) if len(data) == 4 else float("nan")


PARSER = Parser(
    id="visualdl",
    title=Text(
        zh="VisualDL 的 vdlrecords（PaddlePaddle）", en="vdlrecords of VisualDL (PaddlePaddle)"
    ),
    sniff=sniff,
    read=read,
    columnar=True,
)
