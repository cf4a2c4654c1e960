"""What more rows would gain: the bounds hold for every kind of decay, and where their premise fails
nothing is forecast.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.forecast import MIN_ROWS, gain
from lossreport.model.analysis import Forecast
from lossreport.model.run import Run
from runs import falling, flat, make_run, make_series, rng


def forecast(run: Run) -> Forecast:
    (made,) = lossreport.analyze(run, strict=True).forecasts
    return made


@pytest.mark.parametrize("kind", ["power law", "exponential", "flat"])
def test_the_true_gain_lies_in_the_interval_nine_times_in_ten(kind: str) -> None:
    n, rows = 200, 50
    t = np.arange(n + rows, dtype=float)
    curve = {
        "power law": 2 + 6 * (t + 5) ** -0.5,
        "exponential": 2 + 6 * np.exp(-t / 60),
        "flat": np.full(n + rows, 2.0),
    }[kind]
    true = curve[n - 1] - curve[n - 1 + rows]
    inside = 0
    for seed in range(60):
        low, mid, high = gain(curve[:n] * (1 + 0.01 * rng(seed).standard_normal(n)), rows)
        assert low <= mid <= high
        inside += low - 1e-3 <= true <= high
    assert inside >= 50


def test_without_noise_the_bounds_are_those_of_the_formula() -> None:
    t = np.arange(400.0)
    curve = 2 + 6 * np.exp(-t / 100)
    low, _, high = gain(curve, 100)
    true = 6 * (np.exp(-399 / 100) - np.exp(-499 / 100))
    assert low == pytest.approx(true, rel=0.1)  # for one exponential the lower bound is exact
    assert high == pytest.approx(6 * (np.exp(-299 / 100) - np.exp(-399 / 100)), rel=0.2)


def test_a_forecast_is_over_a_quarter_of_the_rows() -> None:
    made = forecast(make_run(loss=falling(100)))
    assert (made.valid, made.rows) == (True, 25)
    assert made.low <= made.mid <= made.high


REASONS = {
    "too short": lambda: make_run(loss=falling(MIN_ROWS - 1)),
    "learning rate": lambda: make_run(loss=falling(100), lr=np.linspace(1e-3, 0, 100)),
    "planned decay": lambda: make_run(loss=falling(100), facts={"lr": 1e-3, "min_lr": 1e-5}),
    "diverging": lambda: make_run(loss=np.r_[falling(50), 2 * np.linspace(1, 4, 50)]),
    "mixed": lambda: make_run(loss=np.tile([1.0, 8.0], 20) * flat(40, 1.0, 0.02)),
    "broken": lambda: make_run(loss=[*falling(50), np.nan]),
}


@pytest.mark.parametrize("name", REASONS)
def test_where_the_premise_fails_it_abstains_and_says_why(name: str) -> None:
    made = forecast(REASONS[name]())
    assert not made.valid
    assert made.text.plain("zh")
    assert made.text.plain("en")


def test_a_shift_long_ago_does_not_forbid_a_forecast() -> None:
    y = np.array(falling(400, 8, 4, noise=0.003))
    y[:60] *= 1.3
    assert forecast(make_run(loss=y)).valid


def test_hours_are_given_where_the_log_has_step_times() -> None:
    series = [
        make_series(falling(100), "loss", axis="step", id="m1"),
        make_series(np.full(100, 36.0), "step_time", axis="step", id="m2"),
    ]
    assert "0.25 hours" in forecast(make_run(series)).text.plain("en")


@pytest.mark.parametrize(("other", "valid"), [("reward", False), ("acc", True)])
def test_a_loss_that_measures_no_quality_has_no_forecast(other: str, valid: bool) -> None:
    run = (
        make_run(value_loss=falling(60), **{other: np.linspace(0, 1, 60)})
        if other == "reward"
        else make_run(loss=falling(60), acc=np.linspace(0, 1, 60))
    )
    assert forecast(run).valid is valid


@pytest.mark.parametrize(("noise", "valid"), [(0.01, True), (0.8, False)])
def test_an_interval_that_reaches_below_zero_is_no_forecast(noise: float, valid: bool) -> None:
    y = falling(14, 2.0, 1.0, 0.0) * np.exp(noise * np.random.default_rng(4).standard_normal(14))
    made = forecast(make_run(loss=y))
    assert made.valid is valid, made
    assert ("below the lowest value" in made.text.plain("en")) is not valid
