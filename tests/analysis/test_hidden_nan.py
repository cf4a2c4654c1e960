"""A NaN that the log hides is found by its traces; a healthy run whose loss is 0 or constant for
good reasons raises nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors import (
    frozen_metric,
    lost_metric,
    masked_nonfinite,
    skipped_steps,
)
from lossreport.analysis.detectors.frozen_metric import frozen_from
from lossreport.analysis.detectors.poisoned_mean import DETECTOR as POISONED
from lossreport.model.analysis import Analysis, Finding, State
from lossreport.model.run import Event, Floats
from runs import falling, flat, make_run, make_series

KINDS = (
    "masked_nonfinite",
    "nonfinite",
    "frozen_metric",
    "lost_metric",
    "poisoned_mean",
    "skipped_steps",
)


def analysed(facts: dict[str, object] | None = None, n: int = 100, **columns: object) -> Analysis:
    frame = pd.DataFrame({"step": np.arange(1, n + 1) * 10, **columns})
    return lossreport.analyze(lossreport.run_from_frame(frame, facts=facts), strict=True)  # type: ignore[arg-type]


def found(analysis: Analysis) -> dict[str, Finding]:
    return {finding.kind: finding for finding in analysis.findings if finding.kind in KINDS}


def notes(finding: Finding) -> str:
    return " ".join(note.plain("en") for note in finding.notes)


def stopped(rows: int, value: float | None = None, n: int = 100) -> Floats:
    """A falling curve whose last `rows` rows are one value, their first or `value`."""
    y = np.array(falling(n, noise=0.02))
    y[n - rows :] = y[n - rows] if value is None else value
    return y


# ---------------------------------------------------------------------------------- replaced values
@pytest.mark.parametrize("value", [0.0, 2.5], ids=["zero", "running mean"])
@pytest.mark.parametrize(
    ("rows", "hidden"), [(masked_nonfinite.MIN_ROWS, True), (masked_nonfinite.MIN_ROWS - 1, False)]
)
def test_one_value_to_the_end_beside_a_nan_is_a_hidden_nan(
    value: float, rows: int, hidden: bool
) -> None:
    norm = np.array(flat(100, 1.0))
    norm[100 - rows :] = np.nan
    analysis = analysed(loss=stopped(rows, value), grad_norm=norm)
    assert ("masked_nonfinite" in found(analysis)) is hidden
    assert (analysis.run_verdict("r1").state is State.BROKEN) or not hidden


def test_the_row_before_the_replaced_ones_is_not_trusted_either() -> None:
    norm = np.array(flat(100, 1.0))
    norm[60:] = np.nan
    finding = found(analysed({"save_steps": 200}, loss=stopped(40, 0.0), grad_norm=norm))[
        "masked_nonfinite"
    ]
    assert finding.start.x == 610
    assert "step 590" in notes(finding)
    assert "nearest checkpoint before it is that of step 400" in notes(finding)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"best_model_checkpoint": "out/checkpoint-300"}, "checkpoint-300"),
        ({"best_model_checkpoint": "out/checkpoint-900"}, "name no checkpoint"),
        ({"save_steps": 5000}, "no checkpoint had been saved"),
        ({}, "name no checkpoint"),
    ],
)
def test_the_checkpoint_before_it_is_named_where_the_logs_tell(
    facts: dict[str, object], said: str
) -> None:
    y = np.array(falling(100))
    y[50:] = np.nan
    assert said in notes(found(analysed(facts, loss=y))["nonfinite"])


def test_a_line_that_says_what_was_saved_counts_before_the_settings() -> None:
    y = np.array(falling(100))
    y[50:] = np.nan
    run = make_run(loss=y, axis="step", facts={"save_steps": 10})
    saved = [
        Event(kind="checkpoint", source="s1", line=line, quote=f"Saved checkpoint {line}")
        for line in (20, 40, 60)
    ]
    finding = found(lossreport.analyze(replace(run, events=tuple(saved)), strict=True))["nonfinite"]
    assert "line 40" in notes(finding)
    assert "step 49" in notes(finding)


# ------------------------------------------------------------------------------- frozen and missing
@pytest.mark.parametrize(
    ("rows", "frozen"), [(frozen_metric.MIN_ROWS, True), (frozen_metric.MIN_ROWS - 1, False)]
)
def test_a_loss_that_freezes_to_the_last_digit_is_told(rows: int, frozen: bool) -> None:
    assert (
        "frozen_metric" in found(analysed(loss=stopped(rows), grad_norm=flat(100, 1.0)))
    ) is frozen


def test_a_frozen_loss_is_not_judged_converged_nor_is_its_run() -> None:
    analysis = analysed(loss=stopped(40), grad_norm=flat(100, 1.0))
    assert {verdict.state for verdict in analysis.verdicts} == {State.INCONCLUSIVE}
    assert "one value to the last digit" in analysis.run_verdict("r1").text.plain("en")


def test_a_loss_that_freezes_with_all_others_has_no_witness() -> None:
    assert "frozen_metric" not in found(
        analysed(loss=stopped(20), grad_norm=np.r_[flat(80, 1.0), np.full(20, 1.0)])
    )


@pytest.mark.parametrize("moves", [False, True])
def test_a_training_whose_losses_all_stand_still_changes_nothing_any_more(moves: bool) -> None:
    val = 1.1 * stopped(20) * (1 + 1e-15 * np.arange(100))
    val[90] *= 1.01 if moves else 1.0
    said = found(analysed(loss=stopped(20), val_loss=val))
    assert ("frozen_metric" in said) is not moves
    if not moves:
        assert "no step changes the model any more" in said["frozen_metric"].text.plain("en")
        assert said["frozen_metric"].start.x == 810


def test_zeros_after_a_level_are_told_without_any_nan() -> None:
    assert "frozen_metric" in found(analysed(loss=stopped(20, 0.0), grad_norm=flat(100, 1.0)))


@pytest.mark.parametrize("decimals", [2, 4])
def test_a_loss_that_really_reaches_zero_raises_nothing(decimals: int) -> None:
    y = np.round(3 * np.exp(-np.arange(300) / 15) * (1 + 0.02 * np.sin(np.arange(300))), decimals)
    assert y[-1] == 0
    assert found(analysed(n=300, loss=y, grad_norm=flat(300, 1.0))) == {}


@pytest.mark.parametrize(("step", "frozen"), [(20.0, True), (4.0, False)], ids=["above", "below"])
def test_equal_rows_are_a_stop_only_where_the_rows_before_moved_by_many_printed_digits(
    step: float, frozen: bool
) -> None:
    moves = np.where(np.arange(100) % 2 == 0, 1, -1) * step * 0.001 / 2
    y = np.round(2.5 + moves, 3)
    y[80:] = 2.5
    assert (frozen_from(make_series(y, axis="step", resolution=0.001)) is not None) is frozen


def test_what_is_constant_for_a_reason_raises_nothing() -> None:
    assert (
        found(
            analysed(
                loss=falling(100),
                cls_loss=np.zeros(100),
                lr=np.full(100, 1e-4),
                grad_norm=flat(100, 1.0),
            )
        )
        == {}
    )


@pytest.mark.parametrize(
    ("missing", "lost"), [(lost_metric.MISSED, True), (lost_metric.MISSED - 1, False)]
)
def test_a_key_that_is_missing_from_some_row_on_is_told(missing: int, lost: bool) -> None:
    norm = pd.array([1.0] * (100 - missing) + [pd.NA] * missing, dtype="Float64")
    told = found(analysed(loss=falling(100), grad_norm=norm))
    assert ("lost_metric" in told) is lost
    if lost:
        assert told["lost_metric"].start.x == 10 * (100 - missing)
        assert f"sound row before it: step {10 * (100 - missing)}" in notes(told["lost_metric"])


def test_a_validation_every_so_often_is_not_lost() -> None:
    value = [2.0 if row % 20 == 19 else pd.NA for row in range(115)]
    assert "lost_metric" not in found(
        analysed(n=115, loss=falling(115), val_loss=pd.array(value, dtype="Float64"))
    )


# ------------------------------------------------------------------------------- counters and means
@pytest.mark.parametrize(
    ("row", "told"), [(30, True), (2, False)], ids=["later", "search at the start"]
)
def test_skipped_iterations_count_after_the_search_for_a_loss_scale(row: int, told: bool) -> None:
    counter = np.zeros(100)
    counter[row] = 3
    assert (
        "skipped_steps"
        in found(analysed(loss=falling(100), **{"number of skipped iterations": counter}))
    ) is told


@pytest.mark.parametrize(("value", "told"), [(1.0, True), (0.0, False)])
def test_nan_iterations_always_count(value: float, told: bool) -> None:
    counter = np.zeros(100)
    counter[1] = value
    assert (
        "skipped_steps"
        in found(analysed(loss=falling(100), **{"number of nan iterations": counter}))
    ) is told


def test_a_counter_that_only_grows_counts_where_it_rises() -> None:
    assert skipped_steps.counted(np.array([0.0, 0, 2, 2, 2, 5])) == [2, 5]
    assert skipped_steps.counted(np.array([0.0, 3, 0, 1, 0])) == [1, 3]


@pytest.mark.parametrize(("rows", "told"), [(5, True), (1, False)])
def test_a_mean_that_stays_nan_beside_finite_values_is_poisoned(rows: int, told: bool) -> None:
    mean = np.array(flat(40))
    mean[20 : 20 + rows] = np.nan
    run = make_run(
        [
            make_series(mean, axis="iteration", statistic="running_mean"),
            make_series(flat(40), axis="iteration", statistic="window_median", window=20, id="m2"),
        ]
    )
    assert bool(list(POISONED.detect(Context(run, run)))) is told


def test_zeros_from_the_first_row_on_beside_gradients_that_are_nan_hide_it_too() -> None:
    columns = [
        make_series(np.zeros(12), "loss", axis="step"),
        make_series(np.full(12, np.nan), "grad_norm", axis="step", id="m2"),
    ]
    analysis = lossreport.analyze(make_run(columns), strict=True)
    kinds = {finding.kind for finding in analysis.findings}
    assert "masked_nonfinite" in kinds
    assert "constant_metric" not in kinds
    assert analysis.run_verdict("r1").state is State.BROKEN


def test_the_last_row_before_hidden_nan_is_no_spike_that_recovers() -> None:
    loss = make_series(
        [1.24, 1.84, 1.86, 1.80, 1.72, 1.58, 1.57, 2.41, 0, 0, 0, 0], "loss", axis="step"
    )
    run = make_run(
        [
            loss,
            make_series(np.r_[np.ones(7), np.full(5, np.nan)], "grad_norm", axis="step", id="m2"),
        ]
    )
    kinds = [
        finding.kind
        for finding in lossreport.analyze(run, strict=True).findings
        if finding.series[0] == "m1"
    ]
    assert "masked_nonfinite" in kinds
    assert "spike" not in kinds


@pytest.mark.parametrize(
    ("total", "kinds"),
    [(np.inf, {"nonfinite"}), (2.5, {"nonfinite", "masked_nonfinite"})],
    ids=["inf itself", "finite"],
)
def test_a_term_of_zero_hides_nothing_where_the_total_is_printed_as_it_is(
    total: float, kinds: set[str]
) -> None:
    columns = {
        "loss": stopped(20, total),
        "box_loss": stopped(20, 0.0),
        "val_loss": np.r_[falling(80), np.full(20, np.inf)],
    }
    assert set(found(analysed(**columns))) == kinds


@pytest.mark.parametrize(
    ("moving", "masked"), [(masked_nonfinite.CHANGES, False), (masked_nonfinite.CHANGES - 1, True)]
)
def test_a_validation_that_was_nan_while_the_loss_moved_hides_no_nan_in_its_rounded_end(
    moving: int, masked: bool
) -> None:
    loss = np.r_[np.linspace(3, 1, 91 + moving), np.full(9 - moving, 0.99)]
    analysis = analysed(loss=loss, val_loss=np.r_[falling(90), np.full(10, np.inf)])
    assert ("masked_nonfinite" in found(analysis)) is masked
    assert bool(found(analysis)["nonfinite"].numbers["aside"]) is not masked


def test_zeros_that_hide_nan_are_told_as_zeros_not_as_values_that_are_not_finite() -> None:
    analysis = analysed(loss=np.zeros(20), grad_norm=np.full(20, np.nan), n=20)
    verdict = analysis.run_verdict("r1")
    assert verdict.state is State.BROKEN
    assert "zeros of loss in run most likely hide NaN" in verdict.text.plain("en").replace("`", "")
    told = analysed(loss=np.full(20, np.nan), grad_norm=np.full(20, np.nan), n=20).run_verdict("r1")
    assert "took values that are not finite" in told.text.plain("en")
