"""How a launch ended is told by where the words stand among its rows, by its plan, and by what it
said before and went on after.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lossreport.model.run import Run, Status, ending
from lossreport.reading.discover import ReadOptions, read_paths

TRACEBACK = (
    'Traceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: no such layer\n'
)


def rows(first: int, last: int, every: int = 10) -> str:
    return "".join(
        f"iter {i}: loss {9 - i / 400:.4f}, time 10.00ms\n" for i in range(first, last, every)
    )


def runs_of(folder: Path, text: str, name: str = "train.log") -> tuple[Run, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return read_paths([folder], ReadOptions(strict=True))


def run_of(folder: Path, text: str) -> Run:
    (run,) = runs_of(folder, text)
    return run


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (rows(0, 100) + "Training complete!\n", Status.FINISHED),
        ("Training complete!\n" + rows(0, 100), Status.UNKNOWN),
        (rows(0, 50) + "Training complete!\n" + rows(50, 100), Status.UNKNOWN),
        (rows(0, 100) + "Done!\n", Status.FINISHED),
        (rows(0, 50) + "Done!\n" + rows(50, 100) + "Done!\n", Status.UNKNOWN),
        ("max_iters = 500\n" + rows(0, 100) + "Done!\n", Status.INTERRUPTED),
        ("max_iters = 500\n" + rows(0, 100) + "Training complete!\n", Status.FINISHED),
        ("max_iters = 500\n" + rows(0, 100) + "Early stopping at step 90\n", Status.FINISHED),
        ("max_iters = 100\n" + rows(0, 100, 2), Status.FINISHED),
        ("max_iters = 500\n" + rows(0, 100), Status.INTERRUPTED),
        ("max_iters = 105\n" + rows(0, 100), Status.UNKNOWN),
        (rows(0, 100) + TRACEBACK, Status.CRASHED),
        (rows(0, 100) + "ValueError: no such layer\n", Status.CRASHED),
        (
            rows(0, 100) + "Exception ignored in: <function _Iter.__del__ at 0x7f>\n" + TRACEBACK,
            Status.UNKNOWN,
        ),
        (rows(0, 50) + TRACEBACK + rows(50, 100), Status.UNKNOWN),
        (
            rows(0, 40) + TRACEBACK + rows(40, 80) + TRACEBACK + rows(80, 100) + TRACEBACK,
            Status.UNKNOWN,
        ),
        (rows(0, 100) + TRACEBACK + "Training complete!\n", Status.FINISHED),
        (rows(0, 100) + "Training complete!\n" + TRACEBACK, Status.FINISHED),
        (rows(0, 100) + TRACEBACK + "Done!\n", Status.CRASHED),
        (rows(0, 100) + "Received SIGTERM\n" + TRACEBACK, Status.INTERRUPTED),
        (rows(0, 100) + "Received SIGTERM\nTraining complete!\n", Status.INTERRUPTED),
        (rows(0, 100) + "Process finished with exit code 137\n", Status.CRASHED),
        (
            rows(0, 100) + "Traceback (most recent call last):\nTraceback (most recent call "
            "last):\nKeyboardInterrupt\n",
            Status.INTERRUPTED,
        ),
        (rows(0, 100) + "training finished for client 3\n", Status.UNKNOWN),
        (rows(0, 100), Status.UNKNOWN),
    ],
)
def test_words_end_a_run_where_its_training_does_not_go_on_behind_them(
    tmp_path: Path, text: str, status: Status
) -> None:
    assert run_of(tmp_path, text).status is status


def test_the_end_of_one_run_is_not_that_of_the_next(tmp_path: Path) -> None:
    first, second = runs_of(tmp_path, rows(0, 100) + "Training complete!\n" + rows(0, 60))
    assert (first.status, second.status) == (Status.FINISHED, Status.UNKNOWN)


def test_each_launch_of_a_run_has_its_own_end(tmp_path: Path) -> None:
    text = (
        rows(0, 100)
        + "Received SIGTERM\nmax_iters = 150\nResuming training from out\n"
        + rows(100, 150)
        + "Done!\n"
    )
    run = run_of(tmp_path, text)
    assert [launch.status for launch in run.launches] == [Status.INTERRUPTED, Status.FINISHED]
    assert run.status is Status.FINISHED


def test_a_resume_without_a_step_back_begins_a_launch_with_its_own_plan(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        "max_iters = 100\n"
        + rows(0, 80)
        + "max_iters = 300\nResuming training from out\n"
        + rows(80, 160),
    )
    assert [launch.progress.steps for launch in run.launches] == [(70, 100), (150, 300)]
    assert run.progress.steps == (150, 300)
    assert run.status is Status.INTERRUPTED


def test_the_event_that_ended_a_run_is_quoted_whatever_its_kind(tmp_path: Path) -> None:
    run = run_of(tmp_path, rows(0, 100) + "Segmentation fault (core dumped)\n")
    end = ending(run)
    assert end is not None
    assert (end.kind, end.quote, end.ends) == (
        "other",
        "Segmentation fault (core dumped)",
        Status.CRASHED,
    )


def test_an_exception_that_was_caught_ended_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path, rows(0, 50) + TRACEBACK + rows(50, 100) + "Killed\n")
    assert [(event.kind, event.ends) for event in run.events] == [
        ("traceback", None),
        ("killed", Status.INTERRUPTED),
    ]


def test_the_exception_below_a_traceback_is_told_once(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, rows(0, 20) + "".join(TRACEBACK + rows(20 * i, 20 * i + 20) for i in range(1, 13))
    )
    assert {event.kind for event in run.events} == {"traceback"}
    assert len(run.events) == 12


def test_the_words_of_a_launcher_beside_the_logs_count_too(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(
        "".join(f'{{"step": {i}, "loss": {9 - i}}}\n' for i in range(5)), encoding="utf-8"
    )
    assert runs_of(tmp_path, rows(0, 100) + "Training complete!\n")[0].status is Status.FINISHED


def test_a_message_in_json_lines_says_the_end(tmp_path: Path) -> None:
    lines = [f'{{"step": {i}, "loss": {9 - i}.5}}' for i in range(5)] + [
        '{"step": 5, "loss": 3.5, "message": "Training complete!"}'
    ]
    assert runs_of(tmp_path, "\n".join(lines) + "\n", "log.jsonl")[0].status is Status.FINISHED


def test_the_best_round_that_xgboost_prints_once_more_is_no_restart(tmp_path: Path) -> None:
    rounds = [
        f"[{i}]\ttrain-logloss:{0.7 - i / 50:.4f}\teval-logloss:{0.7 - min(i, 5) / 50:.4f}\n"
        for i in range(9)
    ]
    run = run_of(tmp_path, "".join(rounds) + "Stopping. Best iteration:\n" + rounds[5])
    assert [segment.why for segment in run.segments] == ["start"]
    assert [len(series) for series in run.series] == [9, 9]
    assert run.status is Status.FINISHED
