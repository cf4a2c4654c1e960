"""A measure that ends worse than its best by more than its noise, and one that does not."""

import numpy as np
import pytest

import lossreport
from lossreport.curves.worse import (
    BEHIND,
    FEW,
    FEW_RISE,
    LATE,
    LOST_UNITS,
    MIN_OF_RANGE,
    MIN_RISE,
    NOISE_UNITS,
    ends_behind,
    worse_than_best,
)
from lossreport.model.analysis import State
from lossreport.model.run import Floats
from runs import falling, flat, make_run, make_series, rng


def turned(n: int, rise: float, noise: float = 0.0) -> Floats:
    """A cost that falls over its first half and rises by `rise` of its best over the rest."""
    half = n // 2
    return np.r_[np.linspace(2, 1, half), np.linspace(1, 1 + rise, n - half)] * (
        1 + noise * rng(4).standard_normal(n)
    )


@pytest.mark.parametrize(("n", "least"), [(FEW - 1, FEW_RISE), (40, MIN_RISE), (200, MIN_RISE)])
def test_a_rise_counts_from_its_least_on(n: int, least: float) -> None:
    assert worse_than_best(turned(n, 1.3 * least)) is not None
    assert worse_than_best(turned(n, 0.7 * least)) is None


def test_a_rise_within_the_noise_is_none() -> None:
    assert worse_than_best(turned(200, 0.1, noise=0.01)) is not None
    assert worse_than_best(turned(200, 0.1, noise=0.05 * NOISE_UNITS)) is None


@pytest.mark.parametrize(("behind", "found"), [(LATE, True), (LATE - 1, False)])
def test_of_few_rows_two_follow_the_best(behind: int, found: bool) -> None:
    assert (worse_than_best(np.r_[np.linspace(2, 1, 5), np.full(behind, 1.5)]) is not None) is found


def test_of_few_rows_none_gains_again() -> None:
    assert worse_than_best(np.array([2.0, 1.0, 1.3, 1.2, 1.5])) is None
    assert worse_than_best(np.array([2.0, 1.0, 1.2, 1.3, 1.5])) is not None


@pytest.mark.parametrize(("behind", "found"), [(2 * BEHIND, True), (0.5 * BEHIND, False)])
def test_the_best_lies_a_tenth_of_the_rows_before_the_end(behind: float, found: bool) -> None:
    after = int(200 * behind)
    cost = np.r_[np.linspace(2, 1, 200 - after), np.full(after, 1.5)]
    assert (worse_than_best(cost) is not None) is found


@pytest.mark.parametrize(
    ("lost", "found"), [(1.5 * MIN_OF_RANGE, True), (0.7 * MIN_OF_RANGE, False)]
)
def test_without_a_zero_a_rise_is_held_against_all_that_the_curve_moved(
    lost: float, found: bool
) -> None:
    reward = np.r_[np.linspace(-200, -20, 50), np.linspace(-20, -20 - 180 * lost, 50)]
    assert (worse_than_best(-reward, is_ratio=False) is not None) is found


@pytest.mark.parametrize(("resolution", "found"), [(0.01, True), (0.1, False)])
def test_less_than_two_printed_digits_is_no_rise(resolution: float, found: bool) -> None:
    assert (worse_than_best(turned(100, 0.15), resolution) is not None) is found


def test_a_flat_noisy_cost_is_not_called_worse() -> None:
    called = [
        worse_than_best(flat(n, 1.0, 0.02, seed)) is not None
        for n in (12, 50, 300, 2000)
        for seed in range(50)
    ]
    assert np.mean(called) <= 0.02


def kinds(run: object) -> set[str]:
    return {finding.kind for finding in lossreport.analyze(run, strict=True).findings}  # type: ignore[arg-type]


def test_it_is_overfitting_where_the_training_loss_falls_against_it_and_worsening_where_it_does_not() -> (
    None
):
    val = turned(8, 0.4)
    assert "overfitting" in kinds(make_run(loss=np.linspace(2, 0.5, 8), val_loss=val))
    rising = np.r_[np.linspace(2, 1, 4), np.linspace(1, 1.3, 4)]
    assert "worsening" in kinds(make_run(loss=rising, val_loss=val))
    assert "worsening" in kinds(make_run(val_loss=val))


@pytest.mark.parametrize("metric", ["accuracy", "mAP50"])
def test_a_score_that_falls_behind_its_best_is_worsening(metric: str) -> None:
    score = make_series(
        np.r_[np.linspace(0.1, 0.9, 20), np.linspace(0.9, 0.5, 20)], metric, "val", id="m2"
    )
    analysis = lossreport.analyze(make_run([make_series(flat(40), "loss"), score]), strict=True)
    (finding,) = (one for one in analysis.findings if one.kind == "worsening")
    assert finding.start.x == 19
    assert finding.numbers["change"] < 0
    assert analysis.run_verdict("r1").state is State.WORSENING


def test_a_reward_that_collapses_is_worsening() -> None:
    reward = np.r_[np.linspace(0, 785, 100), np.full(100, 187.0)] + rng().standard_normal(200)
    analysis = lossreport.analyze(
        make_run(policy_loss=flat(200), reward=reward, axis="step"), strict=True
    )
    assert analysis.run_verdict("r1").state is State.WORSENING


