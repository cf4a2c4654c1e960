"""The index shows every report below a folder on one page without a script, and reads again only
what has changed.
"""

from __future__ import annotations

import base64
import csv
import hashlib
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
from chromium import browser, needs_chromium
from lossreport import api
from lossreport.errors import MissingPathError, NothingReadError
from lossreport.index import cache, learned
from lossreport.index.entry import Entry, entry_of
from lossreport.index.families import families
from lossreport.index.index import DATA, FILE, TABLE, table_of, write_index
from lossreport.index.learned import LEAST, ranges
from lossreport.index.shelf import page_of, points, varying
from lossreport.knowledge.provenance import commit_of, configuration, data_of
from lossreport.settings import learned_ranges
from lossreport.store.stored import read_report
from runs import falling

HOSTILE = '"><img src=x onerror=alert(1)>'


def entry(path: str = "a.html", **other: object) -> Entry:
    made = Entry(
        path=path, title="t", names=("run",), state="improving", version="0.1.0", days=(), values=(("loss", 1.0, 0.5),),
        spark=(3.0, 2.0, 1.0), facts={}, tags=(), owner="", resumed="", ends=(("generic", "loss", "train", "", 1.0),),
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    place = tmp_path / "archive"
    for number in range(3):
        folder = place / f"exp{number}"
        folder.mkdir(parents=True)
        rows = "".join(
            json.dumps({"step": i, "loss": round(float(y), 5)}) + "\n"
            for i, y in enumerate(falling(80, seed=number))
        )
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
    assert page.count('data-n="lr = "') == 3
    assert "batch_size" not in page.partition('id="index-data"')[0]
    assert page.count("<polyline") == 3


def test_the_page_asks_for_nothing_and_allows_its_one_script_alone(archive: Path) -> None:
    write_index(archive)
    page = (archive / FILE).read_text()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri "
        f"'none'" in page
    )
    assert page.count("<script") == 2
    assert re.findall(r"<(?:iframe|img|link|object)\b|url\(|@import|\son\w+=|https?://", page) == []
    assert (
        re.findall(
            r"innerHTML|outerHTML|insertAdjacent|document.write|eval|fetch|XMLHttp|import\(", script
        )
        == []
    )


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


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"version": "0.0.0", "files": {}}', b'{"version": "%s", "files": {"a": 1}}'],
)
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
    assert "img" not in page.tags
    assert page.tags.count("script") == 2


def places(page: str, order: str) -> list[str]:
    """Return the paths of a page in one of its orders, by the custom property that its style gives
    them.
    """
    (number,) = re.findall(
        rf"#by-{order}:checked ~ .page .rows > li {{ order: var\(--(\d+)\); }}", page
    )
    rows = re.findall(r'<li [^>]*style="([^"]*)">.*?<a href="([^"]+)"', page, re.DOTALL)
    return [
        path
        for _, path in sorted(
            (int(dict(one.split(":") for one in style.split(";"))[f"--{number}"]), path)
            for style, path in rows
        )
    ]


def test_reports_are_ordered_by_every_column_without_a_script() -> None:
    told = [
        ("a", "improving", 0.49, 0.40, "2025-01-01", "bo", "0.01"),
        ("b", "broken", 0.88, 0.30, "2025-03-01", "anna", "1e-3"),
        ("c", "converged", None, None, "2025-02-01", "", "0.1"),
    ]
    entries = [
        entry(
            path,
            state=state,
            goal="val/acc",
            goal_best=best,
            goal_last=last,
            rises=True,
            days=(day,),
            owner=owner,
            facts={"lr": lr},
        )
        for path, state, best, last, day, owner, lr in told
    ]
    page = page_of(entries, "x")
    orders = {
        "state": "bac",
        "path": "abc",
        "best": "bac",
        "last": "abc",
        "date": "bca",
        "owner": "bac",
        "c0": "bac",
    }
    assert {order: "".join(places(page, order)) for order in orders} == orders


