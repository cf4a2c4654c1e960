"""What the shape of a whole curve says of its tail: right for both kinds of decay, with an honest
interval, silent on other shapes.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.decay import MIN_ROWS, MISFIT, decay_trend
from lossreport.curves.stats import lag_one
from lossreport.model.analysis import State
from lossreport.model.run import Floats
from runs import make_run, make_series, rng

TAIL = 0.25


def exponential(n: int, time: float) -> Floats:
    return np.asarray(2 + 6 * np.exp(-np.arange(n) / (time * n)))


def power_law(n: int, power: float) -> Floats:
    return np.asarray(2 + 6 * (1 + np.arange(n) / (0.02 * n)) ** -power)


CURVES = {
    "exponential": exponential(400, 0.15),
    "slow exponential": exponential(400, 0.5),
    "power law": power_law(400, 0.6),
}


def true_gain(curve: Floats) -> float:
    start = round((1 - TAIL) * len(curve))
    return float((curve[start] - curve[-1]) / np.median(curve[start:]))


@pytest.mark.parametrize("name", CURVES)
def test_the_true_gain_lies_in_the_interval_eight_times_in_ten(name: str) -> None:
    curve, inside, told = CURVES[name], 0, 0
    for seed in range(50):
        y = curve * (1 + 0.04 * rng(seed).standard_normal(len(curve)))
        trend = decay_trend(make_series(y), y, TAIL)
        if trend is not None:
            told += 1
            inside += trend.low - 1e-3 <= true_gain(curve) <= trend.high + 1e-3
    assert told >= 45
    assert inside >= 0.8 * told


def test_it_needs_rows() -> None:
    y = exponential(MIN_ROWS, 0.2)
    y = y * (1 + 0.01 * rng().standard_normal(len(y)))
    assert decay_trend(make_series(y), y, TAIL) is not None
    assert decay_trend(make_series(y[:-1]), y[:-1], TAIL) is None


def test_a_curve_of_another_shape_is_not_judged_by_it() -> None:
    steps = np.r_[np.full(200, 8.0), np.full(200, 4.0)] * (1 + 0.01 * rng().standard_normal(400))
    assert decay_trend(make_series(steps), steps, TAIL) is None
    rising = np.linspace(2, 4, 400) * (1 + 0.01 * rng().standard_normal(400))
    assert decay_trend(make_series(rising), rising, TAIL) is None


@pytest.mark.parametrize(("waves", "told"), [(0.0, True), (3.0, False)])
def test_residuals_that_follow_each_other_forbid_it(waves: float, told: bool) -> None:
    t = np.arange(480.0)
    y = exponential(480, 0.2) + 0.05 * waves * np.sin(t / 30) + 0.05 * rng(3).standard_normal(480)
    assert (decay_trend(make_series(y), y, TAIL) is not None) is told
    assert lag_one(np.sin(np.arange(48) / 3)) > MISFIT  # such waves are beyond the threshold


def test_a_noisy_flat_end_is_told_from_a_noisy_slow_fall_by_the_whole_curve() -> None:
    noise = 1 + 0.05 * rng(5).standard_normal(400)
    for curve, state in (
        (exponential(400, 0.06), State.CONVERGED),
        (power_law(400, 0.25), State.IMPROVING),
    ):
        verdict = lossreport.analyze(make_run(loss=curve * noise), strict=True).run_verdict("r1")
        assert verdict.state is state


def test_with_a_changing_learning_rate_the_shape_says_nothing() -> None:
    y = exponential(400, 0.06) * (1 + 0.06 * rng(6).standard_normal(400))
    constant = lossreport.analyze(make_run(loss=y, lr=np.full(400, 1e-3)), strict=True)
    decaying = lossreport.analyze(make_run(loss=y, lr=np.linspace(1e-3, 1e-5, 400)), strict=True)
    bases = [{v.trend.basis for v in made.verdicts if v.trend} for made in (constant, decaying)]
    assert bases == [{"shape"}, {"tail"}]
