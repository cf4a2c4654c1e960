"""Every command and every snippet of the documentation runs as it is written, in a folder that
holds what it names.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

import lossreport
from integrations_interpreter import has, interpreter
from lossreport import api
from lossreport.cli import main
from lossreport.console import browser, following
from lossreport.console.sample import write_sample
from lossreport.integrations import HOOKS
from lossreport.integrations.building import PYTHON
from lossreport.integrations.ending import RANKS
from lossreport.render.to_terminal import to_terminal
from runs import SAMPLES

ROOT = Path(__file__).resolve().parents[1]
TEAM = ("team.md", "team.zh.md")
"""Pages whose commands build on each other: they are run in their order, below."""
PAGES = sorted(
    [
        *(page for page in (ROOT / "docs").glob("*.md") if page.name not in TEAM),
        ROOT / "README.md",
        ROOT / "README.zh.md",
    ]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ONES = re.compile(r"(?:^|[|] *)(?P<line>lossreport (?!NOTE|reads|读取)[^|#\n]*)")
GRAMMAR = re.compile(r"\b[A-Z]{3,}\b(?!\.)|\.\.\.")
"""A line of grammar, as `lossreport lint NOTE.md PATH... [--lang zh]`, and no command to type."""
ENDS = {"--fail-on": {0, 4}, "lint": {0, 4}, "verify": {0, 4}, "--yes": {5}, "send": {0}}
"""Nothing is sent from here: a dry run of `send` ends with 0, one that is meant with 5 where its
token is missing.
"""


def one_liners() -> list[str]:
    found = {
        match["line"].strip()
        for page in PAGES
        for language, text in FENCE.findall(page.read_text(encoding="utf-8"))
        if language in ("", "sh", "bash")
        for line in text.splitlines()
        for match in [ONES.search(line)]
        if match is not None and not GRAMMAR.search(match["line"].split(" NOTE.md")[-1])
    }
    return sorted(found)


LINES = one_liners()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the documentation names."""
    place = tmp_path_factory.mktemp("world")
    for number in ("41", "42"):
        write_sample(place / "runs" / number)
    state = place / "out" / "checkpoint-250"
    state.mkdir(parents=True)
    shutil.copyfile(
        SAMPLES / "gallery" / "hf_spike" / "trainer_state.json", state / "trainer_state.json"
    )
    (place / "NOTE.md").write_text("The loss ends at 1.43.\n", encoding="utf-8")
    shutil.copyfile(place / "runs" / "42" / "train.log", place / "train.log")
    api.build([place / "runs" / "42"], place / "report.html", embed_logs=True)
    shutil.copyfile(place / "report.html", place / "runs" / "41" / "lossreport.html")
    for name in ("lossreport.html", "old.html"):
        shutil.copyfile(place / "report.html", place / name)
    return place


@pytest.fixture
def here(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(world, tmp_path / "world")
    monkeypatch.chdir(tmp_path / "world")
    monkeypatch.setattr(browser, "opened", lambda page: False)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with (world / "train.log").open("rb") as log:
        monkeypatch.setattr(
            sys, "stdin", SimpleNamespace(buffer=io.BytesIO(log.read()), isatty=lambda: False)
        )
    monkeypatch.setattr(following, "QUIET", 0.0)
    return tmp_path / "world"


def test_the_documentation_has_its_commands() -> None:
    assert len(LINES) >= 25
    commands = {line.split()[1] for line in LINES}
    assert {
        "build",
        "show",
        "demo",
        "ticket",
        "formats",
        "lint",
        "verify",
        "extract",
        "compare",
        "index",
        "batch",
    } <= commands


@pytest.mark.parametrize("line", LINES)
def test_a_command_runs_as_it_is_written(
    line: str, here: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    if "s3://" in line:
        pytest.skip("there is no bucket here; tests/reading has a server of its own")
    if ".pdf" in line and find_spec("weasyprint") is None:
        pytest.skip("needs the extra [pdf]")
    arguments = shlex.split(line)[1:]
    if arguments[0] == "init":
        # the folder of the other commands has its settings already, and they are never overwritten
        (here / arguments[1] / "lossreport.toml").unlink()
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    allowed = next((codes for word, codes in ENDS.items() if word in arguments), {0})
    assert ended.value.code in allowed, capsysbinary.readouterr().err.decode()


# ------------------------------------------------------------------------------------------- Python
def snippets(page: str) -> list[str]:
    return [
        text
        for language, text in FENCE.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
        if language == "python"
    ]


@pytest.mark.parametrize("page", ["api.md", "api.zh.md"])
def test_the_snippets_of_the_page_on_python_run(page: str, here: Path) -> None:
    pd = pytest.importorskip("pandas")
    numbers = list(range(60))
    known = {
        "pd": pd,
        "steps": numbers,
        "losses": [9.0 / (1 + n) + 1 for n in numbers],
        "val_losses": [9.0 / (1 + n) + 1.2 for n in numbers],
    }
    assert len(snippets(page)) == 3
    for text in snippets(page):
        exec(compile(text, page, "exec"), known)
    assert (here / "report.html").is_file()


def test_hooks_are_named_behind_a_plain_import() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = sorted(set(re.findall(r"\blossreport\.integrations\.(\w+)\.(\w+)\(", text)))
    assert {module for module, _ in named} == set(HOOKS) - {"trackers"}
    code = "import lossreport\n" + "\n".join(
        f"assert callable(lossreport.integrations.{module}.{name})" for module, name in named
    )
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONSTARTUP"}
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=clean
        ).stderr
        == ""
    )


