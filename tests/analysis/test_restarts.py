"""A loss that rises where the learning rate starts again is explained by it; not where the rate
rises beyond all before, or stands.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.restarts import FACT, LEAST_REACH
from lossreport.model.analysis import Analysis, Severity, State
from lossreport.model.run import Floats
from runs import make_run, make_series

CYCLE = 100


def rate(restarts: int = 4, high: float = 1e-3, grows: float = 1.0) -> Floats:
    """Return cosines one behind the other, each `grows` times as high as the one before."""
    one = 1e-5 + (high - 1e-5) * 0.5 * (1 + np.cos(np.pi * np.arange(CYCLE) / CYCLE))
    return np.concatenate([one * grows**cycle for cycle in range(restarts)])


def loss(bump: float = 0.22, late: int = 0) -> Floats:
    """Return a loss that falls from cycle to cycle and rises `bump` at each restart, `late` rows
    behind it.
    """
    rows = np.arange(4 * CYCLE)
    y = (2.4 - 0.35 * (rows // CYCLE)) * (1 - 0.12 * (rows % CYCLE) / CYCLE)
    behind = (rows - late) % CYCLE
    y = y * (1 + np.where(rows >= CYCLE + late, bump * np.exp(-behind / 2), 0.0))
    return np.asarray(y * np.exp(0.01 * np.random.default_rng(5).standard_normal(len(y))))


def analysed(y: Floats, lr: Floats) -> Analysis:
    run = make_run(
        [
            make_series(y, "loss", axis="step"),
            make_series(lr, "lr", axis="step", id="m2", metric_type="learning_rate"),
        ]
    )
    return lossreport.analyze(run, strict=True)


def test_a_rise_at_a_warm_restart_asks_for_nothing() -> None:
    analysis = analysed(loss(), rate())
    spikes = [one for one in analysis.findings if one.kind == "spike"]
    assert spikes
    assert all(one.explained_by == FACT and one.severity is Severity.LOW for one in spikes)
    assert "starts again there, from" in spikes[0].text.plain("en")
    (verdict,) = [
        one for one in analysis.verdicts if not one.series and one.question == "convergence"
    ]
    assert verdict.state is State.IMPROVING
    assert "First look at" not in analysis.outcomes[0].text.plain("en")
    assert not any("skip the next" in one.text.plain("en") for one in analysis.recommendations)


@pytest.mark.parametrize(
    ("y", "lr"),
    [
        (loss(), np.full(4 * CYCLE, 1e-3)),
        (loss(), rate(grows=3.0)),
        (loss(late=40), rate()),
        (loss(bump=3.0), rate()),
    ],
    ids=["a constant rate", "beyond all before", "far behind the restart", "doubled"],
)
def test_any_other_rise_is_told_as_before(y: Floats, lr: Floats) -> None:
    spikes = [one for one in analysed(y, lr).findings if one.kind == "spike"]
    assert spikes
    assert all(one.explained_by != FACT for one in spikes)


@pytest.mark.parametrize(
    ("late", "explained"), [(LEAST_REACH, True), (9, False)], ids=["within its reach", "beyond"]
)
def test_the_peak_may_stand_a_few_rows_behind(late: int, explained: bool) -> None:
    spikes = [one for one in analysed(loss(late=late), rate()).findings if one.kind == "spike"]
    assert spikes
    assert all((one.explained_by == FACT) is explained for one in spikes)
