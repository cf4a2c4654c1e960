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
    (run,) = read(
        tmp_path, "Running Foo\nsize 10\n" + rows(0, 60) + "Running Foo\nsize 10\n" + rows(60, 150)
    )
    assert [launch.first_line for launch in run.launches] == [1, 9]


def test_an_opening_printed_again_before_the_first_place_is_a_new_run(tmp_path: Path) -> None:
    runs = read(
        tmp_path, "tracker not resumed\n" + rows(0, 60) + "tracker not resumed\n" + rows(0, 110)
    )
    assert [len(run.series[0].y) for run in runs] == [6, 11]


def test_lines_printed_at_equal_distances_head_no_launch(tmp_path: Path) -> None:
    (run,) = read(
        tmp_path,
        "".join(f"Shuffling data\nBuilding batches\n{rows(60 * e, 60 * e + 60)}" for e in range(4)),
    )
    assert len(run.launches) == 1
    assert is_periodic(["Shuffle 1", "x", "Shuffle 2", "x", "Shuffle 3"])


def test_a_number_between_rules_counts_the_batches_of_the_training_and_not_of_the_evaluation(
    tmp_path: Path,
) -> None:
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
        f" {i}%|#    | {i}/9 [00:11<09:18, 11.41s/trial, best loss: -0.8{i}]\n {i}%|#    | {i}/9 "
        f"[00:12<09:18, 11.41s/trial, best loss: -0.8{i}]"
        for i in range(1, 10)
    )
    (run,) = read(tmp_path, bars + "\n")
    (best,) = run.series
    assert (best.name, best.x.tolist(), best.y.tolist()[-1]) == (
        "best_loss",
        list(range(1, 10)),
        -0.89,
    )
    assert run.progress.steps == (9, 9)


def opening(minute: int, seed: int = 1) -> str:
    layers = "".join(f"  (fc{i}): Linear(8, 8)\n" for i in range(60))
    return (
        f"Batch size: 64\nStart time: 2024-01-02 10:{minute:02d}\nArgs: "
        f"Namespace(lr=0.1,\nepochs=30,\nseed={seed})\n{layers}\nReady\n"
    )


def scores(first: int, last: int, start: float = 0.5) -> str:
    return "".join(
        f"Epoch {i} loss = {start - i / 100:.4f} ACC = {start + i / 100:.4f}\n"
        for i in range(first, last, 10)
    )


def test_launches_of_few_rows_are_runs_each_from_their_start_line_and_with_their_own_settings(
    tmp_path: Path,
) -> None:
    runs = read(
        tmp_path,
        opening(1) + scores(9, 19) + opening(9, 2) + scores(9, 29) + opening(17, 3) + scores(9, 39),
    )
    assert [(run.launches[0].first_line, len(run.series[0].y)) for run in runs] == [
        (1, 1),
        (69, 2),
        (138, 3),
    ]
    assert [run.name.rpartition(":")[2] for run in runs] == ["1", "69", "138"]
    assert [(run.value("seed"), run.value("epochs")) for run in runs] == [(1, 30), (2, 30), (3, 30)]


def test_launches_that_print_scores_alone_are_runs_each(tmp_path: Path) -> None:
    text = "".join(opening(m) + scores(9, 29).replace("loss", "NMI") for m in (1, 9, 17))
    runs = read(tmp_path, text)
    assert [run.launches[0].first_line for run in runs] == [1, 70, 139]


def test_the_same_first_row_of_another_launch_is_no_echo(tmp_path: Path) -> None:
    runs = read(tmp_path, opening(1) + scores(9, 19) + opening(9) + scores(9, 29))
    assert [len(run.series[0].y) for run in runs] == [1, 2]


def test_launches_without_a_row_are_told_and_the_run_begins_at_its_own_start(
    tmp_path: Path,
) -> None:
    text = (
        opening(1)
        + opening(5)
        + opening(9, 2)
        + scores(9, 39)
        + opening(20)
        + opening(30, 4)
        + scores(9, 29)
        + opening(40)
    )
    runs = read(tmp_path, text)
    assert [(run.launches[0].first_line, run.value("seed")) for run in runs] == [(135, 2), (272, 4)]
    told = [
        line
        for run in runs
        for source in run.sources
        for line, reason in source.skips
        if "wrote no row" in reason.plain("en")
    ]
    assert told == [1, 68, 205, 341]


def test_ranks_that_print_one_opening_each_are_no_launches_without_rows(tmp_path: Path) -> None:
    ranks = "".join(
        f"Batch size: 64\nStart time: 2024-01-02 10:0{m}\nNamespace(lr=0.1, epochs=30)\n"
        for m in (1, 1, 2)
    )
    (run,) = read(tmp_path, ranks + scores(9, 99))
    assert run.sources[0].skipped == 0


def gan(*starts: str) -> str:
    return "".join(
        f"================ Training Loss (Mon Jan  1 10:{i:02d}:00 2018) ================\n{rows}"
        for i, rows in enumerate(starts)
    )


def losses(epoch: int, *iters: int) -> str:
    return "".join(
        f"(epoch: {epoch}, iters: {i}, time: 0.7) G_GAN: {20 + i / 100:.3f} D: "
        f"{9 - i / 1000:.3f} \n"
        for i in iters
    )


def test_every_heading_of_a_loss_log_is_a_launch_even_with_one_row_or_none(tmp_path: Path) -> None:
    (tmp_path / "loss_log.txt").write_text(
        gan("", losses(1, 100), losses(1, 100, 200, 300), "", losses(1, 100, 200), "")
    )
    runs = lossreport.read_runs([tmp_path])
    assert [(run.launches[0].first_line, len(run.series[0].y)) for run in runs] == [
        (2, 1),
        (4, 3),
        (9, 2),
    ]
    assert [source.skipped for run in runs for source in run.sources] == [1, 1, 1]


def test_a_heading_behind_which_the_counter_goes_on_is_a_resume(tmp_path: Path) -> None:
    (tmp_path / "loss_log.txt").write_text(
        gan(losses(1, 100, 200) + losses(2, 100, 200), losses(3, 100, 200) + losses(4, 100, 200))
    )
    (run,) = lossreport.read_runs([tmp_path])
    assert len(run.launches) == 2
