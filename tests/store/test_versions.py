"""Reports of every version that was ever released are read by every command of the archive."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lossreport.compare.compare import write_comparison
from lossreport.errors import ReportError
from lossreport.index.index import write_index
from lossreport.store.extract import extract
from lossreport.store.stored import read_report
from lossreport.verify.verify import verify

REPORTS = sorted((Path(__file__).parent / "reports").iterdir())


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.name)
def test_it_is_read_verified_extracted_indexed_and_compared(report: Path, tmp_path: Path) -> None:
    stored = read_report(report)
    assert stored.data["schema"] == "lossreport/1"
    # what a later version makes of the same logs may differ; nothing else may
    if report.suffix == ".json":
        with pytest.raises(ReportError, match="has no seal"):  # JSON of 0.1.0 had none
            verify(report)
    else:
        assert all("no longer bear verdict" in one.what for one in verify(report).differences)
    done = extract(report, tmp_path / "out")
    assert (tmp_path / "out" / "lossreport.json").is_file()
    assert bool(done.logs) == ("embedded" in report.name)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    shutil.copyfile(report, shelf / report.name)
    (entry,) = write_index(shelf).entries
    assert (entry.state, entry.version) == ("improving", report.name[: len("0.1.0")])
    comparison = write_comparison([report, report], tmp_path / "c.html")
    assert comparison.metrics[0].entries[1].copy_of


def test_every_release_has_its_reports() -> None:
    released = {"0.1.0"}
    assert {path.name[: len("0.1.0")] for path in REPORTS} >= released