def test_reports_are_filtered_by_month_without_a_script() -> None:
    days = {"a": ("2026-01-31",), "b": ("2026-01-30", "2026-02-02"), "c": ("2025-12-01",), "d": ()}
    page = page_of([entry(path, days=told) for path, told in days.items()], "x")
    assert re.findall(r'for="month-\d+" class="choice">([^<]+)<', page) == [
        *("2026-02", "2026-01", "2025-12"),
    ]
    hidden = "#month-1:checked ~ .page li:not(.m1)"
    assert hidden in page
    rows = {
        path: classes.split()
        for classes, path in re.findall(r'<li [^>]*class="([^"]*)".*?<a href="([^"]+)"', page, re.S)
    }
    assert {path for path, classes in rows.items() if "m1" in classes} == {"a", "b"}
    assert {path for path, classes in rows.items() if "m0" in classes} == {"b"}
    alone = page_of([entry("a", days=("2026-01-31",))], "x")
    assert "month-0" not in alone


def test_what_is_worse_than_its_best_has_its_own_verdict() -> None:
    assert 'id="show-worsening"' in page_of([entry(state="worsening")], "x")


def test_what_needs_somebody_stands_first_and_lineage_is_told() -> None:
    first = entry("a/r.html", names=("base",), state="converged")
    second = entry("b/r.html", names=("more",), state="broken", resumed="runs/base/checkpoint-100")
    page = page_of([first, second, replace(first, path="c/r.html")], "x")
    assert places(page, "state") == ["b/r.html", "a/r.html", "c/r.html"]
    assert '<a href="a/r.html"><span lang="zh-CN">续训自 runs/base/checkpoint-100' in page


# --------------------------------------------------------------------------------- seeds and copies
def seeds(*numbers: int, **other: object) -> list[Entry]:
    made: dict[str, object] = {
        "configuration": "c",
        "length": 100.0,
        "goal": "val/acc",
        "rises": True,
        **other,
    }
    return [
        entry(f"s{i}.html", seed=str(n), goal_best=0.8 + 0.01 * i, logs=(f"log{i}",), **made)
        for i, n in enumerate(numbers)
    ]


def test_the_seeds_of_one_configuration_are_one_line_with_their_spread_and_the_command_that_compares_them() -> (
    None
):
    page = page_of(seeds(1, 2, 3), "x")
    assert "3 seeds of one configuration" in page
    assert "mean of the best 0.81 (0.8 to 0.82)" in page
    assert "<code>lossreport compare s0.html s1.html s2.html</code>" in page
    assert len(families(seeds(1, 2, 3))) == 1


@pytest.mark.parametrize(
    "entries",
    [
        seeds(1, 1),
        [*seeds(1), replace(seeds(1, 2)[1], configuration="d")],
        [*seeds(1), replace(seeds(1, 2)[1], length=200.0)],
        [*seeds(1), replace(seeds(1, 2)[1], goal="val/loss")],
        [*seeds(1), replace(seeds(1, 2)[1], seed="")],
        [replace(one, configuration="") for one in seeds(1, 2)],
        [replace(one, logs=("log0",)) for one in seeds(1, 2)],
    ],
    ids=[
        "a seed twice",
        "other settings",
        "another length",
        "another goal",
        "no seed told",
        "no setting told",
        "a copy",
    ],
)
def test_other_runs_are_no_seeds_of_one_configuration(entries: list[Entry]) -> None:
    assert len(families(entries)) == 2


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("output_dir", True),
        ("data_dir", False),
        ("data_version", False),
        ("lr", False),
        ("seed", True),
    ],
)
def test_a_configuration_is_all_settings_but_seed_and_places_the_data_among_them(
    name: str, alike: bool
) -> None:
    base = {"lr": 0.1, "seed": 1, "output_dir": "a", "data_dir": "d1", "data_version": "v1"}
    assert (configuration(base) == configuration({**base, name: "other"})) is alike


def test_a_copy_says_of_which_report_it_is_one() -> None:
    page = page_of([entry("a.html", logs=("x",)), entry("b.html", logs=("x",))], "x")
    assert "same logs as a.html" in page
    assert "2 reports of 1 different sets of logs" in page


