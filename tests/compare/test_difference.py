"""Two runs of one process are not called different, a real 3 % is found, and where the noise cannot
be known nothing is said.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lossreport.compare.difference import (
    Difference,
    Level,
    difference,
    level,
    of_seeds,
    of_spread,
    pooled,
    student,
    tail_start,
)

SEEDS = 50
Floats = npt.NDArray[np.float64]


def curve(
    n: int,
    seed: int,
    *,
    phi: float = 0.0,
    noise: float = 0.02,
    scale: float = 1.0,
    spikes: bool = False,
) -> Floats:
    """A loss of 2 + 3 t^-0.3 with noise of 2 % that follows itself by `phi`."""
    random = np.random.default_rng(seed)
    error = random.standard_normal(n) * noise
    for i in range(1, n):
        error[i] = phi * error[i - 1] + np.sqrt(1 - phi**2) * error[i]
    y = (2 + 3 * np.arange(1, n + 1) ** -0.3) * scale * (1 + error)
    if spikes:
        y[random.integers(0, n, n // 50)] *= 3
    return np.asarray(y)


def compared(a: Floats, b: Floats) -> Difference:
    x = np.arange(len(a), dtype=np.float64)
    since = tail_start([x, x], 0.0, x[-1])
    one, other = level(x, a, 0.0, x[-1], since), level(x, b, 0.0, x[-1], since)
    assert one is not None
    assert other is not None
    return difference(one, other)


def calls(n: int, scale: float, **extra: float) -> list[str]:
    pairs = (
        (curve(n, 2 * seed, scale=scale, **extra), curve(n, 2 * seed + 1, **extra))
        for seed in range(SEEDS)
    )  # type: ignore[arg-type]
    return [compared(a, b).call for a, b in pairs]


@pytest.mark.parametrize("n", [12, 60, 200, 1000])
@pytest.mark.parametrize("extra", [{}, {"phi": 0.6}, {"phi": 0.9}, {"spikes": True}], ids=str)
def test_two_runs_of_one_process_are_not_called_different(n: int, extra: dict[str, float]) -> None:
    if n == 12 and extra.get("phi", 0) > 0.6:
        pytest.skip(
            "how 12 rows follow each other cannot be seen; the report says that independence is "
            "assumed"
        )
    found = calls(n, 1.0, **extra)
    assert sum(call in ("lower", "higher") for call in found) <= 0.1 * SEEDS


@pytest.mark.parametrize(
    ("n", "extra"),
    [(200, {}), (1000, {}), (1000, {"phi": 0.6}), (1000, {"spikes": True}), (5000, {"phi": 0.9})],
    ids=str,
)
def test_a_real_difference_of_3_percent_is_found(n: int, extra: dict[str, float]) -> None:
    assert calls(n, 0.97, **extra).count("lower") >= 0.9 * SEEDS


def test_the_interval_holds_the_true_difference_nine_times_in_ten() -> None:
    true = -0.03 * (2 + 3 * np.arange(901, 1001) ** -0.3).mean()
    found = [
        compared(curve(1000, 2 * seed, scale=0.97, phi=0.6), curve(1000, 2 * seed + 1, phi=0.6))
        for seed in range(200)
    ]
    inside = sum(
        one.low <= true <= one.high for one in found if one.low is not None and one.high is not None
    )
    assert 0.85 <= inside / len(found) <= 0.96


@pytest.mark.parametrize(
    "y",
    [[2.0] * 5, [2.0] * 100, np.cumsum(np.random.default_rng(1).standard_normal(40)) + 50.0],
    ids=["few", "equal", "smooth"],
)
def test_where_the_noise_is_not_known_nothing_is_said(y: list[float]) -> None:
    values = np.array(y, dtype=np.float64)
    found = compared(values, values * 0.9)
    assert (found.call, found.low) == ("unknown", None)


def test_a_difference_below_what_the_log_prints_is_none() -> None:
    one, other = (
        Level(value=value, error=1e-6, freedom=50, first_row=0, last_row=9)
        for value in (0.4201, 0.4200)
    )
    assert difference(one, other).call == "higher"
    assert difference(one, other, resolution=0.001).call == "inside"


def test_between_90_and_99_percent_it_is_too_little_to_call() -> None:
    def found(gap: float) -> str:
        one, other = (
            Level(value=v, error=1 / np.sqrt(2), freedom=1000, first_row=0, last_row=9)
            for v in (gap, 0.0)
        )
        return difference(one, other).call

    assert [found(gap) for gap in (1.5, 1.8, 2.5, 2.7, -2.7)] == [
        "inside",
        "leaning",
        "leaning",
        "higher",
        "lower",
    ]


def test_seeds_speak_by_their_spread_and_a_single_run_shares_it() -> None:
    runs = [
        Level(value=value, error=1e-4, freedom=50, first_row=0, last_row=9)
        for value in (2.00, 2.10, 1.90)
    ]
    group = of_seeds(runs)
    assert group.value == pytest.approx(2.0)
    assert group.error == pytest.approx(0.1 / np.sqrt(3))
    alone = Level(value=2.20, error=1e-4, freedom=50, first_row=0, last_row=9)
    assert difference(alone, group).call == "leaning"
    spread = pooled(
        [[Level(value=v, error=1e-4, freedom=50, first_row=0, last_row=9) for v in (2.0, 2.1, 2.2)]]
    )
    assert spread is not None
    assert spread.sd == pytest.approx(0.1)
    assert (
        difference(of_spread(alone, spread, 1), of_spread(group, spread, 3), spread=spread).call
        == "inside"
    )


@pytest.mark.parametrize(
    ("share", "freedom", "exact"),
    [(0.9, 1, 6.314), (0.9, 30, 1.697), (0.99, 11, 3.106), (0.99, 60, 2.660), (0.99, 1e6, 2.576)],
)
def test_quantiles_of_student_are_those_of_the_tables(
    share: float, freedom: float, exact: float
) -> None:
    assert student(share, freedom) == pytest.approx(exact, rel=2e-3)
