"""metrics.csv of Lightning: a test behind the last row of the training is its end."""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Status

HEAD = "epoch,step,train_loss,val_loss,test_acc\n"
ROWS = "".join(
    f"{e},{10 * e + 9},{3 / (e + 1):.4f},,\n{e},{10 * e + 9},,{4 / (e + 1):.4f},\n"
    for e in range(6)
)


def status(folder: Path, text: str) -> Status:
    (folder / "metrics.csv").write_text(HEAD + text)
    return lossreport.read_run([folder]).status


def test_a_test_behind_the_training_says_that_it_came_to_its_end(tmp_path: Path) -> None:
    assert status(tmp_path, ROWS + "6,60,,,0.9\n") is Status.FINISHED


def test_a_test_before_the_last_row_or_none_says_nothing(tmp_path: Path) -> None:
    assert status(tmp_path, ROWS) is Status.UNKNOWN
    assert status(tmp_path, "2,30,,,0.9\n" + ROWS) is Status.UNKNOWN


def test_a_name_without_a_split_that_stands_in_rows_of_a_validation_alone_was_measured_there(
    tmp_path: Path,
) -> None:
    head = "epoch,step,loss/train,loss/val,WordErrorRate,lr\n"
    rows = "".join(
        f"{e},{10 * e + 9},{3 / (e + 1):.4f},,,0.1\n{e},{10 * e + 9},,{4 / (e + 1):.4f},{0.5 / (e + 1):.4f},\n"
        for e in range(6)
    )
    (tmp_path / "metrics.csv").write_text(head + rows)
    named = {
        one.name: one.split for one in lossreport.read_run([tmp_path]).series if one.name != "loss"
    }
    assert named == {"WordErrorRate": "val", "lr": "train"}