def test_code_and_data_are_told_where_settings_tell_them() -> None:
    facts = {"git_commit": "abc123", "dataset": "coco", "data_version": "v2", "lr": 0.1}
    assert (commit_of(facts), data_of(facts)) == ("abc123", "v2 coco")
    assert (
        commit_of({"commit_every": 5}),
        data_of({"data_seed": 1, "metadata": 2, "dataloader_workers": 3}),
    ) == ("", "")
    page = page_of([entry(commit="abc123", data="coco v2")], "x")
    assert "<small>abc123</small>" in page
    assert 'id="by-commit"' in page
    assert 'id="by-commit"' not in page_of([entry()], "x")


@pytest.mark.parametrize(
    ("path", "days"),
    [
        ("2026-11-10-unet-s0/r.html", ("2026-11-10",)),
        ("a2026-11-10.html", ("2026-11-10",)),
        ("v12026-11-10/r.html", ()),
        ("2026-13-01/r.html", ()),
    ],
)
def test_where_no_log_tells_the_day_the_path_does(
    path: str, days: tuple[str, ...], archive: Path
) -> None:
    assert entry_of(read_report(archive / "exp0" / "lossreport.html"), path).days == days


def test_a_title_that_somebody_chose_is_shown(archive: Path) -> None:
    api.build([archive / "exp1"], archive / "exp1" / "lossreport.html", title="Warm-up of 500")
    done = write_index(archive)
    assert {one.title for one in done.entries} == {"exp0", "Warm-up of 500", "exp2"}
    assert "Warm-up of 500 <small>exp1</small>" in (archive / FILE).read_text()


