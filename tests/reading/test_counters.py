"""Counters that loops call by a letter, counters of two parts, and scores that no batch of a
training has.
"""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Run, Series


def read(tmp_path: Path, text: str) -> Run:
    (tmp_path / "train.log").write_text(text)
    return lossreport.read_run([tmp_path])


def only(run: Run, name: str) -> Series:
    (found,) = [s for s in run.series if s.name == name]
    return found


def test_a_letter_that_counts_is_the_iteration_and_no_metric(tmp_path: Path) -> None:
    run = read(tmp_path, "".join(f"i: {i}, train_loss: {1 - i / 10:.3f}\n" for i in range(6)))
    assert [(s.name, s.axis, s.x.tolist()) for s in run.series] == [
        ("loss", "iteration", [0, 1, 2, 3, 4, 5])
    ]


def test_a_letter_that_does_not_count_stays_a_number(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(
            f"epoch {e} n: {n}, train_loss: {1 - e / 10:.3f}\n"
            for e, n in enumerate((7, 3, 99, 12, 5))
        ),
    )
    assert only(run, "loss").axis == "epoch"


def test_the_first_part_of_a_counter_of_two_is_a_stage_around_the_iterations(
    tmp_path: Path,
) -> None:
    run = read(
        tmp_path,
        "".join(
            f"[{s} : {i:5d}] loss G : {9 - s - i / 1000:.3f} loss D : -1.5\n"
            for s in (0, 1)
            for i in (100, 200, 300)
        ),
    )
    found = only(run, "loss G")
    assert (found.axis, found.x.tolist()) == ("iteration", [100, 200, 300, 400, 500, 600])


def test_scores_of_rankings_without_a_split_are_of_the_validation(tmp_path: Path) -> None:
    run = read(tmp_path, "".join(f"epoch: {e} hits: 0.1{e} ndcgs: 0.0{e}\n" for e in range(1, 5)))
    assert {(s.split, s.name) for s in run.series} == {("val", "hits"), ("val", "ndcgs")}


def test_scores_beside_a_loss_are_of_the_training_as_it_is(tmp_path: Path) -> None:
    run = read(tmp_path, "".join(f"epoch: {e} loss: 0.{9 - e} bleu: 0.0{e}\n" for e in range(1, 5)))
    assert {s.split for s in run.series} == {"train"}
