"""Scores of the best model are of the set that chose it, and a metric without a number is told."""

from __future__ import annotations

from pathlib import Path

import lossreport


def wind(epoch: int) -> str:
    row = f"[Net] Epoch {epoch}/40 Train Loss: {3 / epoch:.4f} | Val Loss: {4 / epoch:.4f}\n"
    best = (
        f"[Best Model Metrics] Epoch {epoch} | MAE: {200 / epoch:.2f} | RMSE: "
        f"{300 / epoch:.2f} | MAPE: {2 / epoch:.4f} | sMAPE: {3 / epoch:.4f}\n"
    )
    return row + (
        f"Saved new best model at epoch {epoch} with val loss {4 / epoch:.4f}\n\n" + best
        if epoch % 2
        else ""
    )


def test_scores_below_the_heading_of_the_best_model_are_of_the_validation(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text("".join(wind(epoch) for epoch in range(1, 12)))
    run = lossreport.read_run([tmp_path])
    found = {f"{series.split}/{series.name}": series.x.tolist() for series in run.series}
    assert {name for name in found if "Loss" not in name} == {
        "val/MAE",
        "val/RMSE",
        "val/MAPE",
        "val/sMAPE",
    }
    assert found["val/MAPE"] == [1, 3, 5, 7, 9, 11]


def test_a_loss_of_the_best_model_keeps_the_split_that_the_log_gives_it(tmp_path: Path) -> None:
    rows = "".join(
        f"Epoch {i} loss: {3 / i:.4f}\nbest model loss: {3 / i:.4f}\n" for i in range(1, 9)
    )
    (tmp_path / "train.log").write_text(rows)
    assert {series.split for series in lossreport.read_run([tmp_path]).series} == {"train"}


def test_a_metric_that_never_has_a_number_is_told(tmp_path: Path) -> None:
    rows = "".join(
        f"Epoch {i:03d} | train loss {3 / i:.4f} val MAE(delay) {4 / i:.4f} val MAE(power) NA\n"
        for i in range(1, 9)
    )
    (tmp_path / "log.txt").write_text(rows)
    run = lossreport.read_run([tmp_path])
    ((line, reason),) = run.sources[0].skips
    assert (line, reason.plain("en")) == (1, "the metric MAE(power) has no number in any of 8 rows")


def test_a_metric_that_has_a_number_later_is_not_told(tmp_path: Path) -> None:
    rows = "".join(
        f"Epoch {i} loss {3 / i:.4f} val acc {'NA' if i < 3 else i / 10}\n" for i in range(1, 9)
    )
    (tmp_path / "log.txt").write_text(rows)
    assert lossreport.read_run([tmp_path]).sources[0].skipped == 0
