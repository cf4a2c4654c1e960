"""Tables of text: cells with a percent sign, rows that are of no curve, metrics listed with their
values.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.model.run import Run, Series


def read(tmp_path: Path, text: str, name: str = "log.csv") -> Run:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return lossreport.read_run([tmp_path])


def series(run: Run, name: str) -> Series:
    (found,) = [one for one in run.series if f"{one.split}/{one.name}" == name]
    return found


def test_a_cell_with_a_percent_sign_is_a_number(tmp_path: Path) -> None:
    rows = [f"{e},{1 / e:.3f},{50 + e}.5%,{49 + e}.25 %" for e in range(1, 8)]
    run = read(tmp_path, "\n".join(["epoch,train_loss,train_acc,val_acc", *rows]))
    assert series(run, "train/acc").y.tolist() == [50.5 + e for e in range(1, 8)]
    assert series(run, "val/acc").y.tolist() == [49.25 + e for e in range(1, 8)]


def test_a_word_where_the_rows_count_is_no_row_of_the_curve(tmp_path: Path) -> None:
    rows = [f"{e}  {1 / e:.3f}  {1.1 / e:.3f}" for e in range(1, 8)]
    classes = ["Class  Precision  Recall", "cat  0.91  0.88", "dog  0.87  0.83", "mean  0.89  0.86"]
    run = read(
        tmp_path,
        "\n".join(["Epoch  TrainLoss  ValLoss", *rows[:5], *classes, *rows[5:], ""]),
        "train.log",
    )
    assert series(run, "val/Loss").line.tolist() == [2, 3, 4, 5, 6, 11, 12]
    assert run.sources[0].skipped == 4


def test_a_column_of_words_that_is_called_like_a_counter_counts_nothing(tmp_path: Path) -> None:
    rows = [f"{word},{e},{1 / e:.3f}" for e in range(1, 6) for word in ("warm", "main")]
    run = read(tmp_path, "\n".join(["step,epoch,loss", *rows]))
    assert run.sources[0].skipped == 0
    assert sum(len(one) for one in run.series) == 10


def test_a_metric_and_its_value_are_an_evaluation_of_one_row(tmp_path: Path) -> None:
    run = read(tmp_path, "Metric,Value\nAccuracy,91.2%\ntest_f1,0.901\nnotes,none\n", "results.csv")
    assert [(one.split, one.name, one.y.tolist()) for one in run.series] == [
        ("eval", "Accuracy", [91.2]),
        ("test", "f1", [0.901]),
    ]
    assert run.sources[0].skipped == 1


def test_a_column_of_lengths_beside_the_count_of_episodes_is_no_axis(tmp_path: Path) -> None:
    rows = [f"{e},{(37 * e) % 50},{e / 2},{50 - e}" for e in range(1, 9)]
    run = read(tmp_path, "\n".join(["episode,steps,reward,loss", *rows, ""]))
    assert {(one.axis, one.x[-1]) for one in run.series} == {("episode", 8)}


def test_a_count_inside_each_epoch_is_still_an_axis(tmp_path: Path) -> None:
    rows = [
        f"{epoch},{step},{1 / (10 * epoch + step):.4f}"
        for epoch in range(1, 4)
        for step in range(1, 7)
    ]
    run = read(tmp_path, "\n".join(["epoch,step,loss", *rows, ""]))
    assert {one.axis for one in run.series} <= {"step", "iteration"}


def test_the_steps_in_total_count_where_a_table_names_them_so(tmp_path: Path) -> None:
    rows = [f"{e},{2000 * e},{-100 + e}" for e in range(1, 9)]
    run = read(tmp_path, "\n".join(["total/epochs,total/steps,rollout/return", *rows, ""]))
    assert [(one.name, one.axis, one.x[-1]) for one in run.series] == [
        ("rollout/return", "step", 16000)
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("epoch,loss,val_loss\n", "a header of a table without a row"),
        ("hello, world\n", "no parser recognises"),
    ],
)
def test_a_table_without_a_row_is_refused_as_one(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(NothingReadError, match=why):
        read(tmp_path, text)


def test_a_long_table_holds_what_its_file_is_called_a_run_a_model(tmp_path: Path) -> None:
    rows = "".join(
        f"{model},{step},{0.02 / (step + 1):.5f}\n"
        for model in ("JCN-Brown", "LCH")
        for step in range(9)
    )
    (tmp_path / "loss.csv").write_text(f"Model,Step,Value\n{rows}")
    runs = lossreport.read_runs([tmp_path])
    assert [[(one.name, one.axis, len(one)) for one in run.series] for run in runs] == [
        [("loss", "step", 9)]
    ] * 2


def test_a_column_called_value_in_a_file_of_no_metric_is_none(tmp_path: Path) -> None:
    with pytest.raises(NothingReadError):
        read(
            tmp_path,
            "name,step,value\n" + "".join(f"a,{n},{n}.5\n" for n in range(9)),
            "inventory.csv",
        )


@pytest.mark.parametrize(
    ("header", "splits"),
    [
        ("train_loss\ttrain_EPE\tEPE", {"train/loss", "train/EPE", "val/EPE"}),
        ("train_loss\tval_EPE\tEPE", {"train/loss", "val/EPE", "train/EPE"}),
    ],
)
def test_a_name_that_stands_with_train_before_it_and_without_was_measured_elsewhere(
    header: str, splits: set[str], tmp_path: Path
) -> None:
    run = read(
        tmp_path,
        header + "\n" + "".join(f"{9 / n:.3f}\t{20 / n:.3f}\t{22 / n:.3f}\n" for n in range(1, 9)),
        "train.log",
    )
    assert {f"{one.split}/{one.name}" for one in run.series} == splits


def test_an_evolution_and_the_solver_of_a_game_are_trainings(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "Generation,BestFitness,AvgFitness\n"
        + "".join(f"{g},{g / 2},{g / 3}\n" for g in range(1, 9)),
    )
    assert series(run, "train/BestFitness").axis == "iteration"
    solved = read(
        tmp_path,
        "exploitability,t\n" + "".join(f"{1 / t},{t}\n" for t in range(1, 9)),
        "progress.csv",
    )
    assert series(solved, "train/exploitability").y.tolist()[:2] == [1.0, 0.5]


def test_an_empty_cell_of_a_column_with_a_word_is_no_nan(tmp_path: Path) -> None:
    rows = "".join(f"{n},{3 / n:.3f},{'iter_3' if n == 4 else ''}\n" for n in range(1, 13))
    run = read(tmp_path, "epoch,loss,reverted_to\n" + rows)
    assert [one.name for one in run.series] == ["loss"]
