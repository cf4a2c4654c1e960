"""What is said and advised fits what was found: answers that are cut are no clipped gradients,
loaded weights are not initialised, an error count of 0 is no judge.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.analysis.detectors.spike import CLEAR, SLIGHT, _severity
from lossreport.analysis.payloads import Excursion
from lossreport.knowledge.recognise import Clues, recognise
from lossreport.model.analysis import Analysis, Severity, State
from lossreport.model.run import Run
from runs import falling, flat, make_run, make_series, rng


def analysed(run: Run) -> Analysis:
    return lossreport.analyze(run, strict=True)


def advice(analysis: Analysis) -> str:
    return " ".join(one.text.plain("en") for one in analysis.recommendations)


def policy(n: int = 60) -> list[object]:
    return [
        make_series(rng(1).standard_normal(n), "loss", axis="step", id="m1", metric_type="policy"),
        make_series(
            1 + 0.3 * rng(2).standard_normal(n),
            "reward",
            axis="step",
            id="m2",
            metric_type="reward",
        ),
    ]


def test_answers_that_are_cut_are_not_clipped_gradients() -> None:
    cut = make_series(
        np.r_[np.linspace(0.5, 1, 20), np.ones(40)],
        "completions/clipped_ratio",
        axis="step",
        id="m3",
    )
    analysis = analysed(make_run([*policy(), cut], facts={"lr": 5e-5}))  # type: ignore[list-item]
    (finding,) = [one for one in analysis.findings if one.kind == "clip_saturation"]
    assert finding.title is not None
    assert finding.title.en == "most answers cut"
    assert "clip_grad" not in advice(analysis)
    clipped = make_series(flat(60, 3.0), "grad_norm", axis="step", id="m2", metric_type="grad_norm")
    analysis = analysed(
        make_run([make_series(falling(60), "loss", axis="step"), clipped], facts={"clip_grad": 1.0})
    )
    (finding,) = [one for one in analysis.findings if one.kind == "clip_saturation"]
    assert finding.title is not None
    assert finding.title.en == "clipped steps"
    assert "clip_grad = 1" in advice(analysis)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("judge_asr", 0.0, True), ("judge_err", 0.0, False), ("judge_err", 1.0, True)],
)
def test_a_count_of_errors_that_stays_0_is_what_it_should_be(
    name: str, value: float, told: bool
) -> None:
    analysis = analysed(
        make_run([*policy(), make_series(np.full(60, value), name, axis="step", id="m3")])
    )  # type: ignore[list-item]
    assert any(one.kind == "constant_metric" for one in analysis.findings) is told


@pytest.mark.parametrize(
    ("peak", "said"), [(5.0, "loss rises in at least one"), (0.05, "loss does not react there")]
)
def test_a_distance_of_the_policy_is_held_against_its_loss(peak: float, said: str) -> None:
    kl, loss = flat(60, 0.5, 0.05), np.abs(flat(60, 0.05, 0.05))
    kl[30], loss[30] = 200.0, peak
    run = make_run(
        [
            make_series(loss, "loss", axis="step", id="m1", metric_type="policy"),
            policy()[1],  # type: ignore[list-item]
            make_series(kl, "kl", axis="step", id="m3", metric_type="kl"),
        ]
    )
    (finding,) = [one for one in analysed(run).findings if one.series[0] == "m3"]
    assert said in finding.text.plain("en")


@pytest.mark.parametrize(
    ("loaded", "severity"),
    [({}, Severity.MEDIUM), ({"_name_or_path": "google/mt5-small"}, Severity.LOW)],
)
def test_loaded_weights_are_not_to_be_initialised_anew(
    loaded: dict[str, str], severity: Severity
) -> None:
    y = np.r_[9.0, 8.0, falling(80, 4.0, 2.0)]
    run = make_run(
        [make_series(y, "loss", axis="step", metric_type="cross_entropy")],
        facts={"vocab_size": 100, **loaded},
    )
    analysis = analysed(run)
    (finding,) = [one for one in analysis.findings if one.kind == "above_chance"]
    assert finding.severity is severity
    assert ("standard deviation of 0.02" in advice(analysis)) is (not loaded)


@pytest.mark.parametrize(
    ("name", "beside", "kind"),
    [
        ("loss_q1", ("loss_q0", "loss_q2", "loss_q3"), "diffusion"),
        ("loss_q1", ("loss_q2",), "value"),  # twin critics
        ("loss_q1", (), "value"),
    ],
)
def test_quarters_of_diffusion_are_no_critics(
    name: str, beside: tuple[str, ...], kind: str
) -> None:
    assert recognise(name, Clues(metrics=frozenset((name, *beside)))).type_id == kind


@pytest.mark.parametrize(("gradient", "broken"), [(0.0, True), (0.01, False)])
def test_a_loss_of_0_beside_a_gradient_of_0_is_a_training_that_is_none(
    gradient: float, broken: bool, tmp_path: Path
) -> None:

    rows = "".join(f"{at},0.0,{gradient},0.0875\n" for at in range(1, 40))
    (tmp_path / "metrics.csv").write_text("iter,loss,grad_rms,param_rms\n" + rows, encoding="utf-8")
    analysis = analysed(lossreport.read_run([tmp_path]))
    assert any(one.state is State.BROKEN for one in analysis.verdicts) is broken
    assert ("Add a validation set" in advice(analysis)) is not broken


@pytest.mark.parametrize(
    ("ratio", "score", "severity"),
    [
        (SLIGHT - 0.05, CLEAR - 1, Severity.LOW),
        (SLIGHT - 0.05, CLEAR + 1, Severity.MEDIUM),
        (SLIGHT + 0.05, CLEAR - 1, Severity.MEDIUM),
    ],
)
def test_a_slight_spike_within_the_spread_of_the_rows_asks_for_nothing(
    ratio: float, score: float, severity: Severity
) -> None:
    held = Excursion(value=ratio, baseline=1.0, score=score)
    assert _severity(make_series(flat(20, 1.0)), held, in_nats=False) is severity


@pytest.mark.parametrize(
    ("statistic", "said"), [("epoch_mean", "means over a whole epoch"), ("ema", "one row an epoch")]
)
def test_only_means_over_an_epoch_are_called_so(statistic: str, said: str) -> None:
    y = flat(30, 1.0, 0.002)
    y[20] = 1.8
    analysis = analysed(make_run([make_series(y, "loss", statistic=statistic)]))
    assert said in advice(analysis)


def test_advice_that_rests_on_low_findings_comes_behind_the_rest() -> None:
    run = make_run(
        [
            make_series(falling(60, 4, 2), "loss"),
            make_series(0.7 * falling(60, 4, 2), "loss", "val", id="m2"),
        ]
    )
    analysis = analysed(run)
    low = {one.id for one in analysis.findings if one.severity is Severity.LOW}
    resting = [
        bool(one.because) and low.issuperset(one.because)
        for one in analysis.recommendations
        if one.when == "next"
    ]
    assert resting == sorted(resting)


@pytest.mark.parametrize(
    ("highest", "severity"), [(84.0, Severity.HIGH), (5.0, Severity.MEDIUM), (0.9, None)]
)
def test_one_update_that_throws_the_policy_is_told(
    highest: float, severity: Severity | None
) -> None:
    kl = flat(30, 0.012, 0.1)
    kl[12] = highest
    run = make_run(
        [*policy(30), make_series(kl, "approx_kl", axis="step", id="m3", metric_type="kl")]
    )  # type: ignore[list-item]
    found = [one for one in analysed(run).findings if one.kind == "divergence"]
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    assert all("threw the policy" in one.text.plain("en") and one.start.row == 12 for one in found)
    assert all("target_kl" in advice(analysed(run)) for _ in found)
