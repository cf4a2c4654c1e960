"""The critic of reinforcement learning: Q values beyond all rewards, and a value function that
explains nothing.
"""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.detectors.critic import MIN_ROWS, TIMES, USELESS
from lossreport.model.analysis import Finding
from lossreport.model.run import Floats
from runs import make_run, make_series, rng


def found(name: str, y: Floats, reward: float = 1.0) -> list[Finding]:
    rewards = reward * np.abs(np.sin(np.arange(len(y)) / 3))
    run = make_run(axis="step", reward=rewards, **{name: y})
    analysis = lossreport.analyze(run, strict=True)
    ids = {series.id for series in analysis.runs[0].series if series.name == name}
    return [
        one
        for one in analysis.findings
        if one.series[0] in ids
        and ("Q values" in one.text.plain("en") or "critic" in one.text.plain("en"))
    ]


@pytest.mark.parametrize(("last", "told"), [(3 * TIMES, 1), (0.5 * TIMES, 0)])
def test_q_values_a_thousand_times_beyond_all_rewards_diverge(last: float, told: int) -> None:
    assert len(found("mean_q", np.geomspace(0.01, last, 200))) == told
    assert found("mean_q", np.geomspace(0.01, last, 200), reward=100.0) == []


@pytest.mark.parametrize(("level", "told"), [(0.3 * USELESS, 1), (3 * USELESS, 0)])
def test_an_explained_variance_near_nothing_is_a_useless_critic(level: float, told: int) -> None:
    y = level + 0.02 * rng(2).standard_normal(4 * MIN_ROWS)
    assert len(found("explained_variance", y)) == told


def test_a_critic_that_learns_late_is_none() -> None:
    assert found("explained_variance", np.r_[np.zeros(50), np.full(50, 0.8)]) == []


def test_a_critic_that_explains_nothing_in_most_rows_is_told_with_the_least_that_counts() -> None:
    explained = np.r_[np.full(30, 0.5), np.where(np.arange(70) % 12 == 0, 0.3, -0.2)]
    run = make_run(
        [
            make_series(
                explained, "explained_variance", axis="step", metric_type="explained_variance"
            ),
            make_series(
                np.linspace(0, 5, 100), "ep_rew_mean", axis="step", id="m2", metric_type="reward"
            ),
        ]
    )
    (finding,) = [
        one for one in lossreport.analyze(run, strict=True).findings if one.kind == "no_learning"
    ]
    assert "below 0.1 in" in finding.text.plain("en")
