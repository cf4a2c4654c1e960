"""A log that begins in the middle of a training cannot tell what was gained since its start."""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.beginning import LATE, begins_late
from lossreport.model.analysis import State
from runs import flat, make_run, make_series


@pytest.mark.parametrize(
    ("first", "late"),
    [
        (0, False),
        (1, False),
        (10, False),
        (int(100 * LATE), False),
        (int(100 * LATE) + 10, True),
        (900, True),
    ],
)
def test_a_log_is_late_where_much_of_the_axis_lies_before_it(first: int, late: bool) -> None:
    x = first + np.arange(0, 101, 5)
    assert begins_late(make_series(np.ones(len(x)), x=x.tolist(), axis="step")) is late


@pytest.mark.parametrize(
    ("first", "kinds"),
    [(147, set()), (1, {"no_learning"})],
    ids=["from the middle", "from the start"],
)
def test_a_flat_stretch_from_the_middle_of_a_training_is_not_called_stuck(
    first: int, kinds: set[str]
) -> None:
    run = make_run([make_series(flat(20, 3.5, 0.002), "loss", x=list(range(first, first + 20)))])
    analysis = lossreport.analyze(run, strict=True)
    assert {finding.kind for finding in analysis.findings} & {"no_learning"} == kinds
    assert (analysis.run_verdict("r1").state is State.PLATEAU_HIGH) is bool(kinds)
    assert any(one.check == "no_learning" for one in analysis.not_applicable) is not bool(kinds)
