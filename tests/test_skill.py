"""The instructions for coding agents: what they name is there, and what they say to type runs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lossreport.cli import main
from lossreport.render.to_json import schema

SKILL = Path(__file__).resolve().parents[1] / "skills" / "lossreport" / "SKILL.md"
TEXT = SKILL.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^lossreport .+$", TEXT, re.MULTILINE) + re.findall(
    r"`(lossreport (?:formats|init|build|schema)[^`]*)`", TEXT
)


def rows(scale: float, at_30: float) -> str:
    losses = [at_30 if step == 30 else scale / step for step in range(1, 60)]
    return "\n".join(
        f"step {step} | loss {loss:.4f} | val_loss {1.03 * scale / step:.4f}"
        for step, loss in enumerate(losses, 1)
    )


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("41", "42"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "train.log").write_text(
            rows(3.0, 300.0) if name == "42" else rows(3.7, 0.123)
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_has_the_head_that_agents_look_for() -> None:
    head = yaml.safe_load(TEXT.split("---\n")[1])
    assert head["name"] == SKILL.parent.name
    assert 100 < len(head["description"]) <= 1024
    assert len(TEXT.split()) < 1500, "a skill is read whole"


def names(value: object) -> set[str]:
    """Return every name of an object, at any depth."""
    if isinstance(value, dict):
        return set(value) | set().union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def test_every_field_that_it_names_is_in_the_schema_or_in_a_comparison(runs: Path) -> None:
    with pytest.raises(SystemExit):
        main(["compare", "runs/41", "runs/42", "-f", "json", "-o", "compare.json", "-q"])
    known = (
        names(schema())
        | names(json.loads(Path("compare.json").read_text(encoding="utf-8"))["comparison"])
        | {"comparison"}
    )
    named = re.findall(
        r"`((?:runs|findings|recommendations|scales|comparison|series|not_applicable|failures)"
        r"(?:\[\]|\.)[\w.\[\]]*)`",
        TEXT,
    )
    words = {word for path in named for word in re.split(r"[\[\].]+", path) if word}
    words |= set(
        re.findall(
            r"`(outcome|severity|kind|text|explained_by|evidence|for|against|decided_by|when|code"
            r"|key|status|certain|call)`",
            TEXT,
        )
    )
    assert len(words) > 20
    assert words <= known, words - known


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_runs_as_it_is_written(line: str, runs: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line)[1:])
    assert ended.value.code in ((0, 4) if "--fail-on" in line else (0,))


def test_its_program_names_file_line_and_finding(runs: Path) -> None:
    with pytest.raises(SystemExit):
        main(["build", "runs/42", "-f", "json", "-o", "report.json", "-q"])
    (program,) = re.findall(r"<<'PY'\n(.+?)\nPY\n", TEXT, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-", "report.json"],
        input=program,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"^train\.log:30: \w+ spike: ", done.stdout, re.MULTILINE), done.stdout
