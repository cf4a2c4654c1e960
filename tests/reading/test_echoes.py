"""A console log beside the files of a logger tells its metrics once: those that it only prints again are left out, what it alone has is kept."""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Run

LOSS = [3.1234567 / (1 + i) for i in range(12)]
TABLE = "step,train_loss\n" + "".join(f"{10 * i},{value}\n" for i, value in enumerate(LOSS))


def run_of(folder: Path, console: str, table: str = TABLE) -> Run:
    (folder / "metrics.csv").write_text(table, encoding="utf-8")
    (folder / "output.log").write_text(console, encoding="utf-8")
    (run,) = lossreport.read_runs([folder])
    return run


def held(run: Run) -> list[tuple[str, str]]:
    return [(series.path, series.label) for series in run.series]


def test_what_the_console_prints_again_is_left_out_and_said(tmp_path: Path) -> None:
    run = run_of(tmp_path, "".join(f"Epoch {i}: loss = {value:.3f}\n" for i, value in enumerate(LOSS)))
    assert held(run) == [("metrics.csv", "loss")]
    assert run.skipped[0].reason.plain("en") == "1 of its curves print again what metrics.csv holds: they count once"


def test_what_only_the_console_has_is_kept(tmp_path: Path) -> None:
    run = run_of(tmp_path, "".join(f"Epoch {i}: loss = {v:.3f} accuracy = {i / 13:.3f}\n" for i, v in enumerate(LOSS)))
    assert held(run) == [("metrics.csv", "loss"), ("output.log", "accuracy")]


def test_a_metric_of_the_same_name_with_other_values_is_no_echo(tmp_path: Path) -> None:
    run = run_of(tmp_path, "".join(f"Epoch {i}: loss = {v + 0.2:.3f}\n" for i, v in enumerate(LOSS)))
    assert held(run) == [("metrics.csv", "loss"), ("output.log", "loss")]


def test_a_validation_is_no_echo_of_the_training(tmp_path: Path) -> None:
    run = run_of(tmp_path, "".join(f"Epoch {i}: val_loss = {v:.3f}\n" for i, v in enumerate(LOSS)))
    assert held(run) == [("metrics.csv", "loss"), ("output.log", "val/loss")]


def test_a_plan_that_the_console_prints_counts_for_the_run(tmp_path: Path) -> None:
    run = run_of(tmp_path, "".join(f"Epoch {i + 1}/20: loss = {v:.3f}\n" for i, v in enumerate(LOSS)))
    assert run.value("epochs") == 20
