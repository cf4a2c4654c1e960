"""A report on several runs begins with all of them; every section names its run, and none speaks of
another's numbers.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.compose.compose import MOST_RUNS
from lossreport.compose.overlay import MOST_CURVES
from lossreport.model.report import Chart, LineChart, Report
from lossreport.model.run import Run
from runs import falling, write_log_train


@pytest.fixture
def report(tmp_path: Path) -> Report:
    for name, scale in (("a", 1.0), ("b", 3.0)):
        (tmp_path / name).mkdir()
        rows = [
            {"train_loss": y * scale, "val_acc": round(1 - y / 10, 1), "epoch": i}
            for i, y in enumerate(falling(20))
        ]
        write_log_train(tmp_path / name / "log.txt", rows)
    return lossreport.compose(lossreport.analyze(lossreport.read_runs([tmp_path])))


def test_the_overview_stands_first_with_a_row_a_run(report: Report) -> None:
    assert report.sections[0].id == "runs"
    assert [section.of for section in report.sections[1:]] == sorted(
        section.of for section in report.sections[1:]
    )
    page = lossreport.render(report, "md", "en")
    assert "| r1 · a |" in page
    assert "| r2 · b |" in page
    assert "`val/acc` 0.8" in page.replace("`val/acc` 0.8（19）", "")


def test_anchors_are_unique_and_titles_name_the_run(report: Report) -> None:
    ids = [section.id for section in report.sections]
    assert len(ids) == len(set(ids))
    page = lossreport.render(report, "md", "en")
    assert "## r1 · Verdict" in page
    assert "## r2 · Verdict" in page


def test_one_run_has_no_overview(tmp_path: Path) -> None:
    write_log_train(
        tmp_path / "log.txt", [{"train_loss": y, "epoch": i} for i, y in enumerate(falling(20))]
    )
    sections = lossreport.compose(lossreport.analyze(lossreport.read_run([tmp_path]))).sections
    assert "runs" not in [section.id for section in sections]
    assert {section.of for section in sections} == {""}


def test_a_crash_is_told_with_the_line_that_says_why(tmp_path: Path) -> None:
    rows = "".join(f"step {i} | loss: {9 - 0.1 * i:.4f}\n" for i in range(1, 21))
    trace = (
        'Traceback (most recent call last):\n  File "train.py", line 3, in '
        "<module>\nRuntimeError: shard 7 is missing\n"
    )
    (tmp_path / "train.log").write_text(rows + trace, encoding="utf-8")
    page = lossreport.render(
        lossreport.compose(lossreport.analyze(lossreport.read_run([tmp_path]))), "md", "en"
    ).replace("\\", "")
    assert "| how the log ends | train.log, line 23: “RuntimeError: shard 7 is missing” |" in page
    assert "Crashed (train.log:23: “RuntimeError: shard 7 is missing”)." in page
    assert "the run did not end by itself" in page


def test_of_very_many_runs_the_gravest_are_told_in_full_and_all_in_the_table() -> None:
    bad = MOST_RUNS + 5
    rows = {
        f"run{i}": pd.DataFrame(
            {"epoch": range(12), "loss": falling(12) if i != bad else [float("nan")] * 12}
        )
        for i in range(MOST_RUNS + 8)
    }
    runs = [
        replace(lossreport.run_from_frame(frame, name=name), id=f"r{i}")
        for i, (name, frame) in enumerate(rows.items(), 1)
    ]
    report = lossreport.compose(lossreport.analyze([with_ids(run) for run in runs]))
    told = {section.of for section in report.sections[1:]}
    assert len(told) == MOST_RUNS
    assert f"r{bad + 1}" in told
    page = lossreport.render(report, "md", "en")
    assert f"only the {MOST_RUNS} of the {MOST_RUNS + 8} runs" in page
    assert [run.id for run in runs if f"{run.id} · {run.name}" not in page] == []


def with_ids(run: Run) -> Run:
    """Return a run whose series have ids of their own, as those read from one folder do."""
    return replace(run, series=tuple(replace(one, id=f"{run.id}-{one.id}") for one in run.series))


@pytest.mark.parametrize(
    ("together", "is_told"), [(True, True), (False, False)], ids=["in turn", "one after the other"]
)
def test_the_overview_names_the_runs_that_processes_wrote_in_turn(
    tmp_path: Path, together: bool, is_told: bool
) -> None:
    first = [{"epoch": i, "loss": 2.0 - i / 40} for i in range(20)]
    second = [{"epoch": 50 + i if together else i, "loss": 0.5 - i / 100} for i in range(20)]
    rows = (
        [row for pair in zip(first, second, strict=True) for row in pair]
        if together
        else first + second
    )
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    page = lossreport.render(
        lossreport.compose(lossreport.analyze(lossreport.read_runs([tmp_path]))), "md", "en"
    )
    assert ("**Several processes wrote log.jsonl in turn**: r1, r2." in page) is is_told


# ---------------------------------------------------------------------- the picture of several runs
def runs_of(**columns: object) -> list[Run]:
    """One run a keyword, with a validation accuracy that the value gives."""
    made = []
    for number, (name, values) in enumerate(columns.items(), 1):
        frame = pd.DataFrame(
            {"epoch": range(len(values)), "loss": falling(len(values)), "val_acc": values}
        )  # type: ignore[arg-type]
        made.append(with_ids(replace(lossreport.run_from_frame(frame, name=name), id=f"r{number}")))
    return made


def overlaid(runs: list[Run]) -> list[Chart]:
    return [
        block
        for block in lossreport.compose(lossreport.analyze(runs)).sections[0].blocks
        if isinstance(block, Chart)
    ]


def test_the_runs_are_overlaid_with_the_best_place_starred() -> None:
    (chart,) = overlaid(runs_of(a=np.linspace(0.1, 0.6, 20), b=np.linspace(0.1, 0.8, 30)))
    assert isinstance(chart.spec, LineChart)
    assert [curve.name for curve in chart.spec.curves] == ["r1", "r2"]
    assert chart.spec.star is not None
    assert (chart.spec.star.x, chart.spec.star.y) == (29, 0.8)
    assert chart.spec.x_title == "epoch"


@pytest.mark.parametrize(
    ("count", "drawn"), [(MOST_CURVES, MOST_CURVES), (MOST_CURVES + 3, MOST_CURVES)]
)
def test_of_many_runs_the_best_and_the_worst_are_drawn(count: int, drawn: int) -> None:
    (chart,) = overlaid(
        runs_of(**{f"run{k}": np.linspace(0.1, 0.5 + k / 100, 12) for k in range(count)})
    )
    assert isinstance(chart.spec, LineChart)
    names = [curve.name for curve in chart.spec.curves]
    assert len(names) == drawn
    assert {"r1", f"r{count}"} <= set(names)
    assert ("more are not drawn" in chart.alternative.plain("en")) is (count > drawn)


def test_a_broken_run_has_no_star(tmp_path: Path) -> None:
    made = []
    for number, end in enumerate((None, 21), 1):
        loss, val = falling(40, 2.6, 0.6), falling(40, 2.7, 0.9)
        if end is not None:
            loss[end:], val[end:] = np.nan, 0.0  # as a trainer prints a NaN
        frame = pd.DataFrame({"epoch": range(40), "loss": loss, "val_loss": val})
        made.append(
            with_ids(replace(lossreport.run_from_frame(frame, name=f"n{number}"), id=f"r{number}"))
        )
    (chart,) = overlaid(made)
    assert isinstance(chart.spec, LineChart)
    assert chart.spec.star is not None
    assert chart.spec.star.y > 0.5


def test_of_a_metric_without_a_better_end_those_at_both_ends_are_drawn() -> None:
    frames = [
        pd.DataFrame({"epoch": range(12), "temperature": np.linspace(0.5, 1 + k, 12)})
        for k in range(MOST_CURVES + 3)
    ]
    made = [
        with_ids(replace(lossreport.run_from_frame(frame, name=f"n{k}"), id=f"r{k}"))
        for k, frame in enumerate(frames, 1)
    ]
    (chart,) = overlaid(made)
    assert "3 more are not drawn (those at both ends are)" in chart.alternative.plain("en")


def test_runs_without_a_common_metric_are_not_overlaid() -> None:
    frames = [
        pd.DataFrame({"epoch": range(12), name: falling(12)}) for name in ("loss_a", "loss_b")
    ]
    runs = [
        with_ids(replace(lossreport.run_from_frame(frame, name=f"n{k}"), id=f"r{k}"))
        for k, frame in enumerate(frames, 1)
    ]
    assert overlaid(runs) == []


def test_the_best_of_a_training_loss_is_not_starred() -> None:
    frames = [pd.DataFrame({"epoch": range(30), "loss": falling(30, seed=k)}) for k in (1, 2)]
    runs = [
        with_ids(replace(lossreport.run_from_frame(frame, name=f"n{k}"), id=f"r{k}"))
        for k, frame in enumerate(frames, 1)
    ]
    (chart,) = overlaid(runs)
    assert isinstance(chart.spec, LineChart)
    assert chart.spec.star is None


def test_long_names_of_runs_do_not_fill_the_title() -> None:
    frames = [pd.DataFrame({"epoch": range(12), "loss": falling(12)}) for _ in range(2)]
    for name, told in (("x" * 30, 2), ("x" * 31, 0)):
        runs = [
            with_ids(replace(lossreport.run_from_frame(frame, name=name), id=f"r{k}"))
            for k, frame in enumerate(frames, 1)
        ]
        assert (
            lossreport.compose(lossreport.analyze(runs)).meta.title.plain("en").count(name) == told
        )


def test_runs_without_a_goal_are_not_drawn_by_their_time_or_rate(tmp_path: Path) -> None:
    for name, scale in (("a", 1.0), ("b", 1.2)):
        rows = [
            {
                "iteration": i,
                "time": 0.3 + i % 3 / 100,
                "lr": 2e-4,
                "grad_norm": 1 + i % 2,
                "d_loss": scale / (i + 1),
                "g_loss": 1 + i % 5,
            }
            for i in range(40)
        ]
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = lossreport.render(
        lossreport.compose(lossreport.analyze(lossreport.read_runs([tmp_path]))), "md", "en"
    )
    assert "`d_loss` of the runs" in page
