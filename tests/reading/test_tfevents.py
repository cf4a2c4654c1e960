"""The short way through an event gives what the long way gives, for every form of event."""

import math
import struct
from pathlib import Path

import pytest

from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.formats.tfevents import (
    LONGEST_PLAIN,
    Event,
    _any_event,
    _plain_event,
    parse_event,
    records,
)
from wire import message, scalar_record

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "tfevents"


def float32(value: float) -> bytes:
    return b"\x15" + struct.pack("<f", value)


def event(*fields: tuple[int, int | float | bytes | str], step: int | None = 7) -> bytes:
    return message((1, 1.5), *(() if step is None else ((2, step),)), *fields)


SCALAR = message((1, "loss")) + float32(0.5)
PLAIN = {
    "a scalar": (event((5, message((1, SCALAR)))), Event(1.5, 7, (("loss", 0.5),))),
    "step 0, which is not written": (
        event((5, message((1, SCALAR))), step=None),
        Event(1.5, 0, (("loss", 0.5),)),
    ),
    "a large step": (
        event((5, message((1, SCALAR))), step=1 << 40),
        Event(1.5, 1 << 40, (("loss", 0.5),)),
    ),
    "a negative step": (
        event((5, message((1, SCALAR))), step=-1),
        Event(1.5, -1, (("loss", 0.5),)),
    ),
}
OTHER = {
    "two scalars": event((5, message((1, SCALAR), (1, message((1, "lr")) + float32(0.25))))),
    "metadata behind the number": event((5, message((1, SCALAR + message((9, b"abcd")))))),
    "a number before the tag": event((5, message((1, float32(0.5) + message((1, "loss")))))),
    "a text": event((3, "brain.Event:2")),
    "two numbers of one value": event((5, message((1, SCALAR + float32(0.75))))),
    "no time": message((2, 7), (5, message((1, SCALAR)))),
    "a long tag": event((5, message((1, message((1, "x" * LONGEST_PLAIN)) + float32(0.5))))),
    "torn": event((5, message((1, SCALAR))))[:-2],
    "nothing": b"",
}


@pytest.mark.parametrize(("data", "expected"), PLAIN.values(), ids=PLAIN)
def test_a_plain_event_is_read_the_short_way(data: bytes, expected: Event) -> None:
    assert _plain_event(data) == expected == _any_event(data)


@pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)
def test_every_other_event_is_read_as_the_long_way_reads_it(data: bytes) -> None:
    short, whole = parse_event(data), _any_event(data)
    assert short[1:] == whole[1:]
    assert short.time == whole.time or (math.isnan(short.time) and math.isnan(whole.time))


def test_the_events_of_a_file_come_out_the_same() -> None:
    with next(SAMPLE.iterdir()).open("rb") as file:
        events = [data for _, data, problem in records(file) if problem is None]
    assert [repr(parse_event(data)) for data in events] == [
        repr(_any_event(data)) for data in events
    ]
    assert sum(_plain_event(data) is not None for data in events) > len(events) / 2


def test_events_without_a_time_are_read_and_tell_none(tmp_path: Path) -> None:
    (tmp_path / "events.out.tfevents.1.host").write_bytes(
        b"".join(scalar_record(step, "loss", 1 / step, time=None) for step in (1, 2))
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert ([series.y.tolist() for series in run.series], run.time) == ([[1.0, 0.5]], (None, None))


def test_what_yolo_measures_is_of_the_validation(tmp_path: Path) -> None:
    tags = (
        "train/box_loss",
        "metrics/mAP50(B)",
        "metrics/HBBmAP.5",
        "metrics/precision",
        "metrics/loss",
    )
    (tmp_path / "events.out.tfevents.1.host").write_bytes(
        b"".join(scalar_record(step, tag, 1 / step) for step in (1, 2) for tag in tags)
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert [series.label for series in run.series] == [
        "box_loss",
        "val/mAP50(B)",
        "val/HBBmAP.5",
        "val/precision",
        "metrics/loss",
    ]
