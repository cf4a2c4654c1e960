"""A folder of very many files costs what those that may be logs cost: of files called alike, of
which none is a log, the first two hundred are opened; beyond ten thousand with rows none is.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport
from lossreport.reading import alike, discover
from lossreport.reading.alike import TRIED, called
from lossreport.reading.bytes.reader import LogFile

ROWS = "".join(f"epoch {i} loss {3 * 0.9**i:.5f}\n" for i in range(30))
LABEL = "a photograph of a dog on a lawn\n"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all files that were opened, in their order."""
    names: list[str] = []
    real = discover._read_one

    def counted(log: LogFile, options: discover.ReadOptions) -> object:
        names.append(log.shown)
        return real(log, options)

    monkeypatch.setattr(discover, "_read_one", counted)
    return names


def labels(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / f"img_{number:06d}.txt").write_text(LABEL)


@pytest.mark.parametrize(
    ("count", "opens", "told"), [(TRIED, TRIED, 0), (TRIED + 1, TRIED, 1), (3 * TRIED, TRIED, 1)]
)
def test_of_files_called_alike_that_are_no_logs_two_hundred_are_opened(
    tmp_path: Path, opened: list[str], count: int, opens: int, told: int
) -> None:
    (tmp_path / "train.log").write_text(ROWS)
    labels(tmp_path / "labels", count)
    run = lossreport.read_run([tmp_path])
    assert len(opened) == opens + 1
    said = [skip for skip in run.skipped if skip.path == "labels/img_*.txt"]
    assert len(said) == told
    for skip in said:
        assert skip.reason.plain("en").startswith(f"{count} files are called so; none of the")
        assert "没有打开" in skip.reason.plain("zh")
    assert run.series[0].y[0] == 3.0


def test_a_log_among_files_called_alike_is_read_and_so_are_all(
    tmp_path: Path, opened: list[str]
) -> None:
    labels(tmp_path / "out", 2 * TRIED)
    (tmp_path / "out" / "img_000007.txt").write_text(ROWS)
    run = lossreport.read_run([tmp_path])
    assert len(opened) == 2 * TRIED
    assert len(run.series[0].x) == 30


def test_a_file_with_a_name_of_its_own_is_opened_behind_any_number_of_others(
    tmp_path: Path, opened: list[str]
) -> None:
    labels(tmp_path / "out", TRIED + 50)
    (tmp_path / "out" / "training.txt").write_text(ROWS)
    assert len(lossreport.read_run([tmp_path]).series[0].x) == 30
    assert len(opened) == TRIED + 1


def test_files_with_rows_beyond_the_bound_are_counted_and_said(
    tmp_path: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        (tmp_path / f"run{number}").mkdir()
        (tmp_path / f"run{number}" / "train.log").write_text(ROWS.replace("3.0", f"3.{number}"))
    monkeypatch.setattr(alike, "MOST", 8)
    assert all(not run.skipped for run in lossreport.read_runs([tmp_path]))
    monkeypatch.setattr(alike, "MOST", 5)
    opened.clear()
    runs = lossreport.read_runs([tmp_path])
    assert len(runs) == len(opened) == 5
    (skip,) = runs[0].skipped
    assert skip.path == "run5/train.log"
    assert "at most 5 files" in skip.reason.plain("en")
    assert "3 more were not read" in skip.reason.plain("en")
    assert "还有 3 个文件没有读" in skip.reason.plain("zh")


def test_what_was_left_unopened_stands_in_every_form(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(ROWS)
    labels(tmp_path / "labels", TRIED + 1)
    report = lossreport.compose(lossreport.analyze(lossreport.read_runs([tmp_path])))
    assert "none of the first 200 is a log" in lossreport.render(report, "html")
    assert any(
        skip["path"] == "labels/img_*.txt"
        for skip in json.loads(lossreport.render(report, "json"))["runs"][0]["skipped"]
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("labels/000000123.txt", "labels/*.txt"),
        ("run3/train.log", "run3/train.log"),
        ("a/0f3c9d2e11aa4b7c.txt", "a/*.txt"),
        ("caption.txt", "caption.txt"),
        ("p12_v2.csv", "p*_v*.csv"),
    ],
)
def test_numbers_and_hashes_set_files_called_alike_apart(name: str, form: str) -> None:
    assert called(name) == form
