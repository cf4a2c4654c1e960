"""Trials of Ray Tune: a run each, over the iteration, told once though three files hold them."""

import json
from pathlib import Path
from typing import Any

from lossreport.model.run import Axis, Status
from lossreport.reading.discover import ReadOptions, read_paths
from wire import scalar_record


def rows(lr: float, done: bool) -> list[dict[str, Any]]:
    return [
        {
            "loss": lr / i,
            "val_acc": 0.25 * i,
            "info": {"learner": {"kl": 0.5}},
            "hist_stats": {"lengths": [1, 2]},
            "done": done and i == 5,
            "training_iteration": i,
            "trial_id": "0a1b_00000",
            "date": "2026-05-01_10-00-05",
            "time_total_s": 3.0 * i,
            "pid": 7,
            "config": {"lr": lr, "net": {"depth": 2}},
        }
        for i in (1, 2, 3, 4, 5)
    ]


def trial(folder: Path, lr: float, done: bool = False) -> None:
    folder.mkdir(parents=True)
    found = rows(lr, done)
    (folder / "result.json").write_text("".join(f"{json.dumps(row)}\n" for row in found))
    names = (
        "loss",
        "val_acc",
        "info/learner/kl",
        "done",
        "training_iteration",
        "trial_id",
        "time_total_s",
    )
    table = [
        [
            row["loss"],
            row["val_acc"],
            0.5,
            row["done"],
            row["training_iteration"],
            row["trial_id"],
            row["time_total_s"],
        ]
        for row in found
    ]
    (folder / "progress.csv").write_text(
        "\n".join([",".join(names), *(",".join(map(str, row)) for row in table), ""])
    )
    events = [
        scalar_record(row["training_iteration"], f"ray/tune/{name}", row[name])
        for row in found
        for name in ("loss", "val_acc", "done", "time_total_s")
    ]
    (folder / "events.out.tfevents.1.host").write_bytes(b"".join(events))


def test_a_trial_is_a_run_over_its_iterations_with_its_configuration(tmp_path: Path) -> None:
    trial(tmp_path / "train_0a1b_00000_0_lr=0.1", 0.1, done=True)
    trial(tmp_path / "train_0a1b_00001_1_lr=0.2", 0.2)
    first, second = read_paths([tmp_path], ReadOptions(strict=True))
    assert (first.value("lr"), first.value("net.depth"), first.status) == (0.1, 2, Status.FINISHED)
    assert (second.value("lr"), second.status) == (0.2, Status.UNKNOWN)
    assert {series.axis for series in first.series} == {Axis.ITERATION}
    assert {series.label for series in first.series} == {"loss", "val/acc", "info/learner/kl"}


def test_the_three_files_of_a_trial_are_one_set_of_curves(tmp_path: Path) -> None:
    trial(tmp_path / "trial", 0.1)
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert [(source.path, source.parser) for source in run.sources] == [
        ("trial/result.json", "ray_tune")
    ]
    assert sorted((skip.path, skip.code) for skip in run.skipped) == [
        ("trial/events.out.tfevents.1.host", "copy"),
        ("trial/progress.csv", "copy"),
    ]


def test_an_event_file_with_other_values_is_kept_beside_the_table(tmp_path: Path) -> None:
    trial(tmp_path / "trial", 0.1)
    file = tmp_path / "trial" / "events.out.tfevents.1.host"
    file.write_bytes(b"".join(scalar_record(i, "ray/tune/loss", 5.0 * i) for i in (1, 2, 3, 4, 5)))
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert [
        (series.path.rsplit("/", 1)[-1], series.axis)
        for series in run.series
        if series.name == "loss"
    ] == [
        ("events.out.tfevents.1.host", Axis.STEP),
        ("result.json", Axis.ITERATION),
    ]


def printed(iteration: int, trial: str, done: bool = False) -> str:
    return (
        f"Result for {trial}:\n  date: 2021-05-01_12-00-0{iteration}\n  done: "
        f"{str(done).lower()}\n  episode_reward_mean: {20 * iteration}.5\n  info:\n    "
        f"learner:\n      default_policy:\n        kl: {0.02 / iteration:.5f}\n  "
        f"num_healthy_workers: 2\n  training_iteration: {iteration}\n  trial_id: "
        f"{trial[-5:]}\n\n== Status ==\nMemory usage on this node: 12.3/125.6 GiB\n"
    )


def test_the_blocks_that_tune_prints_are_rows_over_the_iteration(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(
        "".join(printed(i, "PPO_0a1b2", done=i == 7) for i in range(1, 8))
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert {series.label: (series.axis, series.x.tolist()) for series in run.series} == {
        name: (Axis.ITERATION, [1, 2, 3, 4, 5, 6, 7])
        for name in ("episode_reward_mean", "info/learner/default_policy/kl")
    }
    assert run.status is Status.FINISHED


def test_the_trials_that_one_log_prints_in_turn_are_runs(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(
        "".join(printed(i, trial) for i in range(1, 8) for trial in ("PPO_aaaaa", "PPO_bbbbb"))
    )
    runs = read_paths([tmp_path], ReadOptions(strict=True))
    assert [len(run.series[0]) for run in runs] == [7, 7]
