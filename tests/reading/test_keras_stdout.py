"""Bars of Keras: the last one of an epoch counts, and the bar of `evaluate` behind the training is no epoch."""

from __future__ import annotations

from pathlib import Path

import lossreport


def read(folder: Path, text: str) -> dict[str, list[float]]:
    (folder / "train.log").write_text(text, encoding="utf-8")
    (run,) = lossreport.read_runs([folder])
    return {series.label: series.y.tolist() for series in run.series}


def epoch(number: int, loss: float) -> str:
    return f"Epoch {number}/3\n90/90 [====] - 5s 50ms/step - loss: {loss} - accuracy: 0.5 - val_loss: 0.9 - val_accuracy: 0.4\n"


TRAINED = "".join(epoch(number, loss) for number, loss in ((1, 0.8), (2, 0.7), (3, 0.6)))


def test_the_bar_of_an_evaluation_behind_the_training_replaces_no_epoch(tmp_path: Path) -> None:
    found = read(tmp_path, TRAINED + "31/31 [====] - 1s 5ms/step - loss: 0.3682 - accuracy: 0.8669\n")
    assert (found["loss"], found["eval/loss"], found["val/loss"]) == ([0.8, 0.7, 0.6], [0.3682], [0.9, 0.9, 0.9])


def test_the_bar_of_an_epoch_drawn_again_with_its_validation_is_the_same_epoch(tmp_path: Path) -> None:
    twice = "".join(
        epoch(n, 0.5).replace(" - val_loss: 0.9 - val_accuracy: 0.4", "") + epoch(n, 0.5).split("\n")[1] + "\n" for n in (1, 2, 3)
    )
    assert set(read(tmp_path, twice)) == {"loss", "accuracy", "val/loss", "val/accuracy"}
