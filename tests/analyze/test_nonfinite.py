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
