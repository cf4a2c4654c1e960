"""Warnings that are known: each by a line as a program prints it, in a report without a row too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lossreport
from lossreport.knowledge.remarks import entries, remark_of
from lossreport.model.run import Status
from lossreport.reading.kit.events import phrase_in

ROWS = "".join(f"epoch {n} loss {3 - 0.1 * n:.4f}\n" for n in range(1, 9))


@pytest.mark.parametrize("row", entries(), ids=lambda row: row["id"])
def test_a_warning_is_known_by_its_line_and_ends_nothing(row: dict[str, Any]) -> None:
    known = remark_of(row["example"])
    assert known is not None
    assert known.id == row["id"]
    found = phrase_in(row["example"])
    assert found is not None
    assert (found.kind, found.ends) == ("other", None)


@pytest.mark.parametrize("row", entries(), ids=lambda row: row["id"])
@pytest.mark.parametrize("rows", ["", ROWS])
def test_a_report_says_what_it_means(rows: str, row: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(f"{rows}{row['example']}\n")
    run = lossreport.read_run([tmp_path])
    assert run.status is not Status.CRASHED
    steps = lossreport.analyze(run, strict=True).recommendations
    told = [step for step in steps if row["title"]["en"] in step.text.plain("en")]
    assert len(told) == 1
    assert told[0].source == row["reference"]


def test_what_only_mentions_such_words_says_nothing() -> None:
    assert remark_of("loss = 0.5, the split is not correct yet") is None
