"""A record of settings among rows of metrics is no row: its values are facts, its steps are the
plan.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lossreport.model.run import Run, Status
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.kit.config_record import is_config_record


def run_of(folder: Path, rows: Iterable[dict[str, Any]]) -> Run:
    (folder / "log.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (run,) = read_paths([folder], ReadOptions(strict=True))
    return run


ROWS: list[dict[str, Any]] = [
    {"step": step, "loss": 1 / (1 + step), "heldout_violation_rate": 0.5} for step in (0, 10, 20)
]


@pytest.mark.parametrize(
    "record",
    [
        {"type": "config", "args": {"steps": 20, "lr": 0.1}},
        {"config": {"steps": 20, "lr": 0.1}, "time": 1.5},
        {"event": "hparams", "steps": 20, "lr": 0.1},
    ],
)
def test_the_first_record_holds_the_settings_and_the_plan(
    tmp_path: Path, record: dict[str, Any]
) -> None:
    run = run_of(tmp_path, [record, *ROWS])
    assert {series.label: series.x.tolist() for series in run.series} == {
        "loss": [0, 10, 20],
        "val/violation_rate": [0, 10, 20],
    }
    assert (run.value("lr"), run.value("max_steps"), run.status, run.progress.steps) == (
        0.1,
        20,
        Status.FINISHED,
        (20, 20),
    )


def test_settings_that_every_row_repeats_are_facts_and_no_curves(tmp_path: Path) -> None:
    run = run_of(tmp_path, [row | {"config": {"lr": 0.1, "depth": 2}} for row in ROWS])
    assert {series.label for series in run.series} == {"loss", "val/violation_rate"}
    assert (run.value("config.depth"), run.value("lr")) == (2, 0.1)


@pytest.mark.parametrize(
    "row",
    [
        {"step": 1, "loss": 2.0, "args": {"lr": 0.1}},
        {"type": "train", "loss": 2.0},
        {"metrics": {"loss": 1.0}},
        {"loss": 2.0, "config": {"lr": 1}},
    ],
)
def test_a_row_with_a_place_or_a_value_of_its_own_is_none(row: dict[str, Any]) -> None:
    assert not is_config_record(row)
