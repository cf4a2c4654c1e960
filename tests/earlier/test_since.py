"""A report that is held against an earlier one says in a line of its first screen what became
better or worse, and whether by more than noise.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lossreport import build
from lossreport.cli import main
from lossreport.earlier.since import SURE
from runs import rng

SCATTER = 0.006


def training(place: Path, best: float, lr: float = 1e-3, names: tuple[str, ...] = ("",)) -> Path:
    """Write logs whose accuracy rises to `best` and scatters around it, and their report; return
    the report.
    """
    for name in names:
        folder = place / name
        folder.mkdir(parents=True)
        noise = rng(7).standard_normal(40) * SCATTER
        rows = [
            f"{e},{2 * 0.88**e + 0.3:.4f},{best - (best - 0.2) * 0.8**e + noise[e]:.5f}\n"
            for e in range(40)
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


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (SURE * SCATTER * 2.0, "The goal is better, by more"),
        (-SURE * SCATTER * 2.0, "The goal is worse, by more"),
        (SURE * SCATTER * 0.4, "differs by no more than its rows scatter"),
        (-SURE * SCATTER * 0.4, "differs by no more than its rows scatter"),
    ],
)
def test_a_goal_is_better_or_worse_only_beyond_the_scatter_of_its_rows(
    gap: float, said: str, tmp_path: Path
) -> None:
    found = line(training(tmp_path / "new", 0.6 + gap), training(tmp_path / "old", 0.6))
    assert said in found
    assert "old/lossreport.html" in found


def test_the_line_names_settings_in_both_languages(tmp_path: Path) -> None:
    old, new = training(tmp_path / "old", 0.6), training(tmp_path / "new", 0.66, lr=5e-4)
    assert "`lr` 0.001 → 5e-4, best `val/accuracy`" in line(new, old)
    assert "`lr` 0.001 → 5e-4、`val/accuracy` 最佳" in line(
        new, old, "zh"
    ) or "`lr` 0.001 → 5e-4，`val/accuracy` 最佳" in line(new, old, "zh")


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


def test_an_earlier_report_may_stand_where_the_new_one_is_written(tmp_path: Path) -> None:
    old, new = training(tmp_path / "old", 0.6), training(tmp_path / "new", 0.66)
    new.write_bytes(old.read_bytes())
    ended = CliRunner().invoke(
        main,
        ["build", str(new.parent), "--against", str(new), "--ignore", "*.html", "--lang", "en"],
    )
    assert ended.exit_code == 0, ended.output
    assert "The goal is better" in new.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), [("gone.html", None), ("page.html", "<p>no report</p>")])
def test_what_is_no_report_is_said_and_the_report_that_stands_there_stays(
    name: str, text: str | None, tmp_path: Path
) -> None:
    page = training(tmp_path / "new", 0.6)
    before = page.read_bytes()
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    ended = CliRunner().invoke(main, ["build", str(page.parent), "--against", str(tmp_path / name)])
    assert ended.exit_code == 2
    assert name in ended.output
    assert page.read_bytes() == before
