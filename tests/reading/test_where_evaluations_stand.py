"""Where an evaluation stands that names no place, or names it now by the step and now by the
epoch.
"""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Series


def series(tmp_path: Path, lines: list[str], name: str = "loss", split: str = "val") -> Series:
    (tmp_path / "train.log").write_text("".join(f"{line}\n" for line in lines))
    (found,) = [
        one
        for one in lossreport.read_run([tmp_path]).series
        if (one.name, one.split) == (name, split)
    ]
    return found


def train(step: int) -> str:
    return f"step {step} train_loss {280 / step:.3f}"


def val(step: int) -> str:
    return f"val_loss: {300 / step:.3f}"


def test_evaluations_that_stand_before_each_row_are_of_the_row_behind_them(tmp_path: Path) -> None:
    lines = [line for step in range(100, 700, 100) for line in (val(step), train(step))]
    assert series(tmp_path, lines).x.tolist() == [100, 200, 300, 400, 500, 600]


def test_an_evaluation_before_the_first_row_is_of_the_beginning_where_the_last_stands_behind_its_row(
    tmp_path: Path,
) -> None:
    lines = [
        "val_loss: 9.0",
        *(line for step in range(100, 700, 100) for line in (train(step), val(step))),
    ]
    assert series(tmp_path, lines).x.tolist() == [0, 100, 200, 300, 400, 500, 600]


def test_a_rare_evaluation_is_of_the_row_behind_it_where_that_is_the_round_step(
    tmp_path: Path,
) -> None:
    lines = [
        line
        for step in range(10, 510, 10)
        for line in ([val(step)] if step % 100 == 0 else []) + [train(step)]
    ]
    assert series(tmp_path, lines).x.tolist() == [100, 200, 300, 400, 500]


def test_a_rare_evaluation_is_of_the_row_before_it_where_that_is_the_round_step(
    tmp_path: Path,
) -> None:
    lines = [
        line
        for step in range(10, 510, 10)
        for line in [train(step)] + ([val(step)] if step % 100 == 0 else [])
    ]
    assert series(tmp_path, lines).x.tolist() == [100, 200, 300, 400, 500]


def test_an_evaluation_behind_which_the_log_breaks_off_stands_where_the_training_stood(
    tmp_path: Path,
) -> None:
    lines = [
        line
        for step in range(10, 600, 10)
        for line in ([val(step)] if step % 100 == 0 else []) + [train(step)]
    ]
    assert series(tmp_path, [*lines, val(600)]).x.tolist() == [100, 200, 300, 400, 500, 590]


def test_a_row_with_a_step_is_none_of_the_evaluation_above_it_whose_rows_name_their_split(
    tmp_path: Path,
) -> None:
    for told in (val, lambda step: val(step).removeprefix("val_")):
        lines = [
            line
            for step in range(100, 600, 100)
            for line in ("Evaluation:", told(step), f"Step: {step} | loss: {280 / step:.3f}")
        ]
        assert series(tmp_path, lines, split="train").x.tolist() == [100, 200, 300, 400, 500]


def test_a_measure_told_now_by_the_step_and_now_by_the_epoch_is_one_curve_over_the_steps(
    tmp_path: Path,
) -> None:
    lines = []
    for step in range(100, 1300, 100):
        lines.append(f"Epoch {1 + (step - 1) // 400} step {step} loss {280 / step:.3f}")
        lines += [f"step {step} {val(step)}"] if step % 400 == 200 else []
        lines += [f"Epoch {step // 400} {val(step)}"] if step % 400 == 0 else []
    found = series(tmp_path, lines)
    assert (found.axis, found.x.tolist()) == ("iteration", [200, 400, 600, 800, 1000, 1200])


def test_a_measure_stays_at_its_epochs_where_no_row_of_theirs_stands_above(tmp_path: Path) -> None:
    lines = [
        f"Epoch 1 {val(50)}",
        *(
            line
            for step in range(100, 500, 100)
            for line in (train(step), f"step {step} {val(step)}")
        ),
    ]
    (tmp_path / "train.log").write_text(
        "".join(f"{line}\n" for line in [*lines, f"Epoch 2 {val(900)}"])
    )
    found = {
        one.axis: one.x.tolist()
        for one in lossreport.read_run([tmp_path]).series
        if one.split == "val"
    }
    assert found == {"step": [100, 200, 300, 400], "epoch": [1, 2]}
