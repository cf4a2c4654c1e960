"""What is printed behind a progress bar on the line it left open stands where the heading says;
`val=` beside a loss is that of the validation.
"""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Axis, Run


def read(tmp_path: Path, text: str) -> Run:
    (tmp_path / "train.log").write_text(text)
    return lossreport.read_run([tmp_path / "train.log"])


def curves(run: Run) -> dict[str, tuple[Axis, list[float], list[float]]]:
    return {
        f"{one.split}/{one.name}": (one.axis, one.x.tolist(), one.y.tolist()) for one in run.series
    }


def open_bar(done: int, behind: str) -> str:
    return (
        f" {20 * done}%|{'█' * done}{' ' * (5 - done)}| {done}/5 [00:{10 + done}<01:30, "
        f"19.52s/it]{behind}\n"
    )


def epoch(number: int) -> str:
    bar = f"Epoch {number}: 100%|█████| 36/36 [00:20<00:00,  1.75it/s]\n"
    train, val = f"Training loss: {1 / number:.3f}", f"Validation loss: {2 / number:.3f}"
    behind = (
        open_bar(number, val) if number < 5 else f"100%|█████| 5/5 [01:40<00:00, 19.5s/it]\n{val}\n"
    )
    return (
        f"Epoch : {number}\n"
        + bar
        + open_bar(number - 1, train)
        + behind
        + f"F1 Score (Weighted): {number / 10}\n"
    )


def test_a_message_behind_the_bar_of_the_epochs_is_of_the_epoch_that_the_heading_names(
    tmp_path: Path,
) -> None:
    found = curves(read(tmp_path, "".join(epoch(number) for number in range(1, 6))))
    assert found["train/loss"] == (Axis.EPOCH, [1, 2, 3, 4, 5], [1.0, 0.5, 0.333, 0.25, 0.2])
    assert found["val/loss"] == (Axis.EPOCH, [1, 2, 3, 4, 5], [2.0, 1.0, 0.667, 0.5, 0.4])


def test_a_score_with_its_way_of_averaging_is_of_the_validation_whose_loss_stands_above(
    tmp_path: Path,
) -> None:
    found = curves(read(tmp_path, "".join(epoch(number) for number in range(1, 6))))
    assert found["val/F1 Score (Weighted)"][2] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_without_a_heading_the_bar_is_the_place_of_what_stands_behind_it(tmp_path: Path) -> None:
    rows = "".join(open_bar(done, f"Training loss: {1 / (done + 1):.3f}") for done in range(5))
    found = curves(read(tmp_path, rows))
    assert found["train/loss"][1:] == ([0, 1, 2, 3, 4], [1.0, 0.5, 0.333, 0.25, 0.2])


def test_the_only_split_beside_the_loss_of_the_training_is_its_loss(tmp_path: Path) -> None:
    rows = [(2.42, 1.30), (1.38, 1.19), (1.15, 1.14), (1.08, 1.13)]
    text = "".join(
        f"  epoch {n}/4  loss={loss} (p={loss - 0.3:.2f} kl=0.58)  val={val}  [best]\n"
        for n, (loss, val) in enumerate(rows, 1)
    )
    assert curves(read(tmp_path, text))["val/loss"] == (
        Axis.EPOCH,
        [1, 2, 3, 4],
        [1.30, 1.19, 1.14, 1.13],
    )


def test_beside_a_score_or_of_another_size_it_is_none(tmp_path: Path) -> None:
    scored = "".join(
        f"epoch {n} loss={3 / n:.3f} acc={n / 10:.2f} val={n / 11:.3f}\n" for n in range(1, 8)
    )
    timed = "".join(f"epoch {n} loss={3 / n:.3f} val={900.5 + n:.1f}\n" for n in range(1, 8))
    assert not [
        name
        for text in (scored, timed)
        for name in curves(read(tmp_path, text))
        if name.startswith("val/")
    ]
