"""The list of anomalies tells what else the logs hold about a spike, and folds the table of
published rules beneath it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.model.report import FindingList, Report, Table
from runs import SAMPLES, falling, flat, make_run


@pytest.fixture(scope="module")
def report() -> Report:
    return lossreport.compose(
        lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]), strict=True)
    )


def tables(report: Report) -> list[Table]:
    section = next(one for one in report.sections if one.id == "anomalies")
    return [
        block
        for block in section.blocks
        if isinstance(block, Table) and "mean(128)" in str(block.rows[1].cells[1])
    ]


def test_the_published_rules_stand_in_one_folded_table(report: Report) -> None:
    (table,) = tables(report)
    assert table.folded
    assert [row.cells[2] for row in table.rows][:2] == ["12 < 1001", "12 < 128"]
    assert "no verdict uses it" in table.caption.plain("en")


def test_a_silent_rule_says_from_which_row_on_it_looks() -> None:
    y = np.array(falling(300))
    y[40] *= 3
    (table,) = tables(
        lossreport.compose(lossreport.analyze(make_run(closs=y, axis="step"), strict=True))
    )
    assert [row.cells[2] for row in table.rows][1:3] == ["– (≥ 128)", "– (≥ 64)"]


def test_without_a_spike_there_is_no_table() -> None:
    assert (
        tables(lossreport.compose(lossreport.analyze(make_run(closs=flat(30)), strict=True))) == []
    )


@pytest.mark.parametrize("form", ["html", "md"])
@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "1200 次 iteration 的均值"), ("en", "a mean over 1200 iterations")]
)
def test_the_notes_of_a_spike_stand_in_the_page(
    form: str, lang: str, said: str, report: Report
) -> None:
    assert said in lossreport.render(report, form, lang=lang)  # type: ignore[arg-type]


def test_only_spikes_carry_notes_here(report: Report) -> None:
    lists = [
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, FindingList)
    ]
    assert {finding.kind for block in lists for finding in block.findings if finding.notes} == {
        "spike",
        "above_chance",
    }


def test_symptoms_are_told_under_their_cause_and_a_circle_of_explanations_explains_nothing() -> (
    None
):
    from lossreport.render.blocks import cause_of, symptoms

    base = lossreport.analyze(
        make_run(loss=[*[3.0] * 30, 90.0, *[3.0] * 30]), strict=True
    ).findings[0]
    cause, first, second = (
        replace(base, id=name, key=name, explained_by=by)
        for name, by in (("F1", None), ("F2", "F1"), ("F3", "F2"))
    )
    told = (cause, first, second)
    assert [cause_of(told, one) for one in told] == [None, cause, cause]
    assert symptoms(told, cause) == (first, second)
    circle = (replace(first, explained_by="F3"), second)
    assert [cause_of(circle, one) for one in circle] == [None, None]
