"""Curves in a JSON object of somebody's own making: what the lists count, which belong together,
whose they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lossreport
from lossreport.model.run import Run

LOSS = [2.0, 1.5, 1.2, 1.1, 1.05, 1.0]


def runs(folder: Path, **document: Any) -> tuple[Run, ...]:
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return lossreport.read_runs([folder])


def places(run: Run) -> dict[str, tuple[str, list[float]]]:
    return {series.label: (series.axis.value, series.x.tolist()) for series in run.series}


def test_a_list_of_epochs_beside_the_lists_says_where_they_stand(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, epoch=[5, 10, 15, 20, 25, 30], train_loss=LOSS, val_loss=LOSS)
    assert places(run) == {
        name: ("epoch", [5, 10, 15, 20, 25, 30]) for name in ("loss", "val/loss")
    }


def test_lists_without_one_count_epochs_from_nothing(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, loss=LOSS, val_loss=LOSS)
    assert places(run)["val/loss"] == ("epoch", [0, 1, 2, 3, 4, 5])


def test_one_value_a_client_is_no_curve_and_is_counted(tmp_path: Path) -> None:
    (run,) = runs(
        tmp_path,
        round_accuracy=LOSS,
        jfi_per_round=LOSS,
        cumulative_reward_of=[3.0, 1.0],
        phi_avg=[1.0, 2.0, 3.0],
        n_clients=3,
    )
    assert "phi_avg" not in places(run)
    reasons = [reason.plain("en") for _, reason in run.sources[0].skips]
    assert (
        "phi_avg holds 3 values where the lists beside it hold 6: it counts something else and "
        "is no curve" in reasons
    )


def test_a_name_or_a_number_of_rounds_says_that_lists_count_rounds(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, accuracy=LOSS, loss_per_round=LOSS, n_rounds=6)
    assert {axis for axis, _ in places(run).values()} == {"round"}


def test_a_much_longer_training_list_beside_a_validation_holds_steps(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, train_loss=[3.0 / (1 + i) for i in range(30)], val_loss=LOSS)
    assert (places(run)["loss"][0], places(run)["val/loss"][0]) == ("iteration", "epoch")


def test_trees_that_are_alike_are_runs_and_splits_are_none(tmp_path: Path) -> None:
    found = runs(
        tmp_path, resnet={"loss": LOSS, "acc": LOSS}, vit={"loss": LOSS[:5], "acc": LOSS[:5]}
    )
    assert [run.name for run in found] == ["resnet", "vit"]
    (run,) = runs(tmp_path, train={"loss": LOSS}, val={"loss": LOSS})
    assert set(places(run)) == {"loss", "val/loss"}


def test_a_tree_a_client_is_an_entity(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, client_0={"loss": LOSS}, client_1={"loss": LOSS[::-1]})
    assert [str(series.entity) for series in run.series] == ["client 0", "client 1"]


def test_a_list_of_records_inside_the_object_is_read_row_by_row(tmp_path: Path) -> None:
    (run,) = runs(
        tmp_path,
        lr=0.1,
        history=[
            {"epoch": i + 1, "train_loss": value, "val_loss": value} for i, value in enumerate(LOSS)
        ],
    )
    assert places(run) == {name: ("epoch", [1, 2, 3, 4, 5, 6]) for name in ("loss", "val/loss")}
    assert run.value("lr") == 0.1


def test_lists_one_below_the_other_are_no_restarts(tmp_path: Path) -> None:
    text = json.dumps({"loss": LOSS, "accuracy": LOSS, "mae": LOSS}, indent=1)
    (tmp_path / "history.json").write_text(text, encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    assert [segment.why for segment in run.segments] == ["start"]
