"""Two alternating groups of values are a mixture; trends, shifts, drops and plain noise are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import lossreport
from lossreport.analyze.detector import Context
from lossreport.analyze.detectors.mixture import DETECTOR, MIN_ROWS
from lossreport.analyze.grouping import joint_clusters, split_values
from lossreport.analyze.views import enrich
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
    "two shifts": lambda seed: np.r_[flat(60, 2.0, seed=seed), flat(60, 3.0, seed=seed + 9), flat(60, 2.0, seed=seed + 8)],
    "rare spikes": lambda seed: np.where(rng(seed).random(200) < 0.03, 9.0, flat(200, 2.0, seed=seed)),
    "oscillation": lambda seed: 2 + 0.5 * np.sin(np.arange(200) / 5 + seed),
}


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("seed", range(10))
def test_one_curve_is_no_mixture(name: str, seed: int) -> None:
    assert found(loss=ONE[name](seed)) == []


@pytest.mark.parametrize(("rows", "expected"), [(MIN_ROWS - 1, 0), (MIN_ROWS, 1)])
def test_ten_rows_are_needed(rows: int, expected: int) -> None:
    assert len(found(loss=np.tile([1.0, 8.0], 10)[:rows] * flat(rows, 1.0, 0.01))) == expected


@pytest.mark.parametrize(("high", "expected"), [(1.3, True), (1.06, False)], ids=["apart", "close"])
def test_groups_closer_than_ten_per_cent_are_one(high: float, expected: bool) -> None:
    y = np.tile([1.0, high], 10) * flat(20, 1.0, 0.001)
    assert (split_values(np.log(y)) is not None) is expected


@pytest.mark.parametrize(("order", "expected"), [("alternating", True), ("one after the other", False)])
def test_groups_must_take_turns(order: str, expected: bool) -> None:
    y = np.tile([1.0, 8.0], 12) * flat(24, 1.0, 0.02)
    assert (split_values(np.log(y if order == "alternating" else np.sort(y))) is not None) is expected


def test_rows_that_agree_in_two_metrics_are_clusters_and_shuffled_ones_are_not() -> None:
    which = np.tile([0, 1, 2], 5)
    a, b = np.log([1.0, 2.0, 4.0])[which], np.log([5.0, 1.0, 3.0])[which]
    noise = 0.002 * rng().standard_normal(15)
    assert joint_clusters([a + noise, b - noise]).p < 0.01
    spread = rng(1)
    assert joint_clusters([spread.standard_normal(15), spread.standard_normal(15)]).p > 0.01


def test_series_of_other_sources_are_not_clustered_together() -> None:
    two = [make_series(SEED_CLOSS, "closs"), make_series(SEED_LOSS_CT, "loss_ct", id="m2", source="s2", path="other.txt")]
    run = make_run(two)
    assert all(not one.groups for one in DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[union-attr]


@pytest.mark.parametrize("n", [10, 13, 16, 23, 32, 45, 60, 80, 110, 160, 240])
def test_noise_of_one_population_is_seldom_two_groups_however_few_its_rows(n: int) -> None:
    draws = np.random.default_rng(n)
    noise = [draws.normal(0, 0.35, n) for _ in range(200)] + [np.log(draws.uniform(0.1, 0.35, n)) for _ in range(200)]
    assert sum(split_values(y) is not None for y in noise) <= 0.01 * len(noise)


@pytest.mark.parametrize("n", [10, 16, 32, 60, 90, 200])
def test_two_groups_far_apart_are_found_in_few_rows(n: int) -> None:
    draws = np.random.default_rng(n)
    y = np.where(np.arange(n) % 3 == 0, 2.0, 0.5) + draws.normal(0, 0.05, n)
    assert split_values(np.log(y)) is not None


@pytest.mark.parametrize("beside", [True, False], ids=["with a metric that agrees", "alone"])
def test_groups_that_few_rows_may_show_by_chance_take_a_second_metric(beside: bool) -> None:
    series = [make_series(SEED_CLOSS, "closs")] + ([make_series(SEED_LOSS_CT, "loss_ct", id="m2")] if beside else [])
    kinds = [one.series for one in lossreport.analyze(make_run(series), strict=True).findings if one.kind == "mixture"]
    assert (("m1",) in kinds) is beside
    assert any(set(told) == {"m1", "m2"} for told in kinds) is beside
