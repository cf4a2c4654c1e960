"""A training loss that rises under a validation that gets better is no divergence of the model;
under any other it is.
"""

import numpy as np
import pytest

import lossreport
from lossreport.model.analysis import Severity, State
from lossreport.model.run import Floats
from runs import falling, flat, make_run, make_series

RISING = np.r_[falling(20, 2, 1), np.linspace(1, 6, 40)]


@pytest.mark.parametrize(
    ("validation", "severity"),
    [
        (np.linspace(3, 1, 60), Severity.MEDIUM),
        (flat(60, 2.0), Severity.CRITICAL),
        (np.r_[np.linspace(3, 1, 30), np.linspace(1, 2, 30)], Severity.CRITICAL),
        (np.linspace(3, 1, 4), Severity.CRITICAL),
    ],
    ids=["gets better", "stands", "past its best", "too few"],
)
def test_a_rise_is_weighed_against_the_validation(validation: Floats, severity: Severity) -> None:
    run = make_run([make_series(RISING, "loss"), make_series(validation, "loss", "val", id="m2")])
    analysis = lossreport.analyze(run, strict=True)
    (found,) = (
        one for one in analysis.findings if one.kind == "divergence" and one.series[0] == "m1"
    )
    assert found.severity is severity
    softened = severity is Severity.MEDIUM
    assert any("no divergence of the model" in note.plain("en") for note in found.notes) is softened
    assert (analysis.run_verdict("r1").state is State.DIVERGING) is not softened
