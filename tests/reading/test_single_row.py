"""The only row of a short log is read; a sentence with a number is not."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.model.run import Run
from lossreport.reading.lines.single import is_pure


def read(tmp_path: Path, text: str) -> Run:
    (tmp_path / "train.log").write_text(text)
    return lossreport.read_run([tmp_path])


def test_the_only_epoch_of_a_short_log_is_a_row(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "Size: 30\nOptimizer: SGD\n\nEpoch: 01 | Epoch Time: 2m 10s\n\tTrain Loss: 0.415\n\t "
        "Val. Loss: 0.388\n",
    )
    assert {(s.split, s.name, s.x.tolist()[0], s.y.tolist()[0]) for s in run.series} == {
        ("train", "Loss", 1.0, 0.415),
        ("val", "Loss", 1.0, 0.388),
    }


def test_the_only_line_of_results_is_a_row_at_the_beginning(tmp_path: Path) -> None:
    run = read(tmp_path, "[ok] A: samples=4\nacc=0.71  auc=0.83\nSaved: out/meta.pkl\n")
    assert {(s.name, s.x.tolist()[0]) for s in run.series} == {("acc", 0.0), ("auc", 0.0)}


@pytest.mark.parametrize(
    "text",
    [
        "We reached an accuracy of 0.71 and a loss of 0.5 here.\n",
        "lr = 0.1\ndropout = 0.5\n",
        "accuracy: 0.71\n",
    ],
)
def test_prose_and_lone_settings_are_no_row(tmp_path: Path, text: str) -> None:
    with pytest.raises(NothingReadError):
        read(tmp_path, "About the model\n" + text)


def test_a_hostile_line_is_refused_in_linear_time() -> None:
    start = process_time()
    for text in ("a" * 64_000, "a=0.5 " * 12_000 + "x", " " * 64_000, "a a a " * 10_000):
        assert not is_pure(text)
    assert process_time() - start < 0.5


@pytest.mark.parametrize(
    ("text", "read_as_row"),
    [("epoch 1 loss 0.53 val_loss 0.61\n", True), ("epoch 1 of the loss 0.53 was fine\n", False)],
)
def test_a_place_names_and_decimals_without_signs_are_a_row(
    text: str, read_as_row: bool, tmp_path: Path
) -> None:
    if read_as_row:
        assert {f"{one.split}/{one.name}" for one in read(tmp_path, text).series} == {
            "train/loss",
            "val/loss",
        }
    else:
        with pytest.raises(NothingReadError):
            read(tmp_path, text)
