"""skorch's history: epochs, their training batches, and no counts."""

import json

import pytest

from lossreport.errors import LogError
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.skorch_history import read, sniff
from lossreport.reading.parser import ColumnChunk

HISTORY = [
    {
        "batches": [
            {"train_loss": 3.0, "train_batch_size": 2},
            {"valid_loss": 4.0, "valid_batch_size": 2},
        ],
        "epoch": epoch,
        "train_batch_count": 1,
        "train_loss": 3.5,
        "train_loss_best": True,
        "valid_loss": 4.5,
        "event_cp": False,
    }
    for epoch in (1, 2)
]


def chunks(data: bytes) -> dict[str, tuple[list[float], list[int]]]:
    found = [
        record
        for record in read(LogFile("history.json", data=data))
        if isinstance(record, ColumnChunk)
    ]
    return {
        f"{c.key.split}/{c.key.name} {c.key.axis.value}": (c.x.tolist(), c.line.tolist())
        for c in found
    }


def test_epochs_and_training_batches_are_read_and_counts_are_not() -> None:
    assert chunks(json.dumps(HISTORY).encode()) == {
        "train/loss row": ([0, 1], [1, 1]),
        "train/loss epoch": ([1, 2], [1, 1]),
        "valid/loss epoch": ([1, 2], [1, 1]),
    }


def test_a_file_with_lines_keeps_those_of_the_epochs() -> None:
    data = json.dumps(HISTORY, indent=1).encode()
    lines = [number for number, line in enumerate(data.split(b"\n"), 1) if b'"epoch"' in line]
    assert chunks(data)["train/loss epoch"][1] == lines


@pytest.mark.parametrize("data", [b'[{"epoch": 1, "loss": 2}]', b'{"batches": []}', b"[]", b""])
def test_other_lists_are_not_claimed(data: bytes) -> None:
    assert sniff(LogFile("history.json", data=data)).value == 0


def test_half_a_list_is_no_source() -> None:
    data = json.dumps(HISTORY).encode()[:-9]
    with pytest.raises(LogError):
        chunks(data)
