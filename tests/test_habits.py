"""The habits stand in one place each: the runner's sessions are those of CI and of CONTRIBUTING,
the version is one, its changelog is there.
"""

from __future__ import annotations

import ast
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import lossreport

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SESSIONS = {"lint", "types", "fast", "all", "docs", "bench", "fuzz", "release", "oldest"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def sessions() -> set[str]:
    """Return the names of the runner's sessions, from its source: nox is no dependency of the
    tests.
    """
    found = set()
    for node in ast.parse(read("noxfile.py")).body:
        for decorator in getattr(node, "decorator_list", ()):
            if "nox.session" in ast.unparse(decorator):
                assert isinstance(node, ast.FunctionDef)
                assert ast.get_docstring(node), f"nox -l says nothing about {node.name}"
                named = [
                    word.value for word in getattr(decorator, "keywords", ()) if word.arg == "name"
                ]
                found.add(ast.literal_eval(named[0]) if named else node.name)
    return found


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(read(".github/workflows/tests.yml"))
    return loaded["jobs"]


def test_the_runner_has_every_habit() -> None:
    assert sessions() == SESSIONS


def test_contributing_names_every_session() -> None:
    assert [
        name
        for name in sorted(SESSIONS)
        if not re.search(rf"`nox -s {name}[`\s-]", read("CONTRIBUTING.md"))
    ] == []


def test_ci_runs_sessions_that_there_are() -> None:
    steps = [step.get("run", "") for job in workflow().values() for step in job["steps"]]
    named = {
        name.partition("-")[0] for step in steps for name in re.findall(r"nox -s ([a-z]+)", step)
    }
    named |= set(workflow()["static"]["strategy"]["matrix"]["session"])
    assert named == {"fast", "oldest", "lint", "types", "docs"}
    assert any(".ci/run" in step for step in steps)


def test_ci_and_the_runner_try_the_versions_of_python_that_the_classifiers_claim() -> None:
    prefix = "Programming Language :: Python :: "
    claimed = [
        one.removeprefix(prefix)
        for one in PROJECT["project"]["classifiers"]
        if one.startswith(prefix)
    ]
    (listed,) = [
        node.value
        for node in ast.parse(read("noxfile.py")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PYTHONS"
    ]
    tried = ast.literal_eval(listed)
    assert workflow()["fast"]["strategy"]["matrix"]["python"] == tried
    assert claimed == tried[: len(claimed)]
    assert PROJECT["project"]["requires-python"] == f">={claimed[0]}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name
)
def test_files_for_the_forge_are_yaml(path: Path) -> None:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    if "body" in loaded:
        assert all(one["attributes"]["label"] for one in loaded["body"])
        assert len({one["id"] for one in loaded["body"]}) == len(loaded["body"])


def test_hooks_before_a_commit_are_those_of_the_lint_session() -> None:
    hooks = [
        hook
        for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
        for hook in repo["hooks"]
    ]
    needed = {one for hook in hooks for one in hook.get("additional_dependencies", ())}
    assert needed <= set(PROJECT["project"]["optional-dependencies"]["test"])
    assert {"ruff", "ruff-format"} <= {hook["id"] for hook in hooks}


def test_the_version_is_one_everywhere() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    newest = re.search(
        r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", read("CHANGELOG.md"), re.MULTILINE
    )
    assert newest is not None
    assert lossreport.__version__ == citation["version"] == newest[1]
    assert citation["date-released"] == date.fromisoformat(newest[2])


def test_the_floor_of_coverage_is_one_that_can_fail() -> None:
    report = PROJECT["tool"]["coverage"]["report"]
    assert 85 <= report["fail_under"] < 100
    assert PROJECT["tool"]["coverage"]["run"]["source"] == ["lossreport"]
