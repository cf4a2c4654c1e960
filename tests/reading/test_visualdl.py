"""VisualDL's records: scalars of all forms, zero as a value, damage at the end."""

import struct
from pathlib import Path

import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.visualdl import LARGEST, read, sniff
from lossreport.reading.parser import ColumnChunk, RawFact, SkippedLine
from wire import message

SAMPLE = next(
    (Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "visualdl").iterdir()
)


def record(*fields: tuple[int, int | bytes | str], number: bytes = b"") -> bytes:
    data = message((1, message(*fields) + number))
    return struct.pack("<Q", len(data)) + data


def float32(value: float) -> bytes:
    return b"\x25" + struct.pack("<f", value)


def chunks(
    data: bytes, shown: str = "vdlrecords.1.log"
) -> dict[str, tuple[list[float], list[float]]]:
    found = [
        record for record in read(LogFile(shown, data=data)) if isinstance(record, ColumnChunk)
    ]
    return {
        f"{chunk.key.split}/{chunk.key.name}": (chunk.x.tolist(), chunk.y.tolist())
        for chunk in found
    }


def test_a_zero_is_a_value_and_a_step_that_is_not_written_is_0() -> None:
    data = record((2, "loss"), (3, 1), number=float32(0.0)) + record(
        (1, 1), (2, "loss"), (3, 2), number=float32(0.5)
    )
    assert chunks(data) == {"train/loss": ([0, 1], [0.0, 0.5])}


def test_scalars_of_one_tag_are_told_apart() -> None:
    data = b"".join(
        record(
            (1, 1),
            (2, "loss"),
            (14, message((1, under)) + (b"\x15" + struct.pack("<f", value) if value else b"")),
        )
        for under, value in (("train", 0.5), ("valid", 0.0))
    )
    assert chunks(data) == {"train/loss": ([1], [0.5]), "valid/loss": ([1], [0.0])}


def test_the_folder_gives_the_split() -> None:
    assert list(
        chunks(record((1, 1), (2, "loss"), number=float32(1.0)), "vdl/eval/vdlrecords.1.log")
    ) == ["eval/loss"]


def test_hyperparameters_are_facts() -> None:
    infos = message(
        (1, message((1, 32), (4, "bs"))),
        (1, message((2, 0.1), (4, "lr"))),
        (1, message((3, "sgd"), (4, "opt"))),
    )
    found = [
        (fact.name, fact.value)
        for fact in read(LogFile("x", data=record((2, "hparam"), (13, infos))))
        if isinstance(fact, RawFact)
    ]
    assert found == [("bs", 32), ("lr", 0.1), ("opt", "sgd")]


@pytest.mark.parametrize("cut", [1, 20, 30, 33])
def test_a_torn_end_costs_the_last_record(cut: int) -> None:
    data = SAMPLE.read_bytes()
    whole, torn = chunks(data), chunks(data[: data.rindex(b"train/loss") - 12 + 34 - cut])
    assert len(whole["train/loss"][0]) == 31
    assert len(torn["train/loss"][0]) == 30
    skips = [
        r
        for r in read(LogFile("x", data=data[: data.rindex(b"train/loss") - 12 + 34 - cut]))
        if isinstance(r, SkippedLine)
    ]
    assert [skip.torn for skip in skips] == [True]


@pytest.mark.parametrize(("length", "torn"), [(LARGEST, True), (LARGEST + 1, False)])
def test_a_length_that_cannot_be_is_damage_and_no_torn_end(length: int, torn: bool) -> None:
    data = SAMPLE.read_bytes() + struct.pack("<Q", length) + b"xx"
    assert [
        record.torn for record in read(LogFile("x", data=data)) if isinstance(record, SkippedLine)
    ] == [torn]


@pytest.mark.parametrize(
    "data", [b"", b"vdlrecords", struct.pack("<Q", 5) + b"hello", SAMPLE.read_bytes()[8:]]
)
def test_other_files_are_not_claimed(data: bytes) -> None:
    assert sniff(LogFile("vdlrecords.1.log", data=data)).value == 0
