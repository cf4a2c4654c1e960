"""A score that no episode has moved is not told as a judge of answers."""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from runs import make_run, make_series, rng


@pytest.mark.parametrize(
    ("axis", "words", "blamed"),
    [
        ("episode", "no episode has moved it yet", False),
        ("step", "this judge has never told", True),
    ],
)
def test_a_score_of_a_game_that_never_moved_is_no_judge(
    axis: str, words: str, blamed: bool
) -> None:
    reward = make_series(
        -300 + 50 * rng(1).standard_normal(52), "Total_Reward", axis=axis, metric_type="reward"
    )
    score = make_series(np.zeros(52), "Score", axis=axis, metric_type="reward", id="m2")
    analysis = lossreport.analyze(make_run([reward, score]), strict=True)
    (found,) = [one for one in analysis.findings if one.kind == "constant_metric"]
    assert words in found.text.plain("en")
    assert any("same value" in cause.title.plain("en") for cause in found.hypotheses) is blamed
