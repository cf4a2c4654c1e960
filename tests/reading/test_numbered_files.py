"""A file for every epoch, step or checkpoint: the rows of one series, each with its own file and
line.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lossreport.errors import NothingReadError
from lossreport.model.run import Axis, Run
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.kit.numbered_files import numbered


def put(folder: Path, **files: dict[str, Any]) -> Path:
    for name, value in files.items():
        file = folder / f"{name.replace('__', '/')}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value, indent=1))
    return folder


def one_run(folder: Path) -> Run:
    (run,) = read_paths([folder], ReadOptions(strict=True))
    return run


def shown(run: Run) -> dict[str, tuple[list[float], list[float]]]:
    return {f"{s.split}/{s.name} {s.axis.value}": (s.x.tolist(), s.y.tolist()) for s in run.series}


def allennlp(epoch: int) -> dict[str, Any]:
    return {
        "best_epoch": 1,
        "peak_worker_0_memory_MB": 900.5,
        "training_duration": "0:01:00",
        "epoch": epoch,
        "training_loss": 1.0 - epoch / 20,
        "validation_loss": [0.9, 0.5, 0.6][epoch % 3],
        "best_validation_loss": 0.5,
    }


@pytest.mark.parametrize(
    ("shown", "axis", "x", "store"),
    [
        ("metrics_epoch_3.json", Axis.EPOCH, 3, "metrics_epoch_*.json"),
        ("run/eval_results_step_100.json", Axis.STEP, 100, "run/eval_results_step_*.json"),
        (
            "run/checkpoint-500/eval_results.json",
            Axis.STEP,
            500,
            "run/checkpoint-*/eval_results.json",
        ),
        ("epoch=07/metrics.json", Axis.EPOCH, 7, "epoch=*/metrics.json"),
    ],
)
def test_the_place_is_the_number_behind_its_word(
    shown: str, axis: Axis, x: float, store: str
) -> None:
    assert numbered(shown) == (axis, x, store)


@pytest.mark.parametrize(
    "shown",
    [
        "metrics.json",
        "results_v2.json",
        "run_3/metrics.json",
        "mistep_3.json",
        "metrics_step3b2f.json",
    ],
)
def test_a_number_without_a_word_of_a_place_is_none(shown: str) -> None:
    assert numbered(shown) is None


def test_a_file_an_epoch_is_one_series_in_the_order_of_the_epochs(tmp_path: Path) -> None:
    put(
        tmp_path,
        **{f"metrics_epoch_{epoch}": allennlp(epoch) for epoch in range(12)},
        metrics=allennlp(11) | {"best_validation_loss": 0.5},
    )
    run = one_run(tmp_path)
    assert shown(run) == {
        "train/loss epoch": (list(range(12)), [1.0 - epoch / 20 for epoch in range(12)]),
        "val/loss epoch": (list(range(12)), [0.9, 0.5, 0.6] * 4),
    }
    assert run.progress.epochs == (12, None)
    assert (run.value("best_epoch"), run.value("best_validation_loss")) == (1, 0.5)


def test_every_row_names_its_own_file_and_line(tmp_path: Path) -> None:
    run = one_run(
        put(tmp_path, **{f"metrics_epoch_{epoch}": allennlp(epoch) for epoch in range(11)})
    )
    (loss,) = [series for series in run.series if series.split == "train"]
    assert [run.source(loss.source_of(row)).path for row in (0, 2, 10)] == [
        f"metrics_epoch_{epoch}.json" for epoch in (0, 2, 10)
    ]
    assert loss.line.tolist() == [6] * 11
    assert loss.key == "train/loss@metrics_epoch_*.json:epoch_mean"
    assert all(source.rows == 1 for source in run.sources)


def test_results_of_checkpoints_are_one_series_over_the_step(tmp_path: Path) -> None:
    files = {
        f"checkpoint-{step}__eval_results": {
            "epoch": step / 100,
            "eval_loss": 3.0 - step / 100,
            "eval_runtime": 9.1,
            "train_loss": 2.0,
        }
        for step in (50, 100, 150)
    }
    assert shown(one_run(put(tmp_path, **files))) == {
        "eval/loss step": ([50, 100, 150], [2.5, 2.0, 1.5])
    }


def test_the_split_in_the_name_of_the_file_counts(tmp_path: Path) -> None:
    files = {
        f"val_metrics_epoch_{epoch}": {"loss": 1 / epoch, "accuracy": epoch / 10}
        for epoch in (1, 2)
    }
    assert set(shown(one_run(put(tmp_path, **files)))) == {"val/loss epoch", "val/accuracy epoch"}


def test_one_file_alone_keeps_the_reader_that_knows_it_better(tmp_path: Path) -> None:
    put(tmp_path, **{"checkpoint-50__eval_results": {"eval_loss": 1.0, "eval_runtime": 9.1}})
    assert [source.parser for source in one_run(tmp_path).sources] == ["hf_results"]


def test_the_configuration_of_a_checkpoint_is_no_metric(tmp_path: Path) -> None:
    put(
        tmp_path,
        **{f"checkpoint-{step}__config": {"router_aux_loss_coef": 0.01} for step in (1, 2)},
    )
    with pytest.raises(NothingReadError):
        read_paths([tmp_path])
