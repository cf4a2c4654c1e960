"""How one metric went, in half a sentence."""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.course import EPISODES
from lossreport.model.run import Series
from runs import falling, make_run, make_series, rng


def headline(*values: float) -> str:
    score = make_series(values, "accuracy", "val", id="m2")
    outcome = lossreport.analyze(
        make_run([make_series(falling(30), "loss"), score]), strict=True
    ).outcome("r1")
    assert outcome is not None
    return outcome.text.plain("en")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((0.1, 0.3, 0.5), "from 0.1 to 0.5, best at its last value (epoch 2)"),
        ((0.1, 0.5, 0.3), "best 0.5 at epoch 1, last 0.3 at epoch 2"),
        ((0.1, 0.5, 0.5), "best 0.5 at epoch 1, last 0.5 at epoch 2"),
        ((0.4, 0.4, 0.4), "0.4 in all 3 values"),
        ((0.4,), "0.4 at epoch 0"),
    ],
)
def test_the_first_of_equal_bests_is_told_and_a_constant_as_one(
    values: tuple[float, ...], told: str
) -> None:
    assert told in headline(*values)


def test_the_change_of_a_score_is_that_of_the_score_in_text_and_table() -> None:
    rising = np.r_[np.linspace(0.1, 0.5, 30), np.linspace(0.5, 0.6, 10)]
    run = make_run(
        [make_series(falling(40), "loss"), make_series(rising, "accuracy", "val", id="m2")]
    )
    page = lossreport.render(lossreport.compose(lossreport.analyze(run, strict=True)), "md", "en")
    assert "val/accuracy` | still improving | +" in page


@pytest.mark.parametrize(
    ("witness", "broken"),
    [("grad_norm", True), ("explained_variance", False), ("ep_rew_mean", False)],
)
def test_nan_that_is_nought_by_nought_is_no_witness_of_a_hidden_nan(
    witness: str, broken: bool
) -> None:
    loss = make_series(np.r_[falling(20), np.zeros(20)], "loss", axis="step")
    beside: Series = make_series(
        np.r_[np.ones(20), np.full(20, np.nan)], witness, axis="step", id="m2"
    )
    kinds = {
        finding.kind
        for finding in lossreport.analyze(make_run([loss, beside]), strict=True).findings
    }
    assert ("masked_nonfinite" in kinds) is broken


@pytest.mark.parametrize(("rows", "told"), [(EPISODES, True), (EPISODES - 1, False)])
def test_the_level_of_a_noisy_reward_is_told_beside_its_last_episode(rows: int, told: bool) -> None:
    y = 300 + 60 * rng(4).standard_normal(rows)
    y[3], y[-1] = 600.0, 421.4
    series = make_series(y, "Total_Reward", axis="episode", metric_type="reward")
    analysis = lossreport.analyze(make_run([series]), strict=True)
    text = next(one.text.plain("en") for one in analysis.verdicts if not one.series)
    level = float(np.median(y[rows - rows // 4 :]))
    early = float(np.median(y[: rows // 4]))
    assert (
        f"{level:.4g} in the median of the last quarter ({early:.4g} in that of the first)" in text
    ) is told
