"""NaN and infinite rows are found with their line; a tail of them, or an exit the log reports, is critical."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analyze.detector import Context
from lossreport.analyze.detectors.nonfinite import DETECTOR
from lossreport.analyze.views import enrich
from lossreport.model.analysis import Analysis, Finding, Severity, State
from lossreport.model.run import Event
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


def mended(**columns: object) -> Analysis:
    return lossreport.analyze(make_run(**columns))  # type: ignore[arg-type]


def test_where_only_the_validation_is_nan_the_training_is_not_called_broken() -> None:
    analysis = mended(loss=falling(20), val_loss=[np.nan] * 20)
    verdict = analysis.run_verdict("r1")
    assert verdict.state is State.BROKEN
    assert "the training itself is not shown to be broken" in verdict.text.plain("en")
    steps = [step.text.plain("en") for step in analysis.recommendations]
    assert any("look at the validation first" in step for step in steps)
    assert not any("No loss in the log is finite" in step or "Do not use weights" in step for step in steps)


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
def test_a_metric_that_is_nan_says_nothing_of_the_weights(name: str, y: list[float], severity: Severity) -> None:
    analysis = mended(loss=falling(20), **{name: y})
    assert [f.severity for f in analysis.findings if f.kind == "nonfinite"] == [severity]
    assert not any("weights" in step.text.plain("en") for step in analysis.recommendations)


def test_after_a_nan_that_passes_the_weights_are_not_given_up() -> None:
    steps = [step.text.plain("en") for step in mended(loss=[*falling(10), np.nan, *falling(9, 3.0, 2.0)]).recommendations]
    assert any("did not turn the weights into NaN" in step for step in steps)
    assert not any("Do not use weights" in step for step in steps)
