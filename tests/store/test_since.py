"""A report that is held against an earlier one says in a line of its first screen what became
better or worse, and whether by more than noise.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lossreport import build
from lossreport.cli import main
from lossreport.compose.short import MOST_RUNS
from lossreport.store.since import LEAST, SURE
from runs import rng

SCATTER = 0.006
ROWS = 40


def accuracies(best: float, count: int = ROWS) -> list[float]:
    """Return a curve that rises to `best` and scatters around it."""
    noise = rng(7).standard_normal(count) * SCATTER
    return [round(best - (best - 0.2) * 0.8**e + float(noise[e]), 5) for e in range(count)]


def training(
    place: Path,
    best: float,
    lr: float = 1e-3,
    names: tuple[str, ...] = ("",),
    count: int = ROWS,
) -> Path:
    """Write logs whose accuracy rises to `best`, and their report; return the report."""
    for name in names:
        folder = place / name
        folder.mkdir(parents=True)
        rows = [
            f"{e},{2 * 0.88**e + 0.3:.4f},{value}\n"
            for e, value in enumerate(accuracies(best, count))
        ]
        (folder / "metrics.csv").write_text(
            "epoch,loss,val_accuracy\n" + "".join(rows), encoding="utf-8"
        )
        (folder / "config.json").write_text(
            json.dumps({"lr": lr, "batch_size": 32, "epochs": 40}), encoding="utf-8"
        )
    build([place], place / "lossreport.html")
    return place / "lossreport.html"


def line(new: Path, old: Path, lang: str = "en") -> str:
    text = new.parent / "held.md"
    build(
        [new.parent],
        text,
        format="md",
        lang="zh" if lang == "zh" else "en",
        against=old,
        ignore=["*.html", "held*"],
    )
    lead = {"zh": "> 与 `", "en": "> Against `"}[lang]
    (found,) = [
        one for one in text.read_text(encoding="utf-8").splitlines() if one.startswith(lead)
    ]
    return found


BETTER, WORSE = "The goal is better, by more than", "The goal is worse, by more than"
WITHIN = "is within what the last half of a run varies"


@pytest.mark.parametrize(
    ("times", "said"), [(1.1, BETTER), (-1.1, WORSE), (0.9, WITHIN), (-0.9, WITHIN)]
)
def test_a_goal_is_better_or_worse_only_beyond_what_the_last_half_varies(
    times: float, said: str, tmp_path: Path
) -> None:
    gap = times * SURE * float(np.std(accuracies(0.6)[ROWS // 2 :]))
    found = line(training(tmp_path / "new", 0.6 + gap), training(tmp_path / "old", 0.6))
    assert said in found
    assert "old/lossreport.html" in found


@pytest.mark.parametrize(("count", "told"), [(LEAST, True), (LEAST - 1, False)])
def test_of_few_values_nothing_is_called_better(count: int, told: bool, tmp_path: Path) -> None:
    old = training(tmp_path / "old", 0.3, count=count)
    found = line(training(tmp_path / "new", 0.9, count=count), old)
    assert ("too few values to tell" not in found) is told


def test_two_runs_of_one_process_are_rarely_called_different() -> None:
    draw, apart = rng(11), 0
    for _ in range(PAIRS):
        runs = [wandering(draw) for _ in range(2)]
        bests = [float(y.max()) for y in runs]
        noise = max(float(np.std(y[len(y) // 2 :])) for y in runs)
        apart += abs(bests[0] - bests[1]) > SURE * noise
    assert apart <= 0.07 * PAIRS  # 5 %, and two standard deviations of such a share above it


PAIRS = 400


def wandering(draw: np.random.Generator, count: int = 24, stays: float = 0.9) -> np.ndarray:
    """Return a curve that levels off with noise of which 0.9 stays from row to row."""
    noise = draw.standard_normal(count)
    for row in range(1, count):
        noise[row] = stays * noise[row - 1] + (1 - stays**2) ** 0.5 * noise[row]
    return 60 * (1 - np.exp(-6 * np.arange(count) / count)) + noise


def test_the_folder_of_a_report_is_not_told_where_it_is_a_home(tmp_path: Path) -> None:
    home = tmp_path / "home" / "alice"
    old = training(home, 0.6)
    assert "alice" in str(old)
    assert "alice" not in line(training(tmp_path / "new", 0.66), old)


@pytest.mark.parametrize(
    "text", ['{"schema":"lossreport/1"}', '{"schema":"lossreport/1","runs":3}']
)
def test_a_damaged_report_is_named(text: str, tmp_path: Path) -> None:
    page = training(tmp_path / "new", 0.6)
    before = page.read_bytes()
    (tmp_path / "old.json").write_text(text, encoding="utf-8")
    arguments = ["build", str(page.parent), "--against", str(tmp_path / "old.json")]
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 3
    assert "'old.json' is no report of lossreport" in ended.output
    assert page.read_bytes() == before


def test_the_line_names_settings_in_both_languages(tmp_path: Path) -> None:
    old, new = training(tmp_path / "old", 0.6), training(tmp_path / "new", 0.66, lr=5e-4)
    assert "`lr` 0.001 → 5e-4, best `val/accuracy`" in line(new, old)
    assert "`lr` 0.001 → 5e-4、`val/accuracy` 最佳" in line(new, old, "zh")


def test_a_report_against_itself_moved_nothing(tmp_path: Path) -> None:
    page = training(tmp_path / "one", 0.6)
    assert line(page, page).endswith("no finding came or went.")


def test_each_of_several_runs_has_its_line(tmp_path: Path) -> None:
    old = training(tmp_path / "old", 0.6, names=("s1", "s2"))
    new = training(tmp_path / "new", 0.66, names=("s1", "s3"))
    text = tmp_path / "held.md"
    build([new.parent], text, format="md", lang="en", against=old, ignore=["*.html"])
    lines = [
        one for one in text.read_text(encoding="utf-8").splitlines() if "old/lossreport.html" in one
    ]
    assert ["The goal is better" in one for one in lines] == [True, False]
    assert "does not have this run" in lines[1]


def test_runs_beyond_those_that_are_told_are_counted(tmp_path: Path) -> None:
    names = tuple(f"s{number:02}" for number in range(MOST_RUNS + 2))
    old = training(tmp_path / "old", 0.6, names=names, count=LEAST)
    text = tmp_path / "held.md"
    build([old.parent], text, format="md", lang="en", against=old, ignore=["*.html"])
    told = text.read_text(encoding="utf-8")
    assert told.count("Against `old/lossreport.html`") == MOST_RUNS
    assert "2 more runs are not held against the earlier report here." in told


def test_an_earlier_report_may_stand_where_the_new_one_is_written(tmp_path: Path) -> None:
    old, new = training(tmp_path / "old", 0.6), training(tmp_path / "new", 0.66)
    new.write_bytes(old.read_bytes())
    ended = CliRunner().invoke(
        main,
        ["build", str(new.parent), "--against", str(new), "--ignore", "*.html", "--lang", "en"],
    )
    assert ended.exit_code == 0, ended.output
    assert "The goal is better" in new.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "code"), [("gone.html", None, 2), ("page.html", "<p>no report</p>", 3)]
)
def test_what_is_no_report_is_said_and_the_report_that_stands_there_stays(
    name: str, text: str | None, code: int, tmp_path: Path
) -> None:
    page = training(tmp_path / "new", 0.6)
    before = page.read_bytes()
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    ended = CliRunner().invoke(main, ["build", str(page.parent), "--against", str(tmp_path / name)])
    assert ended.exit_code == code
    assert name in ended.output
    assert page.read_bytes() == before
