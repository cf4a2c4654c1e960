"""A program that broke before it logged a metric gets a report of what broke it: the cause first,
the words of its error, its file and its line.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import lossreport
from lossreport.cli import main
from lossreport.errors import NothingReadError
from lossreport.integrations import building
from lossreport.model.analysis import Analysis
from lossreport.model.run import Status

TRACE = (
    'Loading data\nTraceback (most recent call last):\n  File "train.py", line 12, in '
    "<module>\n    main()\n"
)


def analysed(folder: Path) -> Analysis:
    return lossreport.analyze(lossreport.read_run([folder]), strict=True)


def answer(folder: Path) -> str:
    return analysed(folder).outcomes[0].text.plain("en")


@pytest.mark.parametrize(
    ("text", "line", "words", "status"),
    [
        (
            f"{TRACE}ZeroDivisionError: division by zero\n",
            5,
            "ZeroDivisionError: division by zero",
            Status.CRASHED,
        ),
        (
            "Epoch 1/10\n 5%|#  | 5/100 [00:01<00:19]\nRuntimeError: CUDA out of memory.\n",
            3,
            "RuntimeError: CUDA out of memory.",
            Status.CRASHED,
        ),
        (
            "slurmstepd: error: *** JOB 12 CANCELLED DUE TO TIME LIMIT ***\n",
            1,
            "JOB 12 CANCELLED DUE TO TIME LIMIT",
            Status.INTERRUPTED,
        ),
    ],
)
def test_a_log_that_only_broke_says_where_and_how(
    text: str, line: int, words: str, status: Status, tmp_path: Path
) -> None:
    (tmp_path / "err.log").write_text(text)
    assert lossreport.read_run([tmp_path]).status is status
    said = answer(tmp_path)
    assert f"err.log:{line}: “" in said
    assert words in said
    assert "No row of a metric is in the logs" in said


def test_the_cause_stands_first_and_what_to_do_is_the_first_step(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}RuntimeError: CUDA error: out of memory\n")
    analysis = analysed(tmp_path)
    assert analysis.outcomes[0].text.plain("en").startswith("Crashed: The GPU is out of memory (")
    step = analysis.recommendations[0]
    assert "smaller batch" in step.text.plain("en")
    assert "tell of no training before it" in step.text.plain("en")
    assert analysis.outcomes[0].tone == "bad"


def test_an_error_that_is_known_for_nothing_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}OddError: no such thing\n")
    assert answer(tmp_path).startswith("Crashed (err.log:5: “OddError: no such thing”)")


def test_a_loss_of_nan_is_told_with_the_learning_rate_first(tmp_path: Path) -> None:
    text = f"{TRACE}    raise RuntimeError('loss became NaN')\nRuntimeError: loss became NaN\n"
    (tmp_path / "err.log").write_text(text)
    analysis = analysed(tmp_path)
    assert "err.log:6: “RuntimeError: loss became NaN”" in analysis.outcomes[0].text.plain("en")
    assert "learning rate" in analysis.recommendations[0].text.plain("en")


def test_a_report_of_every_form_is_written(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}KeyError: 'a'\n")
    for ending in ("html", "md", "json"):
        lossreport.build([tmp_path], output=tmp_path / f"lossreport.{ending}")
        assert "KeyError" in (tmp_path / f"lossreport.{ending}").read_text()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{TRACE}KeyError: 'a'\n", 3),
        (f"epoch 1 loss 0.5\nepoch 2 loss 0.4\n{TRACE}KeyError: 'a'\n", 0),
    ],
)
def test_build_ends_with_3_where_no_metric_was_recognised_and_writes_the_report(
    text: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "err.log").write_text(text)
    ended = CliRunner().invoke(main, ["build", str(tmp_path), "-f", "md"])
    assert ended.exit_code == code
    assert "KeyError" in (tmp_path / "lossreport.md").read_text()


def test_a_hook_takes_the_report_of_a_training_that_logged_nothing_as_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}KeyError: 'a'\n")
    assert _built(tmp_path) == ""
    (tmp_path / "err.log").write_text("hello\n")
    assert "No metric found" in _built(tmp_path)


def _built(folder: Path) -> str:
    build = building.start(building.command(folder, folder / "report.html"), 0)
    building.wait(build, lambda: time.monotonic() + 60)
    return building.end(build)


def test_settings_beside_it_are_facts_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}KeyError: 'a'\n")
    (tmp_path / "args.json").write_text('{"lr": 0.1, "batch_size": 4, "epochs": 3}')
    assert lossreport.read_run([tmp_path]).value("lr") == 0.1


def test_what_is_private_stays_so(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(
        f"{TRACE}FileNotFoundError: [Errno 2] No such file or directory: '/home/bob/data'\n"
    )
    assert "bob" not in answer(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "hello\nEpoch 1/10\nEpoch 2/10\n",
        "errors may occur; an exception is raised where none is found\n",
    ],
)
def test_what_tells_of_no_error_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "some.log").write_text(text)
    with pytest.raises(NothingReadError):
        lossreport.read_run([tmp_path])


def test_no_space_left_beside_a_bus_error_is_the_shared_memory(tmp_path: Path) -> None:
    lines = [
        "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient "
        "shared memory (shm).",
        "Traceback (most recent call last):",
        "OSError: [Errno 28] No space left on device",
    ]
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n")
    assert "shared memory" in answer(tmp_path)


SAVED = "EPOCH {n} COMPLETED @ 10:07 PM\nSAVED CHECKPOINT @ EPOCH {n}\n"
LIMIT = "slurmstepd: error: *** STEP 1.0 ON c1 CANCELLED AT 2026-04-05T13:06:20 DUE TO TIME LIMIT\n"


@pytest.mark.parametrize("epochs", [0, 3])
def test_what_was_saved_without_a_metric_is_not_said_to_be_nothing(
    epochs: int, tmp_path: Path
) -> None:
    text = "".join(SAVED.format(n=n) for n in range(1, epochs + 1))
    (tmp_path / "train.out").write_text(f"Loading data\n{text}{LIMIT}")
    said = answer(tmp_path)
    assert ("train.out:7 (“SAVED CHECKPOINT @ EPOCH 3”)" in said) is bool(epochs)
    step = analysed(tmp_path).recommendations[0].text.plain("en")
    assert ("resume from the last checkpoint" in step) is bool(epochs)
    assert ("tell of no training before it" in step) is not bool(epochs)


def test_an_unknown_error_without_a_training_asks_for_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}OddError: no such thing\n")
    step = analysed(tmp_path).recommendations[0].text.plain("en")
    assert "checkpoint" not in step
    assert "start it again" in step
