"""The README tells the truth: its two commands are those CI runs, its formats are those there are,
its links exist.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lossreport.reading.parser import parsers

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(name: str) -> list[str]:
    return [
        block.strip()
        for block in re.findall(r"^```\n(python3 .*?)\n```$", read(name), re.MULTILINE)
    ]


@pytest.mark.parametrize("name", READMES)
def test_both_readmes_give_the_two_commands_that_ci_runs(name: str) -> None:
    assert len(commands(name)) == 2
    ci = read(".ci/run").splitlines()
    assert [command in ci for command in commands(name)] == [True, True]


@pytest.mark.parametrize("name", READMES)
def test_every_format_is_listed(name: str) -> None:
    assert [unit.id for unit in parsers() if f"`{unit.id}`" not in read(name)] == []


@pytest.mark.parametrize("name", READMES)
def test_every_dependency_has_its_reason(name: str) -> None:
    listed = re.search(
        r"^dependencies = \[(.*?)^\]", read("pyproject.toml"), re.DOTALL | re.MULTILINE
    )
    assert listed is not None
    packages = re.findall(r'"([a-z0-9-]+)', listed[1])
    assert packages
    assert [package for package in packages if package not in read(name)] == []


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_links_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", read(name))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_error_code_is_documented() -> None:
    codes = re.findall(r'^    code = "([a-z-]+)"', read("src/lossreport/errors.py"), re.MULTILINE)
    assert len(codes) >= 8
    documented = read("docs/errors.md")
    assert [code for code in codes if f"`{code}`" not in documented and code != "error"] == []
