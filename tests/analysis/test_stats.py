"""The statistics the detectors share give the values of their textbook formulas."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from lossreport.curves.stats import (
    FEW,
    MAD_TO_SD,
    Spread,
    block_medians,
    fill,
    lag_one,
    log_if_positive,
    mad,
    median,
    noise_of_differences,
    robust_line,
    theil_sen,
    trailing_median,
    without,
)
from runs import rng


def test_mad_estimates_the_standard_deviation_of_normal_noise() -> None:
    assert mad(np.array([1.0, 2, 3, 4, 100])) == pytest.approx(MAD_TO_SD)
    assert mad(3 * rng().standard_normal(20000)) == pytest.approx(3, rel=0.03)
    assert math.isnan(mad(np.array([np.nan])))


def test_theil_sen_is_exact_on_a_line_and_ignores_outliers() -> None:
    x = np.arange(20.0)
    y = 3 * x + 1
    y[[3, 11]] = [500, -900]
    assert theil_sen(x, y).slope == pytest.approx(3)


def test_theil_sen_is_that_of_the_finite_rows() -> None:
    """An inf among the values made all slopes of its row infinite or none, with a warning."""
    x = np.arange(20.0)
    y = 3 * x + 1
    y[[0, 4, 19]] = [math.inf, math.nan, -math.inf]
    assert theil_sen(x, y) == theil_sen(x[np.isfinite(y)], y[np.isfinite(y)])
    assert theil_sen(x, y).slope == pytest.approx(3)
    for values in ([], [1.0], [math.inf, 1.0], [math.inf, math.inf, math.nan]):
        none = theil_sen(np.arange(float(len(values))), np.array(values))
        assert math.isnan(none.slope)
        assert not none.low > 0
        assert not none.high < 0


def test_sens_interval_covers_the_slope_nine_times_in_ten() -> None:
    x = np.arange(24.0)
    hits = sum(
        (s := theil_sen(x, 0.1 * x + rng(seed).standard_normal(24))).low <= 0.1 <= s.high
        for seed in range(300)
    )
    assert 255 <= hits <= 290


def test_fill_interpolates_and_leaves_what_cannot_be_filled() -> None:
    assert fill(np.array([1.0, np.nan, 3.0])).tolist() == [1, 2, 3]
    assert np.isnan(fill(np.array([np.nan, np.nan]))).all()


def test_without_replaces_rows_by_a_line() -> None:
    assert without(np.array([1.0, 9, 9, 4]), ((1, 2),)).tolist() == [1, 2, 3, 4]


def test_block_medians_ignore_a_spike() -> None:
    y = np.arange(100.0)
    y[50] = 1e9
    medians, centres = block_medians(y, 10)
    assert medians[5] == pytest.approx(55, abs=1)
    assert centres.tolist() == pytest.approx(np.arange(4.5, 100, 10).tolist())


def test_trailing_median_needs_its_minimum() -> None:
    assert np.isnan(trailing_median(np.arange(5.0), 3, 3)[:2]).all()
    assert trailing_median(np.arange(5.0), 3, 3)[2:].tolist() == [1, 2, 3]


def test_lag_one_of_white_noise_is_zero_and_of_a_walk_near_one() -> None:
    noise = rng().standard_normal(5000)
    assert abs(lag_one(noise)) < 0.05
    assert lag_one(np.cumsum(noise)) > 0.9
    assert lag_one(np.ones(20)) == 0.0


def test_noise_of_differences_does_not_see_a_trend() -> None:
    noise = rng().standard_normal(5000)
    assert noise_of_differences(noise + np.linspace(0, 500, 5000)) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(("rows", "window"), [(100, 5), (1000, 21), (100000, 1001)])
def test_the_robust_line_has_an_odd_window_of_a_fiftieth(rows: int, window: int) -> None:
    assert robust_line(np.ones(rows))[1] == window


def test_logs_are_taken_of_positive_curves_only() -> None:
    assert log_if_positive(np.array([1.0, math.e]))[0].tolist() == [0, 1]
    assert log_if_positive(np.array([0.0, 1.0]))[1] is False


# -------------------------------------------------------------------- the quick ways say the same
def curves_of_all_kinds(count: int) -> list[np.ndarray]:
    """Curves of few and many values: of noise, of few levels, printed coarsely, with gaps."""
    draw = rng(5)
    made = []
    for number in range(count):
        n = int(draw.integers(1, 2 * FEW + 4))
        y = draw.standard_normal(n)
        y = (y, np.round(2 * y), np.round(y, 1))[number % 3]
        if number % 5 == 0:
            y[draw.integers(n)] = (np.nan, np.inf)[number % 2]
        made.append(y)
    return made


def test_the_median_of_few_values_is_that_of_numpy() -> None:
    for y in [*curves_of_all_kinds(400), np.empty(0)]:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = float(np.median(y))
            assert median(y) == expected or math.isnan(median(y)) is math.isnan(expected) is True


def test_the_spread_without_a_row_is_that_of_all_others() -> None:
    for y in curves_of_all_kinds(600):
        row = int(np.argmax(np.nan_to_num(y)))
        found, expected = Spread(y).without(float(y[row])), mad(np.delete(y, row))
        assert found == expected or (math.isnan(found) and math.isnan(expected))
