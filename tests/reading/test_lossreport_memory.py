"""The memory of a hook says what its rows are: axis, statistic, resumes, and how the run ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lossreport.model.run import Run, Status
from lossreport.reading.discover import ReadOptions, read_paths

HEAD = {"lossreport_memory": 1, "by": "test"}


def read(place: Path, *lines: dict[str, Any]) -> Run:
    path = place / "lossreport-memory.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (HEAD, *lines)), encoding="utf-8")
    return read_paths([path], ReadOptions(strict=True))[0]


def row(**place: Any) -> dict[str, Any]:
    return {**place, "values": {"loss": 1.0}}


@pytest.mark.parametrize("axis", ["step", "iteration", "epoch"])
def test_the_axis_is_the_one_that_was_logged(axis: str, tmp_path: Path) -> None:
    assert read(tmp_path, row(**{axis: 3})).series[0].axis == axis


def test_without_a_place_rows_are_counted(tmp_path: Path) -> None:
    (series,) = read(tmp_path, row(), row()).series
    assert (series.axis, list(series.x)) == ("row", [0, 1])


def test_epochs_beside_steps_are_no_restart(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        row(step=100),
        row(epoch=0, of="epoch_mean"),
        row(step=200),
        row(epoch=1, of="epoch_mean"),
    )
    assert [segment.why for segment in run.segments] == ["start"]


def test_a_second_header_is_a_resume_and_its_rows_may_go_back(tmp_path: Path) -> None:
    run = read(tmp_path, row(step=10), row(step=20), HEAD, row(step=15), row(step=25))
    assert [(segment.first_line, segment.why) for segment in run.segments] == [
        (1, "start"),
        (4, "resume"),
    ]


def test_planned_epochs_are_a_fact_and_not_an_axis(tmp_path: Path) -> None:
    run = read(tmp_path, {"facts": {"epochs": 12}}, row(epoch=0, of="epoch_mean"))
    assert run.progress.epochs == (1, 12)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("FloatingPointError: Loss is nan, stopping training", "nonfinite_exit"),
        ("RuntimeError: no such shard", "traceback"),
    ],
)
def test_an_exception_is_what_its_message_says(message: str, kind: str, tmp_path: Path) -> None:
    run = read(tmp_path, row(step=1), {"event": "traceback", "quote": message}, {"end": "crashed"})
    assert [(event.kind, event.line, event.quote) for event in run.events] == [(kind, 3, message)]
    assert run.status is Status.CRASHED


def test_without_an_end_nothing_is_said_of_how_it_ended(tmp_path: Path) -> None:
    assert read(tmp_path, row(step=1)).status is Status.UNKNOWN


def test_what_no_version_knows_is_passed_over(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        row(step=1, of="harmonic_mean", window="many"),
        {"event": "party", "quote": ""},
        {"end": "merrily"},
    )
    assert (run.series[0].statistic, run.series[0].window, run.events, run.status) == (
        "unknown",
        None,
        (),
        Status.UNKNOWN,
    )
