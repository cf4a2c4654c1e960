"""Two alternating groups of values are a mixture; trends, shifts, drops and plain noise are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.mixture import DETECTOR, FADED, MIN_ROWS
from lossreport.analysis.views import enrich
from lossreport.curves.grouping import SURE_GAP, Split, is_regimes, joint_clusters, split_values
from lossreport.model.analysis import Finding
from lossreport.model.run import Floats
from runs import SEED_CLOSS, SEED_LOSS_CT, falling, flat, make_run, make_series, rng


def found(**columns: object) -> list[Finding]:
    run = make_run(**columns)  # type: ignore[arg-type]
    return list(DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[arg-type]


def alternating(n: int, low: float, high: float, noise: float = 0.02, seed: int = 0) -> Floats:
    which = rng(seed).integers(0, 2, n)
    return np.where(which, high, low) * (1 + noise * rng(seed + 1).standard_normal(n))


def test_the_rows_of_the_document_form_groups_and_clusters() -> None:
    groups, joint = found(loss_ct=SEED_LOSS_CT, closs=SEED_CLOSS)[-2:]
    assert (groups.numbers["low_n"], groups.numbers["high_n"]) in ((6, 6), (5, 7), (7, 5))
    assert (3, 6, 9) in joint.groups
    assert joint.numbers["p"] < 0.01


@pytest.mark.parametrize("n", [30, 100, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_values_that_alternate_between_two_levels_are_a_mixture(n: int, seed: int) -> None:
    assert len(found(loss=alternating(n, 0.06, 0.7, seed=seed))) == 1


ONE: dict[str, Callable[[int], Floats]] = {
    "noise": lambda seed: flat(200, 2.0, 0.1, seed=seed),
    "falling": lambda seed: falling(200, seed=seed),
    "short falling": lambda seed: falling(15, seed=seed),
    "one shift": lambda seed: np.r_[flat(60, 2.0, seed=seed), flat(60, 3.0, seed=seed + 9)],
    "two shifts": lambda seed: np.r_[
        flat(60, 2.0, seed=seed), flat(60, 3.0, seed=seed + 9), flat(60, 2.0, seed=seed + 8)
    ],
    "rare spikes": lambda seed: np.where(
        rng(seed).random(200) < 0.03, 9.0, flat(200, 2.0, seed=seed)
    ),
    "oscillation": lambda seed: 2 + 0.5 * np.sin(np.arange(200) / 5 + seed),
}


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("seed", range(10))
def test_one_curve_is_no_mixture(name: str, seed: int) -> None:
    assert found(loss=ONE[name](seed)) == []


@pytest.mark.parametrize("n", [10, 14, 20, 30, 50, 60, 72, 100, 150])
def test_noise_of_a_short_curve_is_hardly_ever_a_mixture(n: int) -> None:
    assert (
        sum(bool(found(loss=np.exp(0.15 * rng(seed).standard_normal(n)))) for seed in range(100))
        <= 3
    )


@pytest.mark.parametrize(("beyond", "expected"), [(1.05, True), (0.95, False)])
def test_a_gap_of_a_short_curve_must_be_wider_than_noise_leaves_it(
    beyond: float, expected: bool
) -> None:
    above = np.tile([False, True], 10)
    split = Split(
        threshold=0.0,
        above=above,
        runs=20,
        separation=9.0,
        depth=1 - beyond * SURE_GAP / np.sqrt(20),
    )
    assert is_regimes(split) == expected


@pytest.mark.parametrize(
    ("n", "depth", "expected"),
    [(60, 0.02, True), (60, 0.03, False), (120, 0.17, True), (120, 0.18, False), (240, 0.39, True)],
)
def test_a_valley_must_be_deeper_than_noise_leaves_it(n: int, depth: float, expected: bool) -> None:
    split = Split(
        threshold=0.0, above=np.tile([False, True], n // 2), runs=n, separation=9.0, depth=depth
    )
    assert is_regimes(split) == expected


def test_places_inside_an_epoch_keep_their_decimals() -> None:
    loss = make_series(np.tile([1.0, 8.0], 6) * flat(12, 1.0), "loss", x=np.arange(12) * 0.25)
    (finding,) = DETECTOR.detect(Context(enrich(make_run([loss])), make_run([loss])))
    assert ", 0.25" in finding.text.plain("en") or "(epoch 0.25" in finding.text.plain("en")  # type: ignore[union-attr]


@pytest.mark.parametrize(("rows", "expected"), [(MIN_ROWS - 1, 0), (MIN_ROWS, 1)])
def test_ten_rows_are_needed(rows: int, expected: int) -> None:
    assert len(found(loss=np.tile([1.0, 8.0], 10)[:rows] * flat(rows, 1.0, 0.01))) == expected


@pytest.mark.parametrize(("high", "expected"), [(1.3, True), (1.06, False)], ids=["apart", "close"])
def test_groups_closer_than_ten_per_cent_are_one(high: float, expected: bool) -> None:
    y = np.tile([1.0, high], 10) * flat(20, 1.0, 0.001)
    assert (split_values(np.log(y)) is not None) is expected


@pytest.mark.parametrize(
    ("order", "expected"), [("alternating", True), ("one after the other", False)]
)
def test_groups_must_take_turns(order: str, expected: bool) -> None:
    y = np.tile([1.0, 8.0], 12) * flat(24, 1.0, 0.02)
    assert (
        split_values(np.log(y if order == "alternating" else np.sort(y))) is not None
    ) is expected


def test_rows_that_agree_in_two_metrics_are_clusters_and_shuffled_ones_are_not() -> None:
    which = np.tile([0, 1, 2], 5)
    a, b = np.log([1.0, 2.0, 4.0])[which], np.log([5.0, 1.0, 3.0])[which]
    noise = 0.002 * rng().standard_normal(15)
    assert joint_clusters([a + noise, b - noise]).p < 0.01
    spread = rng(1)
    assert joint_clusters([spread.standard_normal(15), spread.standard_normal(15)]).p > 0.01


def test_series_of_other_sources_are_not_clustered_together() -> None:
    two = [
        make_series(SEED_CLOSS, "closs"),
        make_series(SEED_LOSS_CT, "loss_ct", id="m2", source="s2", path="other.txt"),
    ]
    run = make_run(two)
    assert all(not one.groups for one in DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[union-attr]


NOISE: dict[str, Callable[[int, int], Floats]] = {
    "normal": lambda n, seed: np.exp(0.3 * rng(seed).standard_normal(n)),
    "absolute": lambda n, seed: np.abs(rng(seed).standard_normal(n)),
    "exponential": lambda n, seed: np.exp(0.3 * rng(seed).exponential(size=n)),
}


@pytest.mark.parametrize("n", [12, 14, 20, 34, 50, 60, 70, 100])
@pytest.mark.parametrize("name", NOISE)
def test_noise_of_one_regime_is_hardly_ever_a_mixture(name: str, n: int) -> None:
    splits = [split_values(np.log(NOISE[name](n, seed))) for seed in range(100)]
    assert sum(split is not None and is_regimes(split) for split in splits) <= 3


@pytest.mark.parametrize("n", [12, 14, 20, 34, 50, 60, 70, 100])
def test_two_levels_in_noise_of_one_per_cent_are_regimes_at_any_length(n: int) -> None:
    split = split_values(np.log(np.tile([1.0, 1.5], n // 2) * flat(n, 1.0, 0.01)))
    assert split is not None
    assert is_regimes(split)


@pytest.mark.parametrize(
    ("last", "expected"), [(9, False), (30, True)], ids=["at the start", "all over"]
)
def test_each_group_of_a_short_curve_reaches_over_half_of_it(last: int, expected: bool) -> None:
    y = flat(34, 1.0, 0.005)
    y[[0, 2, 3, 5, 7, last]] *= 1.5
    split = split_values(np.log(y))
    assert split is not None
    assert is_regimes(split) is expected


def test_the_losses_of_a_policy_are_no_mixture() -> None:
    assert found(value_loss=alternating(14, 2e-8, 8e-8), reward=flat(14, 1.0)) == []


@pytest.mark.parametrize("beside", [True, False], ids=["a loss of two groups", "a smooth one"])
def test_a_loss_that_takes_three_levels_in_turn_is_a_mixture_where_another_bears_it_out(
    beside: bool,
) -> None:
    loss = np.tile([1.5, 2.1, 3.4], 7)[:20] * np.linspace(1.06, 0.94, 20) * flat(20, 1.0, 0.01)
    other = (
        np.tile([0.05, 0.38, 0.05], 7)[:20] * flat(20, 1.0, 0.01, seed=1) if beside else falling(20)
    )
    x = np.arange(20.0)
    run = make_run(
        [
            make_series(loss, "loss", axis="step", x=x),
            make_series(other, "aux_loss", axis="step", x=x, id="m2"),
        ]
    )
    kinds = {f.kind for f in lossreport.analyze(run, strict=True).findings if f.series[0] == "m1"}
    assert ("mixture" in kinds) is beside
    assert ("oscillation" in kinds) is not beside


@pytest.mark.parametrize(("later", "mixed"), [(1.5 * FADED, True), (0.5 * FADED, False)])
def test_a_skewed_loss_that_falls_early_is_one_curve(later: float, mixed: bool) -> None:
    """The upper group of a descent stands in the first half; a handful of high rows behind it make
    no second data set.
    """
    y = 0.32 + 0.02 * np.abs(rng(6).standard_normal(126))
    first = [*range(10), 12, 14, 16, 18, 20, 26, 30, 34, 38, 42]
    y[first] = np.linspace(0.5, 0.42, len(first))
    y[np.linspace(66, 120, round(later * len(first))).astype(int)] = 0.45
    assert bool(found(loss=y)) is mixed


@pytest.mark.parametrize(("high", "mixed"), [(30, True), (8, False)])
def test_a_descent_and_a_few_high_batches_are_no_second_group(high: int, mixed: bool) -> None:
    y = 0.31 + 0.012 * np.abs(rng(8).standard_normal(126))
    y[:8] = np.linspace(0.52, 0.44, 8)
    y[np.linspace(20, 124, high).astype(int)] = np.linspace(0.42, 0.48, high)
    assert bool(found(loss=y)) is mixed


@pytest.mark.parametrize(
    ("beside", "expected"),
    [("loss_q0", False), ("loss_aux", True)],
    ids=["by quarter of the noise", "another loss"],
)
def test_a_diffusion_loss_that_swings_with_the_noise_levels_is_no_mixture(
    beside: str, expected: bool
) -> None:
    y = np.tile([1.0, 8.0], 12) * flat(24, 1.0, 0.02)
    series = [make_series(y, "loss"), make_series(y * 1.1, beside, id="m2")]
    assert (
        any(
            one.kind == "mixture"
            for one in lossreport.analyze(make_run(series), strict=True).findings
        )
        is expected
    )
