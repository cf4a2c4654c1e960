"""What belongs together in one file: launches with their witnesses, writers that take turns, stray
lines, counters inside epochs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

import lossreport
import lossreport.errors
from lossreport.model.run import Run


def runs_of(folder: Path, rows: Iterable[dict[str, Any] | str]) -> tuple[Run, ...]:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lossreport.read_runs([folder])


def rows(
    places: Iterable[float], axis: str = "epoch", start: float = 3.0, **more: Any
) -> list[dict[str, Any]]:
    return [{axis: x, "loss": start / (1 + i), **more} for i, x in enumerate(places)]


def places(runs: Sequence[Run]) -> list[list[float]]:
    return [series.x.tolist() for run in runs for series in run.series if series.name == "loss"]


def whys(run: Run) -> list[str]:
    return [segment.why for segment in run.segments]


def test_a_counter_that_begins_anew_is_another_run(tmp_path: Path) -> None:
    assert places(runs_of(tmp_path, rows(range(10)) + rows(range(6)))) == [
        [*range(10)],
        [*range(6)],
    ]


def test_thirty_short_runs_of_equal_length_are_thirty_runs(tmp_path: Path) -> None:
    assert len(runs_of(tmp_path, rows(range(10)) * 30)) == 30


def test_the_second_of_two_resumed_launches_begins_anew_where_it_counts_from_nothing(
    tmp_path: Path,
) -> None:
    assert len(runs_of(tmp_path, rows(range(145, 160)) + rows(range(5)) + rows(range(4)))) == 3


def test_a_counter_set_back_into_the_middle_is_the_same_run_taken_up_again(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, rows(range(20)) + rows(range(12, 30)))
    assert whys(run) == ["start", "restart"]
    assert run.segments[1].first_line == 21


def test_a_stray_line_costs_itself_and_is_counted(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path, [*rows(range(1, 27)), {"epoch": 4, "loss": 9.0}, *rows(range(27, 51))]
    )
    assert places([run]) == [[*range(1, 51)]]
    assert run.sources[0].skipped == 1
    assert run.sources[0].skips[0][0] == 27


def test_a_stray_line_far_ahead_is_no_restart_either(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path, [*rows(range(1, 27)), {"epoch": 400, "loss": 9.0}, *rows(range(27, 51))]
    )
    assert places([run]) == [[*range(1, 51)]]


def test_three_rows_that_go_back_are_no_stray_lines(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [*rows(range(1, 27)), *rows([4, 5, 6]), *rows(range(27, 51))])
    assert whys(run) == ["start", "restart"]


def test_processes_that_write_in_turn_are_runs_of_their_own(tmp_path: Path) -> None:
    turns = [
        row
        for i in range(20)
        for row in ({"epoch": i, "loss": 2.0 - i / 40}, {"epoch": 50 + i, "loss": 0.5 - i / 100})
    ]
    runs = runs_of(tmp_path, turns)
    assert places(runs) == [[*range(20)], [*range(50, 70)]]
    assert [run.segments[0].why for run in runs] == ["interleaved", "interleaved"]
    assert runs[0].reading.because[0].plain("en") == "the counters go on in turn, 39 times"


def test_processes_of_other_models_are_told_apart_although_their_places_are_the_same(
    tmp_path: Path,
) -> None:
    turns = [
        {"epoch": i, "loss": n / 1000 - i, "n_parameters": n}
        for i in range(10)
        for n in (2304, 85256)
    ]
    assert places(runs_of(tmp_path, turns)) == [[*range(10)], [*range(10)]]


def test_few_launches_are_no_writers(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, rows(range(10)) + rows(range(8, 20)) + rows(range(15, 30)))
    assert whys(run) == ["start", "restart", "restart"]


def test_a_counter_that_only_counts_inside_epochs_goes_on(tmp_path: Path) -> None:
    epochs = [{"step": i, "loss": 3.0 - (30 * e + i) / 100} for e in range(4) for i in range(30)]
    (run,) = runs_of(tmp_path, epochs)
    assert places([run]) == [[*range(120)]]


def test_rows_in_no_order_are_put_in_order(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path, [{"step": (7 * i) % 31, "loss": 1.0 + ((7 * i) % 31) / 10} for i in range(31)]
    )
    assert places([run]) == [[*range(31)]]


OTHER_LAUNCHES = (
    "the other reading is 2 launches one after another; to choose it, add --set read.runs=launches"
)


@pytest.mark.parametrize(
    ("lines", "margin", "other"),
    [
        (rows(range(10)), 1.0, None),
        (rows(range(10)) + rows(range(10)), 1.0, None),
        (
            [*rows(range(1, 9)), {"epoch": 4, "loss": 9.0}, *rows(range(9, 12))],
            0.05,
            OTHER_LAUNCHES,
        ),
    ],
    ids=["one", "two", "tie"],
)
def test_the_margin_says_how_near_the_other_reading_is(
    tmp_path: Path, lines: list[Any], margin: float, other: str | None
) -> None:
    reading = runs_of(tmp_path, lines)[0].reading
    assert reading.margin == pytest.approx(margin, abs=0.1)
    assert (reading.other.plain("en") if reading.other else None) == other
    assert reading.option == ("" if other is None else "read.runs=launches")


def named(runs: Sequence[Run]) -> dict[str, list[float]]:
    return {
        run.name: series.y.tolist()
        for run in runs
        for series in run.series
        if series.name == "loss"
    }


def test_folds_that_take_turns_are_runs_of_their_own(tmp_path: Path) -> None:
    turns = [{"epoch": e, "fold": f, "loss": f + 1 / (1 + e)} for e in range(4) for f in range(3)]
    runs = runs_of(tmp_path, turns)
    assert named(runs) == {f"fold {f}": [f + 1, f + 1 / 2, f + 1 / 3, f + 1 / 4] for f in range(3)}


@pytest.mark.parametrize("column", ["version", "fold", "seed"])
def test_a_number_of_its_own_in_every_row_names_no_run(tmp_path: Path, column: str) -> None:
    assert (
        len(runs_of(tmp_path, [{"epoch": e, column: e, "loss": 1 / (1 + e)} for e in range(9)]))
        == 1
    )


def test_stages_that_go_on_where_the_last_one_stopped_are_one_run(tmp_path: Path) -> None:
    rows_ = [
        {"epoch": e, "model": "frozen" if e < 5 else "whole", "loss": 1 / (1 + e)}
        for e in range(10)
    ]
    assert places(runs_of(tmp_path, rows_)) == [[*range(10)]]


def test_clients_are_entities_of_one_run(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path,
        [{"round": r, "client_id": c, "loss": c + 1 / (1 + r)} for r in range(5) for c in range(3)],
    )
    assert [(str(s.entity), s.axis, s.x.tolist()) for s in run.series] == [
        (f"client {c}", "round", [0, 1, 2, 3, 4]) for c in range(3)
    ]
    assert run.series[1].key == "train/loss[client=1]@log.jsonl:unknown"


def test_a_rank_that_is_always_the_same_is_no_entity(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [{"step": i, "rank": 0, "loss": 1 / (1 + i)} for i in range(6)])
    assert [(s.name, s.entity) for s in run.series] == [("loss", None)]


def test_of_more_clients_than_one_can_look_at_the_mean_is_told(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path,
        [{"round": r, "client": c, "loss": float(c + r)} for r in range(3) for c in range(51)],
    )
    (series,) = run.series
    assert series.y.tolist() == [25, 26, 27]
    assert run.reading.because[0].plain("en") == "51 of client: the mean over them at every place"


def test_columns_of_a_table_name_runs_and_entities_too(tmp_path: Path) -> None:
    lines = ["epoch,fold,loss", *(f"{e},{f},{f + 1 / (1 + e)}" for e in range(4) for f in range(2))]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [run.name for run in lossreport.read_runs([tmp_path])] == ["fold 0", "fold 1"]


def test_batches_that_name_only_their_epoch_stand_in_row_order(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path, [{"epoch": e, "loss": 3 - e - i / 10} for e in range(3) for i in range(5)]
    )
    (series,) = run.series
    assert (series.axis, series.x.tolist(), series.epoch.tolist()) == (
        "row",
        [*range(15)],
        [0] * 5 + [1] * 5 + [2] * 5,
    )


def test_runs_of_such_batches_are_cut_where_the_epoch_begins_anew(tmp_path: Path) -> None:
    once = [{"epoch": e, "loss": 3 - e - i / 10} for e in range(3) for i in range(5)]
    assert places(runs_of(tmp_path, once * 2)) == [[*range(15)], [*range(15)]]


def test_two_rows_at_an_epoch_stay_there(tmp_path: Path) -> None:
    (run,) = runs_of(
        tmp_path, [{"epoch": e, "loss": 3 - e - i / 10} for e in range(5) for i in range(2)]
    )
    assert run.series[0].axis == "epoch"


def corrected(folder: Path, lines: Iterable[dict[str, Any] | str], **facts: Any) -> tuple[Run, ...]:
    runs_of(folder, lines)
    return lossreport.read_runs(
        [folder], facts={name.replace("__", "."): value for name, value in facts.items()}
    )


def test_a_user_may_say_that_all_rows_are_one_run(tmp_path: Path) -> None:
    (run,) = corrected(tmp_path, rows(range(10)) * 2, read__runs=1)
    assert whys(run) == ["start", "restart"]
    assert run.reading.because[0].plain("en") == "read as one run, as you asked"


def test_a_user_may_choose_the_other_reading(tmp_path: Path) -> None:
    turns = [
        row
        for i in range(20)
        for row in ({"epoch": i, "loss": 2.0 - i / 40}, {"epoch": 50 + i, "loss": 0.5 - i / 100})
    ]
    assert len(corrected(tmp_path, turns, read__runs="no_order")) == 1


def test_a_user_may_put_the_rows_on_another_axis(tmp_path: Path) -> None:
    (run,) = corrected(
        tmp_path,
        [{"step": 10 * i, "epoch": i / 4, "loss": 1 / (1 + i)} for i in range(5)],
        read__axis="epoch",
    )
    assert (run.series[0].axis, run.series[0].x.tolist()) == ("epoch", [0, 0.25, 0.5, 0.75, 1])


def test_a_user_may_say_of_which_split_a_metric_is(tmp_path: Path) -> None:
    (run,) = corrected(
        tmp_path,
        [{"step": i, "loss": 1.0, "val_rate": i / 9} for i in range(5)],
        split__val_rate="train",
    )
    assert [(s.split, s.name) for s in run.series] == [("train", "loss"), ("train", "val_rate")]


def test_a_user_may_name_the_column_of_an_entity(tmp_path: Path) -> None:
    lines = [{"step": i, "site": s, "loss": s + 1 / (1 + i)} for i in range(4) for s in (1, 2)]
    (run,) = corrected(tmp_path, lines, entity="site")
    assert [str(series.entity) for series in run.series] == ["label 1", "label 2"]


@pytest.mark.parametrize(
    "wrong", [{"read__axis": "speed"}, {"read__runs": "seven"}, {"read__axis": "tokens"}], ids=str
)
def test_a_wish_that_means_nothing_is_refused_with_what_would(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(lossreport.errors.UsageError, match=r"Use one of|Its rows have"):
        corrected(tmp_path, rows(range(4)), **wrong)


def test_how_a_file_was_weighed_is_explained_line_by_line(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from lossreport.cli import main

    runs_of(tmp_path, [*rows(range(1, 9)), {"epoch": 4, "loss": 9.0}, *rows(range(9, 12))])
    said = CliRunner().invoke(main, ["formats", "--explain", str(tmp_path)]).output
    assert "> cost   1.50  one training, with stray lines of something else (1)" in said
    assert "[--set read.runs=launches]" in said
    assert "line 9: epoch 8 -> 4: from line 9 on all counters are set back" in said


def test_an_epoch_that_was_begun_again_is_a_restart(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [*rows(range(8)), *rows(range(7, 20))])
    assert [(segment.first_line, segment.why) for segment in run.segments] == [
        (1, "start"),
        (9, "restart"),
    ]


def test_epochs_that_stand_twice_by_habit_are_no_restarts(tmp_path: Path) -> None:
    (run,) = runs_of(tmp_path, [row for e in range(10) for row in rows([e, e])])
    assert whys(run) == ["start"]


def cyclegan(folder: Path, places: Iterable[tuple[int, int] | None]) -> list[int]:
    """Return the rows of the runs of a loss_log.txt: rows at (epoch, iters), None where a process
    started.
    """
    head = "================ Training Loss (Sat Apr  7 02:25:48 2018) ================"
    lines = [
        head
        if one is None
        else f"(epoch: {one[0]}, iters: {one[1]}, time: 0.1) G_GAN: {2 + n / 100:.3f} G_L1: "
        f"{30 - n / 10:.3f}"
        for n, one in enumerate(places)
    ]
    (folder / "loss_log.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [max(len(series) for series in run.series) for run in lossreport.read_runs([folder])]


TWO = [(1, 400 + 400 * i) for i in range(8)], [(2, 400 + 400 * i) for i in range(8)]
"""Two processes that began one after the other and write in turn."""


@pytest.mark.parametrize(
    ("first", "runs"),
    [(400, [4, 16, 8]), (500, [20, 8])],
    ids=["one step from 0", "behind the last row"],
)
def test_a_start_whose_first_row_stands_where_the_last_one_stopped_begins_anew(
    tmp_path: Path, first: int, runs: list[int]
) -> None:
    """Logged every 100 images and stopped at 400, then started again with every 400: its first row
    is at 400, too.
    """
    stopped = [(1, x) for x in (100, 200, 300, 400)]
    started = [(1, first + 400 * i) for i in range(8)]
    turns = [place for pair in zip(*TWO, strict=True) for place in reversed(pair)]
    assert cyclegan(tmp_path, [None, *stopped, None, *started, None, *turns]) == runs


def test_a_process_that_writes_in_turn_with_another_is_told(tmp_path: Path) -> None:
    turns = [
        row
        for i in range(20)
        for row in ({"epoch": i, "loss": 2.0 - i / 40}, {"epoch": 50 + i, "loss": 0.5 - i / 100})
    ]
    analysis = lossreport.analyze(runs_of(tmp_path, turns), strict=True)
    told = [
        finding.text.plain("en") for finding in analysis.findings if finding.kind == "appended_run"
    ]
    assert [text.split(" is one of them")[0] for text in told] == [
        "Several processes wrote log.jsonl in turn; this run"
    ] * 2
