"""What many runs have alike stands once in the page, with the runs counted and named; what a run
shows alone stands beside it, and every run stays in the JSON.
"""

from __future__ import annotations

import importlib
import json
import random
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import lossreport
from lossreport.compose.alike import LEAST_RUNS, MOST_SPANS, Alike, named, of_most
from lossreport.compose.compose import MOST_RUNS
from lossreport.compose.overview import MOST_ROWS
from lossreport.compose.section import Story
from lossreport.render import to_json
from lossreport.render.to_json import schema
from lossreport.store.stored import read_report
from lossreport.text import show_value
from lossreport.verify.verify import verify

EPOCHS = 10


def sweep(path: Path, runs: int, *, spiking: tuple[int, ...] = ()) -> Path:
    """Write runs one after another into a file: a score that never changes in all of them."""
    draw = random.Random(3)
    rows = [
        {
            "epoch": epoch,
            "train_loss": round(2 / (1 + epoch * 0.2) + draw.gauss(0, 0.01), 6),
            "test_loss": round(
                (2.1 / (1 + epoch * 0.2) + draw.gauss(0, 0.01))
                * (4 if number in spiking and epoch == 6 else 1),
                6,
            ),
            "test_mAP": 0.5,
        }
        for number in range(1, runs + 1)
        for epoch in range(EPOCHS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def page_of(path: Path, form: str = "md") -> str:
    analysis = lossreport.analyze(lossreport.read_runs([path]))
    return lossreport.render(lossreport.compose(analysis, strict=True), form, "en")


def test_what_all_runs_have_alike_is_said_once(tmp_path: Path) -> None:
    page = page_of(sweep(tmp_path / "log.txt", 30))
    assert "| metric that never changes | medium | `test/mAP` | 30 runs: r1 to r30 | r1: " in page
    assert len(page) < 100_000
    assert len(re.findall("never changes|in all 10 rows", page)) <= 40
    table = page.partition("**The runs**")[2].partition("\n\n")[2].partition("\n\n")[0]
    assert "never changes" not in table
    assert "1. **30 runs: r1 to r30**: A metric never changes" in page


def test_what_one_run_shows_alone_stands_in_its_row_and_in_the_list(tmp_path: Path) -> None:
    page = page_of(sweep(tmp_path / "log.txt", 30, spiking=(17,)))
    assert re.search(r"r17 · log\.txt:161 \|.*\| spike: `test/loss` 3\.8\d* at epoch 6 \|", page)


@pytest.mark.parametrize(("runs", "alike"), [(MOST_RUNS, False), (MOST_RUNS + 1, True)])
def test_runs_that_are_all_told_in_full_have_no_table_of_what_is_alike(
    tmp_path: Path, runs: int, alike: bool
) -> None:
    page = page_of(sweep(tmp_path / "log.txt", runs))
    assert ("**Findings that several runs share**" in page) is alike
    assert ("are told in full" in page) is alike
    assert len(set(re.findall(r"^## (r\d+) ·", page, re.MULTILINE))) == MOST_RUNS


@pytest.mark.parametrize(("spiking", "alike"), [(LEAST_RUNS, True), (LEAST_RUNS - 1, False)])
def test_what_fewer_runs_have_is_listed_run_by_run(
    tmp_path: Path, spiking: int, alike: bool
) -> None:
    # the last runs, so that some of them are not told in full
    page = page_of(sweep(tmp_path / "log.txt", 30, spiking=tuple(range(31 - spiking, 31))))
    assert bool(re.search(rf"\| spike \| \w+ \| `test/loss` \| {spiking} runs: ", page)) is alike
    row = re.search(r"r30 · log\.txt:291 \|.*", page)
    assert row is not None
    assert "spike: `test/loss`" in row[0]


# --------------------------------------------------------------------------- how runs are named
@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, ...]:
    path = sweep(tmp_path_factory.mktemp("sweep") / "log.txt", 20)
    return Story.all_of(lossreport.analyze(lossreport.read_runs([path])))


def test_runs_are_named_by_spans(stories: tuple[Story, ...]) -> None:
    def said(*numbers: int) -> str:
        return show_value(named([stories[number - 1] for number in numbers]), "en")

    assert said(4) == "r4"
    assert said(4, 6) == "r4, r6"
    assert said(2, 3, 4, 9) == "4 runs: r2 to r4, r9"
    assert said(5, 2, 3) == "3 runs: r2, r3, r5"
    apart = range(1, 2 * MOST_SPANS + 3, 2)
    assert said(*apart) == f"{MOST_SPANS + 1} runs: r1, r3, r5, r7, r9, r11, 1 more"
    assert said(*list(apart)[:-1]).endswith("r9, r11")


def test_what_half_of_the_runs_have_tells_them_apart(stories: tuple[Story, ...]) -> None:
    finding = stories[0].findings[0]
    half = Alike(("a", "b"), finding, stories[0], stories[:10])
    most = Alike(("a", "b"), finding, stories[0], stories[:11])
    assert of_most([half, most], 20) == [most]


# -------------------------------------------------------------------------------- very many runs
@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep(tmp_path_factory.mktemp("many") / "log.txt", to_json.MOST_RUNS + 3)


def test_html_summarises_the_runs_beyond_those_it_holds(many: Path, tmp_path: Path) -> None:
    analysis = lossreport.build([many], output=str(tmp_path / "out.html"))
    lossreport.build([many], output=str(tmp_path / "out.json"))
    brief, whole = (read_report(tmp_path / f"out.{form}").data for form in ("html", "json"))
    for data in (brief, whole):
        jsonschema.Draft202012Validator(schema()).validate(data)
    assert len(whole["runs"]) == len(analysis.runs) == to_json.MOST_RUNS + 3
    assert "summarised" not in whole
    assert len(brief["runs"]) == to_json.MOST_RUNS
    held = {run["id"] for run in brief["runs"]}
    left = {run["id"]: run for run in brief["summarised"]}
    assert held | set(left) == {run["id"] for run in whole["runs"]}
    assert len(left) == 3
    for name, state in ((one, run["state"]) for one, run in left.items()):
        assert analysis.run_verdict(name).state.value == state
        assert left[name]["goal"] == "test/mAP"
        assert left[name]["last"] == 0.5
    for part in ("series", "verdicts"):
        assert {one["run"] for one in brief[part]} == held


def test_a_page_that_summarises_runs_is_borne_out_by_its_logs(many: Path, tmp_path: Path) -> None:
    lossreport.build([many], output=str(tmp_path / "out.html"))
    assert verify(str(tmp_path / "out.html"), [str(many)]).differences == ()


def test_as_many_runs_as_html_holds_are_not_summarised(tmp_path: Path) -> None:
    path = sweep(tmp_path / "log.txt", to_json.MOST_RUNS)
    lossreport.build([path], output=str(tmp_path / "out.html"))
    data = read_report(tmp_path / "out.html").data
    assert len(data["runs"]) == to_json.MOST_RUNS
    assert "summarised" not in data


def test_of_more_runs_than_the_table_holds_the_gravest_are_listed(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_ROWS >= 1000
    overview = importlib.import_module("lossreport.compose.overview")
    monkeypatch.setattr(overview, "MOST_ROWS", 20)
    page = page_of(many)
    table = page.partition("**The runs**")[2].partition("\n\n")[2].partition("\n\n")[0]
    assert len(table.splitlines()) == 20 + 2
    assert "The table lists the 20 of the 53 runs with the gravest verdicts" in page


def reasons(data: dict[str, Any]) -> list[list[str]]:
    return [[one["en"] for one in run["reading"]["because"]] for run in data["runs"]]


@pytest.mark.parametrize("runs", [21, 22], ids=["few", "very many"])
def test_of_very_many_runs_each_tells_the_signs_of_its_own_bounds(
    tmp_path: Path, runs: int
) -> None:
    path = sweep(tmp_path / "log.txt", runs)
    lossreport.build([path], output=str(tmp_path / "out.json"))
    told = reasons(read_report(tmp_path / "out.json").data)
    if runs == 21:  # twenty breaks: each run tells all of them
        assert {len(one) for one in told} == {20}
        return
    lines = [[int(re.findall(r"\d+", sign)[0]) for sign in one] for one in told]
    assert lines == [[11], *([1 + 10 * n, 11 + 10 * n] for n in range(1, 21)), [211]]