def test_a_training_loss_is_not_called_worsening() -> None:
    assert "worsening" not in kinds(make_run(loss=turned(60, 0.4)))
    assert "worsening" not in kinds(make_run(loss=falling(60)))


@pytest.mark.parametrize(("lost", "least", "most"), [(3 * LOST_UNITS, 0.9, 1.0), (0.0, 0.0, 0.1)])
def test_a_quarter_behind_an_earlier_one_by_two_standard_errors_does_not_improve(
    lost: float, least: float, most: float
) -> None:
    noise = 0.04
    levels = np.r_[np.full(20, 1.0), np.full(20, 1.0 + lost * np.sqrt(2) * noise / np.sqrt(10))]
    told = [ends_behind(levels + noise * rng(seed).standard_normal(40)) for seed in range(100)]
    assert least <= np.mean(told) <= most


@pytest.mark.parametrize(
    ("end", "words"), [(0.45, "it is not improving"), (0.60, "cannot separate flat")]
)
def test_a_score_that_ends_far_below_its_best_is_not_called_perhaps_improving(
    end: float, words: str
) -> None:
    swings = np.array([0, 5, -6, 4, 4, -4, 5, -5, 2, -3] * 2) / 100
    score = np.r_[np.full(8, 0.58), np.full(12, end)] + swings
    run = lossreport.analyze(make_run([make_series(score, "acc")]), strict=True).run_verdict("r1")
    assert run.state is State.INCONCLUSIVE
    assert words in run.text.plain("en")


def test_of_few_rows_a_dip_far_above_the_best_is_no_way_back() -> None:
    assert worse_than_best(np.array([17.7, 29.6, 31.3, 30.4, 30.6, 28.4])) is not None
    assert worse_than_best(np.array([17.7, 20.6, 22.3, 21.4, 21.6, 20.9])) is None


@pytest.mark.parametrize(("name", "worse"), [("Average100 Score", False), ("Score", True)])
def test_a_mean_over_the_last_hundred_is_one_from_the_hundredth_episode_on(
    name: str, worse: bool
) -> None:
    y = np.r_[np.linspace(20, 45, 20), np.linspace(45, 23, 60), np.full(420, 22.0)] + 0.2 * rng(
        1
    ).standard_normal(500)
    run = make_run([make_series(y, name, axis="episode", metric_type="reward")])
    assert (
        any(one.kind == "worsening" for one in lossreport.analyze(run, strict=True).findings)
        is worse
    )


def collapse(rows: int, end: float, best: float = 0.85) -> Floats:
    """Return an accuracy that rises over 30 epochs, goes to `end` over `rows` evaluations and stays
    there.
    """
    rising = best - 0.7 * np.exp(-np.arange(30) / 6)
    way = np.linspace(rising[-1], end, rows + 1)[1:]
    return np.r_[rising, way, np.full(20 - rows, end)] + 0.002 * rng(4).standard_normal(50)


@pytest.mark.parametrize(
    ("rows", "end", "state", "words"),
    [
        (1, 0.10, State.WORSENING, "in one step"),
        (15, 0.10, State.OVERFITTING, "become worse since"),
        (1, 0.70, State.OVERFITTING, "become worse since"),
    ],
    ids=["at once", "slowly", "by little"],
)
def test_a_validation_that_is_lost_at_once_is_an_event_and_no_overfitting(
    rows: int, end: float, state: State, words: str
) -> None:
    run = make_run(loss=falling(50, 2.0, 0.1), val_acc=collapse(rows, end))
    analysis = lossreport.analyze(run, strict=True)
    (finding,) = [one for one in analysis.findings if one.kind == "worsening"]
    assert words in finding.text.plain("en")
    assert analysis.outcomes[0].state is state
    assert any(
        "what changed at epoch 30" in one.text.plain("en") for one in analysis.recommendations
    ) is (state is State.WORSENING)


@pytest.mark.parametrize(
    ("rows", "kind"), [(1, "worsening"), (15, "overfitting")], ids=["at once", "slowly"]
)
def test_a_validation_loss_that_jumps_is_no_overfitting(rows: int, kind: str) -> None:
    y = 2.5 * (1 - collapse(rows, 0.1))
    analysis = lossreport.analyze(make_run(loss=falling(50, 2.0, 0.1), val_loss=y), strict=True)
    assert {one.kind for one in analysis.findings} & {"worsening", "overfitting"} == {kind}


def test_one_high_row_of_a_slow_rise_is_no_step() -> None:
    """A validation loss best at epoch 20 that creeps up for hundreds of epochs, with one row far
    above the others: it came back in the next one.
    """
    y = np.r_[np.linspace(0.057, 0.0507, 20), np.linspace(0.0507, 0.0557, 280)]
    y += 0.0002 * rng(3).standard_normal(300)
    y[170] = 0.0600
    analysis = lossreport.analyze(make_run(loss=falling(300, 0.08, 0.02), val_loss=y), strict=True)
    (finding,) = [one for one in analysis.findings if one.kind in ("worsening", "overfitting")]
    assert finding.kind == "overfitting"
    assert "in one step" not in finding.text.plain("en")
    assert analysis.outcomes[0].state is State.OVERFITTING
