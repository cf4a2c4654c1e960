"""The sample run of `lossreport demo` has the faults that its README tells, is the same everywhere,
and opens only where a browser can.
"""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

import pytest

import lossreport
from lossreport.console import browser
from lossreport.console.commands import demo
from lossreport.console.sample import SPIKE, TURN, VALIDATED, write_sample
from lossreport.errors import OutputError
from lossreport.model.analysis import State

DESKTOP = ("SSH_CONNECTION", "CI", "DISPLAY", "WAYLAND_DISPLAY")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in DESKTOP:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_its_faults_are_found_where_they_are(tmp_path: Path) -> None:
    write_sample(tmp_path)
    analysis = lossreport.analyze(lossreport.read_runs([tmp_path]), strict=True)
    assert analysis.run_verdict("r1").state is State.OVERFITTING
    assert SPIKE in [one.start.x for one in analysis.findings if one.kind == "spike"]
    assert abs(analysis.bests[0].at.x - TURN) <= VALIDATED
    assert f"step {SPIKE}" in (tmp_path / "README.md").read_text()


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(tmp_path / name)
    assert (tmp_path / "a" / "train.log").read_bytes() == (
        tmp_path / "b" / "train.log"
    ).read_bytes()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_sample(tmp_path / "file")


@pytest.mark.parametrize("name", ["README.md", "train.log", "lossreport.toml", "train.csv"])
def test_a_folder_of_somebody_else_is_left_as_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("my own")
    with pytest.raises(OutputError, match="holds files already"):
        write_sample(tmp_path)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(name, "my own")]


@pytest.mark.parametrize(
    ("platform", "variables", "there"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":0", "SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, False),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, False),
        ("win32", {}, True),
        ("win32", {"CI": "true"}, False),
    ],
)
def test_a_browser_is_opened_on_a_desktop_only(
    platform: str, variables: dict[str, str], there: bool, bare: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        bare.setenv(name, value)
    assert browser.has_desktop(platform) is there


@pytest.mark.parametrize(
    ("options", "desktop", "opened"), [([], True, 1), (["--no-open"], True, 0), ([], False, 0)]
)
def test_the_command_writes_the_report_and_opens_it(
    options: list[str],
    desktop: bool,
    opened: int,
    tmp_path: Path,
    bare: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pages: list[str] = []
    bare.setattr(webbrowser, "open", lambda page: pages.append(page) or True)
    bare.setattr(browser, "has_desktop", lambda platform: desktop)
    demo.main([str(tmp_path / "d"), *options], standalone_mode=False)
    assert len(pages) == opened
    assert all(page == (tmp_path / "d" / "lossreport.html").as_uri() for page in pages)
    assert (tmp_path / "d" / "lossreport.html").is_file()
    said = capsys.readouterr().err
    assert f"Report: {tmp_path / 'd' / 'lossreport.html'}" in said
    assert ("There is no browser" in said) is (not desktop and not options)


def test_a_demo_can_be_written_again(tmp_path: Path, bare: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        demo.main([str(tmp_path / "d"), "--no-open"], standalone_mode=False)
    assert sorted(os.listdir(tmp_path / "d")) == [
        "README.md",
        "lossreport.html",
        "lossreport.toml",
        "train.log",
    ]
