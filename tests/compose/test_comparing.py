"""Several runs are compared by the metric that they share, in one sentence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import lossreport
from lossreport.compose.comparing import ALIKE, APART, LEAST_ALIKE, comparisons
from lossreport.model.run import Run
from runs import falling, make_run, make_series


def run(number: int, y: npt.ArrayLike, name: str = "loss") -> Run:
    series = replace(make_series(y, name, id=f"r{number}-m1"), run=f"r{number}")
    return replace(make_run([series]), id=f"r{number}", name=f"run {number}", series=(series,))


def told(*runs: Run) -> list[str]:
    return [text.plain("en") for text in comparisons(lossreport.analyze(runs, strict=True))]


def ends(*levels: float) -> list[str]:
    return told(*(run(i, falling(40, 9.0, level, noise=0.0)) for i, level in enumerate(levels, 1)))


def test_the_best_the_median_and_the_worst_are_named() -> None:
    (text,) = ends(2.0, 0.5, 4.0)
    assert text == "Best last loss of 3 runs: 0.5 (r2, epoch 39). Median 2, worst 4 (r3)."


def test_runs_of_other_metrics_are_not_compared() -> None:
    assert told(run(1, falling(40)), run(2, np.linspace(0.1, 0.9, 40), "accuracy")) == []


@pytest.mark.parametrize(("others", "alike"), [(LEAST_ALIKE, True), (LEAST_ALIKE - 1, False)])
def test_runs_that_end_alike_behind_the_best_are_told(others: int, alike: bool) -> None:
    (text,) = ends(0.5, *(2.0 * (1 + 0.3 * ALIKE * i / others) for i in range(others)))
    assert (f"{others} of them lie at one level" in text) is alike


@pytest.mark.parametrize(("better", "alike"), [(1.5 * APART, True), (0.5 * APART, False)])
def test_runs_near_the_best_are_no_group_of_their_own(better: float, alike: bool) -> None:
    (text,) = ends(2.0 * (1 - better), 2.0, 2.01, 2.02)
    assert ("lie at one level" in text) is alike


def test_a_copy_is_one_result() -> None:
    (text,) = ends(2.0, 0.5, 2.0)
    assert "r1, r3 hold the same loss row by row" in text
    (text,) = ends(2.0, 0.5, 2.001)
    assert "row by row" not in text


def test_a_broken_run_and_a_loss_measured_once_are_not_compared(tmp_path: Path) -> None:
    head = "epoch,avg_loss,accuracy\n"
    good = "".join(f"{at},{2 / at:.3f},0.{50 + at}\n" for at in range(1, 30))
    for name, rows in {
        "a": good,
        "b": good.replace("2.000", "2.100"),
        "dead": "1,0,0\n2,0,0\n3,0,0\n4,0,0\n",
        "once": "1,0.0001,1\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(head + rows, encoding="utf-8")
    text = lossreport.render(
        lossreport.compose(lossreport.analyze(lossreport.read_runs([tmp_path]))),
        format="md",
        lang="en",
    )
    assert "of 2 runs**:" in text
