"""Detectors of swings, shifts, gaps, hardware and metrics that lie: each fires above its threshold
and is silent below it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.analysis.comparing import MIN_ROWS as COMPARED_ROWS
from lossreport.analysis.comparing import TOLERANCE, compare
from lossreport.analysis.detectors import (
    clip_saturation,
    data_stall,
    log_gap,
    memory_growth,
    quantised,
    train_val_gap,
)
from lossreport.analysis.detectors.throughput_drop import STRETCH
from lossreport.curves.shifts import MIN_SIZE, find_shifts
from lossreport.curves.swing import MIN_AMPLITUDE, find_swing
from lossreport.model.analysis import Analysis, Finding, Severity
from lossreport.model.run import Floats
from runs import falling, flat, make_run, make_series, rng


def analysed(facts: dict[str, object] | None = None, **columns: object) -> Analysis:
    frame = pd.DataFrame({"step": np.arange(len(next(iter(columns.values())))), **columns})  # type: ignore[arg-type]
    return lossreport.analyze(lossreport.run_from_frame(frame, facts=facts), strict=True)  # type: ignore[arg-type]


def found(kind: str, analysis: Analysis) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.kind == kind]


# -------------------------------------------------------------------------------------------- shape
def swinging(amplitude: float, period: float = 25, n: int = 300) -> Floats:
    return falling(n, noise=0.004) * (1 + amplitude * np.sin(2 * np.pi * np.arange(n) / period))


@pytest.mark.parametrize(
    ("amplitude", "expected"),
    [(MIN_AMPLITUDE * 1.5, True), (MIN_AMPLITUDE * 0.6, False)],
    ids=["above", "below"],
)
def test_a_swing_is_five_per_cent_of_the_level(amplitude: float, expected: bool) -> None:
    assert (find_swing(swinging(amplitude)) is not None) is expected


@pytest.mark.parametrize(("cycles", "expected"), [(8, True), (3, False)])
def test_a_swing_repeats_at_least_five_times(cycles: int, expected: bool) -> None:
    assert (find_swing(swinging(0.2, 300 / cycles)) is not None) is expected


@pytest.mark.parametrize("seed", range(10))
def test_noise_does_not_swing(seed: int) -> None:
    assert find_swing(flat(300, noise=0.1, seed=seed)) is None
    assert find_swing(falling(300, noise=0.05, seed=seed)) is None


def test_the_period_is_told_in_rows_also_of_long_curves() -> None:
    swing = find_swing(swinging(0.2, 400, 20000))
    assert swing is not None
    assert swing.period == pytest.approx(400, rel=0.05)


def test_a_swinging_loss_is_unstable() -> None:
    analysis = analysed(loss=swinging(0.2))
    assert [finding.severity for finding in found("oscillation", analysis)] == [Severity.HIGH]
    assert analysis.run_verdict("r1").state == "unstable"


@pytest.mark.parametrize(
    ("rows", "severity", "state"),
    [(25, Severity.LOW, False), (30, Severity.HIGH, True)],
    ids=["the epochs'", "another"],
)
def test_a_swing_with_the_period_of_the_epochs_is_no_instability(
    rows: int, severity: Severity, state: bool
) -> None:
    y = swinging(0.2, 25)
    series = make_series(y, "loss", axis="iteration", epoch=np.arange(len(y)) // rows)
    analysis = lossreport.analyze(make_run([series]))
    assert [finding.severity for finding in found("oscillation", analysis)] == [severity]
    assert (analysis.run_verdict("r1").state == "unstable") is state
    assert (
        any("The loss oscillates" in step.text.plain("en") for step in analysis.recommendations)
        is state
    )


def shifted(size: float, n: int = 400) -> Floats:
    y = np.array(falling(n, 8, 4, noise=0.003))
    y[n // 2 :] *= 1 + size
    return y


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("size", "expected"), [(MIN_SIZE * 1.6, 1), (MIN_SIZE * 0.5, 0)], ids=["above", "below"]
)
def test_a_level_that_changes_by_seven_per_cent_is_a_shift(
    size: float, expected: int, sign: int
) -> None:
    shifts = find_shifts(shifted(sign * size))
    assert len(shifts) == expected
    if expected:
        assert abs(shifts[0].row - 200) <= 5
        assert shifts[0].size == pytest.approx(sign * size, rel=0.4)


@pytest.mark.parametrize("seed", range(10))
def test_falling_curves_have_no_shift(seed: int) -> None:
    assert find_shifts(falling(400, noise=0.01, seed=seed)) == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(80, 0), (300, 0), (1500, 0), (2000, 1)],
    ids=["2%", "7.5%", "three quarters", "to the end"],
)
def test_an_excursion_that_returns_is_no_shift_however_late_it_does(
    rows: int, expected: int
) -> None:
    y = np.array(flat(4000, 2.0, 0.02))
    y[2000 : 2000 + rows] *= 1.3
    assert len(find_shifts(y)) == expected


def test_a_jump_that_learning_works_off_is_no_shift() -> None:
    y = np.array(falling(400, 8, 4, noise=0.003))
    y[200:280] *= np.linspace(1.2, 1.0, 80)
    assert find_shifts(y) == []


def test_a_drop_of_the_learning_rate_explains_a_shift_downwards() -> None:
    lr = np.where(np.arange(400) < 200, 1e-3, 1e-4)
    (finding,) = found("level_shift", analysed(loss=shifted(-0.2), lr=lr))
    assert finding.explained_by is not None
    assert finding.explained_by.startswith("lr_drop:")
    assert finding.severity is Severity.LOW
    (alone,) = found("level_shift", analysed(loss=shifted(-0.2), lr=np.full(400, 1e-3)))
    assert alone.explained_by is None


def test_a_planned_phase_explains_a_shift() -> None:
    (finding,) = found("level_shift", analysed({"phase_boundaries": 200}, loss=shifted(0.2)))
    assert finding.explained_by == "phase_boundaries"


def test_shifts_at_the_ends_of_epochs_are_a_staircase() -> None:
    epoch = np.repeat([0.0, 1.0, 2.0, 3.0], 150)
    y = np.array([2.0, 1.3, 0.9, 0.6])[epoch.astype(int)] * (1 + 0.01 * rng().standard_normal(600))
    frame = pd.DataFrame({"step": np.arange(600), "epoch": epoch, "loss": y})
    analysis = lossreport.analyze(lossreport.run_from_frame(frame), strict=True)
    (finding,) = found("staircase", analysis)
    assert [abs(finding.rows[i] - row) <= 8 for i, row in enumerate((150, 300, 450))] == [True] * 3
    assert found("level_shift", analysis) == []


@pytest.mark.parametrize(
    ("epochs", "kinds"),
    [(8, {"staircase"}), (10, {"level_shift"})],
    ids=["two of seven ends", "two of nine ends"],
)
def test_a_staircase_steps_down_at_a_quarter_of_the_epoch_ends(
    epochs: int, kinds: set[str]
) -> None:
    n = 120
    epoch = np.repeat(np.arange(epochs, dtype=float), n)
    level = np.where(epoch < 3, 2.0, np.where(epoch < 6, 1.3, 0.9))
    frame = pd.DataFrame(
        {
            "step": np.arange(n * epochs),
            "epoch": epoch,
            "loss": level * (1 + 0.01 * rng().standard_normal(n * epochs)),
        }
    )
    analysis = lossreport.analyze(lossreport.run_from_frame(frame), strict=True)
    assert {f.kind for f in analysis.findings if f.kind in ("staircase", "level_shift")} == kinds


def test_a_rise_at_an_epoch_end_is_no_step_of_a_staircase() -> None:
    epoch = np.repeat([0.0, 1.0, 2.0, 3.0], 150)
    y = np.array([0.6, 0.9, 1.3, 2.0])[epoch.astype(int)] * (1 + 0.01 * rng().standard_normal(600))
    frame = pd.DataFrame({"step": np.arange(600), "epoch": epoch, "loss": y})
    assert (
        found("staircase", lossreport.analyze(lossreport.run_from_frame(frame), strict=True)) == []
    )


@pytest.mark.parametrize(
    ("level", "expected"), [(0.0, 0), (0.4, 1)], ids=["never computed", "measured"]
)
def test_a_validation_of_zero_in_every_row_has_no_gap_to_the_training(
    level: float, expected: int
) -> None:
    run = make_run(
        [make_series(falling(30), "loss"), make_series(np.full(30, level), "loss", "test", id="m2")]
    )
    assert len(found("train_val_gap", lossreport.analyze(run, strict=True))) == expected


def test_a_flat_tail_is_told_and_a_falling_one_is_not() -> None:
    assert len(found("plateau", analysed(loss=np.r_[falling(100), flat(300, 2.0, 0.002)]))) == 1
    assert found("plateau", analysed(loss=falling(400, 8, 0.5))) == []


# -------------------------------------------------------------------------------------------- steps
@pytest.mark.parametrize(("missing", "expected"), [(1, 1), (0, 0)])
def test_missing_steps_are_a_gap(missing: int, expected: int) -> None:
    step = np.r_[np.arange(50), np.arange(50 + missing * 20, 120)].astype(float)
    series = make_series(falling(len(step)), axis="step", x=step)
    assert len(log_gap.gaps(series)) == expected


@pytest.mark.parametrize(
    ("one_line", "expected"), [(True, 0), (False, 1)], ids=["a bar drawn anew", "lines"]
)
def test_a_bar_that_is_drawn_anew_shows_what_it_has_time_for(one_line: bool, expected: int) -> None:
    step = np.delete(np.arange(120.0), 50)
    line = np.full(len(step), 5) if one_line else 5 + np.arange(len(step))
    assert (
        len(log_gap.gaps(make_series(falling(len(step)), axis="step", x=step, line=line)))
        == expected
    )


def test_a_changed_interval_of_printing_is_no_gap() -> None:
    assert (
        log_gap.gaps(
            make_series(falling(100), axis="step", x=np.r_[np.arange(50), 50 + 10 * np.arange(50)])
        )
        == []
    )


@pytest.mark.parametrize(
    ("factor", "expected"), [(log_gap.GAP * 1.1, 1), (log_gap.GAP * 0.9, 0)], ids=["above", "below"]
)
def test_a_gap_is_almost_twice_the_usual_distance(factor: float, expected: int) -> None:
    x = np.arange(60.0)
    x[30:] += factor - 1
    assert len(log_gap.gaps(make_series(falling(60), axis="step", x=x))) == expected


@pytest.mark.parametrize(
    ("missing", "expected"),
    [((25, 50, 75), 0), ((25, 50, 80), 3)],
    ids=["every 25 steps", "anywhere"],
)
def test_steps_that_are_always_missing_at_the_same_distance_are_a_habit(
    missing: tuple[int, ...], expected: int
) -> None:
    step = np.delete(np.arange(120.0), missing)
    assert len(log_gap.gaps(make_series(falling(len(step)), axis="step", x=step))) == expected


@pytest.mark.parametrize(
    ("around", "expected"),
    [((47, 48, 48, 50), 0), ((46, 47, 48, 50), 1)],
    ids=["numbered twice", "missing"],
)
def test_behind_a_step_that_is_numbered_twice_none_is_missing(
    around: tuple[int, ...], expected: int
) -> None:
    step = np.r_[np.arange(around[0]), around, np.arange(51, 100)].astype(float)
    assert len(log_gap.gaps(make_series(falling(len(step)), axis="step", x=step))) == expected


# ----------------------------------------------------------------------------------------- hardware
@pytest.mark.parametrize(("share", "expected"), [(0.6, 1), (0.4, 0)])
def test_clipping_most_of_the_time_is_told(share: float, expected: int) -> None:
    norm = np.where(np.arange(200) % 10 < share * 10, 2.0, 0.5) * (1 + 0.01 * rng().random(200))
    assert (
        len(
            found(
                "clip_saturation", analysed({"clip_grad": 1.0}, loss=falling(200), grad_norm=norm)
            )
        )
        == expected
    )
    after = np.minimum(norm, 1.0)
    assert (
        len(
            found(
                "clip_saturation", analysed({"clip_grad": 1.0}, loss=falling(200), grad_norm=after)
            )
        )
        == expected
    )
    assert clip_saturation.SHARE == 0.5


def test_without_a_threshold_it_says_what_it_needs() -> None:
    analysis = analysed(loss=falling(200), grad_norm=flat(200))
    assert "clip_saturation" in [one.check for one in analysis.not_applicable]


@pytest.mark.parametrize(
    ("left", "expected"), [(0.87 - 0.08, 1), (0.87 + 0.06, 0)], ids=["below", "above"]
)
def test_a_throughput_that_falls_by_an_eighth_is_told(left: float, expected: int) -> None:
    rate = (
        1000 * np.where(np.arange(300) < 150, 1.0, left) * (1 + 0.01 * rng().standard_normal(300))
    )
    assert (
        len(found("throughput_drop", analysed(loss=falling(300), tokens_per_second=rate)))
        == expected
    )


@pytest.mark.parametrize(
    ("name", "stretch", "expected"),
    [
        ("step_time", 1.1 * STRETCH, 1),
        ("step_time", 0.9 * STRETCH, 0),
        ("step_time", 1 / STRETCH, 0),
        ("data_time", 1.1 * STRETCH, 0),
        ("eval_time", 1.1 * STRETCH, 0),
    ],
    ids=["half as long again", "less", "faster", "waiting alone", "of the evaluation"],
)
def test_steps_that_take_half_as_long_again_are_slower(
    name: str, stretch: float, expected: int
) -> None:
    time = (
        0.3
        * (1 + 0.01 * rng(2).standard_normal(300))
        * np.where(np.arange(300) < 150, 1.0, stretch)
    )
    told = found("throughput_drop", analysed(loss=falling(300), **{name: time}))
    assert len(told) == expected
    assert all("got slower: a median of 0.3" in one.text.plain("en") for one in told)


def test_a_clock_that_runs_on_is_no_slower_step() -> None:
    assert not found(
        "throughput_drop", analysed(loss=falling(300), step_time=np.linspace(1.0, 900.0, 300))
    )


@pytest.mark.parametrize(("every", "expected"), [(0.12, 1), (0.02, 0)], ids=["above", "below"])
def test_steps_that_wait_for_data_are_told(every: float, expected: int) -> None:
    waits = rng().random(400) < every
    data = np.where(waits, 0.6, 0.01)
    analysis = analysed(loss=falling(400), data_time=data, step_time=np.full(400, 1.0) + data)
    assert len(found("data_stall", analysis)) == expected
    assert data_stall.SHARE == 0.05


def test_waits_at_the_start_of_every_epoch_are_no_stall() -> None:
    data = np.where(np.arange(400) % 10 == 0, 0.9, 0.01)
    assert (
        found(
            "data_stall", analysed(loss=falling(400), data_time=data, step_time=np.full(400, 1.0))
        )
        == []
    )


MEMORY: dict[str, tuple[Callable[[Floats], Floats], int]] = {
    "leak": (lambda t: 10 * (1 + 0.3 * t), 1),
    "small": (lambda t: 10 * (1 + 0.03 * t), 0),
    "sawtooth": (lambda t: 10 * (1 + 0.3 * (t * 20 % 1)), 0),
    "one step": (lambda t: 10 * np.where(t > 0.1, 1.3, 1.0), 0),
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_that_grows_to_the_end_is_told(name: str) -> None:
    grow, expected = MEMORY[name]
    memory = grow(np.linspace(0, 1, 300)) * (1 + 1e-4 * rng().standard_normal(300))
    assert len(found("memory_growth", analysed(loss=falling(300), gpu_memory=memory))) == expected
    assert memory_growth.GROWTH == 0.05


# --------------------------------------------------------------------------------- metrics that lie
@pytest.mark.parametrize(
    ("y", "severity"),
    [(np.zeros(20), Severity.LOW), (np.full(20, 1.5), Severity.MEDIUM)],
    ids=["zero", "other"],
)
def test_a_loss_that_never_changes_is_told(y: Floats, severity: Severity) -> None:
    (finding,) = found("constant_metric", analysed(loss=falling(20), aux_loss=y))
    assert finding.severity is severity
    assert (
        found("constant_metric", analysed(loss=falling(20), aux_loss=np.r_[y[:-1], y[-1] + 0.1]))
        == []
    )


@pytest.mark.parametrize(("last", "expected"), [(0.0, 1), (1e-9, 0)])
def test_a_gradient_norm_that_is_zero_throughout_says_that_no_gradient_arrives(
    last: float, expected: int
) -> None:
    norm = make_series(
        [0.0] * 19 + [last], "grad_norm", axis="step", id="m2", metric_type="grad_norm"
    )
    loss = make_series(falling(20), "loss", axis="step")
    assert (
        len(found("constant_metric", lossreport.analyze(make_run([loss, norm]), strict=True)))
        == expected
    )


def test_a_score_of_zero_throughout_is_high() -> None:
    run = make_run(loss=falling(20), val_accuracy=np.zeros(20))
    (finding,) = found("constant_metric", lossreport.analyze(run))
    assert finding.severity is Severity.HIGH


BROKEN: dict[str, tuple[str, Floats, int]] = {
    "accuracy above 1 among fractions": ("acc", np.r_[np.linspace(0.1, 0.9, 18), 62.0, 0.9], 1),
    "percentages": ("acc", np.linspace(0.5, 90, 20), 0),
    "percentages that begin low": (
        "acc",
        np.r_[np.linspace(0.1, 0.9, 12), np.linspace(1, 30, 18)],
        0,
    ),
    "percentages of batches that seldom hold a hit": (
        "acc",
        np.where(np.arange(20) % 7 == 3, 3.8462, 0.0),
        0,
    ),
    "fractions": ("acc", np.linspace(0.1, 1.0, 20), 0),
    "perplexity below 1": ("perplexity", np.r_[falling(19, 30, 2), 0.4], 1),
    "perplexity": ("perplexity", falling(20, 30, 1.01), 0),
    "negative cross-entropy": ("cross_entropy", np.r_[falling(19), -2.0], 1),
    "rounded cross-entropy": ("cross_entropy", np.r_[falling(19), -1e-5], 0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_values_that_cannot_be_are_told(name: str) -> None:
    metric, y, expected = BROKEN[name]
    assert (
        len(
            found(
                "broken_metric",
                lossreport.analyze(make_run(loss=falling(len(y)), **{metric: y}), strict=True),
            )
        )
        == expected
    )


def bfloat16(y: Floats) -> Floats:
    return (y.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32).astype(np.float64)


@pytest.mark.parametrize(
    ("made", "expected"),
    [(bfloat16, 1), (lambda y: np.round(y, 2), 0), (lambda y: y, 0)],
    ids=["bf16", "rounded", "fp32"],
)
def test_a_loss_logged_in_bfloat16_is_told(made: Callable[[Floats], Floats], expected: int) -> None:
    y = made(falling(4000, 3.9, 2.1, noise=0.002))
    assert len(found("quantised", analysed(loss=y))) == expected
    assert quantised.DISTINCT == 0.05


def test_a_nan_that_the_logger_hid_is_critical_and_breaks_the_run() -> None:
    loss = np.r_[6.0, 80647.0, np.zeros(20)]
    norm = np.r_[1.0, np.full(21, np.nan)]
    analysis = analysed(loss=loss, grad_norm=norm)
    (finding,) = found("masked_nonfinite", analysis)
    assert (finding.severity, finding.start.line) == (Severity.CRITICAL, 3)
    assert {one.line for one in finding.evidence} >= {3, 2}
    assert analysis.run_verdict("r1").state == "broken"


def test_zeros_beside_a_finite_gradient_are_no_hidden_nan() -> None:
    assert (
        found(
            "masked_nonfinite",
            analysed(loss=np.r_[6.0, 5.0, np.zeros(20)], grad_norm=np.full(22, 0.1)),
        )
        == []
    )


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(1 + train_val_gap.MIN_GAP * 1.5, 1), (1 + train_val_gap.MIN_GAP * 0.5, 0)],
    ids=["above", "below"],
)
def test_a_gap_of_ten_per_cent_is_told_and_is_no_overfitting(ratio: float, expected: int) -> None:
    analysis = lossreport.analyze(
        make_run(loss=falling(60), val_loss=falling(60) * ratio), strict=True
    )
    assert len(found("train_val_gap", analysis)) == expected
    assert found("overfitting", analysis) == []


# -------------------------------------------------------------------------------------- two sources
def smoothed(y: Floats) -> Floats:
    return np.asarray(pd.Series(y).rolling(20, min_periods=1).mean())


Y = falling(400, 8, 2, noise=0.03)
RELATIONS: dict[str, tuple[Floats, str]] = {
    "rounded": (np.round(Y, 2), "same"),
    "smoothed": (smoothed(Y), "same"),
    "running mean": (np.cumsum(Y) / np.arange(1, 401), "same"),
    "one row late": (np.r_[Y[:1], Y[:-1]], "same"),
    "other noise": (falling(400, 8, 2, noise=0.03, seed=7), "same"),
    "twice": (2 * Y, "scaled"),
    "more by one": (Y + 1, "offset"),
    "another curve": (falling(400, 5, 2.5, noise=0.03, seed=7), "unrelated"),
}


@pytest.mark.parametrize("name", RELATIONS)
def test_how_two_records_of_a_metric_relate(name: str) -> None:
    other, relation = RELATIONS[name]
    made = compare(Y, other)
    assert made is not None
    assert made.relation == relation


@pytest.mark.parametrize(
    ("factor", "relation"),
    [(1 + TOLERANCE * 2, "scaled"), (1 + TOLERANCE * 0.4, "same")],
    ids=["above", "below"],
)
def test_records_may_differ_by_two_per_cent(factor: float, relation: str) -> None:
    quiet = falling(400, 8, 2, noise=0.0)
    made = compare(quiet, quiet * factor)
    assert made is not None
    assert made.relation == relation


def test_fewer_than_eight_common_rows_are_not_compared() -> None:
    assert compare(Y[: COMPARED_ROWS - 1], Y[: COMPARED_ROWS - 1] * 2) is None


@pytest.mark.parametrize("n", [16, 20, 26, 40])
def test_noise_of_few_rows_is_seldom_called_a_swing(n: int) -> None:
    draws = np.random.default_rng(n)
    curves = [np.exp(draws.normal(0, 0.3, n)) for _ in range(300)]
    assert sum(find_swing(y) is not None for y in curves) <= 0.015 * len(curves)


@pytest.mark.parametrize("n", [16, 20, 26, 40])
def test_a_clear_swing_of_few_rows_is_found(n: int) -> None:
    noise = np.random.default_rng(n).normal(0, 0.03, n)
    assert find_swing(np.exp(0.3 * np.sin(np.pi * np.arange(n) / 2) + noise)) is not None


@pytest.mark.parametrize(
    ("name", "kinds"), [("d_loss", set()), ("closs", {"no_learning", "plateau"})]
)
def test_a_loss_of_a_game_need_not_move(name: str, kinds: set[str]) -> None:
    analysis = lossreport.analyze(make_run([make_series(flat(60, 0.69, 0.001), name)]), strict=True)
    assert {f.kind for f in analysis.findings} & {"no_learning", "plateau"} == kinds


@pytest.mark.parametrize(
    ("scatter", "expected"), [(0.02, 1), (0.4, 0)], ids=["an interval", "lengths of episodes"]
)
def test_only_a_log_with_an_interval_has_gaps(scatter: float, expected: int) -> None:
    lengths = np.round(90 * (1 + scatter * rng(2).uniform(-1, 1, 100)))
    lengths[50] = 191
    assert (
        len(log_gap.gaps(make_series(falling(100), axis="step", x=np.cumsum(lengths)))) == expected
    )


@pytest.mark.parametrize(
    ("first", "steps"), [(1.6, 3), (2.0, 2)], ids=["a step within five errors", "none"]
)
def test_a_staircase_holds_its_less_clear_steps_too(first: float, steps: int) -> None:
    """Two clear steps say that the ends of epochs are steps: the first, lost in the noise of the
    early rows, is looked for there.
    """
    epoch = np.repeat([0.0, 1.0, 2.0, 3.0], 150)
    level = np.array([2.0, first, 0.8, 0.3])[epoch.astype(int)]
    y = level + np.where(epoch < 2, 0.35, 0.02) * rng(1).standard_normal(600)
    frame = pd.DataFrame({"step": np.arange(600), "epoch": epoch, "loss": y})
    (finding,) = found(
        "staircase", lossreport.analyze(lossreport.run_from_frame(frame), strict=True)
    )
    assert len(finding.rows) == steps


@pytest.mark.parametrize("is_mean", [True, False])
def test_a_mean_that_begins_anew_is_no_staircase_of_learning(is_mean: bool) -> None:
    count, epochs = 15, 5
    local = np.geomspace(6.5, 0.4, count * epochs)
    epoch = np.repeat(np.arange(epochs, dtype=float), count)
    means = np.concatenate(
        [np.cumsum(part) / np.arange(1, count + 1) for part in local.reshape(epochs, count)]
    )
    steps = np.repeat([4.0, 2.7, 1.7, 1.1, 0.7], count) * (
        1 - 0.002 * np.tile(np.arange(count), epochs)
    )
    frame = pd.DataFrame(
        {"step": np.arange(count * epochs), "epoch": epoch, "loss": means if is_mean else steps}
    )
    (finding,) = found(
        "staircase", lossreport.analyze(lossreport.run_from_frame(frame), strict=True)
    )
    assert ("begins anew" in finding.text.plain("en")) is is_mean
