"""A run that a resume wrote into two files is one curve: later rows win, each row keeps its file
and line.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.joining import JOINED, NEAR_ROWS
from lossreport.analysis.views import enrich
from lossreport.model.analysis import State
from lossreport.model.run import Run, Series
from runs import falling, make_run, make_series

Y = falling(200)


def split_run(
    start: int, end: int = 120, parsers: tuple[str, str] = ("tfevents", "tfevents")
) -> Run:
    first = make_series(Y[:end], "loss", axis="step", id="m1", path="a")
    second = make_series(
        Y[start:], "loss", axis="step", x=np.arange(start, 200), id="m2", source="s2", path="b"
    )
    run = make_run([first, second])
    return replace(
        run,
        sources=tuple(
            replace(source, parser=parser)
            for source, parser in zip(run.sources, parsers, strict=True)
        ),
    )


def joined(run: Run) -> list[Series]:
    return [s for s in enrich(run).series if s.derived and s.derived.how == JOINED]


@pytest.mark.parametrize("start", [100, 120, 130])
def test_rows_go_on_in_the_later_file_from_its_first_step(start: int) -> None:
    (series,) = joined(split_run(start))
    assert series.x.tolist() == [*range(min(start, 120)), *range(start, 200)]
    row = min(start, 120)
    assert (series.source_of(row - 1), series.source_of(row)) == ("s1", "s2")
    assert series.line[row] == 1
    assert [(span.first_row, span.last_row) for span in series.segments] == [
        (0, row - 1),
        (row, len(series) - 1),
    ]


@pytest.mark.parametrize(
    "start",
    [0, 40, 120 + NEAR_ROWS],
    ids=["from the start", "from the first half", "far behind the end"],
)
def test_files_that_do_not_follow_are_not_joined(start: int) -> None:
    assert joined(split_run(start)) == []


def test_files_of_different_programs_are_not_joined() -> None:
    assert joined(split_run(120, parsers=("tfevents", "keras_csv"))) == []


def test_the_whole_is_judged_and_its_evidence_names_the_right_file() -> None:
    run = split_run(120)
    y = np.array(run.series[1].y)
    y[40:42] *= 9
    spiked = replace(run, series=(run.series[0], replace(run.series[1], y=y)))
    analysis = lossreport.analyze(spiked, strict=True)
    verdicts = [verdict for verdict in analysis.verdicts if verdict.series]
    assert [verdict.state for verdict in verdicts] == [State.IMPROVING]
    (spike,) = [finding for finding in analysis.findings if finding.kind == "spike"]
    assert {(one.source, one.line) for one in spike.evidence} == {("s2", 41), ("s2", 42)}
    assert (spike.start.row, spike.start.x) == (160, 160)


def test_a_joined_series_is_not_told_to_be_a_mean_that_was_recovered() -> None:
    page = lossreport.render(
        lossreport.compose(lossreport.analyze(split_run(120), strict=True)), "md", "en"
    )
    assert "| `loss` | a + b |" in page
    assert "recovered from the running mean" not in page
