"""A player of an adversarial training that has mastered its task is told; one that has not, and a
generator, are not.
"""

import numpy as np
import pytest

import lossreport
from runs import make_run, make_series


@pytest.mark.parametrize(
    ("name", "end", "told"),
    [("D_loss", 0.03, True), ("D_loss", 0.05, False), ("loss_G", 0.0, False)],
    ids=["mastered", "not yet", "the generator"],
)
def test_a_player_whose_loss_is_nearly_gone_is_told(name: str, end: float, told: bool) -> None:
    falls = np.r_[np.full(20, 0.7), np.linspace(0.7, end, 100), np.full(40, end)] * (
        1 + 0.001 * np.cos(np.arange(160.0))
    )
    other = make_series(
        1.0 + 0.01 * np.sin(np.arange(160)),
        "loss_G" if name == "D_loss" else "D_loss",
        axis="step",
        id="m2",
    )
    run = make_run([make_series(falls, name, axis="step"), other])
    outcome = lossreport.analyze(run, strict=True).outcome("r1")
    assert outcome is not None
    assert ("fell to nearly 0" in outcome.text.plain("en")) is told
    assert ("已降到接近 0" in outcome.text.plain("zh")) is told
