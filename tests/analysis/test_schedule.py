"""A learning rate is named by its shape, also printed with few decimals; anything else is
unknown.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.schedule import RESTART, SHAPELESS, lr_class, spent_lr
from lossreport.analysis.views import enrich
from lossreport.model.run import Floats
from runs import falling, make_run, make_series, rng

N = 400
T = np.linspace(0, 1, N)
WARM = np.minimum(1, np.arange(1, N + 1) / 40)
AFTER = np.clip((np.arange(N) - 40) / (N - 41), 0, 1)
SHAPES: dict[str, Floats] = {
    "constant": np.ones(N),
    "warmup_constant": WARM,
    "cosine": 0.5 * (1 + np.cos(np.pi * T)),
    "warmup_cosine": np.where(WARM < 1, WARM, 0.5 * (1 + np.cos(np.pi * AFTER))),
    "linear": 1 - T,
    "warmup_linear": np.where(WARM < 1, WARM, 1 - AFTER),
    "step": 0.1 ** (np.arange(N) // 150),
    "exponential": 0.01**T,
    "inverse_sqrt": np.where(np.arange(N) < 40, WARM, np.sqrt(40 / np.maximum(np.arange(N), 40))),
    "wsd": np.where(np.arange(N) < 300, WARM, 1 - (np.arange(N) - 300) / 100),
    "cosine_restarts": 0.5 * (1 + np.cos(np.pi * (np.arange(N) % 100) / 100)),
    "onecycle": np.where(
        T < 0.3,
        0.04 + 0.96 * 0.5 * (1 - np.cos(np.pi * T / 0.3)),
        0.5 * (1 + np.cos(np.pi * (T - 0.3) / 0.7)),
    ),
    "unknown": 0.6 + 0.4 * np.cos(9 * T),
}


@pytest.mark.parametrize("peak", [1e-3, 5e-6, 3.0])
@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_its_name(name: str, peak: float) -> None:
    assert lr_class(SHAPES[name] * peak) == name


@pytest.mark.parametrize("name", ["constant", "warmup_cosine", "linear", "step"])
def test_six_decimals_are_enough(name: str) -> None:
    assert lr_class(np.round(SHAPES[name] * 1e-3, 6), 1e-6) == name


@pytest.mark.parametrize(
    ("jump", "name"), [(RESTART + 0.1, "cosine_restarts"), (RESTART - 0.2, "unknown")]
)
def test_a_jump_up_by_half_of_the_peak_is_a_restart(jump: float, name: str) -> None:
    rate = np.r_[np.linspace(1, 0.2, 200), np.linspace(0.2 + jump, 0.1, 200)]
    assert (lr_class(rate) == "cosine_restarts") is (name == "cosine_restarts")


def test_noise_has_no_shape() -> None:
    assert lr_class(rng().random(200)) in ("unknown", "cosine_restarts")


def test_the_report_names_it() -> None:
    analysis = lossreport.analyze(make_run(loss=falling(N), lr=SHAPES["warmup_cosine"] * 1e-3))
    assert [one.schedule for one in analysis.lr_schedules] == ["warmup_cosine"]
    assert "warm-up and cosine decay" in lossreport.render(lossreport.compose(analysis), "md", "en")


@pytest.mark.parametrize(
    ("low", "shape"), [(SHAPELESS + 0.05, "unknown"), (SHAPELESS - 0.3, "linear")]
)
def test_a_rate_that_has_hardly_fallen_has_no_shape_yet(low: float, shape: str) -> None:
    assert lr_class(np.linspace(1.0, low, 40)) == shape


COSINE = 0.5 * (1 + np.cos(np.pi * np.linspace(0, 1, 200)))


@pytest.mark.parametrize(
    ("rate", "spent"),
    [
        (0.001 + 0.009 * COSINE, True),
        (0.004 + 0.006 * COSINE, False),
        (np.linspace(0.01, 0.001, 200), False),
        (np.repeat([0.01, 0.001], 100), False),
        (np.full(200, 0.01), False),
    ],
    ids=["on its floor", "a high floor", "still falling", "between two drops", "constant"],
)
def test_a_schedule_on_its_floor_is_spent(rate: Floats, spent: bool) -> None:
    run = enrich(make_run(loss=falling(200), lr=rate, axis="step"))
    assert (spent_lr(Context(run, run)) is not None) is spent


@pytest.mark.parametrize(("factor", "name"), [(0.5, "step"), (0.97, "exponential")])
def test_a_ladder_of_equal_drops_is_a_step_schedule_however_many(factor: float, name: str) -> None:
    rate = 0.005 * factor ** np.repeat(np.arange(12), [40, *[15] * 11])
    assert lr_class(rate) == name


def test_drops_by_differing_factors_are_no_ladder() -> None:
    factors = np.cumprod([1, 0.5, 0.7, 0.9, 0.3, 0.6, 0.8, 0.4])
    assert lr_class(np.repeat(factors, 30)) != "step"


def test_a_shape_is_one_over_steps_not_over_rows() -> None:
    x = np.array(
        [0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000],
        dtype=np.float64,
    )
    linear = np.maximum(1 - x / 1.1e5, 0)
    assert lr_class(linear, x=x) == "linear"
    assert lr_class(linear) != "linear"


@pytest.mark.parametrize("end", [0.36, 0.5, 0.6])
def test_a_cosine_that_the_log_does_not_follow_to_its_end_is_no_line(end: float) -> None:
    cosine = 0.5 * (1 + np.cos(np.pi * np.linspace(0, end, 17)))
    assert lr_class(cosine * 1e-3) == "cosine"
    assert lr_class((1 - (1 - cosine[-1]) * np.linspace(0, 1, 17)) * 1e-3) == "linear"


@pytest.mark.parametrize(("rows", "idle"), [(30, True), (15, False)])
def test_a_rate_that_was_nothing_for_a_quarter_of_the_rows_is_named_beside_a_flat_goal(
    rows: int, idle: bool
) -> None:
    n = 80
    rate = np.r_[np.geomspace(1e-3, 2e-6, n - rows), np.full(rows, 5e-7)]
    score = 0.7 - 0.5 * np.exp(-np.arange(n) / 6) + 0.002 * rng(5).standard_normal(n)
    run = make_run(
        [make_series(rate, "lr", metric_type="learning_rate", id="m9")],
        loss=falling(n, 1.0, 0.3),
        val_accuracy=score,
    )
    analysis = lossreport.analyze(run, strict=True)
    said = analysis.outcomes[0].text.plain("en")
    assert ("long before the end" in said) is idle
    advice = " ".join(one.text.plain("en") for one in analysis.recommendations)
    assert ("start the rate again" in advice) is idle
