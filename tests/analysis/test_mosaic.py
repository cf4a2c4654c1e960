"""A jump where Ultralytics turns its mosaic off is explained by it; one epoch beside it, or in
another program's log, is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.mosaic import DEFAULT, FACT
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Run
from runs import falling, make_run


def jumped(row: int, *, parser: str = "ultralytics_csv", **facts: int) -> Run:
    """Return 50 epochs, counted from 0, of a class loss that jumps at a row and of the loss that
    Ultralytics logs since v8.
    """
    y = np.array(falling(50, 3.0, 0.3))
    y[row] *= 1.5
    run = make_run(cls_loss=y, dfl_loss=falling(50, 1.2, 0.9), facts=facts)
    return replace(run, sources=tuple(replace(source, parser=parser) for source in run.sources))


def spike(run: Run) -> Finding:
    (finding,) = [
        one for one in lossreport.analyze(run, strict=True).findings if one.kind == "spike"
    ]
    return finding


@pytest.mark.parametrize(
    ("run", "closed"),
    [
        (jumped(50 - DEFAULT), True),
        (jumped(50 - DEFAULT - 2), False),
        (jumped(50 - DEFAULT, parser="generic_csv"), False),
        (jumped(35, close_mosaic=15), True),
        (jumped(50 - DEFAULT, close_mosaic=15), False),
        (jumped(50 - DEFAULT, close_mosaic=0), False),
        (jumped(50 - DEFAULT, epochs=100), False),
    ],
    ids=[
        "by default",
        "two epochs before",
        "another program",
        "as set",
        "not as set",
        "never closed",
        "the plan ends later",
    ],
)
def test_a_jump_where_the_mosaic_is_closed_is_explained_by_it(run: Run, closed: bool) -> None:
    found = spike(run)
    assert (found.explained_by == FACT) is closed
    assert (found.severity is Severity.LOW) is closed
