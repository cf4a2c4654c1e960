"""Series that are no loss are looked at too: norms, entropies, divergences, clipped shares,
rewards, judges, codes, rankings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.runs import falling, flat, make_run, make_series, rng

import lossreport
from lossreport.analysis.detectors.policy_drift import LARGE
from lossreport.analysis.detectors.policy_entropy import COLLAPSED, NOISE
from lossreport.curves.excursion import TOWER, towering
from lossreport.model.analysis import Analysis, Finding, Severity
from lossreport.model.run import Event, Run, Status


def analysed(**metrics: object) -> Analysis:
    return lossreport.analyze(make_run(axis="step", **metrics), strict=True)


def told(analysis: Analysis, kind: str, name: str) -> list[Finding]:
    names = {series.id: series.name for series in analysis.runs[0].series}
    return [
        finding
        for finding in analysis.findings
        if finding.kind == kind and names[finding.series[0]] == name
    ]


N = 60
REWARD = np.linspace(0.2, 0.6, N) + 0.02 * rng(1).standard_normal(N)


def norm_with(peak: float) -> np.ndarray:
    norm = np.abs(flat(200, 5.0, 0.08))
    norm[[60, 120]] = 5.0 * peak
    return norm


CASES: dict[
    str, tuple[str, str, Callable[[], dict[str, object]], Callable[[], dict[str, object]]]
] = {
    "a gradient norm that stands out": (
        "batch_outlier",
        "grad_norm",
        lambda: {"loss": falling(200), "grad_norm": norm_with(6)},
        lambda: {"loss": falling(200), "grad_norm": norm_with(3)},
    ),
    "a distance to the reference that stands out": (
        "batch_outlier",
        "kl",
        lambda: {"reward": falling(200), "kl": np.where(np.arange(200) == 100, 197.0, 0.4)},
        lambda: {"reward": falling(200), "kl": np.where(np.arange(200) == 100, 2.0, 0.4)},
    ),
    "an entropy that collapses": (
        "worsening",
        "entropy",
        lambda: {"reward": REWARD, "entropy": np.geomspace(1.0, 0.8 * COLLAPSED, N)},
        lambda: {"reward": REWARD, "entropy": np.geomspace(1.0, 1.5 * COLLAPSED, N)},
    ),
    "an entropy loss that collapses": (
        "worsening",
        "entropy_loss",
        lambda: {"reward": REWARD, "entropy_loss": -np.geomspace(1.0, 0.01, N)},
        lambda: {"reward": REWARD, "entropy_loss": -np.geomspace(1.0, 0.4, N)},
    ),
    "an entropy that explodes": (
        "divergence",
        "entropy",
        lambda: {"reward": REWARD, "entropy": np.geomspace(0.3, 5.0, N)},
        lambda: {"reward": REWARD, "entropy": np.geomspace(0.3, 1.0, N)},
    ),
    "updates that go too far": (
        "divergence",
        "approx_kl",
        lambda: {"reward": REWARD, "approx_kl": np.full(N, LARGE * 1.5)},
        lambda: {"reward": REWARD, "approx_kl": np.full(N, LARGE * 0.9)},
    ),
    "a policy that runs away": (
        "divergence",
        "kl",
        lambda: {"reward": REWARD, "kl": np.geomspace(1e-4, 1e3, N)},
        lambda: {"reward": REWARD, "kl": np.geomspace(5e-4, 0.5, N)},
    ),
    "answers that are cut": (
        "clip_saturation",
        "completions/clipped_ratio",
        lambda: {"reward": REWARD, "completions/clipped_ratio": np.linspace(0.2, 1.0, N)},
        lambda: {"reward": REWARD, "completions/clipped_ratio": np.linspace(0.2, 0.8, N)},
    ),
    "updates that are clipped": (
        "clip_saturation",
        "clip_fraction",
        lambda: {"reward": REWARD, "clip_fraction": np.full(N, 0.6)},
        lambda: {"reward": REWARD, "clip_fraction": np.full(N, 0.3)},
    ),
    "groups of equal rewards": (
        "no_learning",
        "frac_reward_zero_std",
        lambda: {"reward": REWARD, "frac_reward_zero_std": np.linspace(0.4, 1.0, N)},
        lambda: {"reward": REWARD, "frac_reward_zero_std": np.linspace(0.4, 0.7, N)},
    ),
    "rewards without spread": (
        "constant_metric",
        "reward_std",
        lambda: {"reward": REWARD, "reward_std": np.zeros(3 * 4)},
        lambda: {"reward": REWARD, "reward_std": np.r_[0.1, np.zeros(11)]},
    ),
    "a gradient of 0 beside rewards that differ": (
        "constant_metric",
        "grad_norm",
        lambda: {"reward": [0.6, 0.7], "reward_std": [0.15, 0.14], "grad_norm": [0.0, 0.0]},
        lambda: {"reward": [0.6, 0.7], "reward_std": [0.15, 0.14], "grad_norm": [0.0, 0.1]},
    ),
    "a judge that never agrees": (
        "constant_metric",
        "judge_asr",
        lambda: {"reward": REWARD, "judge_asr": np.zeros(N)},
        lambda: {"reward": REWARD, "judge_asr": np.where(np.arange(N) == 30, 0.1, 0.0)},
    ),
    "a codebook that collapses": (
        "worsening",
        "codebook_perplexity",
        lambda: {"loss": falling(N), "codebook_perplexity": np.geomspace(400, 20, N)},
        lambda: {"loss": falling(N), "codebook_perplexity": np.geomspace(400, 200, N)},
    ),
    "a ranking that is turned round": (
        "broken_metric",
        "auc",
        lambda: {"loss": falling(N), "val_auc": np.linspace(0.45, 0.30, N)},
        lambda: {"loss": falling(N), "val_auc": np.linspace(0.60, 0.45, N)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_helper_metric_is_told_on_one_side_of_its_threshold_and_not_on_the_other(
    case: str,
) -> None:
    kind, name, fires, silent = CASES[case]
    assert told(analysed(**fires()), kind, name)
    assert not told(analysed(**silent()), kind, name)


@pytest.mark.parametrize("case", CASES)
def test_a_helper_is_grave_only_where_nothing_is_trained(case: str) -> None:
    kind, name, fires, _ = CASES[case]
    grave = name in ("grad_norm", "reward_std") and kind == "constant_metric"
    assert all(
        (finding.severity is Severity.HIGH) is grave
        for finding in told(analysed(**fires()), kind, name)
    )


def test_a_loss_that_does_not_react_is_told_beside_the_norm() -> None:
    calm = told(analysed(loss=falling(200), grad_norm=norm_with(6)), "batch_outlier", "grad_norm")
    assert "does not react" in " ".join(finding.text.plain("en") for finding in calm)
    assert {finding.severity for finding in calm} == {Severity.LOW}
    loss = falling(200) * np.where(np.isin(np.arange(200), [60, 120]), 3.0, 1.0)
    moved = told(analysed(loss=loss, grad_norm=norm_with(6)), "batch_outlier", "grad_norm")
    assert "rises in at least one" in " ".join(finding.text.plain("en") for finding in moved)


def test_an_entropy_without_a_reward_is_no_policy() -> None:
    assert not told(
        analysed(loss=falling(N), entropy=np.geomspace(1.0, 0.01, N)), "worsening", "entropy"
    )


@pytest.mark.parametrize("factor", [2 * TOWER, 0.5 * TOWER])
def test_rows_that_tower_over_a_wide_noise_are_seen(factor: float) -> None:
    y = 30 * np.exp(0.8 * rng(3).standard_normal(240))
    y[[40, 150]] = 30 * factor * np.array([10.0, 12.0]) if factor > TOWER else 30 * factor
    assert [first for first, _ in towering(y)] == ([40, 150] if factor > TOWER else [])


@pytest.mark.parametrize("seed", range(10))
def test_a_heavy_tail_towers_over_nothing(seed: int) -> None:
    assert towering(np.exp(1.5 * rng(seed).standard_normal(400))) == ()


def swinging(period: int) -> Run:
    """The error of a value that is jumped up by every copy of its target, and learned away."""
    saw = 0.35 * np.exp(-(np.arange(600) % period) / 10) + 0.002
    run = make_run(
        loss=saw * (1 + 0.02 * rng(2).standard_normal(600)),
        reward=0.9 + 0.01 * rng(4).standard_normal(600),
        axis="step",
    )
    return replace(run, series=tuple(replace(one, x=4 * one.x) for one in run.series))


def test_a_sawtooth_of_reinforcement_learning_is_told_with_its_period_and_is_no_instability() -> (
    None
):
    analysis = lossreport.analyze(swinging(50), strict=True)
    (finding,) = told(analysis, "oscillation", "loss")
    assert finding.severity is Severity.LOW
    assert "50 rows (200 steps)" in finding.text.plain("en")
    assert not told(analysis, "level_shift", "loss")


MORE: dict[
    str, tuple[str, str, Callable[[], dict[str, object]], Callable[[], dict[str, object]]]
] = {
    "a policy that is not updated": (
        "no_learning",
        "approx_kl",
        lambda: {"reward": REWARD, "approx_kl": np.full(N, 5e-8)},
        lambda: {"reward": REWARD, "approx_kl": np.full(N, 1e-4)},
    ),
    "a divergence that is negative": (
        "broken_metric",
        "objective/kl",
        lambda: {"reward": REWARD, "objective/kl": np.linspace(0, -8, N)},
        lambda: {"reward": REWARD, "objective/kl": np.linspace(0, -0.3, N)},
    ),
    "a coefficient that runs away": (
        "divergence",
        "ent_coef",
        lambda: {"reward": REWARD, "ent_coef": np.geomspace(0.1, 1e4, N)},
        lambda: {"reward": REWARD, "ent_coef": np.geomspace(1.0, 8.0, N)},
    ),
    "a discriminator that has won": (
        "divergence",
        "g_loss",
        lambda: {"d_loss": np.geomspace(1.2, 0.01, N), "g_loss": np.linspace(1, 9, N)},
        lambda: {"d_loss": np.geomspace(1.2, 0.2, N), "g_loss": np.linspace(1, 3, N)},
    ),
    "a discriminator that answers one half": (
        "no_learning",
        "d_loss",
        lambda: {"d_loss": np.full(N, 1.3863), "g_loss": np.full(N, 0.693)},
        lambda: {
            "d_loss": 1.3863 * (1 + 0.03 * rng(5).standard_normal(N)),
            "g_loss": np.full(N, 0.7),
        },
    ),
    "a code that says nothing": (
        "worsening",
        "kl_loss",
        lambda: {"recon_loss": falling(N), "kl_loss": np.geomspace(5, 1e-4, N)},
        lambda: {"recon_loss": falling(N), "kl_loss": np.geomspace(5, 0.2, N)},
    ),
    "an error rate at its maximum": (
        "constant_metric",
        "wer",
        lambda: {"loss": falling(N), "val_wer": np.ones(6)},
        lambda: {"loss": falling(N), "val_wer": np.linspace(1, 0.9, 6)},
    ),
}


@pytest.mark.parametrize("case", MORE)
def test_a_game_a_code_or_an_error_is_told_on_one_side_and_not_on_the_other(case: str) -> None:
    kind, name, fires, silent = MORE[case]
    assert told(analysed(**fires()), kind, name)
    assert not told(analysed(**silent()), kind, name)


def test_a_hinge_at_zero_is_no_discriminator_that_has_won() -> None:
    y = np.r_[np.geomspace(1.2, 0.01, 20), np.zeros(40)]
    assert not told(analysed(d_loss=y, g_loss=np.linspace(1, 9, N)), "divergence", "g_loss")


def stopped(at: int, auc: object) -> Analysis:
    event = Event(
        kind="early_stop", source="s1", line=70, quote=f"Stopping. Best iteration: [{at}]"
    )
    run = replace(make_run(axis="step", loss=falling(12), val_auc=auc), events=(event,))
    return lossreport.analyze(run, strict=True)


TURNED = np.r_[np.linspace(0.67, 0.72, 6), np.linspace(0.72, 0.70, 6)]


def test_an_early_stop_while_the_metric_still_gets_better_is_told() -> None:
    assert told(stopped(0, TURNED), "broken_metric", "auc")
    assert told(stopped(11, np.linspace(0.67, 0.72, 12)), "broken_metric", "auc")
    assert not told(stopped(5, TURNED), "broken_metric", "auc")


def resumed(factor: float) -> Analysis:
    """A loss that is `factor` times as high in the first row behind a resume, and comes back."""
    loss = np.array(falling(120, 3.0, 1.0))
    loss[60:] *= 1 + (factor - 1) * 0.4 ** np.arange(60)
    event = Event(kind="resume", source="s1", line=61, quote="Resuming training from checkpoint")
    return lossreport.analyze(
        replace(make_run(axis="step", loss=loss), events=(event,)), strict=True
    )


def test_a_loss_that_is_higher_behind_a_resume_is_told_there() -> None:
    assert any(
        finding.numbers.get("resumed") or finding.start.row in (60, 61)
        for finding in told(resumed(1.5), "spike", "loss")
    )
    assert not resumed(1.05).findings


def test_training_that_waits_in_every_row_is_a_stall() -> None:
    wait = {
        "data_time": 0.8 + 0.01 * rng(6).standard_normal(60),
        "iter_time": 1.1 + 0.01 * rng(7).standard_normal(60),
    }
    assert told(analysed(loss=falling(60), **wait), "data_stall", "data_time")
    less = wait | {"data_time": 0.25 * wait["data_time"]}
    assert not told(analysed(loss=falling(60), **less), "data_stall", "data_time")


def test_a_perplexity_of_a_validation_that_turns_is_overfitting() -> None:
    val = np.r_[np.linspace(1200, 1150, 6), np.linspace(1155, 1260, 9)]
    assert told(
        analysed(perplexity=np.linspace(1125, 915, 15), val_perplexity=val),
        "overfitting",
        "perplexity",
    )
    both = analysed(
        perplexity=np.r_[np.linspace(1125, 915, 6), np.linspace(920, 1100, 9)], val_perplexity=val
    )
    assert not told(both, "overfitting", "perplexity")


def test_a_helper_that_stands_at_zero_has_no_multiple_of_it() -> None:
    kl = np.where(np.arange(60) == 40, 4.6, 0.0)
    run = make_run(
        [
            make_series(kl, "approx_kl", axis="step", metric_type="kl"),
            make_series(falling(60), "loss", axis="step", id="m2"),
        ]
    )
    (finding,) = [
        one
        for one in lossreport.analyze(run, strict=True).findings
        if one.series == ("m1",) and one.kind == "batch_outlier"
    ]
    assert "where the median around it is 0" in finding.text.plain("en")


CRASH = Event(
    kind="traceback", source="s1", line=900, quote="OddError: no such thing", ends=Status.CRASHED
)


@pytest.mark.parametrize("entropy", [0.9, 1.4], ids=["of a policy", "of noise"])
def test_a_policy_that_writes_noise_is_not_resumed_from_its_last_checkpoint(entropy: float) -> None:
    run = replace(
        make_run(axis="step", reward=REWARD[::-1], entropy=np.geomspace(0.3, entropy * NOISE, N)),
        status=Status.CRASHED,
        events=(CRASH,),
    )
    analysis = lossreport.analyze(run, strict=True)
    (finding,) = told(analysis, "divergence", "entropy")
    noise = finding.severity is Severity.HIGH
    assert noise is (entropy > 1)
    step = next(
        one.text.plain("en")
        for one in analysis.recommendations
        if "OddError" in one.text.plain("en")
    )
    assert ("had gone wrong before" in step) is noise
    assert ("from the last checkpoint." in step) is not noise


@pytest.mark.parametrize("row", [0, 1, 12], ids=["first", "second", "inside"])
def test_one_lucky_batch_of_a_reward_of_0_is_no_level_that_was_lost(row: int) -> None:
    reward = np.zeros(21)
    reward[row] = 0.25
    assert not told(analysed(reward=reward), "worsening", "reward")


def test_the_returns_that_an_update_is_computed_from_are_no_goal() -> None:
    run = make_run(
        [
            make_series(REWARD - REWARD, "critic/returns/mean", axis="step", metric_type="reward"),
            make_series(REWARD, "critic/rewards/mean", axis="step", metric_type="reward", id="m2"),
        ]
    )
    analysis = lossreport.analyze(run, strict=True)
    assert [one.series for one in analysis.goals] == ["m2"]
