"""The critic of reinforcement learning: Q values beyond all rewards, and a value function that explains nothing."""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.detectors.critic import MIN_ROWS, TIMES, USELESS
from lossreport.model.analysis import Finding
from lossreport.model.run import Floats
from runs import make_run, rng


def found(name: str, y: Floats, reward: float = 1.0) -> list[Finding]:
    rewards = reward * np.abs(np.sin(np.arange(len(y)) / 3))
    run = make_run(axis="step", reward=rewards, **{name: y})
    analysis = lossreport.analyze(run, strict=True)
    ids = {series.id for series in analysis.runs[0].series if series.name == name}
    return [
        one
        for one in analysis.findings
        if one.series[0] in ids and ("Q values" in one.text.plain("en") or "critic" in one.text.plain("en"))
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
