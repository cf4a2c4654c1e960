"""The picture of the first screen: training and validation on one axis, what matters next below,
events where they happened.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.model.report import Chart, LineChart
from lossreport.model.run import Run
from runs import falling, flat, make_run, make_series


def picture(run: Run) -> Chart:
    report = lossreport.compose(lossreport.analyze(run, strict=True))
    (found,) = [block for block in report.sections[0].blocks if isinstance(block, Chart)]
    return found


def drawn(run: Run) -> LineChart:
    spec = picture(run).spec
    assert isinstance(spec, LineChart)
    return spec


def test_training_and_validation_of_one_metric_are_on_one_picture_and_drawn_once() -> None:
    run = make_run(loss=falling(40), val_loss=falling(40, 8, 3))
    assert [curve.name for curve in drawn(run).curves] == ["train", "val"]
    report = lossreport.compose(lossreport.analyze(run, strict=True))
    others = [
        block
        for section in report.sections[1:]
        for block in section.blocks
        if isinstance(block, Chart)
    ]
    assert [one for one in others if len(one.spec.curves) > 1] == []  # type: ignore[union-attr]


def epochs_and_steps(**other: object) -> Run:
    """A validation that counts epochs beside a training that counts steps in another file; 50 steps
    are an epoch.
    """
    train = make_series(falling(500), "loss", axis="step", id="m1", **other)  # type: ignore[arg-type]
    val = make_series(
        falling(10, 8, 3),
        "loss",
        "val",
        axis="epoch",
        id="m2",
        source="s2",
        path="val.csv",
        statistic="value",
    )
    return make_run([train, val])


def test_a_series_that_prints_both_counters_puts_epochs_among_steps() -> None:
    spec = drawn(epochs_and_steps(epoch=np.arange(500) // 50))
    assert spec.x_title == "step"
    (val,) = [curve for curve in spec.curves if curve.name == "val"]
    assert val.x.tolist() == list(range(49, 500, 50))


def test_fractions_of_epochs_put_steps_among_epochs() -> None:
    spec = drawn(epochs_and_steps(epoch=np.arange(500) / 50))
    (train,) = [curve for curve in spec.curves if curve.name == "train"]
    assert spec.x_title == "epoch"
    assert train.x[:3].tolist() == [0.0, 0.02, 0.04]


def test_without_a_relation_the_two_are_not_put_together() -> None:
    assert len(drawn(epochs_and_steps()).curves) == 1


# ------------------------------------------------------------------ which series, and what below it
def test_where_the_goal_has_one_value_the_loss_is_pictured_and_no_setting() -> None:
    lr = make_series(flat(8, 0.002, noise=0), "lr", axis="step", id="m1")
    loss = make_series(falling(8), "loss", axis="step", id="m2")
    score = make_series([0.7], "acc", "val", id="m3", statistic="value")
    assert "loss" in picture(make_run([lr, loss, score])).title.plain("en")


def beside(**columns: object) -> list[str]:
    return [panel.name for panel in drawn(make_run(axis="step", **columns)).below]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"lr": np.linspace(1e-3, 0, 60), "grad_norm": falling(60, 3, 1)}, ["lr"]),
        ({"lr": flat(60, 1e-3, noise=0), "grad_norm": falling(60, 3, 1)}, ["grad_norm"]),
        ({"lr": flat(60, 1e-3, noise=0)}, ["lr"]),
        ({}, []),
    ],
    ids=[
        "a rate that moves",
        "a norm before a rate that stands still",
        "such a rate",
        "nothing else",
    ],
)
def test_below_a_single_loss_stands_the_rate_or_the_norm(
    columns: dict[str, object], names: list[str]
) -> None:
    assert beside(loss=falling(60), **columns) == names


def test_below_a_score_stands_the_loss() -> None:
    run = make_run(loss=falling(40), val_loss=falling(40, 8, 3), val_acc=1 - falling(40, 0.9, 0.2))
    spec = drawn(run)
    assert "acc" in spec.name
    assert [(panel.name, [curve.name for curve in panel.curves]) for panel in spec.below] == [
        ("loss", ["train", "val"])
    ]


def test_a_schedule_is_drawn_on_a_linear_axis() -> None:
    (panel,) = drawn(make_run(axis="step", loss=falling(60), lr=np.linspace(1e-3, 0, 60))).below
    assert panel.scale == "linear"


# ------------------------------------------------------------------------------------------- events
def test_what_lasts_is_shaded_from_its_start_to_its_end() -> None:
    val = np.concatenate([falling(20, 8, 3), np.linspace(3, 5, 20)])
    (band,) = drawn(make_run(loss=falling(40, 8, 0.5), val_loss=val)).bands
    assert band.last - band.first > 10


def test_of_an_excursion_the_peak_is_marked_and_its_row_has_a_number() -> None:
    y = falling(400, noise=0.003)
    y[200:205] *= [3.0, 2.5, 2.0, 1.6, 1.3]
    spec = drawn(make_run([make_series(y, "loss", axis="step")]))
    assert [(mark.x, mark.y) for mark in spec.marks] == [(200, y[200])]
    assert [(band.first, band.label) for band in spec.bands] == [(200, "①")]


def test_the_star_stands_where_the_checkpoint_is_best() -> None:
    val = np.concatenate([falling(20, 8, 3), np.linspace(3, 5, 20)])
    star = drawn(make_run(loss=falling(40, 8, 0.5), val_loss=val)).star
    assert star is not None
    assert star.y == val.min()


def test_the_rows_of_another_source_that_disagrees_are_on_the_picture() -> None:
    from runs import SAMPLES

    analysis = lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]), strict=True)
    (found,) = [
        one for one in lossreport.compose(analysis).sections[0].blocks if isinstance(one, Chart)
    ]
    assert isinstance(found.spec, LineChart)
    assert [curve.name for curve in found.spec.curves] == ["log_train.txt", "output.log"]
    assert [(mark.x, mark.label) for mark in found.spec.marks] == [(7, "95.19"), (10, "37.74")]


def test_a_resume_is_a_line_across_all_panels() -> None:
    loss = make_series(falling(60), "loss", axis="step", spans=[(0, 29), (30, 59)])
    assert drawn(make_run([replace(loss)])).rules == (30.0,)


def test_what_goes_on_from_file_to_file_is_drawn_whole(tmp_path: Path) -> None:
    y = falling(80)
    for name, rows in {"first.csv": range(40), "second.csv": range(40, 80)}.items():
        lines = [f"{row},{y[row]:.5f},{y[row] + 0.5:.5f}\n" for row in rows]
        (tmp_path / name).write_text("step,loss,val_loss\n" + "".join(lines), encoding="utf-8")
    spec = drawn(lossreport.read_run([tmp_path]))
    assert [curve.name for curve in spec.curves] == ["train", "val"]
    assert [len(curve.x) for curve in spec.curves] == [80, 80]
    assert spec.rules == (40.0,)


def test_a_metric_under_two_names_is_drawn_once() -> None:
    loss, norm = falling(40), flat(40)
    assert drawn(make_run(loss=loss, mse=loss, grad_norm=norm)).below[0].name == "grad_norm"
    assert drawn(make_run(loss=loss, mse=loss + 0.1, grad_norm=norm)).below[0].name == "mse"
