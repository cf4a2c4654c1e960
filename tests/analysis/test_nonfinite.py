"""NaN and infinite rows are found with their line; a tail of them, or an exit the log reports, is
critical.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.nonfinite import DETECTOR
from lossreport.analysis.views import enrich
from lossreport.model.analysis import Analysis, Finding, Severity, State
from lossreport.model.run import Event, Floats, Status
from runs import falling, make_run, make_series


def found(y: object) -> list[Finding]:
    run = make_run(closs=y)  # type: ignore[arg-type]
    return list(DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("after", "severity"),
    [(1.0, Severity.HIGH), (np.nan, Severity.CRITICAL)],
    ids=["recovers", "to the end"],
)
def test_a_row_that_is_not_finite_is_found(bad: float, after: float, severity: Severity) -> None:
    (finding,) = found([3.0, 2.0, bad, after])
    assert (finding.severity, finding.start.line, finding.numbers["count"]) == (
        severity,
        3,
        1 if after == 1.0 else 2,
    )


def test_finite_rows_raise_nothing() -> None:
    assert found(falling(20)) == []


def beside(y: object, name: str, split: str = "train") -> tuple[Finding, Analysis]:
    loss = make_series(falling(20), "loss", axis="step")
    run = make_run([loss, make_series(y, name, split, axis="step", id="m2")])  # type: ignore[arg-type]
    analysis = lossreport.analyze(run, strict=True)
    return next(one for one in analysis.findings if one.kind == "nonfinite"), analysis


@pytest.mark.parametrize(
    ("name", "split", "words"),
    [
        ("grad_norm", "train", "loss scale"),
        ("rouge1", "eval", "0 divided by 0"),
        ("loss", "eval", "fp16 overflow in evaluation"),
    ],
)
def test_what_is_not_finite_beside_a_finite_training_loss_breaks_no_run(
    name: str, split: str, words: str
) -> None:
    some, analysis = beside(np.where(np.arange(20) % 5, 1.0, np.nan), name, split)
    assert some.severity is Severity.MEDIUM
    step = next(one for one in analysis.recommendations if some.id in one.because)
    assert words in step.text.plain("en")
    assert "Do not use weights" not in step.text.plain("en")
    every, analysis = beside(np.full(20, np.nan), name, split)
    assert every.severity is (Severity.MEDIUM if name == "rouge1" else Severity.HIGH)
    assert "the training loss ends finite" in every.text.plain("en")
    assert analysis.run_verdict("r1").state is not State.BROKEN
    assert not any("sound row" in line.plain("en") for line in every.notes)


def test_a_gradient_that_is_not_finite_where_the_loss_ends_so_breaks_the_run() -> None:
    loss = np.r_[falling(10), np.full(10, np.nan)]
    run = make_run(
        [
            make_series(loss, "loss", axis="step"),
            make_series(np.full(20, np.nan), "grad_norm", axis="step", id="m2"),
        ]
    )
    analysis = lossreport.analyze(run, strict=True)
    assert {one.severity for one in analysis.findings if one.kind == "nonfinite"} == {
        Severity.CRITICAL
    }
    assert analysis.run_verdict("r1").state is State.BROKEN


def test_a_log_without_any_loss_is_not_told_that_its_losses_are_not_finite() -> None:
    run = make_run([make_series(np.full(8, np.nan), "grad_norm", axis="step")])
    (step,) = [one for one in lossreport.analyze(run, strict=True).recommendations if one.because]
    assert step.text.plain("en").startswith("No loss is logged")


def test_a_gradient_that_is_never_finite_does_not_make_the_losses_so() -> None:
    loss = make_series(np.r_[4.4, 4.5, 4.5, 4.3, 4.2, 0, 0, 0, 0], "loss", axis="step")
    run = make_run([loss, make_series(np.full(9, np.nan), "grad_norm", axis="step", id="m2")])
    steps = [one.text.plain("en") for one in lossreport.analyze(run, strict=True).recommendations]
    assert not any("No loss in the log is finite" in step for step in steps)
    assert any("Do not use weights" in step for step in steps)


def test_a_validation_that_is_not_finite_stands_beside_the_mean_that_the_trainer_prints_at_its_end() -> (
    None
):
    run = make_run([make_series([np.nan], "loss", "eval", axis="step")], facts={"train_loss": 6.04})
    (finding,) = [
        one for one in lossreport.analyze(run, strict=True).findings if one.kind == "nonfinite"
    ]
    assert "training loss ends finite" in finding.text.plain("en")


def test_a_step_is_shown_as_the_log_prints_it() -> None:
    run = make_run([make_series([3.0, np.nan, 2.0], "loss", axis="step", x=[3000, 3010, 3020])])
    (finding,) = [one for one in lossreport.analyze(run).findings if one.kind == "nonfinite"]
    assert "step 3010" in finding.text.plain("en")


def test_an_exit_that_the_log_reports_breaks_the_run() -> None:
    run = make_run(closs=falling(20))
    broken = replace(
        run,
        events=(
            Event(
                kind="nonfinite_exit", source="s1", line=21, quote="Loss is nan, stopping training"
            ),
        ),
    )
    analysis = lossreport.analyze(broken)
    (finding,) = [one for one in analysis.findings if one.kind == "nonfinite"]
    assert finding.severity is Severity.CRITICAL
    assert finding.evidence[0].line == 21
    assert analysis.run_verdict("r1").state is State.BROKEN


def test_a_validation_that_is_nan_breaks_no_run_that_trains_on() -> None:
    run = make_run(
        loss=falling(30), val_loss=np.full(30, np.nan), val_mAP50=np.linspace(0.1, 0.6, 30)
    )
    analysis = lossreport.analyze(run, strict=True)
    (finding,) = [one for one in analysis.findings if one.kind == "nonfinite"]
    assert finding.severity is Severity.HIGH
    assert "training loss ends finite" in finding.text.plain("en")
    assert analysis.run_verdict("r1").state is not State.BROKEN
    said = [one.text.plain("en") for one in analysis.recommendations]
    assert any("this alone is no reason to go back to a checkpoint" in text for text in said)
    assert not any("Do not use weights" in text or "No value of" in text for text in said)


@pytest.mark.parametrize(
    "loss",
    [
        np.r_[falling(29), np.nan],
        np.r_[falling(20), np.full(10, falling(20)[-1])],
        np.full(30, np.nan),
    ],
    ids=["dies too", "is repeated by the logger", "never was finite"],
)
def test_a_validation_that_is_nan_breaks_a_run_whose_training_shows_no_life_after_it(
    loss: Floats,
) -> None:
    run = make_run(loss=loss, val_loss=np.r_[falling(22), np.full(8, np.nan)])
    assert lossreport.analyze(run, strict=True).run_verdict("r1").state is State.BROKEN


def test_a_validation_that_is_nan_in_the_last_row_alone_leaves_it_open_whether_the_weights_are() -> (
    None
):
    run = make_run(loss=falling(30), val_loss=np.r_[falling(29), np.nan])
    assert lossreport.analyze(run, strict=True).run_verdict("r1").state is State.BROKEN


def test_rows_that_are_nan_between_finite_ones_cost_no_weights() -> None:
    y = falling(30)
    y[[7, 12]] = np.nan
    (text,) = [
        one.text.plain("en")
        for one in lossreport.analyze(make_run(loss=y), strict=True).recommendations
        if one.when == "now"
    ]
    assert "the weights are finite" in text
    assert "Do not use weights" not in text


def test_what_never_was_finite_is_named_and_nothing_else() -> None:
    run = make_run(loss=np.full(9, np.nan), rpn_loss=falling(9), box_loss=np.full(9, np.nan))
    (text,) = [
        one.text.plain("en")
        for one in lossreport.analyze(run, strict=True).recommendations
        if one.when == "now"
    ]
    assert "No value of loss, box_loss is, not even in the first row" in text


def test_an_exit_told_in_two_lines_is_one_finding() -> None:
    run = replace(
        make_run(closs=falling(20)),
        events=tuple(
            Event(kind="nonfinite_exit", source="s1", line=n, quote="NaN") for n in (21, 22)
        ),
    )
    (finding,) = [one for one in lossreport.analyze(run).findings if one.kind == "nonfinite"]
    assert finding.evidence[0].line == 21


def test_a_crash_is_told_first() -> None:
    for status, told in ((Status.CRASHED, True), (Status.UNKNOWN, False)):
        outcome = lossreport.analyze(replace(make_run(loss=falling(30)), status=status)).outcome(
            "r1"
        )
        assert outcome is not None
        assert outcome.text.plain("en").startswith("Crashed") is told
        assert (outcome.tone == "bad") is told


def mended(**columns: object) -> Analysis:
    return lossreport.analyze(make_run(**columns))  # type: ignore[arg-type]


def test_where_only_the_validation_is_nan_the_training_is_not_called_broken() -> None:
    analysis = mended(loss=falling(20), val_loss=[*falling(19), np.nan])
    verdict = analysis.run_verdict("r1")
    assert verdict.state is State.BROKEN
    assert "the training itself is not shown to be broken" in verdict.text.plain("en")
    steps = [step.text.plain("en") for step in analysis.recommendations]
    assert any("look at the validation first" in step for step in steps)
    assert not any(
        "No loss in the log is finite" in step or "Do not use weights" in step for step in steps
    )


def test_where_the_training_is_nan_as_well_the_weights_are_spoken_of() -> None:
    analysis = mended(loss=[*falling(19), np.nan], val_loss=[*falling(19), np.nan])
    assert "nothing after them can be trusted" in analysis.run_verdict("r1").text.plain("en")
    assert any("Do not use weights" in step.text.plain("en") for step in analysis.recommendations)


@pytest.mark.parametrize(
    ("name", "y", "severity"),
    [
        ("ep_rew_mean", [np.nan, np.nan, *falling(18)], Severity.LOW),
        ("ep_rew_mean", [*falling(10), np.nan, *falling(9)], Severity.MEDIUM),
        ("accuracy", [np.nan] * 20, Severity.MEDIUM),
    ],
    ids=["no episode has ended yet", "a gap of a reward", "an accuracy without values"],
)
def test_a_metric_that_is_nan_says_nothing_of_the_weights(
    name: str, y: list[float], severity: Severity
) -> None:
    analysis = mended(loss=falling(20), **{name: y})
    assert [f.severity for f in analysis.findings if f.kind == "nonfinite"] == [severity]
    assert not any("weights" in step.text.plain("en") for step in analysis.recommendations)


def test_a_gradient_that_overflows_now_and_then_costs_no_weights() -> None:
    norm = np.full(30, 3.0)
    norm[[0, 9, 29]] = np.nan
    said = [
        one.text.plain("en")
        for one in lossreport.analyze(
            make_run(loss=falling(30), grad_norm=norm), strict=True
        ).recommendations
        if one.when == "now"
    ]
    assert any("does not show that the weights are broken" in text for text in said)
    assert not any("No value of" in text or "Do not use weights" in text for text in said)


def test_after_a_nan_that_passes_the_weights_are_not_given_up() -> None:
    steps = [
        step.text.plain("en")
        for step in mended(loss=[*falling(10), np.nan, *falling(9, 3.0, 2.0)]).recommendations
    ]
    assert any("so the weights are finite" in step for step in steps)
    assert not any("Do not use weights" in step for step in steps)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([np.nan, *falling(19)], "Some rows from epoch 0 on"),
        ([np.nan, *falling(17), np.nan, np.nan], "written from epoch 18 on"),
        ([*falling(5), np.nan, *falling(12), np.nan, np.nan], "written from epoch 18 on"),
        ([np.nan] * 20, "No value of loss is, not even in the first row"),
    ],
    ids=["only the first row", "the first and the last", "one before the end", "all"],
)
def test_weights_are_given_up_from_where_no_finite_row_follows(y: list[float], said: str) -> None:
    analysis = mended(loss=y)
    (step,) = [
        r.text.plain("en")
        for r in analysis.recommendations
        if r.when == "now" and "spikes" not in r.text.plain("en")
    ]
    assert said in step
    (finding,) = [f for f in analysis.findings if f.kind == "nonfinite"]
    assert (finding.severity is Severity.CRITICAL) is bool(np.isnan(y[-1]))


@pytest.mark.parametrize(
    ("last", "state"),
    [(6, State.BROKEN), (7, State.IMPROVING)],
    ids=["the log ends with it", "batches follow"],
)
def test_a_mean_over_no_batch_is_told_by_the_batches_behind_it(last: int, state: State) -> None:
    batches = make_series(
        [2.3, 2.1, 1.9, 1.7, 1.5, 1.3][: last - 1],
        "loss",
        axis="iteration",
        line=[1, 2, 3, 4, 5, 7][: last - 1],
    )
    analysis = lossreport.analyze(
        make_run([batches, make_series([np.nan], "loss", id="m2", line=[6])]), strict=True
    )
    assert (analysis.run_verdict("r1").state is State.BROKEN) is (state is State.BROKEN)


@pytest.mark.parametrize(
    ("first", "severity"), [(1, Severity.LOW), (2, Severity.LOW), (3, Severity.MEDIUM)]
)
def test_before_its_first_value_there_is_nothing_to_compute_a_metric_from(
    first: int, severity: Severity
) -> None:
    y = np.r_[np.full(first, np.nan), np.linspace(1, 3, 40)]
    run = make_run(
        [
            make_series(np.linspace(1, 90, len(y)), "reward", axis="iteration"),
            make_series(y, "novelty", axis="iteration", id="m2"),
        ]
    )
    (found,) = [
        one for one in lossreport.analyze(run, strict=True).findings if one.kind == "nonfinite"
    ]
    assert found.severity is severity
