"""Advice follows from what was found, names the run's own settings and its source, and nothing is advised without a finding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import lossreport
from lossreport.analyze.adviser import advices
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Run
from runs import falling, flat, make_run, make_series

N = 300
CASES: dict[str, tuple[Callable[[], Run], str]] = {
    "nonfinite": (lambda: make_run(loss=[*falling(30), np.nan]), "last checkpoint before"),
    "divergence": (lambda: make_run(loss=np.r_[falling(50), 2 * np.linspace(1, 4, 50)]), "restart from a checkpoint"),
    "overfitting": (lambda: make_run(loss=falling(60), val_loss=np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)]), "lowest validation loss"),
    "mixture": (lambda: make_run(loss=np.tile([1.0, 8.0], 12) * flat(24, 1.0, 0.02)), "run id"),
    "clip_saturation": (
        lambda: make_run([make_series(falling(N), "loss", axis="step"), make_series(flat(N, 3.0), "grad_norm", axis="step", id="m2")], facts={"clip_grad": 1.0, "lr": 5e-4}),
        "clip_grad = 1",
    ),
    "oscillation": (lambda: make_run(loss=falling(N) * (1 + 0.3 * np.sin(np.arange(N) / 4)), facts={"lr": 0.25}), "0.25"),
    "memory_growth": (lambda: make_run([make_series(falling(N), "loss", axis="step"), make_series(np.linspace(10, 20, N), "gpu_memory", axis="step", id="m2")]), ".detach()"),
    "constant_metric": (lambda: make_run(loss=falling(20), val_accuracy=np.zeros(20)), "never changes"),
    "masked_nonfinite": (
        lambda: make_run([make_series(np.r_[6.0, 5.0, np.zeros(20)], "loss", axis="step"), make_series(np.r_[1.0, np.full(21, np.nan)], "grad_norm", axis="step", id="m2")]),
        "logging_nan_inf_filter",
    ),
}  # fmt: skip


def advised(run: Run) -> tuple[tuple[Recommendation, ...], dict[str, str]]:
    analysis = lossreport.analyze(run, strict=True)
    return analysis.recommendations, {finding.id: finding.kind for finding in analysis.findings}


@pytest.mark.parametrize("kind", CASES)
def test_a_finding_has_a_step_that_names_it(kind: str) -> None:
    make, words = CASES[kind]
    recommendations, kinds = advised(make())
    mine = [one for one in recommendations if kind in {kinds[finding] for finding in one.because}]
    assert any(words in one.text.plain("en").replace("*", "") for one in mine)


@pytest.mark.parametrize("kind", CASES)
def test_every_step_speaks_both_languages_and_rests_on_findings_that_exist(kind: str) -> None:
    recommendations, kinds = advised(CASES[kind][0]())
    for one in recommendations:
        assert set(one.because) <= set(kinds)
        assert one.text.plain("zh") != one.text.plain("en")
        assert one.when in ("now", "next")


def test_a_healthy_run_is_only_told_to_go_on_and_what_is_missing() -> None:
    recommendations, _ = advised(make_run(loss=falling(200, 8, 1)))
    assert [one.because for one in recommendations] == [()] * len(recommendations)
    assert len(recommendations) <= 3


def test_ids_of_advice_are_unique() -> None:
    ids = [unit.id for unit in advices()]
    assert len(ids) == len(set(ids))