def test_a_report_that_cannot_be_read_is_named_on_the_page(archive: Path) -> None:
    whole = (archive / "exp1" / "lossreport.html").read_bytes()
    (archive / "exp1" / "lossreport.html").write_bytes(whole[: len(whole) // 2])
    done = write_index(archive)
    assert [one.partition(":")[0] for one in done.unsound] == ["exp1/lossreport.html"]
    page = (archive / FILE).read_text()
    assert re.search(r"<li>exp1/lossreport.html: ", page)
    (archive / "older.html").write_text(page)
    assert len(write_index(archive).unsound) == 1


def test_settings_that_vary_and_are_common_are_shown_four_at_most() -> None:
    facts = [
        {"lr": str(i), "same": "1", "rare": "x"}
        if i < 1
        else {"lr": str(i), "same": "1", **{f"z{k}": str(i) for k in range(9)}}
        for i in range(4)
    ]
    assert varying([entry(facts=one) for one in facts]) == ("lr", "z0", "z1", "z2")


@pytest.mark.parametrize(
    ("spark", "count"),
    [((), 0), ((1.0,), 0), ((None, 1.0), 0), ((1.0, 1.0), 2), ((1.0, None, 1e308, -1e308), 3)],
)
def test_a_sparkline_has_a_point_for_every_finite_value_and_is_none_below_two(
    spark: tuple[float | None, ...], count: int
) -> None:
    assert len(points(spark).split()) == count


# --------------------------------------------------------------------------- where a script may run
@needs_chromium[1]
@needs_chromium[0]
def test_a_script_searches_sorts_and_writes_the_command_and_without_it_the_page_is_whole(
    tmp_path: Path,
) -> None:
    entries = [
        entry(f"{name} 1.html", title="run", facts={"lr": lr}, values=(("loss", loss, loss),), owner=owner, tags=tags)
        for name, lr, loss, owner, tags in [
            ("a", "1e-3", 0.3, "anna", ("base", "long")), ("b", "0.0001", 0.2, "bo", ("base",)), ("c", "1e-5", None, "anna", ("baseline",)),
        ]
    ]  # fmt: skip
    page = tmp_path / "index.html"
    page.write_text(page_of(entries, "x"))
    seen = (
        "[...document.querySelectorAll('li[data-n]')].filter(l => "
        "l.checkVisibility()).sort((a, b) => a.style.order - b.style.order).map(l => "
        "l.querySelector('a').textContent[0]).join('')"
    )
    with browser() as chromium:
        tab = chromium.new_context(offline=True).new_page()
        faults: list[str] = []
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto(page.as_uri())
        found = {}
        for query in (
            "",
            "lr<=1e-4",
            "lr=1e-4",
            "owner=anna",
            "tags=base",
            "base",
            "loss<0.25",
            "loss!=0.2",
            "owner=anna lr>1e-4",
            "nix=1",
            '"b 1"',
        ):
            tab.fill("#find", query)
            tab.wait_for_timeout(200)
            found[query] = tab.evaluate(seen)
        assert found == {
            "": "abc", "lr<=1e-4": "bc", "lr=1e-4": "b", "owner=anna": "ac", "tags=base": "ab", "base": "abc", "loss<0.25": "b",
            "loss!=0.2": "ac", "owner=anna lr>1e-4": "a", "nix=1": "", '"b 1"': "b",
        }  # fmt: skip
        tab.fill("#find", "")
        tab.wait_for_timeout(200)
        tab.select_option("#order", "last:loss")
        assert tab.evaluate(seen) == "bac"
        tab.check("#turn")
        assert tab.evaluate(seen) == "abc"
        tab.select_option("#order", "lr")
        assert tab.evaluate(seen) == "abc"
        for box in tab.locator("li > input").all()[:2]:
            box.check()
        assert tab.inner_text("#command") == "lossreport compare 'a 1.html' 'b 1.html'"
        still = chromium.new_context(offline=True, java_script_enabled=False).new_page()
        still.goto(page.as_uri())
        assert still.locator("li[data-n]:visible").count() == 3
        assert not still.locator("#tools").is_visible()
        still.locator("label[for=tag-0]").click()
        assert still.locator("li[data-n]:visible").count() == 2
    assert faults == []


# --------------------------------------------------------------------------------- reference ranges
def ended(number: int, **other: object) -> Entry:
    """Run `number` of an archive, by its logs and by where it began."""
    made: dict[str, object] = {
        "ends": (("generic", "loss", "train", "", 2.0 + number),),
        "days": (f"2025-01-{number + 1:02d}",),
    }
    return entry(f"{number}", logs=(f"log{number}",), birth=f"birth{number}", **{**made, **other})


def test_ranges_need_eight_sound_runs_and_carry_their_number_and_days() -> None:
    entries = [ended(i) for i in range(LEAST)]
    assert ranges(entries[:-1]) == []
    (found,) = ranges(entries)
    assert (found["n"], found["median"], found["low"], found["high"]) == (
        8,
        5.5,
        pytest.approx(2.7),
        pytest.approx(8.3),
    )
    assert found["days"] == ["2025-01-01", "2025-01-08"]


@pytest.mark.parametrize(
    "other",
    [
        {"logs": ("log0",), "birth": "other"},
        {"birth": "birth0"},
        {"ends": ()},
        {"ends": (("generic", "loss", "train", "nats", 1.0),)},
        {"ends": (("generic", "loss", "val", "", 1.0),)},
        {"goal": "val/acc", "rises": True},
        {"data": "coco v2"},
    ],
    ids=[
        "a copy",
        "the run at an earlier row",
        "broken or over-fitted",
        "another unit",
        "another split",
        "another task",
        "other data",
    ],
)
def test_what_is_no_run_of_its_own_of_the_same_task_does_not_count(
    other: dict[str, object],
) -> None:
    entries = [ended(i) for i in range(LEAST - 1)]
    assert (
        ranges(
            [
                *entries,
                *(replace(ended(20 + i), **other) for i in range(5) if "birth" in other or i == 0),
            ]
        )
        == []
    )  # type: ignore[arg-type]
    assert len(ranges([*entries, ended(7)])) == 1


def test_of_one_run_the_report_of_its_last_row_counts() -> None:
    entries = [ended(i) for i in range(LEAST)]
    early = replace(
        entries[0],
        path="0a",
        logs=("log0 at row 10",),
        length=10.0,
        ends=(("generic", "loss", "train", "", 99.0),),
    )
    (found,) = ranges([early, replace(entries[0], length=20.0), *entries[1:]])
    assert 99.0 not in found["values"]


@pytest.mark.parametrize("state", ["overfitting", "worsening", "broken", "diverging"])
def test_an_unsound_run_gives_no_end(state: str, archive: Path) -> None:
    stored = read_report(archive / "exp0" / "lossreport.html")
    assert entry_of(stored, "x").ends != ()
    for verdict in stored.data["verdicts"]:
        verdict["state"] = state
    assert entry_of(stored, "x").ends == ()


def told(folder: Path, file: Path) -> str:
    api.build([folder], file.with_suffix(".md"), lang="en", references=file)
    return file.with_suffix(".md").read_text()


def test_a_report_shows_the_ranges_of_its_own_task_with_their_source(
    archive: Path, tmp_path: Path
) -> None:
    file = tmp_path / learned.FILE
    mine = entry_of(read_report(archive / "exp0" / "lossreport.html"), "x")
    like = {"goal": mine.goal, "rises": mine.rises, "days": ("2025-01-05",)}
    file.write_text(learned.references([ended(i, **like) for i in range(9)]))
    assert len(learned_ranges(file)[0].ended) == 9
    assert "median 6 (10-90%: 2.8 to 9.2)" in told(archive / "exp0", file)
    assert "last values of 9 runs with the same goal and data, 2025-01-05 to 2025-01-05" in told(
        archive / "exp0", file
    )
    file.write_text(learned.references([ended(i, **{**like, "data": "coco"}) for i in range(9)]))
    assert "median 6" not in told(archive / "exp0", file)
    (archive / "exp0" / learned.FILE).write_text(
        learned.references([ended(i, **like) for i in range(9)])
    )
    with (archive / "exp0" / "lossreport.toml").open("a") as settings:
        settings.write(f'references = "{learned.FILE}"\n')
    api.build([archive / "exp0"], tmp_path / "s.md", lang="en")
    assert "median 6 (10-90%" in (tmp_path / "s.md").read_text()


def test_the_run_itself_is_no_part_of_the_range_that_it_is_held_against(
    archive: Path, tmp_path: Path
) -> None:
    file = tmp_path / learned.FILE
    mine = entry_of(read_report(archive / "exp0" / "lossreport.html"), "x")
    others = [ended(i, goal=mine.goal, rises=mine.rises) for i in range(LEAST)]
    file.write_text(learned.references([*others, mine]))
    assert "of 8 runs" in told(archive / "exp0", file)
    file.write_text(learned.references([*others[1:], mine]))
    assert "10-90%" not in told(archive / "exp0", file)
    rows = (archive / "exp0" / "train.jsonl").read_text().splitlines(keepends=True)
    (archive / "exp0" / "train.jsonl").write_text("".join([*rows, '{"step": 80, "loss": 0.5}\n']))
    assert "10-90%" not in told(archive / "exp0", file)


def test_its_own_files_are_no_logs(archive: Path) -> None:
    write_index(archive)
    from lossreport.reading.folder import find_logs

    assert [log.shown for log in find_logs([archive]) if "lossreport" in log.shown] == []


def test_where_there_is_nothing_the_command_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingReadError):
        write_index(tmp_path)
    with pytest.raises(MissingPathError):
        write_index(tmp_path / "no")
    assert (
        subprocess.run(
            [sys.executable, "-m", "lossreport", "index", tmp_path],
            check=False,
            capture_output=True,
        ).returncode
        == 3
    )


def test_the_best_of_the_goal_stands_first_whichever_way_is_better() -> None:
    entries = [
        entry(f"{i}.html", goal="val/acc", goal_best=best, rises=True)
        for i, best in enumerate((0.49, 0.88))
    ]
    assert places(page_of(entries, "x"), "best") == ["1.html", "0.html"]
    assert places(page_of([replace(one, rises=False) for one in entries], "x"), "best") == [
        "0.html",
        "1.html",
    ]


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
    odd = [
        entry(
            f"\ud800{i}",
            owner="\ud800",
            logs=(f"{i}",),
            ends=(("generic", "\ud800", "train", "", float(i)),),
        )
        for i in range(LEAST)
    ]
    table_of(odd).encode()
    learned.references(odd).encode()
