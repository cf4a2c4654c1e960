"""A published value is told only beside a run of the same task."""

from typing import Any

import pytest

import lossreport
from lossreport.model.run import Run
from runs import falling, make_run, make_series


def told(run: Run) -> str:
    return (
        lossreport.render(lossreport.compose(lossreport.analyze(run, strict=True)), "md", "en")
        .partition("## Reference values")[2]
        .split("\n## ")[0]
    )


@pytest.mark.parametrize(
    ("name", "other", "facts", "robot"),
    [("action_l1", "x", {}, True), ("l1_loss", "act_mse", {}, True), ("l1_loss", "x", {"action_dim": 7}, True), ("G_L1", "G_GAN", {}, False), ("MAE", "RMSE", {}, False)],
)  # fmt: skip
def test_errors_of_robot_actions_are_told_beside_actions_only(
    name: str, other: str, facts: dict[str, Any], robot: bool
) -> None:
    series = [make_series(falling(30), name), make_series(falling(30, seed=1), other, id="m2")]
    assert ("LIBERO" in told(make_run(series, facts=facts))) is robot


@pytest.mark.parametrize(("vocab", "gpt"), [(50257, True), (50304, True), (1000, False)])
def test_losses_of_gpt_2_are_told_beside_its_vocabulary_only(vocab: int, gpt: bool) -> None:
    assert (
        "GPT-2" in told(make_run(ce_loss=falling(30, 11, 3), facts={"vocab_size": vocab}))
    ) is gpt
