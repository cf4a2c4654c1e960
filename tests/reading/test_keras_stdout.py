"""Bars of Keras: the last one of an epoch counts, and the bar of `evaluate` behind the training is
no epoch.
"""

from __future__ import annotations

from pathlib import Path

import lossreport


def read(folder: Path, text: str) -> dict[str, list[float]]:
    (folder / "train.log").write_text(text, encoding="utf-8")
    (run,) = lossreport.read_runs([folder])
    return {series.label: series.y.tolist() for series in run.series}


def epoch(number: int, loss: float) -> str:
    return (
        f"Epoch {number}/3\n90/90 [====] - 5s 50ms/step - loss: {loss} - accuracy: 0.5 - "
        f"val_loss: 0.9 - val_accuracy: 0.4\n"
    )


TRAINED = "".join(epoch(number, loss) for number, loss in ((1, 0.8), (2, 0.7), (3, 0.6)))


def test_the_bar_of_an_evaluation_behind_the_training_replaces_no_epoch(tmp_path: Path) -> None:
    found = read(
        tmp_path, TRAINED + "31/31 [====] - 1s 5ms/step - loss: 0.3682 - accuracy: 0.8669\n"
    )
    assert (found["loss"], found["eval/loss"], found["val/loss"]) == (
        [0.8, 0.7, 0.6],
        [0.3682],
        [0.9, 0.9, 0.9],
    )


def test_the_bar_of_an_epoch_drawn_again_with_its_validation_is_the_same_epoch(
    tmp_path: Path,
) -> None:
    twice = "".join(
        epoch(n, 0.5).replace(" - val_loss: 0.9 - val_accuracy: 0.4", "")
        + epoch(n, 0.5).split("\n")[1]
        + "\n"
        for n in (1, 2, 3)
    )
    assert set(read(tmp_path, twice)) == {"loss", "accuracy", "val/loss", "val/accuracy"}


def test_a_log_that_begins_inside_an_epoch_numbers_it_by_the_heading_behind_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.log").write_text(
        epoch(1, 0.8).partition("\n")[2] + epoch(2, 0.7), encoding="utf-8"
    )
    (run,) = lossreport.read_runs([tmp_path])
    loss = next(series for series in run.series if series.label == "loss")
    assert (loss.x.tolist(), loss.y.tolist(), run.progress.epochs) == ([1, 2], [0.8, 0.7], (2, 3))


def test_the_bar_of_an_epoch_that_the_log_ends_in_is_no_mean_of_it(tmp_path: Path) -> None:
    begun = "Epoch 3/3\n12/90 [=>...] - ETA: 4s - loss: 0.2 - accuracy: 0.9\n"
    assert read(tmp_path, epoch(1, 0.8) + epoch(2, 0.7) + begun)["loss"] == [0.8, 0.7]


def test_where_no_epoch_is_finished_its_bar_is_all_there_is(tmp_path: Path) -> None:
    assert read(tmp_path, "Epoch 1/3\n12/90 [=>...] - ETA: 4s - loss: 0.2 - accuracy: 0.9\n")[
        "loss"
    ] == [0.2]
