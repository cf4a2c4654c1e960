"""TensorBoard event files: records with checksums around protobuf messages, read without
TensorBoard, which keeps only some of the points.

Source: FORMATS.md section 6. Scalars are `simple_value` (TF1, PyTorch) or a tensor of one number
(TF2). The tag gives split and name; a folder called train or validation gives the split of its
files, as Keras' callback writes them. `line` is the number of the record.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import BinaryIO, Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.protobuf import fields, packed_numbers, varint
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.rows import INSTANT, SUMMARY, is_axis, split_of_folder
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawSegment,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

HEADER: Final = struct.Struct("<QI")
MASK: Final = 0xA282EAD8
LARGEST: Final = 1 << 28
"""A record above 256 MiB is a damaged length."""
FLOATS: Final = {1: "f", 2: "d"}
INTEGERS: Final = {3: "<i4", 4: "u1", 6: "i1", 9: "<i8"}
"""DataType of a TensorProto: 1 float, 2 double, 3 int32, 9 int64, 19 half."""
HALF: Final = 19
TIME: Final = struct.Struct("<Bd")
NUMBER: Final = struct.Struct("<f")
TIME_TAG, STEP_TAG = 0x09, 0x10
LONGEST_PLAIN: Final = 512
"""Longer events hold more than a scalar."""
SUFFIXES: Final = (("_step", Statistic.VALUE), ("_epoch", Statistic.EPOCH_MEAN))
BOOKKEEPING: Final = ("hp_metric",)
TUNE: Final = "ray/tune/"
TUNE_OWN: Final = re.compile(
    rf"{TUNE}(?:done|(?:time|timesteps|iterations|episodes)_.*|training_iteration|config/.*|"
    rf"hist_stats/.*|timers/.*|perf/.*)"
)
"""What Ray Tune counts and measures itself in the event file of a trial; before the names of
metrics it writes the same two words.
"""
TORN = Text(zh="文件在这条记录中间结束", en="the file ends in the middle of this record")
CORRUPT = Text(
    zh="校验和不符，这条记录没有使用", en="the checksum does not match; the record is not used"
)
LENGTH = Text(
    zh="记录长度已损坏，此后无法再读",
    en="the length of the record is damaged; nothing after it can be read",
)


def sniff(log: LogFile) -> Score:
    """Claim files whose first record has a matching checksum and holds an event."""
    head = log.head
    if len(head) < HEADER.size:
        return Score(0.0, "too short for a record")
    length, crc = HEADER.unpack_from(head)
    if length > LARGEST or crc != masked_crc(head[:8]):
        return Score(0.0, "no record with a checksum")
    return Score(0.98, "records with checksums, as TensorBoard writes them")


def read(log: LogFile) -> Iterator[Record]:
    """Yield all scalars of all tags over the step, none left out; times are UTC."""
    columns, place, folder = Columns(), _Place(), split_of_folder(log.shown)
    with log.open() as file:
        for number, data, problem in records(file):
            place.record = number
            if problem is not None:
                yield SkippedLine(number, problem, torn=problem is TORN)
                continue
            event = parse_event(data)
            if not event.scalars:
                continue
            if place.moves(event):
                yield RawSegment(number, "restart")
            for tag, value in event.scalars:
                key = key_of(tag, folder or "train")
                if key is not None:
                    columns.add(key, float(event.step), value, number)
            if columns.full():
                yield from columns.chunks()
    yield from columns.chunks()
    yield from (RawTime(_stamp(time)) for time in place.times())
    yield RowsRead(place.rows, place.record)


@lru_cache(maxsize=65536)
def key_of(tag: str, split: str) -> ColumnKey | None:
    """Return what a tag names; None for epochs and the like. Keras counts epochs in `epoch_loss`;
    Lightning marks values by `_step`, means by `_epoch`.
    """
    if TUNE_OWN.fullmatch(tag):
        return None
    split, name = split_name(tag.removeprefix(TUNE), split)
    if name in BOOKKEEPING or SUMMARY.fullmatch(name) or is_axis(name) or tag.startswith("hparam/"):
        return None
    if name.startswith("epoch_") and METRIC_LIKE.search(name):
        return ColumnKey(name.removeprefix("epoch_"), split, Axis.EPOCH, Statistic.EPOCH_MEAN)
    for suffix, statistic in SUFFIXES:
        if name.endswith(suffix) and METRIC_LIKE.search(name):
            return ColumnKey(name.removesuffix(suffix), split, Axis.STEP, statistic)
    return ColumnKey(
        name, split, Axis.STEP, Statistic.VALUE if INSTANT.fullmatch(name) else Statistic.UNKNOWN
    )


class Event(NamedTuple):
    """One event: when (seconds since 1970), at which step, and its scalars (tag, value)."""

    time: float
    step: int
    scalars: tuple[tuple[str, float], ...]


class _Place:
    """How far the file has been read: step and time of each tag's last value."""

    def __init__(self) -> None:
        self.record, self.rows = 0, 0
        self._last: dict[str, int] = {}
        self._first_time, self._last_time = math.inf, -math.inf

    def moves(self, event: Event) -> bool:
        """Count an event; return whether all of its tags go back."""
        back = all(event.step < self._last.get(tag, -1) for tag, _ in event.scalars)
        self._last.update((tag, event.step) for tag, _ in event.scalars)
        self.rows += 1
        self._first_time, self._last_time = (
            min(self._first_time, event.time),
            max(self._last_time, event.time),
        )
        return back

    def times(self) -> tuple[float, ...]:
        """Return the first and the last time; none where the program wrote none into its events."""
        return (self._first_time, self._last_time) if math.isfinite(self._first_time) else ()


