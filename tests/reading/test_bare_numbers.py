"""Numbers without names: a heading, the name of the file or headings of epochs say what they are;
else two of them must count.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.model.run import Series, Status

VALUES = [9.5, 4.25, 3.125, 2.5, 2.25]


def only(folder: Path, name: str, text: str) -> Series:
    (folder / name).write_text(text, encoding="utf-8")
    (run,) = lossreport.read_runs([folder])
    (series,) = run.series
    return series


def test_a_column_is_called_by_its_heading(tmp_path: Path) -> None:
    series = only(tmp_path, "x.csv", "loss\n" + "".join(f"{value}\n" for value in VALUES))
    assert (series.name, series.axis, series.y.tolist(), series.line.tolist()) == (
        "loss",
        "row",
        VALUES,
        [2, 3, 4, 5, 6],
    )


def test_a_column_is_called_by_its_file(tmp_path: Path) -> None:
    assert (
        only(tmp_path, "val_loss_history.txt", "".join(f"{value}\n" for value in VALUES)).label
        == "val/loss"
    )


def test_headings_of_epochs_stand_beside_the_rows(tmp_path: Path) -> None:
    text = (
        "Epoch 0\n"
        + "".join(f"{value}\n" for value in VALUES)
        + "Epoch 1\n"
        + "".join(f"{value}\n" for value in VALUES)
        + "Done!\n"
    )
    series = only(tmp_path, "log.txt", text)
    assert (series.name, series.epoch.tolist()) == ("value", [0] * 5 + [1] * 5)
    assert lossreport.read_run([tmp_path]).status is Status.FINISHED


def test_the_first_of_two_numbers_counts(tmp_path: Path) -> None:
    series = only(tmp_path, "log.txt", "".join(f"{i}\t{value}\n" for i, value in enumerate(VALUES)))
    assert (series.axis, series.x.tolist()) == ("iteration", [0, 1, 2, 3, 4])


def test_the_header_of_a_count_and_one_column_names_it(tmp_path: Path) -> None:
    series = only(
        tmp_path,
        "w.csv",
        "step,agility\n" + "".join(f"{10 * i},{value}\n" for i, value in enumerate(VALUES)),
    )
    assert (series.name, series.x.tolist()) == ("agility", [0, 10, 20, 30, 40])


@pytest.mark.parametrize("name", ["ep_rew_mean", "mean_rew", "EpRet", "avg_ep_ret"])
def test_a_shortened_reward_makes_a_table_a_training(tmp_path: Path, name: str) -> None:
    series = only(
        tmp_path,
        "w.csv",
        f"timesteps,{name}\n" + "".join(f"{2048 * i},{value}\n" for i, value in enumerate(VALUES)),
    )
    assert (series.name, series.x.tolist()[:2]) == (name, [0, 2048])


@pytest.mark.parametrize(
    "text",
    ["1.5\n2.5\n3.5\n", "0.1 5\n0.3 6\n0.2 7\n", "1,2,3\n4,5,6\n7,8,9\n", "1,2,3\n2,5,6\n3,8,9\n"],
    ids=["no name", "no count", "three", "whole"],
)
def test_numbers_that_nothing_explains_are_no_log(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.txt").write_text(text, encoding="utf-8")
    with pytest.raises(NothingReadError):
        lossreport.read_runs([tmp_path])


def test_text_between_numbers_that_nothing_names_is_a_document(tmp_path: Path) -> None:
    text = "".join(f"Section name\n{row} {3.5 * row}\nMore words here\n" for row in range(1, 8))
    (tmp_path / "notes.txt").write_text(text, encoding="utf-8")
    with pytest.raises(NothingReadError):
        lossreport.read_runs([tmp_path])


def test_lists_below_the_heading_of_vits_stand_at_their_step(tmp_path: Path) -> None:
    rows = "".join(
        f"INFO:v:Train Epoch: 3 [{i}%]\nINFO:v:[2.5, {7 - i}.5, {100 + 10 * i}, 9.9e-05]\n"
        for i in range(4)
    )
    (tmp_path / "train.log").write_text(rows, encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    assert {s.name: (s.x.tolist(), s.y.tolist()[:2]) for s in run.series} == {
        "loss_0": ([100, 110, 120, 130], [2.5, 2.5]),
        "loss_1": ([100, 110, 120, 130], [7.5, 6.5]),
        "learning_rate": ([100, 110, 120, 130], [9.9e-05, 9.9e-05]),
    }


def test_a_list_that_no_heading_stands_above_is_no_row_of_vits(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text("INFO:v:[2.5, 7.5, 100, 9.9e-05]\n" * 4, encoding="utf-8")
    with pytest.raises(NothingReadError):
        lossreport.read_runs([tmp_path])


def test_a_run_too_short_to_log_is_told_by_its_mean_loss(tmp_path: Path) -> None:
    last = {"step": 69, "epoch": 3.0, "train_loss": 1.25, "train_runtime": 36.0, "total_flos": 1.0}
    state = {
        "global_step": 69,
        "max_steps": 69,
        "is_world_process_zero": True,
        "log_history": [last],
    }
    series = only(tmp_path, "trainer_state.json", json.dumps(state, indent=1))
    assert (series.label, series.x.tolist(), series.y.tolist(), series.statistic) == (
        "loss",
        [69],
        [1.25],
        "running_mean",
    )


def test_several_numbers_behind_a_count_are_measured_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "train_log.txt").write_text(
        "".join(f"{i} {0.2 / (i + 1):.5f} {1 - 0.1 / (i + 1):.5f}\n" for i in range(9))
    )
    run = lossreport.read_run([tmp_path])
    assert [(one.name, one.axis, len(one)) for one in run.series] == [
        ("value 1", "iteration", 9),
        ("value 2", "iteration", 9),
    ]


SVC = [
    ("Train Epoch: 2 [0%]", "Losses: [{}], step: {}, lr: 0.0001, reference_loss: 40.5"),
    ("训练回合：2 [0%]", "损失：[{}]，步数：{}，学习率：0.0001"),
]


@pytest.mark.parametrize(("heading", "row"), SVC, ids=["en", "zh"])
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_of_so_vits_svc_name_their_step_and_have_known_losses(
    tmp_path: Path, heading: str, row: str, rows: int
) -> None:
    values = "2.5, 2.25, 7.5, 30.0, 3.5"
    lines = [
        f"2023-07-22 21:56:12,355\t44k\tINFO\t{text}\n"
        for i in range(rows)
        for text in (heading, row.format(values, 200 * i))
    ]
    (tmp_path / "train.log").write_text("".join(lines), encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    found = {s.name: (s.x.tolist(), s.y[0], s.epoch[0]) for s in run.series}
    steps = [200 * i for i in range(rows)]
    assert found["loss_mel"] == (steps, 30.0, 2.0)
    assert found["loss_disc"] == (steps, 2.5, 2.0)
    assert found["learning_rate"] == (steps, 1e-4, 2.0)
    assert ("reference_loss" in found) is ("reference" in row)


def test_a_list_of_another_length_is_numbered(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(
        "Losses: [2.5, 2.25], step: 0, lr: 0.0001\n", encoding="utf-8"
    )
    (run,) = lossreport.read_runs([tmp_path])
    assert [s.name for s in run.series] == ["loss_0", "loss_1", "learning_rate"]


def test_lines_of_words_alone_between_the_rows_are_no_rows(tmp_path: Path) -> None:
    rows = "".join(
        f"{number} {loss}\n"
        for number, loss in zip(
            range(10, 80, 10), ["2.61", "2.58", "2.63", "nan", "nan", "nan", "nan"], strict=True
        )
    )
    (tmp_path / "loss.log").write_text(
        f"...\n{rows[:24]}Saving the model\nLoading from checkpoint\n{rows[24:]}...\n",
        encoding="utf-8",
    )
    (run,) = lossreport.read_runs([tmp_path])
    (loss,) = run.series
    assert (loss.x.tolist(), loss.y[:3].tolist(), int(np.isnan(loss.y).sum())) == (
        [10, 20, 30, 40, 50, 60, 70],
        [2.61, 2.58, 2.63],
        4,
    )


def test_the_columns_of_a_table_without_a_known_name_keep_their_own(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "generation,best,mean,sigma\n" + "".join(f"{i},{i / 8},{i / 9},0.5\n" for i in range(1, 9))
    )
    (run,) = lossreport.read_runs([tmp_path])
    assert [(one.name, one.x.tolist()[:2]) for one in run.series] == [
        ("best", [1, 2]),
        ("mean", [1, 2]),
        ("sigma", [1, 2]),
    ]
