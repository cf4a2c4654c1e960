"""A history printed as a dict of lists is read, one run a dict."""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.reading.formats.printed_history import history_of

FIRST = "{'loss': [1.5, 0.5, 0.25], 'accuracy': [0.5, 0.8, 0.9], 'val_loss': [0.6, 0.4, 0.3], 'val_accuracy': [0.7, 0.8, 0.85]}\n"
SECOND = "{'loss': [0.2, 0.1], 'accuracy': [0.92, 0.95], 'val_loss': [0.3, 0.35], 'val_accuracy': [0.85, 0.84]}\n"


def curves(folder: Path, text: str) -> list[dict[str, list[float]]]:
    (folder / "log_train.txt").write_text(text)
    return [
        {f"{s.split}/{s.name}": s.y.tolist() for s in run.series}
        for run in lossreport.read_runs([folder])
    ]


def test_a_printed_dict_of_lists_is_a_curve_a_name_over_epochs_from_0(tmp_path: Path) -> None:
    (found,) = curves(tmp_path, FIRST)
    assert found["train/loss"] == [1.5, 0.5, 0.25]
    assert found["val/accuracy"] == [0.7, 0.8, 0.85]
    assert lossreport.read_run([tmp_path]).series[0].x.tolist() == [0, 1, 2]


def test_every_dict_of_a_file_is_a_training_of_its_own(tmp_path: Path) -> None:
    assert [run["val/loss"] for run in curves(tmp_path, FIRST + "Saved\n" + SECOND)] == [
        [0.6, 0.4, 0.3],
        [0.3, 0.35],
    ]


def test_a_history_over_many_lines_or_with_numpy_numbers_and_nan_is_read(tmp_path: Path) -> None:
    (found,) = curves(
        tmp_path,
        "{'loss': [1.5,\n  np.float32(0.5),\n  nan],\n 'val_loss': [0.6,\n  0.4,\n  0.3]}\n",
    )
    assert found["val/loss"] == [0.6, 0.4, 0.3]
    assert found["train/loss"][:2] == [1.5, 0.5]


def test_lists_of_other_things_or_of_other_lengths_are_no_history(tmp_path: Path) -> None:
    assert history_of("{'loss': [1.5, 0.5], 'val_loss': [0.5]}") is None
    assert history_of("{'layers': [64, 32]}") is None
    assert history_of("{'loss': ['mse', 'mae']}") is None
    with pytest.raises(NothingReadError):
        curves(tmp_path, "{'layers': [64, 32], 'gpus': [0, 1]}\n")


def test_a_run_inside_one_file_lends_its_name_to_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("{'loss': [3.0, 2.0], 'val_loss': [3.1, 2.2]}\n")
    (tmp_path / "log_train.txt").write_text(FIRST + SECOND)
    assert sorted(run.name for run in lossreport.read_runs([tmp_path])) == [
        "log_train.txt:1",
        "log_train.txt:2",
        "other.txt",
    ]
