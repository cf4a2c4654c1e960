"""Advice follows from what was found, names the run's own settings and its source, and nothing is
advised without a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.advice.spikes import LONG
from lossreport.analysis.adviser import advices
from lossreport.analysis.schedule import SPENT
from lossreport.model.analysis import Recommendation, State
from lossreport.model.run import Event, Floats, Run
from runs import falling, flat, make_run, make_series, rng

N = 300
CASES: dict[str, tuple[Callable[[], Run], str]] = {
    "nonfinite": (lambda: make_run(loss=[*falling(30), np.nan]), "checkpoint before epoch 30"),
    "divergence": (lambda: make_run(loss=np.r_[falling(50), 2 * np.linspace(1, 4, 50)]), "restart from a checkpoint"),
    "overfitting": (lambda: make_run(loss=falling(60), val_loss=np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)]), "where the validation was best"),
    "mixture": (lambda: make_run(loss=np.tile([1.0, 8.0], 12) * flat(24, 1.0, 0.02)), "run id"),
    "clip_saturation": (
        lambda: make_run([make_series(falling(N), "loss", axis="step"), make_series(flat(N, 3.0), "grad_norm", axis="step", id="m2")], facts={"clip_grad": 1.0, "lr": 5e-4}),
        "clip_grad = 1",
    ),
    "oscillation": (lambda: make_run(loss=falling(N) * (1 + 0.3 * np.sin(np.arange(N) / 4)), facts={"lr": 0.25}), "0.25"),
    "memory_growth": (lambda: make_run([make_series(falling(N), "loss", axis="step"), make_series(np.linspace(10, 20, N), "gpu_memory", axis="step", id="m2")]), ".detach()"),
    "constant_metric": (lambda: make_run(loss=flat(20), val_accuracy=np.zeros(20)), "never changes"),
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


def test_a_restart_goes_before_the_first_bad_training_row_and_not_before_the_first_validation() -> (
    None
):
    loss = make_series([6.0, *[np.nan] * 40], "loss", axis="step", x=[1, *range(5, 205, 5)])
    val = make_series([np.nan] * 4, "loss", "eval", axis="step", x=[50, 100, 150, 200], id="m2")
    said = [one.text.plain("en") for one in advised(make_run([loss, val]))[0]]
    assert any("from a checkpoint before step 5." in text for text in said)


def test_ids_of_advice_are_unique() -> None:
    ids = [unit.id for unit in advices()]
    assert len(ids) == len(set(ids))


def resumed(after: float, lr_after: float | None = None) -> Run:
    y = np.r_[falling(200, 6, 3, noise=0.003), 3 * after * flat(200, 1.0, 0.003)]
    lr = np.r_[np.linspace(1e-3, 1e-4, 200), np.linspace(lr_after or 1e-4, 1e-5, 200)]
    spans = [(0, 199), (200, 399)]
    return make_run(
        [
            make_series(y, "loss", axis="step", spans=spans),
            make_series(lr, "lr", axis="step", id="m2", spans=spans),
        ]
    )


def spiky(rows: list[int], grad: float = 0.5, clip: float = 10.0, name: str = "loss") -> Run:
    y, g = falling(N, noise=0.003), flat(N, 0.5, 0.1)
    for row in rows:
        y[row : row + 3] *= 3
        g[row : row + 3] = grad
    return make_run(
        [
            make_series(
                y, name.removeprefix("val_"), "val" if "val_" in name else "train", axis="step"
            ),
            make_series(g, "grad_norm", axis="step", id="m2"),
        ],
        facts={"clip_grad": clip, "lr": 1e-3},
    )


def with_health(name: str, values: list[float]) -> Run:
    return make_run(
        [
            make_series(falling(len(values)), "loss", axis="step"),
            make_series(values, name, axis="step", id="m2"),
        ]
    )


def overflowing(count: int, steps: int = 400) -> Run:
    run = make_run(loss=falling(steps), axis="step")
    return replace(
        run,
        events=tuple(
            Event(kind="overflow", source="s1", line=n + 1, quote="OVERFLOW!") for n in range(count)
        ),
    )


def ended(status: str, *events: tuple[str, int]) -> Run:
    said = tuple(Event(kind=kind, source="s1", line=line, quote=kind) for kind, line in events)  # type: ignore[arg-type]
    return replace(make_run(loss=falling(50), axis="step", status=status), events=said)


def beside(gain: float) -> Run:
    """A training loss that falls beside a validation loss whose tail falls by `gain`, which is
    within the limits of flat.
    """
    val = np.r_[falling(150, 8, 2, noise=0), 2 * np.linspace(1, 1 - gain, 50)] * (
        1 + 0.0005 * flat(200, 0, 1)
    )
    return make_run(loss=falling(200, 8, 0.5), val_loss=val)


def rising_term(*, total: bool) -> Run:
    term = np.r_[falling(100, 8, 2), np.linspace(2, 4, 100)]
    both = {"loss": 10 * falling(200)} if total else {}
    return make_run(**both, loss_1=term, axis="step")


SAID: dict[str, tuple[Callable[[], Run], Callable[[], Run], str]] = {
    "a drop at a resume": (lambda: resumed(0.7), lambda: resumed(1.0), "sampler state"),
    "a rise at a resume": (
        lambda: resumed(1.3),
        lambda: resumed(1.0),
        "the optimiser, data loader and random states",
    ),
    "a learning rate that starts anew": (
        lambda: resumed(1.0, 1e-3),
        lambda: resumed(1.0),
        "scheduler's state_dict",
    ),
    "spikes more often": (
        lambda: spiky([200, 230, 260, 280]),
        lambda: spiky([30, 60, 200, 260]),
        "Spikes become more frequent",
    ),
    "clipping too loose": (
        lambda: spiky([100, 250], grad=8.0),
        lambda: spiky([100, 250], grad=8.0, clip=0.3),
        "too loose",
    ),
    "a loss scale that collapses": (
        lambda: with_health("loss_scale", [65536.0 / 2 ** (i // 20) for i in range(200)]),
        lambda: with_health("loss_scale", [65536.0 / 2 ** (i // 10 % 2) for i in range(200)]),
        "fp16 keeps overflowing",
    ),
    "a loss scale that ends at one": (
        lambda: with_health("loss_scale", [65536.0 / 2 ** min(i, 16) for i in range(200)]),
        # it found its level at 2
        lambda: with_health("loss_scale", [65536.0 / 2 ** min(i, 15) for i in range(200)]),
        "fp16 keeps overflowing",
    ),
    "overflow messages": (
        lambda: overflowing(12),
        lambda: overflowing(7),  # of 400 steps, below 2%
        "fp16 keeps overflowing",
    ),
    "few of many overflow messages": (
        lambda: overflowing(20, 400),
        lambda: overflowing(20, 4000),
        "fp16 keeps overflowing",
    ),
    "out of memory": (
        lambda: ended("crashed", ("oom", 60), ("traceback", 61)),
        # the run went on behind the first
        lambda: ended("crashed", ("oom", 10), ("traceback", 60)),
        "stopped out of memory",
    ),
    "an exception": (
        lambda: ended("crashed", ("traceback", 60), ("killed", 61)),
        lambda: ended("interrupted", ("killed", 60), ("traceback", 61)),
        "in an exception",
    ),
    "a signal": (
        lambda: ended("interrupted", ("killed", 60), ("traceback", 61)),
        lambda: ended("crashed", ("traceback", 60), ("killed", 61)),
        "by a signal",
    ),
    "a time-out": (
        lambda: ended("interrupted", ("timeout", 61)),
        lambda: ended("interrupted", ("timeout", 10)),
        "at a time-out",
    ),
    "no validation": (
        lambda: make_run(loss=falling(50)),
        lambda: make_run(loss=falling(50), val_loss=falling(50)),
        "Add a validation set",
    ),
    "a game without validation": (
        lambda: make_run(loss=falling(50)),
        lambda: make_run(d_loss=falling(50), g_loss=falling(50)),
        "Add a validation set",
    ),
    "scores but no validation loss": (
        lambda: make_run(loss=falling(50), val_accuracy=1 - 0.1 * falling(50)),
        lambda: make_run(loss=falling(50)),
        "metrics (val/accuracy) but no validation loss",
    ),
    "only the training loss falls": (
        lambda: beside(0.0),
        lambda: beside(0.01),
        "probably only fits the training set",
    ),
    "spikes of a validation": (
        lambda: spiky([100, 250]),
        lambda: spiky([100, 250], name="val_loss"),
        "If the spikes recur",
    ),
    "a term that rises": (
        lambda: rising_term(total=True),
        lambda: rising_term(total=False),
        "which by itself is no divergence of the model",
    ),
    "a loss that rises": (
        lambda: rising_term(total=False),
        lambda: rising_term(total=True),
        "Stop, restart from a checkpoint",
    ),
    "spikes of a measure": (
        lambda: spiky([100, 250]),
        lambda: spiky([100, 250], name="d_loss"),
        "If the spikes recur",
    ),
    "a z-loss that grows": (
        lambda: with_health("z_loss", [50.0 + 0.5 * i for i in range(200)]),
        lambda: with_health("z_loss", [50.0 + 0.2 * i for i in range(200)]),
        "output logits may be drifting",
    ),
    "a validation that logs scores only": (
        lambda: make_run(loss=falling(30), val_psnr=np.linspace(20, 30, 30)),
        lambda: make_run(loss=falling(30), val_loss=falling(30), val_psnr=np.linspace(20, 30, 30)),
        "metrics (val/psnr) but no validation loss",
    ),
    "no validation at all": (
        lambda: make_run(loss=falling(30)),
        lambda: make_run(loss=falling(30), val_psnr=np.linspace(20, 30, 30)),
        "Add a validation set",
    ),
    "a loss that is no measure": (
        lambda: make_run(diffusion_loss=falling(100)),
        lambda: make_run(closs=falling(100)),
        "with fixed seeds",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_advice_is_given_where_the_evidence_asks_for_it_and_not_else(case: str) -> None:
    fires, silent, words = SAID[case]
    for make, expected in ((fires, True), (silent, False)):
        said = [
            one.text.plain("en") for one in lossreport.analyze(make(), strict=True).recommendations
        ]
        assert any(words in text for text in said) is expected


def test_every_piece_of_advice_says_what_it_costs() -> None:
    runs = [make for make, _ in CASES.values()] + [fires for fires, _, _ in SAID.values()]
    for make in runs:
        for one in lossreport.analyze(make(), strict=True).recommendations:
            assert "代价" in one.text.plain("zh"), one.text.plain("zh")
            assert "Cost: " in one.text.plain("en"), one.text.plain("en")


def test_the_best_checkpoint_is_named_by_its_place_and_value() -> None:
    run = make_run(
        loss=falling(60), val_loss=np.r_[falling(30, 6, 2, noise=0), 2 * np.linspace(1.01, 1.5, 30)]
    )
    (said,) = [
        one.text.plain("en")
        for one in lossreport.analyze(run, strict=True).recommendations
        if "Use the checkpoint" in one.text.plain("en")
    ]
    assert "val/loss 2 at epoch 29" in said


def test_a_run_that_is_not_finite_from_its_first_row_has_no_checkpoint_to_go_back_to() -> None:
    said = [
        one.text.plain("en")
        for one in lossreport.analyze(make_run(loss=[np.nan] * 20), strict=True).recommendations
    ]
    assert any("no checkpoint to go back to" in text for text in said)
    assert not any("restart from a checkpoint" in text for text in said)


def test_a_training_loss_that_falls_beside_a_flat_validation_is_not_told_to_go_on() -> None:
    both = make_run(
        loss=falling(200, 4, 0.1), val_loss=np.r_[falling(60, 6, 2, noise=0), flat(140, 2.0, 0.003)]
    )
    said = " ".join(
        one.text.plain("en") for one in lossreport.analyze(both, strict=True).recommendations
    )
    assert "only fits the training set" in said
    assert "Training can continue" not in said


@pytest.mark.parametrize(("gap", "overfits"), [(1.03, False), (1.5, True)])
def test_a_validation_close_to_the_training_loss_is_not_said_to_be_fitted_alone(
    gap: float, overfits: bool
) -> None:
    loss = 0.55 + 0.15 * np.exp(-np.arange(60) / 25)
    acc = 0.655 - 0.05 * np.exp(-np.arange(60) / 4) + 0.0005 * rng(2).standard_normal(60)
    run = make_run(loss=loss, val_loss=gap * loss, val_accuracy=acc)
    said = " ".join(
        one.text.plain("en") for one in lossreport.analyze(run, strict=True).recommendations
    )
    assert ("only fits the training set" in said) is overfits
    assert ("nothing points at overfitting" in said) is not overfits


@pytest.mark.parametrize("spiked", [False, True])
def test_an_answer_does_not_hide_what_must_be_looked_at_and_reassures_of_nothing(
    spiked: bool,
) -> None:
    y = falling(100, noise=0.003)
    y[60] *= 3 if spiked else 1
    outcome = lossreport.analyze(make_run(loss=y), strict=True).outcome("r1")
    assert outcome is not None
    assert outcome.state is State.IMPROVING
    assert ("First look at #F1: spike (loss, epoch 60)" in outcome.text.plain("en")) is spiked
    assert outcome.tone == ("warn" if spiked else "good")
    assert "stopping" not in outcome.text.plain("en")


def test_a_first_validation_that_is_nan_is_not_the_start_of_the_run() -> None:
    loss = make_series(np.r_[6.0, 5.0, np.zeros(20)], "loss", axis="step")
    val = make_series([np.nan] * 4, "loss", "val", axis="step", x=[5, 10, 15, 20], id="m2")
    said = [
        one.text.plain("en")
        for one in lossreport.analyze(make_run([loss, val]), strict=True).recommendations
    ]
    assert not any("no checkpoint to go back to" in text for text in said)
    # the zeros begin at step 2
    assert any("restart from a checkpoint before step 1." in text for text in said)


def test_zeros_that_hide_nan_are_neither_called_flat_nor_non_finite() -> None:
    loss = make_series(np.r_[6.0, 5.0, np.zeros(20)], "loss", axis="step")
    analysis = lossreport.analyze(
        make_run(
            [loss, make_series(np.r_[1.0, np.full(21, np.nan)], "grad_norm", axis="step", id="m2")]
        ),
        strict=True,
    )
    assert "plateau" not in {finding.kind for finding in analysis.findings}
    (verdict,) = [one for one in analysis.verdicts if one.series == ("m1",)]
    assert "hide NaN" in verdict.text.plain("en")


def test_one_event_in_two_metrics_is_one_spike_of_the_rate() -> None:
    y = falling(N, noise=0.003)
    for row in (200, 260):
        y[row : row + 3] *= 3
    both = make_run(
        [make_series(y, "loss", axis="step"), make_series(y * 2, "closs", axis="step", id="m2")]
    )
    assert not any(
        "become more frequent" in one.text.plain("en")
        for one in lossreport.analyze(both, strict=True).recommendations
    )


@pytest.mark.parametrize(
    ("last", "spent"), [(0.99 * SPENT, True), (1.01 * SPENT, False)], ids=["run out", "a floor"]
)
def test_a_schedule_that_has_run_out_is_not_told_to_go_on(last: float, spent: bool) -> None:
    lr = 1e-3 * np.r_[np.linspace(1, last, 200)]
    run = make_run(
        [
            make_series(falling(200, 8, 1), "loss", axis="step"),
            make_series(lr, "lr", axis="step", id="m2"),
        ]
    )
    said = " ".join(
        one.text.plain("en") for one in lossreport.analyze(run, strict=True).recommendations
    )
    assert ("resume with a new schedule" in said) is spent
    assert ("Training can continue" in said) is not spent


@pytest.mark.parametrize(
    ("status", "last"),
    [("finished", 1e-7), ("unknown", 1e-7), ("finished", 1e-4)],
    ids=["run out", "killed", "a floor"],
)
def test_a_validation_that_improved_to_the_end_of_its_schedule_is_not_called_flat(
    status: str, last: float
) -> None:
    loss, validation = (
        make_series(falling(200, 8, 1), "loss", axis="step"),
        make_series(falling(200, 8, 1.1), "loss", "val", axis="step", id="m2"),
    )
    rate = make_series(np.linspace(1e-3, last, 200), "lr", axis="step", id="m3")
    said = " ".join(
        one.text.plain("en")
        for one in advised(make_run([loss, validation, rate], status=status))[0]
    )
    assert "is flat" not in said
    assert ("resume with a new schedule" in said) is (last < 1e-5)


def test_a_validation_that_logs_scores_only_is_no_missing_validation() -> None:
    scores = make_series(np.linspace(0.2, 0.8, 60), "accuracy", "dev", id="m2")
    texts = [
        one.text.plain("en")
        for one in advised(make_run([make_series(falling(60), "loss"), scores]))[0]
    ]
    assert not any("Add a validation set" in text for text in texts)
    assert any("metrics (dev/accuracy) but no validation loss" in text for text in texts)


@pytest.mark.parametrize(("rows", "found"), [(3, False), (4, True)])
@pytest.mark.parametrize("rate", [0.0, 1e-5])
def test_gradients_that_are_0_in_every_row_reach_no_parameter(
    rows: int, found: bool, rate: float
) -> None:
    columns = (
        ("loss", flat(rows, 12.0)),
        ("grad_norm", np.zeros(rows)),
        ("learning_rate", np.full(rows, rate)),
    )
    series = [make_series(y, name, axis="step", id=f"m{i}") for i, (name, y) in enumerate(columns)]
    findings = [
        one
        for one in lossreport.analyze(make_run(series), strict=True).findings
        if one.kind == "constant_metric"
    ]
    assert bool(findings) is found
    assert not found or ("so is" in findings[0].text.plain("en")) is (rate == 0)


def test_the_best_rows_are_those_of_scores_that_weigh_misses_and_finds() -> None:
    scores = {
        f"val_{name}": np.linspace(0.1, 0.9, 30)
        for name in ("precision", "recall", "mAP50", "mAP50-95")
    }
    run = make_run(loss=falling(30), **scores)
    names = {series.id: series.name for series in run.series}
    assert [names[best.series] for best in lossreport.analyze(run, strict=True).bests][:2] == [
        "mAP50-95",
        "mAP50",
    ]


def test_the_best_distance_is_the_lowest_and_the_best_likeness_the_highest() -> None:
    analysis = lossreport.analyze(
        make_run(loss=falling(30), val_fid=falling(30, 90, 20), val_psnr=np.linspace(20, 30, 30)),
        strict=True,
    )
    assert sorted(best.value for best in analysis.bests) == [
        pytest.approx(falling(30, 90, 20)[-1]),
        30.0,
    ]


def test_a_map_decides_before_one_of_several_terms_and_before_a_total() -> None:
    terms = {
        "val_box_loss": falling(30),
        "val_cls_loss": falling(30),
        "val_mAP50": np.linspace(0.1, 0.9, 30),
    }
    run = make_run(box_loss=falling(30), **terms)
    names = {series.id: series.name for series in run.series}
    assert (
        next(names[best.series] for best in lossreport.analyze(run, strict=True).bests) == "mAP50"
    )
    run = make_run(loss=falling(30), val_loss=falling(30), **terms)
    names = {series.id: series.name for series in run.series}
    assert [names[best.series] for best in lossreport.analyze(run, strict=True).bests][:2] == [
        "mAP50",
        "loss",
    ]


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (np.linspace(0.1, 0.9, 60), True),
        (np.r_[np.linspace(0.1, 0.9, 30), np.linspace(0.9, 0.2, 30)], False),
    ],
)
def test_a_score_that_still_rises_is_named_beside_the_lowest_loss(
    score: Floats, told: bool
) -> None:
    val = np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)]
    said = [
        one.text.plain("en")
        for one in lossreport.analyze(
            make_run(loss=falling(60), val_loss=val, val_mAP50=score), strict=True
        ).recommendations
    ]
    assert any("still got better (best val/mAP50" in text for text in said) is told


@pytest.mark.parametrize(
    ("parser", "names", "given"),
    [
        ("lerobot_text", {}, True),
        ("lerobot_text", {"success_rate": [0.0] * 9}, False),
        ("test", {}, False),
    ],
)
def test_a_policy_of_imitation_is_to_be_evaluated(
    parser: str, names: dict[str, list[float]], given: bool
) -> None:
    run = make_run(axis="step", loss=falling(9), **names)
    run = replace(run, sources=tuple(replace(source, parser=parser) for source in run.sources))
    assert (
        any(
            "loss of imitation" in one.text.plain("en")
            for one in lossreport.analyze(run, strict=True).recommendations
        )
        is given
    )


@pytest.mark.parametrize(
    ("loss", "words"), [(falling(9), "check how it is computed"), (flat(9), "never changes")]
)
def test_an_accuracy_of_0_beside_a_falling_loss_is_a_matter_of_counting(
    loss: Floats, words: str
) -> None:
    recommendations, _ = advised(make_run(loss=loss, accuracy=np.zeros(9)))
    assert any(words in one.text.plain("en") for one in recommendations), recommendations


@pytest.mark.parametrize(
    ("status", "words"), [("finished", "The run is over"), ("unknown", "train a little longer")]
)
def test_a_run_that_is_over_is_not_sent_on_because_its_tail_is_noisy(
    status: str, words: str
) -> None:
    y = np.r_[falling(40, 3.0, 1.0, 0.1, seed=2), flat(60, 1.0, 0.4, seed=2)]
    analysis = lossreport.analyze(
        make_run([make_series(y, "loss", axis="step")], status=status), strict=True
    )
    (verdict,) = [
        one for one in analysis.verdicts if not one.series and one.question == "convergence"
    ]
    assert verdict.state is State.INCONCLUSIVE
    assert "90% interval" in verdict.text.plain("en")
    assert any(words in one.text.plain("en") for one in analysis.recommendations)


@pytest.mark.parametrize(
    ("status", "every", "said"),
    [
        ("finished", 10, "The run is over and the loss came back"),
        ("unknown", 10, "restart from the last checkpoint before them"),
        ("unknown", LONG // 300 + 1, "about 100 steps earlier"),
    ],
    ids=["over", "short", "long"],
)
def test_advice_on_a_spike_fits_the_length_and_the_end_of_the_run(
    status: str, every: int, said: str
) -> None:
    y = np.array(falling(300, 6.0, 2.0, 0.01))
    y[150:160] *= np.linspace(8, 1.5, 10)
    loss = make_series(y, "loss", axis="step", x=every * np.arange(1, 301.0))
    found, _ = advised(make_run([loss], status=status))
    told = [one.text.plain("en") for one in found if "batches" in one.text.plain("en")]
    assert len(told) == 1
    assert said in told[0]


@pytest.mark.parametrize("then", ["nan", "spike"], ids=["it broke later", "it ends in the spike"])
def test_a_run_that_did_not_come_back_is_not_told_that_it_did(then: str) -> None:
    y = np.array(falling(300, 6.0, 2.0, 0.01))
    y[150:160] *= np.linspace(8, 1.5, 10)
    y[290 if then == "nan" else 299 :] = np.nan if then == "nan" else 40.0
    found, _ = advised(
        make_run(
            [make_series(y, "loss", axis="step", x=10 * np.arange(1, 301.0))], status="finished"
        )
    )
    assert not any("the loss came back" in one.text.plain("en") for one in found)