def test_the_one_line_of_a_plain_loop_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        line
        for line in (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| a plain loop |")
    ]
    (code,) = re.findall(r"`(with [^`]+)`", lines[0])
    exec(code, {"lossreport": lossreport, "step": 1, "loss": 2.0})
    assert (tmp_path / "runs" / "42" / "lossreport-memory.jsonl").is_file()


# ------------------------------------------------------------------------------------- the tutorial
PROGRAMS = ("tutorial.md", "tutorial.zh.md")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    place = tmp_path_factory.mktemp("demo") / "lossreport-demo"
    write_sample(place)
    report = lossreport.compose(lossreport.analyze(lossreport.read_runs([place])))
    return lambda lang, last: to_terminal(report, lang, width=100, last=last)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("page", "lang", "last"),
    [
        ("tutorial.md", "en", "Report: lossreport-demo/lossreport.html"),
        ("tutorial.zh.md", "zh", "报告：lossreport-demo/lossreport.html"),
    ],
)
def test_what_the_tutorial_shows_is_what_the_demo_says(
    page: str, lang: str, last: str, demo: Callable[[str, str], str]
) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (shown,) = re.findall(r"<!-- shown: demo -->\n```\n(.*?)```", text, re.DOTALL)
    assert shown == demo(lang, last)


def test_the_program_of_the_tutorial_is_the_same_in_both_languages_and_compiles() -> None:
    (english,), (chinese,) = (snippets(page) for page in PROGRAMS)
    assert english == chinese
    compile(english, "finetune.py", "exec")


@pytest.mark.parametrize("page", [*PROGRAMS, "faq.md", "faq.zh.md"])
def test_the_settings_that_a_page_shows_are_read(page: str, here: Path) -> None:
    (settings,) = [
        text
        for language, text in FENCE.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
        if language == "toml"
    ]
    (here / "out" / "lossreport.toml").write_text(settings, encoding="utf-8")
    run = lossreport.read_run([here / "out"])
    assert isinstance(run.value("vocab_size"), int)
    analysis = lossreport.analyze(run)
    assert (
        next(series.metric_type for series in analysis.runs[0].series if series.name == "loss")
        == "cross_entropy"
    )


@pytest.mark.frameworks
def test_the_program_of_the_tutorial_writes_its_report(tmp_path: Path) -> None:
    if not has("transformers accelerate torch"):
        pytest.skip(f"transformers is not installed in {interpreter()}")
    (code,) = snippets("tutorial.md")
    (tmp_path / "finetune.py").write_text(code, encoding="utf-8")
    clean = {key: value for key, value in os.environ.items() if key not in RANKS}
    own = {
        "PYTHONPATH": str(ROOT / "src"),
        PYTHON: sys.executable,
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [interpreter(), "finetune.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**clean, **own},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "out" / "lossreport.html").stat().st_size > 10_000


# ------------------------------------------------------------------------ an archive in ten minutes
def typed(page: str) -> list[str]:
    """Return the lines of a page that are typed, without their remarks."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [
        line for language, code in FENCE.findall(text) if not language for line in code.splitlines()
    ]


def test_both_languages_of_the_page_on_an_archive_type_the_same() -> None:
    bare = [[line.split("   #")[0] for line in typed(page)] for page in TEAM]
    assert bare[0] == bare[1]
    assert snippets(TEAM[0]) == snippets(TEAM[1])
    assert len(bare[0]) == 9


@pytest.mark.slow
def test_the_archive_of_ten_minutes_comes_about_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = snippets(TEAM[0])
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    told: dict[str, str] = {}
    for line in typed(TEAM[0]):
        command, _, remark = line.partition("   #")
        if command.startswith("python "):
            subprocess.run([sys.executable, *shlex.split(command)[1:]], check=True)
            continue
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(command)[1:])
        assert ended.value.code == (4 if "4" in remark else 0), command
        told[shlex.split(command)[1]] = capsysbinary.readouterr().out.decode()
    (settings,) = [
        text
        for language, text in FENCE.findall((ROOT / "docs" / TEAM[0]).read_text(encoding="utf-8"))
        if language == "toml"
    ]
    written = (tmp_path / "runs" / "2026-11-10-unet-lr0.003-s0" / "lossreport.toml").read_text()
    assert set(settings.split("\n")) <= set(written.split("\n"))
    index = (tmp_path / "runs" / "lossreport.index.html").read_text()
    assert index.count("3 seeds of one configuration") == 3
    assert "9 reports of 9 different sets of logs" in index
    report = (tmp_path / "runs" / "2026-12-01-unet-lr0.1-s0" / "lossreport.html").read_text()
    assert "last values of 9 runs with the same goal and data, 2026-11-10 to 2026-11-12" in report
    assert "`lr` 0.003 → 0.1" in told["ticket"]
    assert (tmp_path / "lr.html").is_file()
