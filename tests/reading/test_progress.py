"""Progress is what the rows reach of what was planned, by the plan that the rows can count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lossreport.model.run import Progress, Run, Status
from lossreport.reading.discover import ReadOptions, read_paths


def run_of(
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    config: Mapping[str, Any] | None = None,
    **facts: int,
) -> Run:
    (folder / "log.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    if config is not None:
        (folder / "config.json").write_text(
            json.dumps({"lr": 0.1, "seed": 1, **config}), encoding="utf-8"
        )
    return read_paths([folder], ReadOptions(strict=True, facts=facts))[0]


def by_epoch(epochs: Iterable[float], **more: Any) -> list[dict[str, Any]]:
    return [{"epoch": epoch, "loss": 3 / (1 + i), **more} for i, epoch in enumerate(epochs)]


def by_step(steps: Iterable[float], **more: Any) -> list[dict[str, Any]]:
    return [{"step": step, "loss": 3 / (1 + i), **more} for i, step in enumerate(steps)]


@pytest.mark.parametrize(
    ("epochs", "config", "progress", "status"),
    [
        (range(30), {"epochs": 30}, (30, 30), Status.FINISHED),
        (range(1, 31), {"epochs": 30}, (30, 30), Status.FINISHED),
        (range(31), {"epochs": 30}, (30, 30), Status.FINISHED),
        (range(1, 21), {"num_train_epochs": 30}, (20, 30), Status.INTERRUPTED),
        (range(1, 21), {"trainer": {"max_epochs": 20}}, (20, 20), Status.FINISHED),
        (range(1, 21), {"max_epochs": -1, "nepoch": 20}, (20, 20), Status.FINISHED),
        (range(1, 21), {"lr_scheduler": {"max_epochs": 50}}, (20, None), Status.UNKNOWN),
        (range(1, 21), {"epochs": 5}, (20, None), Status.UNKNOWN),
        (range(1, 21), {"epoch": 40}, (20, 40), Status.UNKNOWN),
        (range(1, 21), {"n_epochs": 40, "gae_lambda": 0.95}, (20, None), Status.UNKNOWN),
        (range(50, 100), {"epochs": 100}, (100, 100), Status.FINISHED),
        (range(51, 101), {"epochs": 100}, (100, 100), Status.FINISHED),
        (range(5, 60, 5), {"epochs": 60}, (55, 60), Status.INTERRUPTED),
        ([*range(1, 11), 400], {"epochs": 20}, (10, 20), Status.INTERRUPTED),
    ],
)
def test_epochs_are_counted_from_0_or_1_against_the_plan_of_the_configuration(
    tmp_path: Path,
    epochs: Iterable[float],
    config: dict[str, Any],
    progress: tuple[int, int | None],
    status: Status,
) -> None:
    run = run_of(tmp_path, by_epoch(epochs), config)
    assert (run.progress.epochs, run.status) == (progress, status)


def test_only_complete_epochs_beside_steps_count(tmp_path: Path) -> None:
    rows = [
        {"epoch": step // 100, "step": step, "loss": 5 - step / 100} for step in range(0, 350, 10)
    ]
    assert run_of(tmp_path, rows, {"epochs": 4}).progress.epochs == (3, 4)
    assert run_of(
        tmp_path,
        [*rows, *({**rows[-1], "step": step} for step in range(350, 400, 10))],
        {"epochs": 4},
    ).progress.epochs == (4, 4)


@pytest.mark.parametrize(
    ("first", "last", "done"), [(0, 400, 3), (0, 300, 2), (100, 500, 3), (100, 400, 2)]
)
def test_a_batch_of_a_total_tells_where_its_epoch_ends(
    tmp_path: Path, first: int, last: int, done: int
) -> None:
    places = [
        (e, i) for e in range(3) for i in range(first, first + 500, 100) if e < 2 or i <= last
    ]
    lines = [
        f"Epoch: [{e}][{i}/500]\tTime 0.12 (0.15)\tLoss {3 - e / 2 - i / 2000:.4f} "
        f"({3 - e / 2:.4f})\n"
        for e, i in places
    ]
    (tmp_path / "train.log").write_text("".join(lines), encoding="utf-8")
    assert read_paths([tmp_path], ReadOptions(strict=True))[0].progress.epochs == (done, None)


@pytest.mark.parametrize(
    ("every", "length", "last", "done"),
    [(50, 120, 550, 5), (50, 120, 500, 4), (25, 47, 299, 6), (10, 21, 80, 4), (10, 21, 70, 3)],
)
def test_the_next_row_would_be_of_another_epoch_where_one_is_complete(
    tmp_path: Path, every: int, length: int, last: int, done: int
) -> None:
    steps = range(last % every, last + 1, every)
    run = run_of(
        tmp_path,
        [{"epoch": step // length, "step": step, "loss": 9 - step / 100} for step in steps],
    )
    assert run.progress.epochs == (done, None)


def test_a_validation_now_and_then_completes_no_epoch(tmp_path: Path) -> None:
    rows = [{"epoch": step // 47, "step": step, "loss": 5 - step / 100} for step in range(300)]
    checks = [
        {"epoch": step // 47, "step": step, "val_loss": 5 - step / 100}
        for step in range(0, 300, 25)
    ]
    run = run_of(tmp_path, sorted([*rows, *checks], key=lambda row: row["step"]))
    assert run.progress.epochs == (6, None)


def test_where_rows_close_every_epoch_the_last_one_is_complete_with_its_own(tmp_path: Path) -> None:
    rows = [
        {"epoch": step // 100, "step": step, "loss": 5 - step / 100} for step in range(0, 400, 10)
    ]
    (tmp_path / "epochs.jsonl").write_text(
        "".join(f'{{"epoch": {e}, "train_loss": {4.5 - e}}}\n' for e in range(3)), encoding="utf-8"
    )
    assert run_of(tmp_path, rows, {"epochs": 4}).progress.epochs == (3, 4)


def test_the_last_row_of_a_finished_training_stands_a_little_before_the_end_of_its_epoch(
    tmp_path: Path,
) -> None:
    state = {
        "global_step": 45,
        "max_steps": 45,
        "num_train_epochs": 3,
        "log_history": [{"loss": 3.0 - i, "step": 20 * i, "epoch": 1.3333 * i} for i in (1, 2)],
    }
    (tmp_path / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert (run.progress, run.status) == (Progress(epochs=(3, 3), steps=(45, 45)), Status.FINISHED)


@pytest.mark.parametrize(
    ("steps", "config", "progress", "status"),
    [
        (range(0, 501, 50), {"max_steps": 500}, (500, 500), Status.FINISHED),
        (range(500), {"max_iters": 500}, (500, 500), Status.FINISHED),
        (range(0, 500, 5), {"max_iters": 500}, (495, 500), Status.FINISHED),
        (range(0, 500, 100), {"max_iters": 500}, (400, 500), Status.UNKNOWN),
        (range(0, 300, 5), {"num_iterations": 500}, (295, 500), Status.INTERRUPTED),
        (range(0, 501, 50), {"steps": 500}, (500, 500), Status.FINISHED),
        (range(0, 301, 50), {"steps": 500}, (300, 500), Status.UNKNOWN),
        (range(0, 100_000, 500), {"num_steps": 128}, (99_500, None), Status.UNKNOWN),
        (
            range(0, 100_000, 500),
            {"num_steps": 128, "total_timesteps": 200_000},
            (99_500, 200_000),
            Status.INTERRUPTED,
        ),
        (range(0, 42_000, 100), {"max_steps": 18_500}, (41_900, None), Status.UNKNOWN),
        (
            range(0, 311_296, 2048),
            {"total_timesteps": 300_000},
            (309_248, 300_000),
            Status.FINISHED,
        ),
        (range(0, 301, 50), {"eval": {"max_steps": 500}}, (300, None), Status.UNKNOWN),
    ],
)
def test_steps_are_counted_against_a_plan_of_their_unit(
    tmp_path: Path,
    steps: Iterable[float],
    config: dict[str, Any],
    progress: tuple[int, int | None],
    status: Status,
) -> None:
    run = run_of(tmp_path, by_step(steps), config)
    assert (run.progress.steps, run.status) == (progress, status)


def test_a_validation_at_the_last_step_reaches_the_plan(tmp_path: Path) -> None:
    rows = [*by_step(range(0, 500, 100)), {"step": 500, "val_loss": 1.0}]
    assert run_of(tmp_path, rows, {"max_steps": 500}).progress.steps == (500, 500)


def test_a_resumed_launch_in_a_file_of_its_own_goes_on_with_the_count_of_the_first(
    tmp_path: Path,
) -> None:
    for number, epochs in enumerate((range(50), range(50, 100))):
        rows = [{**row, "step": 10 * row["epoch"]} for row in by_epoch(epochs)]
        (tmp_path / f"log{number}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
        )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True, facts={"epochs": 101}))
    assert (run.progress.epochs, run.status) == ((100, 101), Status.INTERRUPTED)


def test_the_plan_of_the_user_stands(tmp_path: Path) -> None:
    run = run_of(tmp_path, by_epoch(range(1, 21)), {"epochs": 20}, epochs=40)
    assert (run.progress.epochs, run.status) == ((20, 40), Status.INTERRUPTED)


def test_a_launch_is_held_against_the_configuration_of_its_run(tmp_path: Path) -> None:
    assert [
        launch.status for launch in run_of(tmp_path, by_epoch(range(30)), {"epochs": 30}).launches
    ][:1] == [Status.FINISHED]
