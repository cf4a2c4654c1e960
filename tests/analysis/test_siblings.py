"""A spike names the other runs that have it, or have rows there and none: of very many runs the
first fifty are looked at, and a run beyond them is held against those too.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lossreport
from lossreport.analysis import siblings


def sweep(folder: Path, count: int) -> Path:
    for number in range(count):
        (folder / f"run{number}").mkdir(parents=True)
        (folder / f"run{number}" / "train.log").write_text(
            "".join(
                f"step {i} loss {(30 if i == 70 else 1) * (2 + (number + i) % 7 / 90):.5f}\n"
                for i in range(140)
            )
        )
    return folder


@pytest.mark.parametrize(("bound", "named"), [(50, 3), (3, 3), (2, 2), (1, 1)])
def test_a_spike_is_looked_for_in_so_many_other_runs(
    bound: int, named: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siblings, "WITNESSES", bound)
    analysis = lossreport.analyze(lossreport.read_runs([sweep(tmp_path, 4)]), strict=True)
    notes = [
        note.plain("en")
        for finding in analysis.findings
        for note in finding.notes
        if "spike at the same" in note.plain("en")
    ]
    assert len(notes) == 4
    assert {len(re.findall(r"run\d \(", note)) for note in notes} == {named}
