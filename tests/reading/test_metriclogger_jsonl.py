"""Epoch rows as JSON lines: glued and torn records, NaN, lists, key order, resumes and appended
runs.
"""

import json
import math
from typing import Any

import pytest

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.metriclogger_jsonl import PARSER
from lossreport.reading.parser import (
    ColumnChunk,
    RawFact,
    RawNote,
    RawSegment,
    Record,
    RowsRead,
    SkippedLine,
)


def read(*lines: str, end: str = "\n") -> list[Record]:
    return list(PARSER.read(LogFile("log.txt", data=("\n".join(lines) + end).encode())))


def row(epoch: int | None = 0, **values: Any) -> str:
    return json.dumps(
        {f"train_{name}": value for name, value in values.items()}
        | ({} if epoch is None else {"epoch": epoch})
    )


def column(records: list[Record], name: str, split: str = "train") -> ColumnChunk:
    return next(
        r
        for r in records
        if isinstance(r, ColumnChunk) and (r.key.name, r.key.split) == (name, split)
    )


def names(records: list[Record]) -> list[tuple[str, str]]:
    return [(r.key.split, r.key.name) for r in records if isinstance(r, ColumnChunk)]


def segments(records: list[Record]) -> list[tuple[int, str]]:
    return [(r.line, r.why) for r in records if isinstance(r, RawSegment)]


def test_a_row_is_one_epoch_mean_a_key_and_the_split_is_its_prefix() -> None:
    records = read('{"train_closs": 3.26, "test_loss": 2, "epoch": 4}')
    assert names(records) == [("train", "closs"), ("test", "loss")]
    found = column(records, "closs")
    assert (found.key.axis, found.key.statistic, found.key.resolution) == (
        Axis.EPOCH,
        Statistic.EPOCH_MEAN,
        None,
    )
    assert (found.x.tolist(), found.y.tolist(), found.line.tolist()) == ([4], [3.26], [1])


@pytest.mark.parametrize(
    ("printed", "value"), [("NaN", math.nan), ("Infinity", math.inf), ("-Infinity", -math.inf)]
)
def test_bare_non_finite_numbers_are_values(printed: str, value: float) -> None:
    records = read(f'{{"train_closs": {printed}, "epoch": 0}}', row(1, closs=2.0))
    assert column(records, "closs").y[0] == pytest.approx(value, nan_ok=True)
    assert not any(isinstance(record, SkippedLine) for record in records)


def test_a_list_becomes_one_series_an_item() -> None:
    records = read(
        row(0, coco_eval_bbox=[0.42, 0.61], loss=1.0), row(1, coco_eval_bbox=[0.43, 0.62], loss=0.9)
    )
    assert column(records, "coco_eval_bbox_1").y.tolist() == [0.61, 0.62]


def test_words_and_truth_values_are_no_metrics() -> None:
    assert names(read(row(0, loss=1.0, note="x", done=True, nothing=None))) == [("train", "loss")]


def test_without_an_epoch_key_rows_are_counted() -> None:
    found = column(read(row(None, lr=1e-4, loss=2.0), "", row(None, lr=1e-4, loss=1.0)), "loss")
    assert (found.key.axis, found.x.tolist(), found.line.tolist()) == (Axis.ROW, [0, 1], [1, 3])


# ------------------------------------------------------------------------------------- damaged rows
def test_a_record_glued_to_a_torn_one_is_read_and_the_torn_one_named() -> None:
    records = read(
        row(4, closs=3.0), '{"train_lr": 0.002, "train_clo' + row(5, closs=2.9), row(6, closs=2.8)
    )
    assert column(records, "closs").x.tolist() == [4, 5, 6]
    assert [
        (r.line, r.torn, "glued" in r.reason.en) for r in records if isinstance(r, SkippedLine)
    ] == [(2, False, True)]


def test_a_record_torn_by_the_end_of_the_file_is_left_out() -> None:
    records = read(row(0, closs=3.0), row(1, closs=2.9)[:-6], end="")
    assert column(records, "closs").x.tolist() == [0]
    assert [(r.line, r.torn) for r in records if isinstance(r, SkippedLine)] == [(2, True)]
    assert RowsRead(1, 2) in records


def test_a_broken_line_in_the_middle_costs_that_line_only() -> None:
    records = read(row(0, closs=3.0), "{oops", row(1, closs=2.0))
    assert column(records, "closs").line.tolist() == [1, 3]
    assert [(r.line, r.torn) for r in records if isinstance(r, SkippedLine)] == [(2, False)]


# ---------------------------------------------------------------------------------------- key order
def test_rows_whose_keys_stand_in_another_order_are_noted() -> None:
    usual, odd = (
        '{{"train_a": 1, "train_b": 2, "epoch": {}}}',
        '{{"train_b": 2, "train_a": 1, "epoch": {}}}',
    )
    notes = [
        r for r in read(usual.format(0), odd.format(1), usual.format(2)) if isinstance(r, RawNote)
    ]
    assert [(note.kind, note.lines) for note in notes] == [("key_order", (2,))]


def test_a_row_that_lacks_a_key_is_not_out_of_order() -> None:
    assert not any(
        isinstance(r, RawNote)
        for r in read(row(0, a=1, b=2, c=3), row(1, a=1, c=3), row(2, a=1, b=2, c=3))
    )


# ----------------------------------------------------------------------------------------- segments
@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        ([0, 1, 2], []),
        ([0, 1, 2, 1, 2, 3], [(4, "resume")]),
        ([0, 1, 1, 2], [(3, "resume")]),
        ([0, 1, 2, 0, 1], [(4, "new_run")]),
    ],
)
def test_epochs_that_go_back_start_a_segment(
    epochs: list[int], expected: list[tuple[int, str]]
) -> None:
    assert segments(read(*(row(epoch, loss=1.0) for epoch in epochs))) == expected


def test_another_number_of_parameters_is_another_run() -> None:
    lines = [
        json.dumps({"train_loss": 1.0, "epoch": epoch, "n_parameters": n})
        for epoch, n in ((0, 41), (1, 41), (2, 43))
    ]
    records = read(*lines)
    assert segments(records) == [(3, "new_run")]
    assert [(r.name, r.value, r.line) for r in records if isinstance(r, RawFact)] == [
        ("n_parameters", 41, 1),
        ("n_parameters", 43, 3),
    ]
    assert ("train", "n_parameters") not in names(records)


# ----------------------------------------------------------------------------------------- sniffing
@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ('{"train_loss": 1.0, "epoch": 0}\n', True),
        ('{"train_lr": 1e-4, "test_loss": 1.0}\n', True),
        ('{"loss": 1.0, "step": 0}\n', False),
        ('{"train_loss": "low", "epoch": 0}\n', False),
        ("epoch 0 loss 1.0\n", False),
        ('{"lr": 1e-4, "epochs": 20}\n', False),
    ],
)
def test_only_epoch_rows_are_claimed(text: str, claimed: bool) -> None:
    assert (PARSER.sniff(LogFile("log.txt", data=text.encode())).value >= 0.5) is claimed
