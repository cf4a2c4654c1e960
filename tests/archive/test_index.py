"""The index shows every report below a folder on one page without a script, and reads again only what has changed."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import lossreport
from lossreport import api
from lossreport.archive import cache, learned
from lossreport.archive.entry import Entry
from lossreport.archive.index import DATA, FILE, TABLE, table_of, write_index
from lossreport.archive.learned import LEAST, ranges
from lossreport.archive.shelf import page_of, points, varying
from lossreport.errors import MissingPathError, NothingReadError
from lossreport.settings import learned_ranges
from runs import falling

HOSTILE = '"><img src=x onerror=alert(1)>'


def entry(path: str = "a.html", **other: object) -> Entry:
    made = Entry(
        path=path, title="t", names=("run",), state="improving", version="0.1.0", days=(), values=(("loss", 1.0, 0.5),),
        spark=(3.0, 2.0, 1.0), facts={}, tags=(), owner="", resumed="", ends=(("generic", "loss", "train", 1.0),),
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    place = tmp_path / "archive"
    for number in range(3):
        folder = place / f"exp{number}"
        folder.mkdir(parents=True)
        rows = "".join(json.dumps({"step": i, "loss": round(float(y), 5)}) + "\n" for i, y in enumerate(falling(80, seed=number)))
        (folder / "train.jsonl").write_text(rows)
        (folder / "lossreport.toml").write_text(f"lr = {10.0 ** -(3 + number)}\nbatch_size = 32\n")
        api.build([folder])
    api.build([place / "exp0"], place / "exp0" / "lossreport.json")
    (place / "other.html").write_text("<p>not a report of lossreport</p>")
    return place


def test_every_report_is_on_the_page_once_with_its_verdict_and_what_varies(archive: Path) -> None:
    done = write_index(archive)
    page = (archive / FILE).read_text()
    assert sorted(one.path for one in done.entries) == [f"exp{i}/lossreport.html" for i in range(3)]
    assert re.findall(r'<a href="([^"]+)"', page) == [f"exp{i}/lossreport.html" for i in range(3)]
    assert page.count("<li") == 3
    assert page.count("lr = ") == 3
    assert "batch_size = " not in page
    assert page.count("<polyline") == 3


def test_the_page_runs_nothing_and_asks_for_nothing(archive: Path) -> None:
    write_index(archive)
    page = (archive / FILE).read_text()
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert re.findall(r"<(?:script|iframe|img|link|object)\b|url\(|@import|\son\w+=|https?://", page) == []


def test_a_report_that_has_not_changed_is_not_parsed_again(archive: Path) -> None:
    assert write_index(archive).parsed > 0
    first = (archive / FILE).read_bytes()
    assert write_index(archive).parsed == 0
    os.utime(archive / "exp1" / "lossreport.html")
    assert write_index(archive).parsed == 0
    assert (archive / FILE).read_bytes() == first
    api.build([archive / "exp1"], archive / "exp1" / "lossreport.html", title="new")
    assert write_index(archive).parsed == 1
    (archive / "exp2" / "lossreport.html").unlink()
    assert len(write_index(archive).entries) == 2


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": "0.0.0", "files": {}}', b'{"version": "%s", "files": {"a": 1}}'])
def test_a_cache_that_cannot_be_used_costs_time_only(content: bytes, archive: Path) -> None:
    write_index(archive)
    first = (archive / FILE).read_bytes()
    (archive / cache.FILE).write_bytes(content.replace(b"%s", lossreport.__version__.encode()))
    assert write_index(archive).parsed > 0
    assert (archive / FILE).read_bytes() == first


class Balanced(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "input", "br", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "polyline":
            assert self.open.pop() == tag


def test_whatever_logs_say_is_text() -> None:
    hostile = entry(
        f"{HOSTILE}.html",
        names=(HOSTILE,),
        values=((HOSTILE, 1.0, 1.0),),
        facts={"lr": HOSTILE},
        tags=(HOSTILE,),
        owner=HOSTILE,
        resumed=HOSTILE,
    )
    page = Balanced(page_of([hostile, entry(facts={"lr": "1"})], HOSTILE))
    assert page.open == []
    assert not {"img", "script"} & set(page.tags)


def test_rows_are_ordered_by_properties_that_radio_buttons_choose() -> None:
    entries = [entry(f"{i}.html", values=(("loss", last, best),), days=(day,)) for i, (last, best, day) in enumerate(
        [(3.0, 0.1, "2025-01-01"), (1.0, 0.3, "2025-03-01"), (2.0, None, "2025-02-01")])]  # fmt: skip
    page = page_of(entries, "x")
    assert re.findall(r'style="--p:(\d);--l:(\d);--b:(\d);--d:(\d)"', page) == [
        ("0", "2", "0", "2"),
        ("1", "0", "1", "0"),
        ("2", "1", "2", "1"),
    ]
    assert "#by-last:checked ~ .page li { order: var(--l); }" in page


def test_groups_stand_by_urgency_and_lineage_is_told() -> None:
    first = entry("a/r.html", names=("base",), state="converged")
    second = entry("b/r.html", names=("more",), state="broken", resumed="runs/base/checkpoint-100")
    page = page_of([first, second, replace(first, path="c/r.html")], "x")
    assert re.findall(r'<section class="s-(\w+)', page) == ["broken", "converged"]
    assert '<a href="a/r.html"><span lang="zh-CN">续训自 runs/base/checkpoint-100' in page
    assert page.count("2 of this name") == 2


def test_settings_that_vary_and_are_common_are_shown_four_at_most() -> None:
    facts = [
        {"lr": str(i), "same": "1", "rare": "x"} if i < 1 else {"lr": str(i), "same": "1", **{f"z{k}": str(i) for k in range(9)}}
        for i in range(4)
    ]
    assert varying([entry(facts=one) for one in facts]) == ("lr", "z0", "z1", "z2")


@pytest.mark.parametrize(("spark", "count"), [((), 0), ((1.0,), 0), ((None, 1.0), 0), ((1.0, 1.0), 2), ((1.0, None, 1e308, -1e308), 3)])
def test_a_sparkline_has_a_point_for_every_finite_value_and_is_none_below_two(spark: tuple[float | None, ...], count: int) -> None:
    assert len(points(spark).split()) == count


# ------------------------------------------------------------------------------------------------ reference ranges
def test_ranges_need_eight_sound_runs_and_carry_their_number_and_days() -> None:
    entries = [entry(f"{i}", days=(f"2025-01-0{i + 1}",), ends=(("generic", "loss", "train", float(i)),)) for i in range(LEAST)]
    assert ranges(entries[:-1]) == []
    (found,) = ranges(entries)
    assert (found["n"], found["median"], found["low"], found["high"]) == (8, 3.5, pytest.approx(0.7), pytest.approx(6.3))
    assert found["days"] == ["2025-01-01", "2025-01-08"]


def test_a_report_shows_the_ranges_with_their_source(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / learned.FILE
    file.write_text(
        learned.references([entry(str(i), days=("2025-01-05",), ends=(("generic", "loss", "train", 2.0 + i),)) for i in range(9)])
    )
    assert learned_ranges(file)[0].n == 9
    api.build([archive / "exp0"], tmp_path / "r.md", lang="en", references=file)
    told = (tmp_path / "r.md").read_text()
    assert "median 6 (10-90 %: 2.8 to 9.2)" in told
    assert "last values of 9 runs, 2025-01-05 to 2025-01-05" in told
    (archive / "exp0" / learned.FILE).write_text(file.read_text())
    with (archive / "exp0" / "lossreport.toml").open("a") as settings:
        settings.write(f'references = "{learned.FILE}"\n')
    api.build([archive / "exp0"], tmp_path / "s.md", lang="en")
    assert "median 6 (10-90 %" in (tmp_path / "s.md").read_text()


def test_its_own_files_are_no_logs(archive: Path) -> None:
    write_index(archive)
    from lossreport.reading.folder import find_logs

    assert [log.shown for log in find_logs([archive]) if "lossreport" in log.shown] == []


def test_where_there_is_nothing_the_command_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingReadError):
        write_index(tmp_path)
    with pytest.raises(MissingPathError):
        write_index(tmp_path / "no")
    assert subprocess.run([sys.executable, "-m", "lossreport", "index", tmp_path], check=False, capture_output=True).returncode == 3


def test_copies_of_one_log_are_one_run_of_a_range() -> None:
    entries = [entry(str(i), ends=(("generic", "loss", "train", float(i)),), logs=(f"sha{i}",)) for i in range(LEAST - 1)]
    assert ranges([*entries, *(replace(entries[0], path=f"copy{i}") for i in range(5))]) == []
    assert "reports of 7 different sets of logs" in page_of([*entries, replace(entries[0], path="copy")], "x")


def test_the_best_of_the_goal_stands_first_whichever_way_is_better() -> None:
    entries = [entry(f"{i}.html", goal="val/acc", goal_best=best, rises=True) for i, best in enumerate((0.49, 0.88))]
    assert re.findall(r"--b:(\d)", page_of(entries, "x")) == ["1", "0"]
    falling_ones = [replace(one, rises=False) for one in entries]
    assert re.findall(r"--b:(\d)", page_of(falling_ones, "x")) == ["0", "1"]


def test_the_index_is_a_table_as_well(archive: Path) -> None:
    write_index(archive)
    rows = list(csv.DictReader((archive / TABLE).read_text().splitlines()))
    assert [row["path"] for row in rows] == [f"exp{i}/lossreport.html" for i in range(3)]
    assert [float(row["setting:lr"]) for row in rows] == [1e-3, 1e-4, 1e-5]
    data = json.loads((archive / DATA).read_text())
    assert [float(row["last:loss"]) for row in rows] == [one["values"][0][1] for one in data]


def test_no_cell_of_the_table_is_a_formula() -> None:
    assert "'=cmd" in table_of([entry(owner="=cmd|calc")])


def test_a_name_that_fits_no_encoding_stops_no_table_and_no_range() -> None:
    odd = [entry(f"\ud800{i}", owner="\ud800", ends=(("generic", "\ud800", "train", float(i)),)) for i in range(LEAST)]
    table_of(odd).encode()
    learned.references(odd).encode()
