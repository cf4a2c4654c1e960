"""A JSON list of records is read whole, on one line or on many; one that breaks off gives what it
has, and other lists are left alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport
from lossreport.errors import NothingReadError

ROWS = [
    f'{{"epoch": {e}, "train_loss": {3 / e}, "val_loss": {3.3 / e}, "extra": {{"acc": 0.{e}}}}}'
    for e in (1, 2, 3)
]


@pytest.mark.parametrize(
    ("between", "lines"), [(", ", [1, 1, 1]), (",\n ", [1, 2, 3])], ids=["one line", "many"]
)
def test_every_record_is_a_row(between: str, lines: list[int], tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text(f"[{between.join(ROWS)}]")
    run = lossreport.read_run([tmp_path])
    (loss,) = [series for series in run.series if (series.split, series.name) == ("train", "loss")]
    assert (loss.axis, loss.x.tolist(), loss.y.tolist(), loss.line.tolist()) == (
        "epoch",
        [1, 2, 3],
        [3.0, 1.5, 1.0],
        lines,
    )
    assert {(series.split, series.name) for series in run.series} == {
        ("train", "loss"),
        ("val", "loss"),
        ("train", "extra/acc"),
    }


def test_a_list_that_breaks_off_gives_the_records_before(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text("[" + ",\n".join(ROWS)[:-20])
    run = lossreport.read_run([tmp_path])
    assert run.sources[0].rows == 2
    assert run.sources[0].torn


@pytest.mark.parametrize(
    "text",
    ['[{"name": "cat", "id": 3}, {"name": "dog", "id": 4}]', "[1, 2, 3]", "[]", '["loss", 3]'],
)
def test_other_lists_are_no_logs(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(NothingReadError):
        lossreport.read_run([tmp_path])


def test_the_record_that_sums_up_a_training_is_no_row_and_says_that_it_ended(
    tmp_path: Path,
) -> None:
    rows = [{"loss": 3 / step, "epoch": float(step), "step": step} for step in range(1, 8)]
    closing = {"train_runtime": 19.5, "train_loss": 2.47, "epoch": 7.0, "step": 7}
    (tmp_path / "log_history.json").write_text(json.dumps([*rows, closing], indent=1))
    run = lossreport.read_run([tmp_path])
    assert (run.series[0].y[-1], run.value("train_loss"), run.status.value) == (
        3 / 7,
        2.47,
        "finished",
    )


def test_an_evaluation_before_the_training_is_no_epoch(tmp_path: Path) -> None:
    rows = [{"eval_loss": 5 - step / 10, "epoch": float(step), "step": step} for step in range(8)]
    rows[1:1] = [{"loss": 3 / step, "epoch": float(step), "step": step} for step in range(1, 8)]
    (tmp_path / "log_history.json").write_text(
        json.dumps(sorted(rows, key=lambda row: row["step"]))
    )
    assert lossreport.read_run([tmp_path]).progress.epochs == (7, None)
