"""What a program prints when it starts, printed again between rows, begins another launch."""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Run
from lossreport.reading.lines.banner import is_periodic


def read(tmp_path: Path, text: str) -> tuple[Run, ...]:
    (tmp_path / "train.log").write_text(text)
    return lossreport.read_runs([tmp_path])


def rows(first: int, last: int) -> str:
    return "".join(f"iter: {i} loss: {9 / (i + 1):.4f}\n" for i in range(first, last, 10))


def test_an_opening_printed_again_while_the_counter_goes_on_is_a_resume(tmp_path: Path) -> None:
    (run,) = read(tmp_path, "Running Foo\nsize 10\n" + rows(0, 60) + "Running Foo\nsize 10\n" + rows(60, 150))
    assert [launch.first_line for launch in run.launches] == [1, 9]


def test_an_opening_printed_again_before_the_first_place_is_a_new_run(tmp_path: Path) -> None:
    runs = read(tmp_path, "tracker not resumed\n" + rows(0, 60) + "tracker not resumed\n" + rows(0, 110))
    assert [len(run.series[0].y) for run in runs] == [6, 11]


def test_lines_printed_at_equal_distances_head_no_launch(tmp_path: Path) -> None:
    (run,) = read(tmp_path, "".join(f"Shuffling data\nBuilding batches\n{rows(60 * e, 60 * e + 60)}" for e in range(4)))
    assert len(run.launches) == 1
    assert is_periodic(["Shuffle 1", "x", "Shuffle 2", "x", "Shuffle 3"])


def test_a_number_between_rules_counts_the_batches_of_the_training_and_not_of_the_evaluation(tmp_path: Path) -> None:
    text = "".join(
        f"**** EPOCH {e:03d} ****\n"
        + "".join(f"----{b}-----\nmean loss: {3 / (e * 3 + b + 1):.4f}\n" for b in range(3))
        + f"----0-----\neval mean loss: {3 / (e + 1):.4f}\n"
        for e in range(4)
    )
    (run,) = read(tmp_path, text)
    found = {s.split: (s.axis, s.x.tolist()) for s in run.series}
    assert found["train"] == ("iteration", list(range(12)))
    assert found["eval"] == ("epoch", [0, 1, 2, 3])


def test_a_bar_of_trials_tells_the_best_so_far_at_every_trial(tmp_path: Path) -> None:
    bars = "  0%|     | 0/9 [00:00<?, ?trial/s, best loss=?]" + "".join(
        f" {i}%|#    | {i}/9 [00:11<09:18, 11.41s/trial, best loss: -0.8{i}]\n {i}%|#    | {i}/9 [00:12<09:18, 11.41s/trial, best loss: -0.8{i}]"
        for i in range(1, 10)
    )
    (run,) = read(tmp_path, bars + "\n")
    (best,) = run.series
    assert (best.name, best.x.tolist(), best.y.tolist()[-1]) == ("best_loss", list(range(1, 10)), -0.89)
    assert run.progress.steps == (9, 9)
