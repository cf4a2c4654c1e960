"""Causes on pastes of a few rows, on both sides of each threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import lossreport
from lossreport.analysis.cause import causes
from lossreport.model.analysis import Analysis, Severity, State
from lossreport.model.run import FactValue, Run
from runs import make_run, make_series

IDS = {cause.id for cause in causes()}


def judged(run: Run) -> Analysis:
    return lossreport.analyze(run, strict=True)


def analysed(folder: Path, log: str) -> Analysis:
    (folder / "train.log").write_text(log, encoding="utf-8")
    return lossreport.analyze(lossreport.read_run([folder]), strict=True)


def named(analysis: Analysis) -> set[str]:
    return {one.id for finding in analysis.findings for one in finding.hypotheses} & IDS


def printed(values: list[float], digits: int = 6) -> str:
    return "".join(
        f"step {10 * count} loss {value:.{digits}f}\n" for count, value in enumerate(values, 1)
    )


# ------------------------------------------------------------------------- a loss that is 0 at once
@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (printed([0.100427, 0, 0, 0, 0]), True),
        (printed([0.100427, 0, 0]), False),
        (printed([0.001427, 0, 0, 0, 0]), False),
        (printed([0.1, 0.01, 0.001, 0, 0, 0]), False),
        (printed([0, 0, 0, 0, 0]), False),
    ],
)
def test_only_a_loss_that_passes_no_small_value_on_its_way_to_0_is_suspected(
    tmp_path: Path, log: str, expected: bool
) -> None:
    analysis = analysed(tmp_path, log)
    assert ("labels_all_alike" in named(analysis)) is expected


def trainer(values: list[float]) -> str:
    return "".join(
        f"{{'loss': {value}, 'learning_rate': 1e-06, 'epoch': {0.01 * count:.2f}}}\n"
        for count, value in enumerate(values, 1)
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.8462, 0.0, 0.0, 0.0], True), ([3.8462, 3.7, 3.6, 0.0, 0.0, 0.0], False)],
)
def test_zeros_of_a_trainer_from_its_second_row_are_nan_of_half_precision(
    tmp_path: Path, values: list[float], expected: bool
) -> None:
    assert ("fp16_zero_from_start" in named(analysed(tmp_path, trainer(values)))) is expected


def test_a_loss_of_0_beside_a_validation_that_lives_is_no_fault(tmp_path: Path) -> None:
    log = "".join(
        f"epoch {n} loss {loss:.6f} val_loss {0.4 - 0.01 * n:.6f}\n"
        for n, loss in enumerate([0.5, 0, 0, 0, 0], 1)
    )
    assert "labels_all_alike" not in named(analysed(tmp_path, log))


# ------------------------------------------------------------ an accuracy that its loss contradicts
@pytest.mark.parametrize(
    ("loss", "accuracy", "expected"),
    [
        ([0.9, 0.6, 0.40], [0.0, 0.0, 0.0], True),
        ([0.9, 0.7, 0.60], [0.0, 0.0, 0.0], False),
        ([0.9, 0.6, 0.20], [0.3, 0.4, 0.45], True),
        ([0.9, 0.6, 0.20], [0.5, 0.7, 0.95], False),
        ([1.48, 1.07, 0.8, 0.61], [0.100, 0.101, 0.102, 0.101], True),
        ([1.48, 1.47, 1.46, 1.45], [0.100, 0.101, 0.102, 0.101], False),
        ([2.30, 2.0, 1.8, 1.7], [0.100, 0.101, 0.102, 0.101], False),
    ],
)
def test_an_accuracy_is_doubted_where_its_own_loss_rules_it_out(
    loss: list[float], accuracy: list[float], expected: bool
) -> None:
    series = [
        make_series(loss, "loss"),
        make_series(accuracy, "acc", id="m2", metric_type="accuracy"),
    ]
    found = named(judged(make_run(series)))
    assert bool(found & {"accuracy_computed_wrongly", "accuracy_beside_regression"}) is expected


# -------------------------------------------------------------------------- messages of an overflow
@pytest.mark.parametrize(
    ("scale", "expected"),
    [("0.5", True), ("0.0001220703125", True), ("1.0", False), ("16384.0", False)],
)
def test_a_message_counts_where_its_scale_is_below_1(
    tmp_path: Path, scale: str, expected: bool
) -> None:
    log = (
        printed([2.3, 2.2, 2.1, 2.0, 1.9])
        + f"Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to {scale}\n"
    )
    assert ("loss_scale_floor" in named(analysed(tmp_path, log))) is expected


# ------------------------------------------------------------------------------------- out of scale
@pytest.mark.parametrize(
    ("loss", "norm", "expected"),
    [
        ([2e8, 4e8, 3e8, 5e8, 2.5e8], 1e5, True),
        ([9e3, 8e3, 9.5e3, 8.5e3, 9e3], 1e5, False),
        ([2e8, 4e8, 3e8, 5e8, 2.5e8], 2.0, False),
        ([8e8, 4e8, 1e8, 5e7, 2e7], 1e5, False),
        ([2e8, 4e8, 3e8, 5e8], 1e5, False),
    ],
)
def test_a_loss_is_out_of_scale_where_it_stands_high_under_a_steep_gradient(
    loss: list[float], norm: float, expected: bool
) -> None:
    series = [
        make_series(loss, "loss", axis="step"),
        make_series(
            np.resize([norm, 1.1 * norm], len(loss)),
            "grad_norm",
            axis="step",
            id="m2",
            metric_type="grad_norm",
        ),
    ]
    assert ("normalised_by_almost_zero" in named(judged(make_run(series)))) is expected


# ---------------------------------------------------------------------- training that rises as well
VALIDATION = [1.2, 1.0, 1.1, 0.97, 1.22, 1.29, 1.31]


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ([1.6, 1.25, 1.14, 1.12, 1.14, 1.16, 1.18], True),
        ([1.6, 1.25, 1.14, 1.12, 1.125, 1.13, 1.135], False),
        ([1.6, 1.25, 1.14, 1.12, 1.16, 1.13, 1.18], False),
        ([1.6, 1.25, 1.14, 1.12, 1.0, 0.9, 0.8], False),
    ],
)
def test_a_validation_that_gets_worse_under_a_rising_training_is_no_overfitting(
    train: list[float], expected: bool
) -> None:
    run = make_run([make_series(train, "loss"), make_series(VALIDATION, "loss", "val", id="m2")])
    analysis = judged(run)
    assert ("lr_too_high" in named(analysis)) is expected
    assert (
        any("lower learning rate" in one.text.plain("en") for one in analysis.recommendations)
        is expected
    )


# ----------------------------------------------------------------------- NaN with and without signs
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.3, 2.2, 2.31, 2.25, 2.2, np.nan, np.nan], {"nan_without_signs"}),
        ([2.3, 2.2, 4.0, 9.0, 30.0, np.nan, np.nan], {"lr_too_high"}),
        ([np.nan] * 6, {"nan_without_signs"}),
    ],
)
def test_the_usual_causes_of_a_nan_are_listed_only_where_no_sign_speaks_for_one(
    values: list[float], expected: set[str]
) -> None:
    assert (
        named(
            judged(
                make_run([make_series(values, "loss", axis="step", x=100 + np.arange(len(values)))])
            )
        )
        == expected
    )


# ----------------------------------------------------------------------------- what needs no repair
def ranks(rows: list[tuple[float, ...]]) -> npt.NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(-1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(2.31, 2.30), (1.70, 1.71), (1.22, 1.215)], True),
        ([(2.31, 2.31), (1.70, 1.70), (1.22, 1.22)], False),
        ([(2.31, 2.30), (1.70, 1.69), (1.22, 1.215)], False),
        ([(2.31, 1.90), (1.70, 1.41), (1.22, 1.01)], False),
        ([(2.31, 2.30), (1.70, 1.71)], False),
    ],
)
def test_rows_that_come_in_nearly_equal_pairs_are_of_several_processes(
    rows: list[tuple[float, ...]], expected: bool
) -> None:
    x = np.repeat(np.arange(len(rows)), 2)
    assert (
        "loss_of_each_rank" in named(judged(make_run([make_series(ranks(rows), "loss", x=x)])))
    ) is expected


@pytest.mark.parametrize(
    ("name", "end", "expected"),
    [
        ("loss", -0.5, {"density_or_negated_score"}),
        ("loss", 0.1, set()),
        ("transducer_loss", -0.5, {"inputs_no_log_probabilities"}),
    ],
)
def test_a_loss_below_0_is_normal_unless_it_is_of_a_probability(
    name: str, end: float, expected: set[str]
) -> None:
    y = np.linspace(3.0, end, 12)
    assert (
        named(judged(make_run([make_series(y, name, axis="step")])))
        & {"density_or_negated_score", "inputs_no_log_probabilities"}
        == expected
    )


@pytest.mark.parametrize(("last", "severity"), [(19, Severity.LOW), (60, Severity.HIGH)])
def test_the_first_thirty_steps_of_a_training_are_wild_and_no_fault(
    last: int, severity: Severity
) -> None:
    x = np.linspace(1, last, 19).round()
    y = np.r_[8774, 247, 2267, 2223, 21230, np.linspace(2000, 1000, 14)]
    spikes = [
        one
        for one in judged(make_run([make_series(y, "loss", axis="iteration", x=x)])).findings
        if one.kind == "spike"
    ]
    assert [one.severity for one in spikes] == [severity]


@pytest.mark.parametrize(
    ("first", "unstable"),
    [([4000, 3600, 3200, 2800], True), ([8774, 247, 2267, 2223], False)],
    ids=["smooth", "wild"],
)
def test_two_spikes_among_first_steps_make_a_run_unstable_where_its_other_rows_are_smooth(
    first: list[float], *, unstable: bool
) -> None:
    y = np.r_[first, 21230, np.linspace(2000, 1000, 14)]
    y[12] = 19000
    state = (
        judged(make_run([make_series(y, "loss", axis="iteration", x=np.arange(1, 20))]))
        .run_verdict("r1")
        .state
    )
    assert (state is State.UNSTABLE) is unstable


# ------------------------------------------------------------------------------------- memorising
@pytest.mark.parametrize(
    ("epochs", "end", "rows", "expected"),
    [
        (4.0, 0.2, 4, True),
        (0.5, 0.2, 4, False),
        (4.0, 1.9, 4, False),
        (1.2, 0.2, 4, False),
        (1.2, 0.2, 8, True),
        (1.0, 0.2, 8, False),
    ],
    ids=[
        "few samples",
        "passes in part",
        "hardly falls",
        "few epochs",
        "more epochs",
        "a row an epoch, as the trainer was told",
    ],
)
def test_a_fine_tuning_memorises_over_many_epochs_only(
    tmp_path: Path, epochs: float, end: float, rows: int, expected: bool
) -> None:
    values = np.geomspace(6.4, end, rows)
    log = "".join(
        f"{{'loss': {value:.4f}, 'learning_rate': 1e-05, 'epoch': {epochs * count:.2f}}}\n"
        for count, value in enumerate(values, 1)
    )
    assert ("too_many_epochs_of_few_samples" in named(analysed(tmp_path, log))) is expected


# --------------------------------------------------------------------- a warm-up as long as the run
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"warmup_steps": 10, "max_steps": 10}, True),
        ({"warmup_steps": 2, "max_steps": 100}, False),
        ({}, False),
    ],
)
def test_a_warm_up_as_long_as_the_run_is_told(facts: dict[str, FactValue], expected: bool) -> None:
    assert ("warmup_longer_than_run" in named(warming(1e-6 * np.arange(1, 9), facts))) is expected


def test_settings_of_a_warm_up_that_the_rates_contradict_are_not_believed() -> None:
    facts: dict[str, FactValue] = {"warmup_steps": 10, "max_steps": 10}
    assert "warmup_longer_than_run" not in named(
        warming(np.r_[1e-6 * np.arange(1, 5), 1e-6 * np.arange(4, 0, -1)], facts)
    )
    assert "warmup_longer_than_run" not in named(warming(1e-6 * np.arange(1, 13), facts))


def warming(rates: npt.NDArray[np.float64], facts: dict[str, FactValue]) -> Analysis:
    series = [
        make_series(np.linspace(2.9, 2.8, len(rates)), "loss", axis="step"),
        make_series(rates, "lr", axis="step", id="m2", metric_type="learning_rate"),
    ]
    return judged(make_run(series, facts=facts))


# ---------------------------------------------------------------- a loss of classes that is below 0
def test_a_loss_below_0_beside_an_accuracy_is_not_called_normal() -> None:
    loss = make_series([0.4, 0.1, -0.3, -0.5, -0.6], "loss")
    assert "density_or_negated_score" in named(judged(make_run([loss])))
    assert "density_or_negated_score" not in named(
        judged(make_run([loss, make_series(np.linspace(0.2, 0.6, 5), "accuracy", id="m2")]))
    )
    assert "density_or_negated_score" not in named(
        judged(make_run([loss], facts={"num_classes": 10}))
    )


# ------------------------------------------------------------------------------------ an early stop
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Epoch 16: early stopping\n", False),
        ("Early stopping: stopped since loss has not improved on the validation set\n", False),
        ("Early stopping: stopped since train_loss has not improved\n", True),
    ],
)
def test_a_stop_watches_the_training_only_where_the_log_names_it(
    tmp_path: Path, said: str, expected: bool
) -> None:
    # what every patience leaves: the best of the validation long before the end
    best, patience = 5, 11
    rows = [
        (0.8**epoch, 0.5 + 0.1 * max(0, best - epoch) + 0.05 * max(0, epoch - best))
        for epoch in range(1, best + patience + 1)
    ]
    log = "".join(
        f"Epoch {epoch} loss: {train:.4f} val_loss: {val:.4f}\n"
        for epoch, (train, val) in enumerate(rows, 1)
    )
    assert ("early_stop_watches_training" in named(analysed(tmp_path, log + said))) is expected


# -------------------------------------------------- a validation that is another set from the start
@pytest.mark.parametrize(
    ("train", "val", "expected"),
    [
        ([0.89, 0.975, 0.98, 0.98, 0.98], [0.50, 0.16, 0.50, 0.47, 0.50], True),
        ([0.89, 0.975, 0.98, 0.98, 0.98], [0.50, 0.55, 0.58, 0.60, 0.62], False),
        ([0.40, 0.60, 0.80, 0.90, 0.98], [0.40, 0.41, 0.40, 0.42, 0.41], False),
    ],
)
def test_a_gap_that_is_there_from_the_start_is_no_slow_overfitting(
    train: list[float], val: list[float], expected: bool
) -> None:
    run = make_run(
        [
            make_series([0.36, 0.075, 0.053, 0.06, 0.056], "loss"),
            make_series(train, "acc", id="m2", metric_type="accuracy"),
            make_series([3.0, 11.4, 4.2, 5.4, 4.3], "loss", "val", id="m3"),
            make_series(val, "acc", "val", id="m4", metric_type="accuracy"),
        ]
    )
    assert ("validation_unlike_training" in named(judged(run))) is expected


# -------------------------------------------------------------------------- the first steps at ln K
@pytest.mark.parametrize(
    ("size", "rows", "start", "expected"),
    [(100, 5, 0, True), (100, 4, 0, False), (1000, 5, 0, False), (100, 5, 40, False)],
)
def test_the_first_rows_at_the_level_of_guessing_are_a_remark_and_no_verdict(
    size: int, rows: int, start: int, expected: bool
) -> None:
    loss = np.log(size) * (1 + np.resize([0.002, -0.0015, 0.001, -0.001], rows))
    analysis = judged(make_run([make_series(loss, "loss", axis="step", x=start + np.arange(rows))]))
    assert ("uniform_output" in named(analysis)) is expected
    assert all(one.severity is Severity.LOW for one in analysis.findings)
    assert analysis.run_verdict("r1").state != "plateau_high"


# ---------------------------------------------------------------------- a program that stops itself
ROWS = printed([37.4, 39.4, 140.7])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Aborting, cost seems to be exploding. Run gradcheck? Lower the learning rate?\n", True),
        ("Training stopped: the loss has diverged\n", True),
        ("lower the learning rate if the cost is exploding\n", False),
        ("", False),
    ],
)
def test_a_program_that_stops_over_its_loss_is_believed(
    tmp_path: Path, words: str, expected: bool
) -> None:
    assert ("lr_too_high" in named(analysed(tmp_path, ROWS + words))) is expected


# -------------------------------------------------------------------------------- nothing processed
@pytest.mark.parametrize(
    ("train", "val", "score", "expected"),
    [(0.0, 0.0, 0.0, True), (0.0, 0.0, 1.0, False), (0.0, 0.4, 0.0, False), (0.4, 0.0, 0.0, False)],
)
def test_zeros_that_contradict_one_another_are_of_no_sample(
    train: float, val: float, score: float, expected: bool
) -> None:
    run = make_run(
        [
            make_series(np.full(4, train), "loss"),
            make_series(np.full(4, val), "loss", "val", id="m2"),
            make_series(np.full(4, score), "acc", "val", id="m3", metric_type="accuracy"),
        ]
    )
    assert ("data_set_empty" in named(judged(run))) is expected
