"""What holds of all sections together: one that fails costs its own place and no other, and is
told.
"""

from collections.abc import Sequence
from typing import NoReturn

import pytest

import lossreport
from lossreport.compose import compose
from lossreport.compose.section import SectionWriter, Story, section_writers
from lossreport.model.analysis import Analysis
from runs import falling, make_run


def broken(_: Story) -> NoReturn:
    raise ZeroDivisionError("division by zero")


@pytest.fixture
def analysis() -> Analysis:
    return lossreport.analyze(make_run(loss=falling(60), axis="step"), strict=True)


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> Sequence[SectionWriter]:
    """Let the section on scales raise."""
    changed = tuple(
        SectionWriter(id=one.id, order=one.order, write=broken if one.id == "scale" else one.write)
        for one in section_writers()
    )
    monkeypatch.setattr(compose, "section_writers", lambda: changed)
    return changed


def test_a_section_that_raises_says_so_in_its_place(
    analysis: Analysis, writers: Sequence[SectionWriter]
) -> None:
    report = lossreport.compose(analysis)
    ids = [section.id for section in report.sections]
    assert ids == [one.id for one in writers if one.id in ids]
    page = lossreport.render(report, lang="en")
    assert "This section could not be written" in page
    assert "section scale</code>: ZeroDivisionError: division by zero (test_compose.py:" in page


def test_a_section_that_raises_is_a_failure_of_the_report(
    analysis: Analysis, writers: Sequence[SectionWriter]
) -> None:
    assert [failure.unit for failure in lossreport.compose(analysis).analysis.failures] == [
        "section scale"
    ]


def test_a_section_that_raises_stops_a_strict_program(
    analysis: Analysis, writers: Sequence[SectionWriter]
) -> None:
    with pytest.raises(ZeroDivisionError):
        lossreport.compose(analysis, strict=True)


def test_no_change_is_told_beside_a_value_that_is_not_finite() -> None:
    page = lossreport.render(
        lossreport.compose(
            lossreport.analyze(make_run(loss=[3.0, 2.0, float("inf"), 1.5, 1.2, 1.1]))
        ),
        format="md",
        lang="en",
    )
    assert "Infinity" in page
    assert "-Infinity" not in page
