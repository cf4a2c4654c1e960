"""Results of repetitions are no curve; a run that is named keeps what it reached; a test belongs to
the run it tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Run


def read(tmp_path: Path, text: str, name: str = "train.log") -> tuple[Run, ...]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return lossreport.read_runs([tmp_path])


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("run {at}: acc 0.8{at} f1 0.7{at}", "run"),
        ("seed {at}, acc: 0.8{at}", "seed"),
        ("Trial {at} acc: 0.8{at}", "trial"),
    ],
)
def test_the_results_of_repetitions_stand_each_by_itself(
    line: str, name: str, tmp_path: Path
) -> None:
    (run,) = read(
        tmp_path,
        "".join(line.format(at=at) + "\n" for at in range(1, 6)) + "mean±std: acc 0.83±0.014\n",
    )
    found = [one for one in run.series if one.name == "acc"]
    assert [one.entity and (one.entity.kind, one.entity.value) for one in found] == [
        ("trial", f"{name} {at}") for at in range(1, 6)
    ]
    assert [one.y.tolist() for one in found] == [[0.81], [0.82], [0.83], [0.84], [0.85]]
    assert run.value("mean_acc") == 0.83


def test_two_results_alone_are_no_repetitions(tmp_path: Path) -> None:
    with pytest.raises(lossreport.errors.NothingReadError):
        read(tmp_path, "run 1: acc 0.81\nrun 2: acc 0.82\n")


def test_the_rows_that_sum_folds_up_are_facts(tmp_path: Path) -> None:
    rows = "".join(f"{at},0.8{at}\n" for at in range(1, 6))
    (run,) = read(tmp_path, f"fold,acc\n{rows}mean,0.83\nstd,0.014\n", "cv.csv")
    assert [one.entity and one.entity.value for one in run.series] == [
        f"fold {at}" for at in range(1, 6)
    ]
    assert (run.value("mean_acc"), run.value("std_acc")) == (0.83, 0.014)


def fold(number: int, word: str = "Fold") -> str:
    rows = "".join(
        f"Epoch {e} loss: {3 / number / e:.4f} val_acc: 0.{number}{e}\n" for e in range(1, 5)
    )
    return f"{word} {number}\n{rows}Best val_acc: 0.{number}4\n"


def test_the_best_values_of_named_runs_are_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, fold(1) + fold(2) + fold(3))
    assert {run.name: run.value("best_val_acc") for run in found} == {
        "fold 1": 0.14,
        "fold 2": 0.24,
        "fold 3": 0.34,
    }


def test_stages_that_begin_anew_are_called_by_their_number(tmp_path: Path) -> None:
    assert [run.name for run in read(tmp_path, fold(1, "Stage") + fold(2, "Stage"))] == [
        "stage 1",
        "stage 2",
    ]


def test_a_stage_is_no_metric_and_no_epoch(tmp_path: Path) -> None:
    (run,) = read(
        tmp_path,
        "".join(
            f"Stage: {1 + (s > 500)} | Step: {s} | loss: {300 / s:.4f}\n"
            for s in range(100, 1100, 100)
        ),
    )
    assert [(one.label, one.axis, one.x[-1]) for one in run.series] == [("loss", "step", 1000)]


def test_what_only_tests_is_of_the_run_before_it(tmp_path: Path) -> None:
    for version, text in enumerate(
        (
            "epoch,step,train_loss\n" + "".join(f"{e},{10 * e},{2 / (e + 1)}\n" for e in range(5)),
            "epoch,step,test_loss,test_acc\n5,50,0.41,0.8\n",
        )
    ):
        (tmp_path / f"version_{version}").mkdir()
        (tmp_path / f"version_{version}" / "metrics.csv").write_text(text)
    run = lossreport.read_run([tmp_path])
    assert {one.label for one in run.series} == {"loss", "test/loss", "test/acc"}


def test_a_test_behind_the_last_epoch_is_no_epoch_more(tmp_path: Path) -> None:
    rows = "".join(f"{e},{10 * e},{2 / (e + 1):.4f},{2.2 / (e + 1):.4f},\n" for e in range(5))
    (run,) = read(
        tmp_path, f"epoch,step,train_loss,val_loss,test_loss\n{rows}5,50,,,0.41\n", "metrics.csv"
    )
    assert run.progress.epochs == (5, None)


def test_a_test_that_is_printed_once_is_known_at_the_end(tmp_path: Path) -> None:
    rows = "".join(f"Epoch {e} train_loss {2 / e:.4f} val_loss {3 / e:.4f}\n" for e in range(1, 7))
    (run,) = read(tmp_path, f"{rows}Epoch 1 test_loss 0.45 test_acc 0.81\n")
    assert (run.value("final_test_loss"), run.value("final_test_acc")) == (0.45, 0.81)


def test_rounds_are_done_where_rows_count_the_epochs_inside_them(tmp_path: Path) -> None:
    text = "".join(
        f"Round {r}/200\n"
        + "".join(
            f"Client {c} Epoch {e}/5 loss: {3 / r / e + c / 10:.4f}\n"
            for c in (0, 1)
            for e in range(1, 6)
        )
        for r in range(1, 5)
    )
    (run,) = read(tmp_path, text)
    assert run.progress.epochs == (4, 200)


def test_subjects_with_a_row_each_are_results_of_their_own(tmp_path: Path) -> None:
    rows = "".join(
        f"Training on subject {n}\nSubject: {n}   seed 1   valid_acc: 0.{80 + n}   valid_loss: "
        f"0.{60 - n}\n\n"
        for n in range(1, 7)
    )
    (tmp_path / "log.txt").write_text(rows)
    run = lossreport.read_run([tmp_path])
    values = {
        one.entity.value: one.y.tolist()
        for one in run.series
        if one.name == "acc" and one.entity is not None
    }
    assert values == {f"subject {n}": [float(f"0.{80 + n}")] for n in range(1, 7)}
