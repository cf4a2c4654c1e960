"""trainer_state.json: where a resume stands in it, and which plan is none."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Run
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import candidates


def state(folder: Path, epochs: list[float], planned: float = 3) -> Run:
    rows = [
        {"loss": 3 / (1 + i), "epoch": epoch, "step": 50 * (i + 1)}
        for i, epoch in enumerate(epochs)
    ]
    document = {
        "global_step": 50 * len(rows),
        "max_steps": 5000,
        "num_train_epochs": planned,
        "log_history": rows,
    }
    (folder / "trainer_state.json").write_text(json.dumps(document, indent=1))
    return lossreport.read_run([folder])


def test_an_epoch_set_back_while_the_step_goes_on_is_a_resume(tmp_path: Path) -> None:
    run = state(tmp_path, [0.1, 0.2, 0.3, 0.0, 0.1, 0.2, 0.3, 0.0, 0.1])
    assert [segment.why for segment in run.segments] == ["start", "resume", "resume"]
    assert [x for series in run.series for x in series.x.tolist()] == [
        50.0 * i for i in range(1, 10)
    ]


def test_an_epoch_that_goes_on_or_stands_is_no_resume(tmp_path: Path) -> None:
    assert len(state(tmp_path, [0.1, 0.2, 0.2, 0.3, 1.0, 1.1]).segments) == 1


def test_the_largest_whole_number_is_no_plan_of_epochs(tmp_path: Path) -> None:
    assert state(tmp_path, [0.1, 0.2], sys.maxsize).value("epochs") is None
    assert state(tmp_path, [0.1, 0.2], 3).value("epochs") == 3


def test_a_counter_that_has_reached_its_patience_is_an_early_stop(tmp_path: Path) -> None:
    def stopped(counter: int) -> list[str]:
        callback = {
            "args": {"early_stopping_patience": 5},
            "attributes": {"early_stopping_patience_counter": counter},
        }
        rows = [{"loss": 3 / i, "epoch": i / 10, "step": 50 * i} for i in range(1, 8)]
        document = {
            "max_steps": 5000,
            "log_history": rows,
            "stateful_callbacks": {"EarlyStoppingCallback": callback},
        }
        (tmp_path / "trainer_state.json").write_text(json.dumps(document, indent=1))
        return [event.kind for event in lossreport.read_run([tmp_path]).events]

    assert stopped(5) == ["early_stop"]
    assert stopped(4) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_a_long_history_before_all_other_keys_is_a_trainers_state(indent: int | None) -> None:
    rows = [{"epoch": n / 100, "loss": 3 / (1 + n), "step": n} for n in range(1, 3000)]
    text = json.dumps({"log_history": rows, "global_step": 2999, "max_steps": 5000}, indent=indent)
    log = LogFile("state.json", data=text.encode())
    assert b"global_step" not in log.head
    assert candidates(log)[0].parser.id == "hf_trainer_state"


def test_a_history_of_something_else_is_no_trainers_state() -> None:
    log = LogFile(
        "state.json", data=b'{"log_history": [{"time": 1.5, "message": "begun"}, {"time": 2.5}]}'
    )
    assert (
        next(one.score.value for one in candidates(log) if one.parser.id == "hf_trainer_state") == 0
    )
