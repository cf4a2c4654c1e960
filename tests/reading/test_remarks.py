"""Warnings that name a cause are events, the first few of each wording; a traceback shows the place
in the run's own code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Status
from lossreport.reading.kit.events import phrase_in
from lossreport.reading.kit.tracebacks import own_frame

SAID = [
    "W tensorflow/core/util/ctc/ctc_loss_calculator.cc:144] No valid path found.",
    "WARNING: 5/42 samples got nan grad. These were ignored for CTC loss.",
    "WARNING no labels found in detect set, can not compute metrics without labels",
    "UserWarning: None of the inputs have requires_grad=True. Gradients will be None",
    "Some weights of the model checkpoint were not initialized from the checkpoint and are newly "
    "initialized",
    "[LightGBM] [Warning] No further splits with positive gain, best gain: -inf",
    "missing_keys: ['head.weight']",
    "The testing results of the whole dataset is empty.",
]
NOT_SAID = [
    "missing_keys: []",
    "labels: 80 classes",
    "use_deepspeed = False",
    "overlap_comm: false",
    "loading labels from labels.txt",
]


@pytest.mark.parametrize("line", SAID)
def test_a_warning_that_names_a_cause_ends_nothing(line: str) -> None:
    found = phrase_in(line)
    assert found is not None
    assert (found.kind, found.ends) == ("other", None)


@pytest.mark.parametrize("line", NOT_SAID)
def test_a_setting_is_no_warning(line: str) -> None:
    found = phrase_in(line)
    assert found is None or found.kind is None


def test_of_a_warning_that_every_round_prints_the_first_few_are_kept(tmp_path: Path) -> None:
    warning = "[LightGBM] [Warning] No further splits with positive gain, best gain: -inf"
    rows = [
        line for n in range(20) for line in (warning, f"[{n}]\tvalid_0's l2: {1 - 0.01 * n:.4f}")
    ]
    (tmp_path / "train.log").write_text("\n".join(rows) + "\n")
    run = lossreport.read_run([tmp_path])
    assert len([event for event in run.events if event.kind == "other"]) == 3
    assert run.status is not Status.CRASHED


PYTHON = [
    '  File "/home/x/proj/train.py", line 42, in <module>',
    "    main()",
    '  File "/opt/lib/python3.11/site-packages/torch/a.py", line 1, in f',
]
RICH = [
    "│ /home/x/proj/train.py:42 in <module> │",
    "│ /opt/lib/python3.11/site-packages/torch/a.py:1 in f │",
]


@pytest.mark.parametrize("lines", [PYTHON, RICH], ids=["python", "rich"])
def test_the_deepest_own_frame_is_told_without_its_folder(lines: list[str]) -> None:
    assert own_frame(lines) == "train.py:42"


def test_a_traceback_inside_packages_alone_has_no_own_frame() -> None:
    assert own_frame(PYTHON[2:]) == ""
