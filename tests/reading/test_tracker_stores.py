"""Stores that trackers keep on disk without a server: Sacred, ClearML offline, Comet offline,
Neptune offline.
"""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lossreport.errors import NothingReadError
from lossreport.model.run import Run, Status
from lossreport.reading.discover import ReadOptions, read_paths


def runs(*paths: Path) -> tuple[Run, ...]:
    return read_paths(paths, ReadOptions(strict=True))


def one(*paths: Path) -> Run:
    (run,) = runs(*paths)
    return run


def shown(run: Run) -> dict[str, tuple[list[float], list[float], list[int]]]:
    return {
        f"{s.split}/{s.name} {s.axis.value}": (s.x.tolist(), s.y.tolist(), s.line.tolist())
        for s in run.series
    }


def lines(rows: Iterable[Any]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


# ------------------------------------------------------------------------------------------- Sacred
def sacred(folder: Path, run_id: int, lr: float, status: str = "COMPLETED", **more: Any) -> None:
    here = folder / str(run_id)
    here.mkdir(parents=True)
    metrics = {
        "training.loss": {
            "steps": [0, 10, 20],
            "timestamps": ["t", "t", "t"],
            "values": [2.0, 1.0, {"py/object": "numpy.float64", "value": lr}],
        },
        "val.accuracy": {"steps": [20], "timestamps": ["t"], "values": [0.5]},
    }
    run = {
        "command": "main",
        "experiment": {"name": "toy"},
        "heartbeat": "t",
        "result": 0.4,
        "start_time": "2026-05-01T10:00:00.5",
        "status": status,
    }
    for name, value in (
        ("metrics", metrics),
        ("config", {"depth": 3, "net": {"lr": lr}}),
        ("run", run | more),
    ):
        (here / f"{name}.json").write_text(json.dumps(value, indent=2, sort_keys=True))


def test_every_numbered_folder_of_sacred_is_a_run_with_its_settings_and_its_end(
    tmp_path: Path,
) -> None:
    sacred(tmp_path, 1, 0.1)
    sacred(
        tmp_path,
        2,
        0.2,
        "FAILED",
        fail_trace=[
            "Traceback (most recent call last):\n",
            '  File "a.py"\n',
            "ValueError: too deep\n",
        ],
    )
    first, second = runs(tmp_path)
    assert shown(first)["train/loss step"] == ([0, 10, 20], [2.0, 1.0, 0.1], [14, 15, 16])
    assert shown(first)["val/accuracy step"][:2] == ([20], [0.5])
    assert (first.name, first.status, first.value("net.lr"), first.value("experiment")) == (
        "1",
        Status.FINISHED,
        0.1,
        "toy",
    )
    assert (second.name, second.status, second.value("lr")) == ("2", Status.CRASHED, 0.2)
    assert [event.quote for event in second.events] == ["ValueError: too deep"]


def test_the_copies_of_the_program_that_sacred_keeps_are_no_logs(tmp_path: Path) -> None:
    sacred(tmp_path, 1, 0.1)
    (tmp_path / "_sources").mkdir()
    (tmp_path / "_sources" / "train_0a1b.py").write_text(
        "".join(f'print("epoch {i} loss: 0.{i}")\n' for i in range(9))
    )
    assert {source.path for source in one(tmp_path).sources} == {
        "1/metrics.json",
        "1/config.json",
        "1/run.json",
    }


# ------------------------------------------------------------------------------------------ ClearML
def clearml_events() -> list[list[dict[str, Any]]]:
    def scalar(metric: str, variant: str, at: int, value: float) -> dict[str, Any]:
        return {
            "timestamp": 1700000000000 + at,
            "type": "training_stats_scalar",
            "task": "offline-1",
            "iter": at,
            "metric": metric,
            "variant": variant,
            "value": value,
        }

    return [
        [
            scalar("loss", "train", 0, 2.0),
            scalar("loss", "val", 5, 2.5),
            scalar(":monitor:gpu", "gpu_0", 0, 3.0),
        ],
        [
            scalar("loss", "train", 10, 1.0),
            scalar("lr", "lr", 10, 0.1),
            scalar("Summary", "best acc", -(2**31), 0.75),
        ],
    ]


TASK = {
    "hyperparams": {
        "General": {
            "batch_size": {"value": "32", "type": "int"},
            "model/lr": {"value": "0.1", "type": "float"},
        }
    },
    "name": "toy",
    "offline_folder": "/x",
    "project_name": "p",
}
CONSOLE = [
    [
        {
            "timestamp": 1,
            "type": "log",
            "task": "offline-1",
            "msg": "a\nRuntimeError: CUDA out of memory. Tried to allocate 2 GiB",
        }
    ]
]


def test_a_scalar_of_clearml_is_called_by_its_title_and_series(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(lines(clearml_events()))
    (tmp_path / "task.json").write_text(json.dumps(TASK))
    (tmp_path / "log.jsonl").write_text(lines(CONSOLE))
    run = one(tmp_path)
    assert shown(run) == {
        "train/loss step": ([0, 10], [2.0, 1.0], [1, 2]),
        "val/loss step": ([5], [2.5], [1]),
        "train/lr step": ([10], [0.1], [2]),
    }
    assert (run.value("batch_size"), run.value("model.lr"), run.value("summary/best acc")) == (
        32,
        0.1,
        0.75,
    )
    assert [event.kind for event in run.events] == ["oom"]


def test_an_archive_beside_the_folder_it_was_made_of_adds_no_run(tmp_path: Path) -> None:
    (tmp_path / "offline-1").mkdir()
    text = lines(clearml_events())
    (tmp_path / "offline-1" / "metrics.jsonl").write_text(text)
    with zipfile.ZipFile(tmp_path / "offline-1.zip", "w") as packed:
        packed.writestr("metrics.jsonl", text)
    run = one(tmp_path)
    assert [source.path for source in run.sources] == ["offline-1/metrics.jsonl"]
    assert [(skip.path, skip.code) for skip in run.skipped] == [
        ("offline-1.zip/metrics.jsonl", "copy")
    ]


def test_a_torn_line_of_events_is_told(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(
        lines(clearml_events()) + '[{"timestamp": 17, "type": "trai'
    )
    assert [(source.skipped, source.torn) for source in one(tmp_path).sources] == [(1, True)]


# -------------------------------------------------------------------------------------------- Comet
def comet(kind: str, **payload: Any) -> dict[str, Any]:
    return {"payload": {"message_id": 1, **payload}, "type": kind}


def test_the_context_of_a_metric_of_comet_is_its_split(tmp_path: Path) -> None:
    messages = [
        comet("log_other", key="Name", value="toy"),
        comet("parameter_msg", param={"paramName": "optim|lr", "paramValue": 0.1}),
        comet("parameter_msg", param={"paramName": "curr_step", "paramValue": 10}),
        comet(
            "metric_msg",
            metric={"metricName": "loss", "metricValue": 2.0, "step": 0, "epoch": 0},
            context="train",
        ),
        comet(
            "metric_msg",
            metric={"metricName": "loss", "metricValue": "NaN", "step": 10, "epoch": 1},
            context="train",
        ),
        comet(
            "ws_msg",
            metric={"metricName": "loss", "metricValue": 2.5, "step": 10, "epoch": 1},
            context="validate",
        ),
        comet(
            "metric_msg", metric={"metricName": "sys.gpu.0.load", "metricValue": 2.5, "step": 10}
        ),
        comet("standard_output", output="a\nKeyboardInterrupt\n"),
    ]
    with zipfile.ZipFile(tmp_path / "0a1b.zip", "w") as packed:
        packed.writestr("messages.json", lines(messages))
        packed.writestr(
            "experiment.json",
            json.dumps({"offline_id": "0a1b", "project_name": "p", "start_time": 1700000000000}),
        )
    run = one(tmp_path / "0a1b.zip")
    train, val = run.series
    assert (train.key, train.x.tolist(), train.epoch.tolist(), train.line.tolist()) == (
        "train/loss@messages.json:unknown",
        [0, 10],
        [0, 1],
        [4, 5],
    )
    assert str(train.y.tolist()) == "[2.0, nan]"
    assert (val.key, val.y.tolist()) == ("val/loss@messages.json:value", [2.5])
    assert (run.value("run_name"), run.value("optim.lr"), run.value("curr_step")) == (
        "toy",
        0.1,
        None,
    )
    assert [event.kind for event in run.events] == ["killed"]


# ------------------------------------------------------------------------------------------ Neptune
def neptune(version: int, kind: str, path: str, **more: Any) -> dict[str, Any]:
    return {"obj": {"type": kind, "path": path.split("/"), **more}, "version": version, "at": 1.0}


def appended(version: int, path: str, *pairs: tuple[int | None, float]) -> dict[str, Any]:
    return neptune(
        version,
        "LogFloats",
        path,
        values=[{"value": value, "step": step, "ts": 1.0} for step, value in pairs],
    )


def test_the_files_of_a_queue_of_neptune_are_one_run(tmp_path: Path) -> None:
    folder = tmp_path / ".neptune" / "offline" / "run__1"
    folder.mkdir(parents=True)
    first = [
        neptune(1, "AssignString", "sys/name", value="toy"),
        neptune(2, "AssignFloat", "parameters/lr", value=0.1),
        neptune(3, "AssignFloat", "test/acc", value=0.9),
        appended(4, "train/loss", (0, 2.0), (10, 1.5)),
        appended(5, "val/acc", (None, 0.1)),
        appended(6, "monitoring/cpu", (0, 99.0)),
    ]
    (folder / "data-1.log").write_text(lines(first))
    (folder / "data-7.log").write_text(
        lines(
            [appended(7, "train/loss", (20, 1.0)), appended(8, "val/acc", (None, 0.2), (None, 0.3))]
        )
    )
    (folder / "metadata.json").write_text(
        json.dumps({"containerId": "0a1b", "structureVersion": 3})
    )
    (folder / "last_put_version").write_text("8")
    run = one(tmp_path)
    assert shown(run) == {
        "train/loss step": ([0, 10, 20], [2.0, 1.5, 1.0], [4, 4, 1]),
        "val/acc row": ([0, 1, 2], [0.1, 0.2, 0.3], [5, 2, 2]),
    }
    (loss, _) = run.series
    assert [run.source(loss.source_of(row)).path.rsplit("/", 1)[-1] for row in range(3)] == [
        "data-1.log",
        "data-1.log",
        "data-7.log",
    ]
    assert (run.value("lr"), run.value("summary/test/acc"), run.value("run_name"), run.skipped) == (
        0.1,
        0.9,
        "toy",
        (),
    )


def test_metrics_that_count_their_own_steps_are_of_one_run(tmp_path: Path) -> None:
    rows = [appended(version, "train/loss", (10 * version, 1 / version)) for version in range(1, 7)]
    (tmp_path / "data-1.log").write_text(
        lines([*rows, appended(7, "train/lr", (1, 0.1), (2, 0.2), (3, 0.3))])
    )
    assert [(series.name, series.x.tolist()) for series in one(tmp_path).series] == [
        ("loss", [10, 20, 30, 40, 50, 60]),
        ("lr", [1, 2, 3]),
    ]


def test_a_hidden_folder_of_no_tracker_is_named_in_the_refusal(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "log.csv").write_text("epoch,loss\n1,2\n2,1\n")
    with pytest.raises(NothingReadError, match=r"not looked at: \.cache/ \(hidden\)"):
        runs(tmp_path)
