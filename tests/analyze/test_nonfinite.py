"""NaN and infinite rows are found with their line; a tail of them, or an exit the log reports, is critical."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analyze.detector import Context
from lossreport.analyze.detectors.nonfinite import DETECTOR
from lossreport.analyze.views import enrich
from lossreport.model.analysis import Finding, Severity, State
from lossreport.model.run import Event, Floats, Status
from runs import falling, make_run


def found(y: object) -> list[Finding]:
    run = make_run(closs=y)  # type: ignore[arg-type]
    return list(DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("after", "severity"), [(1.0, Severity.HIGH), (np.nan, Severity.CRITICAL)], ids=["recovers", "to the end"])
def test_a_row_that_is_not_finite_is_found(bad: float, after: float, severity: Severity) -> None:
    (finding,) = found([3.0, 2.0, bad, after])
    assert (finding.severity, finding.start.line, finding.numbers["count"]) == (severity, 3, 1 if after == 1.0 else 2)


def test_finite_rows_raise_nothing() -> None:
    assert found(falling(20)) == []


def test_an_exit_that_the_log_reports_breaks_the_run() -> None:
    run = make_run(closs=falling(20))
    broken = replace(run, events=(Event(kind="nonfinite_exit", source="s1", line=21, quote="Loss is nan, stopping training"),))
    analysis = lossreport.analyze(broken)
    (finding,) = [one for one in analysis.findings if one.kind == "nonfinite"]
    assert finding.severity is Severity.CRITICAL
    assert finding.evidence[0].line == 21
    assert analysis.run_verdict("r1").state is State.BROKEN


def test_a_validation_that_is_nan_breaks_no_run_that_trains_on() -> None:
    run = make_run(loss=falling(30), val_loss=np.full(30, np.nan), val_mAP50=np.linspace(0.1, 0.6, 30))
    analysis = lossreport.analyze(run, strict=True)
    (finding,) = [one for one in analysis.findings if one.kind == "nonfinite"]
    assert finding.severity is Severity.HIGH
    assert "training loss stays finite" in finding.text.plain("en")
    assert analysis.run_verdict("r1").state is not State.BROKEN
    said = [one.text.plain("en") for one in analysis.recommendations]
    assert any("Cost: a change to the evaluation code, no retraining" in text for text in said)
    assert not any("Do not use weights" in text or "No value of" in text for text in said)


@pytest.mark.parametrize(
    "loss",
    [np.r_[falling(29), np.nan], np.r_[falling(20), np.full(10, falling(20)[-1])], np.full(30, np.nan)],
    ids=["dies too", "is repeated by the logger", "never was finite"],
)
def test_a_validation_that_is_nan_breaks_a_run_whose_training_shows_no_life_after_it(loss: Floats) -> None:
    run = make_run(loss=loss, val_loss=np.r_[falling(22), np.full(8, np.nan)])
    assert lossreport.analyze(run, strict=True).run_verdict("r1").state is State.BROKEN


def test_a_validation_that_is_nan_in_the_last_row_alone_leaves_it_open_whether_the_weights_are() -> None:
    run = make_run(loss=falling(30), val_loss=np.r_[falling(29), np.nan])
    assert lossreport.analyze(run, strict=True).run_verdict("r1").state is State.BROKEN


def test_rows_that_are_nan_between_finite_ones_cost_no_weights() -> None:
    y = falling(30)
    y[[7, 12]] = np.nan
    (text,) = [one.text.plain("en") for one in lossreport.analyze(make_run(loss=y), strict=True).recommendations if one.when == "now"]
    assert "the weights are finite" in text
    assert "Do not use weights" not in text


def test_what_never_was_finite_is_named_and_nothing_else() -> None:
    run = make_run(loss=np.full(9, np.nan), rpn_loss=falling(9), box_loss=np.full(9, np.nan))
    (text,) = [one.text.plain("en") for one in lossreport.analyze(run, strict=True).recommendations if one.when == "now"]
    assert text.startswith("No value of loss, box_loss is finite")


def test_an_exit_told_in_two_lines_is_one_finding() -> None:
    run = replace(
        make_run(closs=falling(20)), events=tuple(Event(kind="nonfinite_exit", source="s1", line=n, quote="NaN") for n in (21, 22))
    )
    (finding,) = [one for one in lossreport.analyze(run).findings if one.kind == "nonfinite"]
    assert finding.evidence[0].line == 21


def test_a_crash_is_told_in_the_verdict() -> None:
    for status, told in ((Status.CRASHED, True), (Status.UNKNOWN, False)):
        verdict = lossreport.analyze(replace(make_run(loss=falling(30)), status=status)).run_verdict("r1")
        assert ("crashed" in verdict.text.plain("en")) is told


def test_a_gradient_that_overflows_now_and_then_costs_no_weights() -> None:
    norm = np.full(30, 3.0)
    norm[[0, 9, 29]] = np.nan
    said = [
        one.text.plain("en")
        for one in lossreport.analyze(make_run(loss=falling(30), grad_norm=norm), strict=True).recommendations
        if one.when == "now"
    ]
    assert any("the weights are finite" in text for text in said)
    assert not any("No value of" in text or "Do not use weights" in text for text in said)
