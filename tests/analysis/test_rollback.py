"""Breaks of the axis: a resume goes back, a second run is appended, rows are written twice, the
last line is torn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossreport.analysis.context import Context
from lossreport.analysis.detectors.rollback import DETECTOR
from lossreport.analysis.views import enrich
from lossreport.model.analysis import Finding
from lossreport.model.run import Run, Segment, SegmentWhy
from runs import falling, make_run, make_series


def found(run: Run) -> list[Finding]:
    return list(DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[arg-type]


def resumed(why: SegmentWhy, second_start: float = 40) -> Run:
    x = np.r_[np.arange(60), second_start + np.arange(40)]
    series = make_series(falling(100), axis="step", x=x, spans=[(0, 59), (60, 99)])
    return make_run(
        [series], segments=[Segment(source="s1", first_line=61, last_line=100, why=why)]
    )


@pytest.mark.parametrize(
    ("why", "kind"), [("resume", "rollback"), ("restart", "rollback"), ("new_run", "appended_run")]
)
def test_an_axis_that_goes_back_is_told_with_its_line(why: SegmentWhy, kind: str) -> None:
    (finding,) = found(resumed(why))
    assert (finding.kind, finding.start.line) == (kind, 61)


def test_a_resume_that_goes_on_where_it_stopped_is_no_rollback() -> None:
    assert found(resumed("resume", 60)) == []


def test_of_an_overlap_the_later_rows_count() -> None:
    (series,) = [s for s in enrich(resumed("resume")).series if not s.derived]
    assert series.x.tolist() == list(range(80))
    assert series.line[40] == 61


@pytest.mark.parametrize(("again", "expected"), [(1, 0), (2, 1)])
def test_two_rows_written_twice_are_told(again: int, expected: int) -> None:
    y, x = falling(20), np.arange(20.0)
    run = make_run([make_series(np.r_[y, y[:again]], axis="step", x=np.r_[x, x[:again]])])
    assert len([one for one in found(run) if one.kind == "duplicate_rows"]) == expected


@pytest.mark.parametrize("torn", [True, False])
def test_a_torn_last_line_is_told(torn: bool) -> None:
    run = make_run(closs=falling(20))
    run = replace(
        run, sources=tuple(replace(source, torn=torn, lines=21) for source in run.sources)
    )
    assert [one.kind for one in found(run)] == (["truncated_log"] if torn else [])
