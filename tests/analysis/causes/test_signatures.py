"""What looks like the signature of a cause and is not: named nowhere, or named only on the right
side of its threshold.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import lossreport
from lossreport.analysis.cause import causes
from lossreport.analysis.causes.lr_raised import RAISED
from lossreport.analysis.detectors.finetune_start import SUMMED
from lossreport.model.run import FactValue, Run
from runs import falling, flat, make_run, make_series, rng

Curve = npt.NDArray[np.float64]
IDS = {cause.id for cause in causes()}


def named(run: Run) -> set[str]:
    found = lossreport.analyze(run, strict=True).findings
    return {one.id for finding in found for one in finding.hypotheses} & IDS


def broken(k: int = 20, bad: int = 5, end: Curve | None = None) -> Curve:
    return np.r_[falling(k), [] if end is None else end, np.full(bad, np.nan)]


@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_run_has_no_cause(seed: int) -> None:
    n = 120
    run = make_run(
        axis="step",
        loss=falling(n, noise=0.02, seed=seed),
        grad_norm=flat(n, 1.0, noise=0.2, seed=seed),
        lr=1e-3
        * np.minimum(1, np.arange(1, n + 1) / 10)
        * 0.5
        * (1 + np.cos(np.pi * np.arange(n) / n)),
        facts={"precision": "fp16", "batch_size": 1, "lr": 1e-3, "lr_scheduler_type": "cosine"},
    )
    assert named(run) == set()


@pytest.mark.parametrize(("said", "expected"), [("fp16", True), ("bf16", False), ("fp32", False)])
def test_only_a_run_that_says_fp16_is_suspected_of_it(said: str, expected: bool) -> None:
    assert (
        "fp16_overflow" in named(make_run(axis="step", loss=broken(), facts={"precision": said}))
    ) is expected


def test_a_loss_that_climbs_before_it_is_nan_speaks_against_fp16_and_for_the_learning_rate() -> (
    None
):
    run = make_run(
        axis="step", loss=broken(end=np.array([3.0, 6.0, 20.0, 90.0])), facts={"precision": "fp16"}
    )
    assert {"lr_too_high"} <= named(run)
    assert "fp16_overflow" not in named(run)


def test_a_jump_within_one_row_is_no_climb() -> None:
    assert "lr_too_high" not in named(make_run(axis="step", loss=broken(end=np.array([90.0]))))


@pytest.mark.parametrize(("last", "expected"), [(0.5, True), (2.0, False)])
def test_a_loss_scale_below_1_is_its_floor(last: float, expected: bool) -> None:
    scale = np.r_[np.full(18, 65536.0), 1024.0, 8.0, np.full(5, last)]
    run = make_run(
        [
            make_series(broken(), "loss", axis="step"),
            make_series(scale, "loss_scale", axis="step", id="m2", metric_type="loss_scale"),
        ]
    )
    assert ("loss_scale_floor" in named(run)) is expected


@pytest.mark.parametrize(("peak", "expected"), [(17, True), (5, False)])
def test_a_break_at_the_peak_of_the_rate_belongs_to_the_end_of_the_warm_up(
    peak: int, expected: bool
) -> None:
    lr = 1e-3 * np.minimum(1, np.arange(1, 26) / (peak + 1))
    assert ("warmup_end" in named(make_run(axis="step", loss=broken(), lr=lr))) is expected


@pytest.mark.parametrize(("row", "expected"), [(30, True), (55, False)])
def test_a_rate_that_runs_out_at_the_end_is_a_schedule(row: int, expected: bool) -> None:
    n = 60
    lr = 1e-3 * np.clip(1 - np.arange(n) / row, 0, 1)
    loss = np.r_[falling(row, 6.0, 2.0, noise=0.001), flat(n - row, 2.0, noise=0.001)]
    assert ("schedule_spent_early" in named(make_run(axis="step", loss=loss, lr=lr))) is expected


@pytest.mark.parametrize(
    ("rate", "scaled", "expected"), [(0.02, 1, True), (0.02, 64, False), (0.0009, 1, False)]
)
def test_a_rate_far_above_the_set_one_that_no_scaling_explains_was_not_set(
    rate: float, scaled: int, expected: bool
) -> None:
    facts: dict[str, FactValue] = {"lr": 0.0005, "world_size": scaled}
    assert (
        "lr_not_as_set"
        in named(make_run(axis="step", loss=broken(), lr=np.full(25, rate), facts=facts))
    ) is expected


def risen(factor: float, row: int, before: float) -> Curve:
    """Return a rate of 0.01, at first `before` times as high, that is multiplied by `factor` from a
    row on.
    """
    rate = np.full(60, 0.01)
    rate[:3] *= before
    rate[row:] *= factor
    return rate


@pytest.mark.parametrize(
    ("factor", "row", "before", "expected"),
    [
        (1.1 * RAISED, 30, 1.0, True),
        (0.9 * RAISED, 30, 1.0, False),
        (10.0, 15, 1.0, False),
        (10.0, 30, 20.0, False),
    ],
    ids=["thrice", "less", "long before", "as high as before"],
)
def test_a_raise_of_the_rate_where_the_loss_leaves_its_level_is_named(
    factor: float, row: int, before: float, expected: bool
) -> None:
    loss = np.r_[falling(30, 3.0, 0.8), flat(30, 3.2, 0.01)]
    assert (
        "lr_raised" in named(make_run(axis="step", loss=loss, lr=risen(factor, row, before)))
    ) is expected


@pytest.mark.parametrize(
    ("rate", "images", "expected"), [(0.02, 2, True), (0.02, 16, False), (0.0025, 2, False)]
)
def test_the_default_rate_of_a_detector_is_doubted_only_where_it_breaks_with_fewer_images(
    rate: float, images: int, expected: bool
) -> None:
    run = make_run(
        axis="iteration",
        loss_bbox=broken(),
        lr=np.full(25, rate),
        facts={"samples_per_gpu": images},
    )
    run = replace(
        run, sources=tuple(replace(source, parser="mmlab_text") for source in run.sources)
    )
    assert ("linear_scaling" in named(run)) is expected


def test_terms_that_are_nan_in_the_same_row_name_no_empty_one() -> None:
    assert "one_term_empty" not in named(
        make_run(axis="step", a_loss=broken(), b_loss=broken(), c_loss=broken())
    )


@pytest.mark.parametrize(("train", "expected"), [(0.784, True), (0.95, False)])
def test_a_training_that_tells_more_than_one_class_is_no_majority(
    train: float, expected: bool
) -> None:
    run = make_run(loss=falling(8), acc=np.r_[np.full(7, 0.7), train], val_acc=np.full(8, 0.784))
    assert ("majority_class" in named(run)) is expected


@pytest.mark.parametrize(("train", "expected"), [(0.9, True), (0.1, False)])
def test_a_validation_of_0_is_another_set_only_where_the_training_learns(
    train: float, expected: bool
) -> None:
    run = make_run(loss=falling(9), acc=np.linspace(0.05, train, 9), val_acc=np.zeros(9))
    assert ("sorted_validation_split" in named(run)) is expected


@pytest.mark.parametrize(("level", "expected"), [(16771.4415, True), (41.4415, False)])
def test_only_a_large_level_speaks_of_raw_targets(level: float, expected: bool) -> None:
    assert (
        "unscaled_targets" in named(make_run(loss=np.r_[1.01 * level, np.full(6, level)]))
    ) is expected


@pytest.mark.parametrize(("accuracy", "expected"), [(0.95, True), (0.4, False)])
def test_the_floor_of_two_softmaxes_needs_an_accuracy_that_is_better_than_the_loss(
    accuracy: float, expected: bool
) -> None:
    level = math.log(1 + 9 / math.e)
    loss = np.r_[np.linspace(2.3, 1.5, 8), flat(24, level, noise=0.0005)]
    run = make_run(
        axis="step",
        loss=loss,
        acc=np.r_[np.linspace(0.1, accuracy, 8), np.full(24, accuracy) + 0.01 * rng().random(24)],
    )
    assert ("double_softmax" in named(run)) is expected


def test_rewards_that_are_equal_do_not_make_a_model_untrainable() -> None:
    assert "nothing_trainable" not in named(
        make_run(axis="step", loss=flat(9, 0.1), grad_norm=np.zeros(9), reward=flat(9, 0.5))
    )


def test_a_smooth_overfitting_says_nothing_of_batch_norm() -> None:
    n = 24
    train, val = (
        2.2 * np.exp(-np.arange(n) / 5),
        1.1 + 0.9 * np.exp(-np.arange(n) / 2) + 0.05 * np.maximum(0, np.arange(n) - 4),
    )
    found = named(make_run(loss=train, val_loss=val))
    assert "model_too_big" in found
    assert "bn_statistics" not in found


@pytest.mark.parametrize(("end", "expected"), [(2.0, True), (0.0, False)])
def test_a_nan_row_is_one_of_its_batch_only_where_finite_rows_follow(
    end: float, expected: bool
) -> None:
    loss = falling(40)
    loss[12] = np.nan
    if not end:
        loss[13:] = np.nan
    assert ("bad_sample" in named(make_run(axis="step", loss=loss))) is expected


def test_a_gradient_that_only_a_loss_scaler_sees_as_nan_is_no_root_of_zero() -> None:
    norm = np.r_[np.nan, flat(39, 1.0)]
    assert "gradient_of_zero" not in named(make_run(axis="step", loss=falling(40), grad_norm=norm))


@pytest.mark.parametrize(
    ("level", "rate", "norm", "expected"),
    [
        (3.1, 1e-7, None, True),
        (3.1, 5e-7, None, False),
        (3.1, 5e-7, 0.8, True),
        (math.log(1000), 1e-7, 0.8, True),
        (math.log(1000), 5e-7, 0.8, False),
        (math.log(1000), 1e-7, 0.0, False),
    ],
    ids=[
        "tiny",
        "small",
        "small with a gradient",
        "guessing at a tiny rate",
        "guessing at a small one",
        "guessing without a gradient",
    ],
)
def test_a_loss_that_stands_at_a_tiny_rate_is_moved_too_little(
    level: float, rate: float, norm: float | None, expected: bool
) -> None:
    columns = {"loss": flat(60, level, 0.0005), "lr": np.full(60, rate)} | (
        {} if norm is None else {"grad_norm": np.full(60, norm)}
    )
    run = make_run(axis="step", **columns)
    assert ("lr_too_low" in named(run)) is expected
    if expected:
        lead = next(
            one
            for one in lossreport.analyze(run, strict=True).findings
            if one.kind == "no_learning"
        ).hypotheses[0]
        assert lead.id == "lr_too_low"


@pytest.mark.parametrize(("factor", "expected"), [(1.01, True), (0.99, False)])
def test_a_high_start_that_falls_below_1_was_not_multiplied(
    factor: float, expected: bool, tmp_path: Path
) -> None:
    rows = [(10.72, 171.3), (8.44, 91.2), (4.02, 20.9), (SUMMED * factor, 5.0)]
    log = [
        f"{{'loss': {loss}, 'grad_norm': {norm}, 'learning_rate': 4.6e-05, 'epoch': "
        f"{(n + 1) / 4}}}\n"
        for n, (loss, norm) in enumerate(rows)
    ]
    (tmp_path / "train.log").write_text("".join(log), encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    assert ("accumulation_multiplied" in named(run)) is expected


@pytest.mark.parametrize(("loss_of_the_set", "expected"), [("falls", False), ("flat", True)])
def test_a_score_that_falls_while_the_loss_of_its_set_still_falls_is_no_overfitting(
    loss_of_the_set: str, expected: bool
) -> None:
    n = 30
    val_loss = 1.1 * falling(n, noise=0.0) if loss_of_the_set == "falls" else np.full(n, 1.1)
    run = make_run(
        loss=falling(n, noise=0.0), val_loss=val_loss, val_auroc=np.linspace(0.48, 0.23, n)
    )
    assert ("trained_too_long" in named(run)) is expected