def records(file: BinaryIO) -> Iterator[tuple[int, bytes, Text | None]]:
    """Yield (number from 1, data, None) of each record, or (number, b"", problem) where it cannot
    be used.
    """
    number = 0
    while header := file.read(HEADER.size):
        number += 1
        if len(header) < HEADER.size:
            yield number, b"", TORN
            return
        length, crc = HEADER.unpack(header)
        if length > LARGEST or crc != masked_crc(header[:8]):
            yield number, b"", LENGTH
            return
        data, tail = file.read(length), file.read(4)
        if len(data) < length or len(tail) < 4:
            yield number, b"", TORN
            return
        if int.from_bytes(tail, "little") != masked_crc(data):
            yield number, b"", CORRUPT
            continue
        yield number, data, None


def masked_crc(data: bytes) -> int:
    """Return the masked CRC-32C of a TFRecord (tensorflow/core/lib/hash/crc32c.h)."""
    from fastcrc import crc32

    crc = crc32.iscsi(data)
    return int((((crc >> 15) | (crc << 17)) + MASK) & 0xFFFFFFFF)


def parse_event(data: bytes) -> Event:
    """Return time, step and scalars of an Event message (tensorflow/core/util/event.proto)."""
    return _plain_event(data) or _any_event(data)


def _plain_event(data: bytes) -> Event | None:
    """Read an event as nearly all are: time, step, then one scalar that ends with its number; None
    for all others.

    The bytes between step and number are the same in all events of a tag, and are read once.
    """
    if len(data) > LONGEST_PLAIN or len(data) < TIME.size + 4 or data[0] != TIME_TAG:
        return None
    step, place = varint(data, TIME.size + 1) if data[TIME.size] == STEP_TAG else (0, TIME.size)
    tag = _plain_tag(data[place:-4])
    if tag is None:
        return None
    return Event(
        TIME.unpack_from(data)[1],
        _signed(step),
        ((tag, NUMBER.unpack_from(data, len(data) - 4)[0]),),
    )


@lru_cache(maxsize=4096)
def _plain_tag(head: bytes) -> str | None:
    """Return the tag of a summary where four bytes behind these are its only number, else None."""
    for number in (1.0, 2.0):
        scalars = _any_event(head + NUMBER.pack(number)).scalars
        if len(scalars) != 1 or scalars[0][1] != number:
            return None
    return scalars[0][0]


def _any_event(data: bytes) -> Event:
    time, step, scalars = math.nan, 0, []
    for field, value in fields(data):
        if field == 1 and isinstance(value, bytes) and len(value) == 8:
            time = struct.unpack("<d", value)[0]
        elif field == 2 and isinstance(value, int):
            step = _signed(value)
        elif field == 5 and isinstance(value, bytes):
            scalars += [
                scalar
                for inner, item in fields(value)
                if inner == 1 and isinstance(item, bytes) and (scalar := _scalar(item))
            ]
    return Event(time, step, tuple(scalars))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _scalar(data: bytes) -> tuple[str, float] | None:
    """Return (tag, value) of a Summary.Value that is a scalar, else None."""
    tag, number = "", None
    for field, value in fields(data):
        if field == 1 and isinstance(value, bytes):
            tag = value.decode("utf-8", errors="replace")
        elif field == 2 and isinstance(value, bytes) and len(value) == 4:
            number = struct.unpack("<f", value)[0]
        elif field == 8 and isinstance(value, bytes):
            number = _tensor(value)
    return (tag, float(number)) if tag and number is not None else None


def _tensor(data: bytes) -> float | None:
    """Return the number of a TensorProto with one element, else None (histograms, images, text)."""
    kind, content, values = 0, b"", []
    for field, value in fields(data):
        if field == 1 and isinstance(value, int):
            kind = value
        elif field == 2 and isinstance(value, bytes) and _elements(value) != 1:
            return None
        elif field == 4 and isinstance(value, bytes):
            content = value
        elif field in (5, 6, 7, 10, 13):
            values += packed_numbers(value, {5: "f", 6: "d"}.get(field, ""))
    if content:
        if kind in FLOATS:
            return (
                float(struct.unpack(f"<{FLOATS[kind]}", content)[0])
                if len(content) == struct.calcsize(FLOATS[kind])
                else None
            )
        if kind == HALF:
            return float(struct.unpack("<e", content)[0]) if len(content) == 2 else None
        return (
            float(int.from_bytes(content, "little", signed=True))
            if kind in INTEGERS and len(content) <= 8
            else None
        )
    if len(values) != 1:
        return None
    return (
        float(struct.unpack("<e", int(values[0]).to_bytes(2, "little"))[0])
        if kind == HALF
        else float(values[0])
    )


def _elements(shape: bytes) -> int:
    count = 1
    for field, value in fields(shape):
        if field == 2 and isinstance(value, bytes):
            count *= next(
                (size for inner, size in fields(value) if inner == 1 and isinstance(size, int)), 1
            )
    return count


def _stamp(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S")


PARSER = Parser(
    id="tfevents",
    title=Text(zh="TensorBoard 事件文件（tfevents）", en="event files of TensorBoard (tfevents)"),
    sniff=sniff,
    read=read,
)
