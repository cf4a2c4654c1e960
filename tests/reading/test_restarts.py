"""An axis that goes back: a restart, an appended run, a counter inside epochs, or rows out of
order; in files and in frames alike.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.model.analysis import Analysis
from lossreport.reading.runs.restarts import counted_on, is_epoch_counter, steps_back
from runs import falling

STEPS: dict[str, tuple[list[float], list[int]]] = {
    "forwards": ([0, 1, 2, 3], []),
    "resumed": ([0, 1, 2, 3, 1, 2, 3], [4]),
    "again from the start": ([0, 1, 2, 0, 1, 2], [3]),
    "written a second time": ([5, 6, 7, 6, 7, 8], [3]),
    "two rows swapped": ([0, 1, 3, 2, 4, 5], []),
    "two rows swapped at the end": ([0, 1, 2, 4, 3], []),
}


@pytest.mark.parametrize("name", STEPS)
def test_where_a_new_stretch_begins(name: str) -> None:
    x, expected = STEPS[name]
    assert steps_back(np.array(x, dtype=float)).tolist() == expected


@pytest.mark.parametrize(("values", "expected"), [("go on", True), ("begin again", False)])
def test_a_counter_inside_epochs_goes_on_where_it_was(values: str, expected: bool) -> None:
    x = np.tile(np.arange(20.0), 4)
    y = falling(80) if values == "go on" else np.tile(falling(20), 4)
    starts = np.array([20, 40, 60])
    assert is_epoch_counter(x, y, starts) is expected
    assert counted_on(x, starts).tolist() == list(range(80))


@pytest.mark.parametrize("starts", [[20], [20, 31, 60]], ids=["once", "irregular"])
def test_restarts_that_are_rare_or_irregular_are_no_counter(starts: list[int]) -> None:
    bounds = [0, *starts, 80]
    x = np.concatenate([np.arange(b - a, dtype=float) for a, b in pairwise(bounds)])
    assert not is_epoch_counter(x, falling(80), np.array(starts))


def analysed(**columns: object) -> Analysis:
    return lossreport.analyze(lossreport.run_from_frame(pd.DataFrame(columns)), strict=True)


def test_a_frame_that_goes_back_has_segments_and_a_finding() -> None:
    analysis = analysed(step=[*range(50), *range(40, 80)], loss=falling(90))
    assert [segment.why for segment in analysis.runs[0].segments] == ["start", "restart"]
    assert [finding.kind for finding in analysis.findings] == ["rollback"]


def test_a_counter_beside_an_epoch_column_is_no_restart() -> None:
    analysis = analysed(step=[*range(30)] * 3, epoch=np.repeat([0, 1, 2], 30), loss=falling(90))
    assert analysis.runs[0].series[0].x.tolist() == list(range(90))
    assert analysis.findings == ()
