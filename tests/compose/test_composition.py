"""What the total is made of: first by the source that can be relied on."""

from __future__ import annotations

import lossreport
from lossreport.model.report import Chart, Table
from runs import SAMPLES


def test_shares_of_a_source_under_suspicion_are_one_line_behind_those_of_another() -> None:
    run = lossreport.read_run([SAMPLES / "vla_action_head"])
    report = lossreport.compose(lossreport.analyze(run))
    section = next(one for one in report.sections if one.id == "composition")
    assert section.answer is not None
    assert section.answer.plain("en").startswith("output.log: the shares per row are")
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    (chart,) = (block for block in section.blocks if isinstance(block, Chart))
    assert table.caption.plain("en") == "output.log: shares row by row"
    assert chart.title.plain("en").startswith("output.log")
    told = section.blocks[-1].text.plain("en")  # type: ignore[union-attr]
    assert told.startswith("log_train.txt: the shares per row are")


def test_rows_of_the_sources_say_what_they_are() -> None:
    run = lossreport.read_run([SAMPLES / "vla_action_head"])
    report = lossreport.compose(lossreport.analyze(run))
    page = lossreport.render(report, "md", "en")
    status = {
        line.split(" | ")[0].strip("| ◆■"): line.split(" | ")[-2]
        for line in page.splitlines()
        if "⚑" in line or "recovered |" in line
    }
    assert status["7"] == "⚑ spike #F4"
    assert status["8"] == "recovered"
    assert status["11"] == "A, recovered", "of the spike at 10, in a cluster of rows"
