"""What is published works: the wheel made of the sdist writes the sample's report alone, and finds
a format that another wheel brings.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample_logs" / "vla_healthy"
pytestmark = pytest.mark.slow
PLUGIN = """import re

from lossreport.reading.kit.line_parser import line_parser
from lossreport.text import Text


def row(line):
    match = re.match(r"it=(\\d+) :: L=(\\S+)", line)
    return {"iteration": match[1], "loss": match[2]} if match else None


PARSER = line_parser(id="my_lab", title=Text(zh="我们组的日志", en="logs of my lab"), row=row)
"""
"""A user's own format, such as `it=3 :: L=0.5`, in ten lines."""


PLUGIN_PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "my-lab"
version = "1"
[project.entry-points."lossreport.parsers"]
my_lab = "my_lab:PARSER"
[tool.hatch.build.targets.wheel]
include = ["my_lab.py"]
"""


def built(source: Path, kind: str, place: Path) -> Path:
    """Build an sdist or a wheel with the backend of this environment: no network."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(place)],
        check=True,
        capture_output=True,
        cwd=source,
    )
    (made,) = place.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist, as an installer without wheels would."""
    place = tmp_path_factory.mktemp("dist")
    with tarfile.open(built(ROOT, "sdist", place / "sdist")) as sdist:
        sdist.extractall(place / "source", filter="data")
    (source,) = (place / "source").iterdir()
    return built(source, "wheel", place / "wheel")


def installed(place: Path, *wheels: Path) -> dict[str, str]:
    """Install wheels into a folder of their own, before everything else on the path; return the
    environment that uses it.
    """
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        "--target",
        str(place),
    ]
    subprocess.run([*pip, *map(str, wheels)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(place)}


def run(environment: dict[str, str], cwd: Path, *arguments: object) -> str:
    command = [sys.executable, "-m", "lossreport", *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, env=environment, cwd=cwd
    ).stdout.decode()


def test_the_wheel_holds_the_templates_and_the_schema_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    needed = [
        "templates/report.html.j2",
        "templates/assets/report.css",
        "render/schema.json",
        "py.typed",
    ]
    assert [name for name in needed if f"lossreport/{name}" not in names] == []
    assert [name for name in names if name.startswith(("tests", "sample_logs", "templates"))] == []


def test_an_installed_wheel_writes_a_report_and_finds_a_plugin(wheel: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "my_lab.py").write_text(PLUGIN, encoding="utf-8")
    (plugin / "pyproject.toml").write_text(PLUGIN_PROJECT, encoding="utf-8")
    environment = installed(tmp_path / "site", wheel, built(plugin, "wheel", tmp_path / "built"))
    where = [sys.executable, "-c", "import lossreport; print(lossreport.__file__)"]
    assert (
        str(tmp_path / "site")
        in subprocess.run(
            where, check=True, capture_output=True, env=environment, cwd=tmp_path
        ).stdout.decode()
    )
    run(environment, tmp_path, "build", SAMPLE, "-o", tmp_path / "r.html")
    assert "<svg" in (tmp_path / "r.html").read_text(encoding="utf-8")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "x.out").write_text("".join(f"it={i} :: L={8 / (i + 1)}\n" for i in range(30)))
    assert "x.out: my_lab" in run(environment, tmp_path, "formats", logs)
    assert '"parser": "my_lab"' in run(
        environment, tmp_path, "build", logs, "-f", "json", "-o", "-"
    )


# ------------------------------------------------------------------------------- what it is made of
LICENCES = ROOT / "SECURITY.md"


def needed(name: str, found: dict[str, str]) -> dict[str, str]:
    """Return every package that a package needs to run here, itself among them, with the licence
    that its metadata tell.
    """
    known = re.sub(r"[-_.]+", "-", name).lower()
    if known not in found:
        held = metadata.distribution(name)
        classes = [
            line.split(" :: ")[-1]
            for line in held.metadata.get_all("Classifier") or []
            if line.startswith("License")
        ]
        found[known] = (
            held.metadata.get("License-Expression")
            or "; ".join(classes)
            or (held.metadata.get("License") or "")
        )
        for requirement in map(Requirement, held.requires or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, found)
    return found


def test_every_package_that_comes_along_is_listed_with_its_licence_and_none_binds_who_uses_it() -> (
    None
):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, str] = {}
    for requirement in project["dependencies"]:
        needed(Requirement(requirement).name, found)
    listed = dict(
        re.findall(
            r"^\| ([a-z0-9-]+) \| ([^|]+) \|$", LICENCES.read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert sorted(set(found) - set(listed)) == []
    families = {
        "MIT": "MIT",
        "BSD": "BSD",
        "Apache": "Apache",
        "PSF": "PSF|Python Software",
        "MPL": "MPL",
    }
    for name, licence in found.items():
        assert re.search(families[listed[name].split("-")[0]], licence), (name, licence)
        assert not re.search(r"\bA?GPL|LGPL|Lesser General", licence), name


def test_two_builds_are_one_file(wheel: Path, tmp_path: Path) -> None:
    """The wheel of the sdist and one of the work tree, at another time, hold the same bytes:
    whoever builds it can prove what it is made of.
    """
    os.utime(ROOT / "pyproject.toml")
    again = built(ROOT, "wheel", tmp_path / "again")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()
