"""What belongs together in one file: launches with their witnesses, writers that take turns, stray lines, counters inside epochs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

import lossreport
from lossreport.model.run import Run


def runs_of(folder: Path, rows: Iterable[dict[str, Any] | str]) -> tuple[Run, ...]:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lossreport.read_runs([folder])


def rows(places: Iterable[float], axis: str = "epoch", start: float = 3.0, **more: Any) -> list[dict[str, Any]]:
    return [{axis: x, "loss": start / (1 + i), **more} for i, x in enumerate(places)]


def places(runs: Sequence[Run]) -> list[list[float]]:
    return [series.x.tolist() for run in runs for series in run.series if series.name == "loss"]


def whys(run: Run) -> list[str]:
    return [segment.why for segment in run.segments]


def test_a_counter_that_begins_anew_is_another_run(tmp_path: Path) -> None:
    assert places(runs_of(tmp_path, rows(range(10)) + rows(range(6)))) == [[*range(10)], [*range(6)]]


def test_thirty_short_runs_of_equal_length_are_thirty_runs(tmp_path: Path) -> None:
    assert len(runs_of(tmp_path, rows(range(10)) * 30)) == 30


def test_the_second_of_two_resumed_launches_begins_anew_where_it_counts_from_nothing(tmp_path: Path) -> None:
    assert len(runs_of(tmp_path, rows(range(145, 160)) + rows(range(5)) + rows(range(4)))) == 3


def test_a_counter_set_back_into_the_middle_is_the_same_run_taken_up_again(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, rows(range(20)) + rows(range(12, 30)))
    assert whys(run) == ["start", "restart"]
    assert run.segments[1].first_line == 21


def test_a_stray_line_costs_itself_and_is_counted(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [*rows(range(1, 27)), {"epoch": 4, "loss": 9.0}, *rows(range(27, 51))])
    assert places([run]) == [[*range(1, 51)]]
    assert run.sources[0].skipped == 1
    assert run.sources[0].skips[0][0] == 27


def test_a_stray_line_far_ahead_is_no_restart_either(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [*rows(range(1, 27)), {"epoch": 400, "loss": 9.0}, *rows(range(27, 51))])
    assert places([run]) == [[*range(1, 51)]]


def test_three_rows_that_go_back_are_no_stray_lines(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [*rows(range(1, 27)), *rows([4, 5, 6]), *rows(range(27, 51))])
    assert whys(run) == ["start", "restart"]


def test_processes_that_write_in_turn_are_runs_of_their_own(tmp_path: Path) -> None:
    turns = [row for i in range(20) for row in ({"epoch": i, "loss": 2.0 - i / 40}, {"epoch": 50 + i, "loss": 0.5 - i / 100})]
    runs = runs_of(tmp_path, turns)
    assert places(runs) == [[*range(20)], [*range(50, 70)]]
    assert [run.segments[0].why for run in runs] == ["interleaved", "interleaved"]
    assert runs[0].reading.because[0].plain("en") == "the counters go on in turn, 39 times"


def test_processes_of_other_models_are_told_apart_although_their_places_are_the_same(tmp_path: Path) -> None:
    turns = [{"epoch": i, "loss": n / 1000 - i, "n_parameters": n} for i in range(10) for n in (2304, 85256)]
    assert places(runs_of(tmp_path, turns)) == [[*range(10)], [*range(10)]]


def test_few_launches_are_no_writers(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, rows(range(10)) + rows(range(8, 20)) + rows(range(15, 30)))
    assert whys(run) == ["start", "restart", "restart"]


def test_a_counter_that_only_counts_inside_epochs_goes_on(tmp_path: Path) -> None:
    epochs = [{"step": i, "loss": 3.0 - (30 * e + i) / 100} for e in range(4) for i in range(30)]
    (run,) = runs_of(tmp_path, epochs)
    assert places([run]) == [[*range(120)]]


def test_rows_in_no_order_are_put_in_order(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [{"step": (7 * i) % 31, "loss": 1.0 + ((7 * i) % 31) / 10} for i in range(31)])
    assert places([run]) == [[*range(31)]]


@pytest.mark.parametrize(
    ("lines", "margin", "other"),
    [
        (rows(range(10)), 1.0, None),
        (rows(range(10)) + rows(range(10)), 1.0, None),
        ([*rows(range(1, 9)), {"epoch": 4, "loss": 9.0}, *rows(range(9, 12))], 0.05, "2 launches one after another"),
    ],
    ids=["one", "two", "tie"],
)
def test_the_margin_says_how_near_the_other_reading_is(tmp_path: Path, lines: list[Any], margin: float, other: str | None) -> None:
    reading = runs_of(tmp_path, lines)[0].reading
    assert reading.margin == pytest.approx(margin, abs=0.1)
    assert (reading.other.plain("en") if reading.other else None) == other
