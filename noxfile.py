"""Every habit of the house under one name: `nox -l` lists them, `nox -s fast` runs one, `nox` runs
what every commit must pass.

Each session has an environment of its own, so that what is missing in pyproject.toml is missed here
too; what stands behind `--` goes to the tool: `nox -s fast -- -k spike`, `nox -s fuzz -- whole 0
3000`, `nox -s bench -- detect.py`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
"""The versions that `requires-python` allows and that are maintained."""
nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "fast-3.11"]


def installed(session: nox.Session, extra: str = "test") -> None:
    """Install the package as a developer has it, with one of its extras."""
    session.install("-e", f".[{extra}]")


@nox.session
def lint(session: nox.Session) -> None:
    """Hold the code to ruff's rules and form."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", ".", *session.posargs)
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package, strictly."""
    installed(session)
    session.run("mypy", *session.posargs)


@nox.session(python=PYTHONS)
def fast(session: nox.Session) -> None:
    """Run the fast lane, every rule of reading, judging and rendering, and hold its coverage to the
    floor.
    """
    installed(session)
    measured = () if session.posargs else ("--cov",)  # a part of the tests is under any floor
    session.run("pytest", "-m", "not slow", *measured, *session.posargs)


@nox.session(python="3.11", venv_backend="uv")
def oldest(session: nox.Session) -> None:
    """Run the fast lane with the oldest dependencies that pyproject.toml allows."""
    session.install("--resolution", "lowest-direct", "-e", ".[test]")
    session.run("pytest", "-m", "not slow", *session.posargs)


@nox.session(name="all", python=PYTHONS)
def whole(session: nox.Session) -> None:
    """Run every test, those in a browser and those that start programs too."""
    installed(session)
    session.run("pytest", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write what the code knows into the pages, and build the site with the reports of its
    gallery.
    """
    installed(session, "test,docs")
    session.run("python", "docs/generate.py")
    session.run("mkdocs", "build", "--strict", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Run a measurement of `benchmarks/`: `nox -s bench -- speed.py 5`; without a name, the speed
    of whole commands.
    """
    installed(session)
    name, *rest = session.posargs or ["speed.py"]
    session.run("python", f"benchmarks/{name}", *rest)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Mutate the samples and read them; without arguments ten thousand times. What breaks is kept
    in `found/`.
    """
    installed(session)
    given = session.posargs or ["read", "0", "10000"]
    session.run(
        "python",
        "-m",
        "fuzz.run",
        *given,
        "--keep",
        "found",
        env={"PYTHONPATH": str(ROOT / "tests")},
    )


@nox.session
def release(session: nox.Session) -> None:
    """Build the sdist and the wheel of it, after a look at what a release must have: a version with
    its changelog, and a clean checkout.
    """
    version = re.search(
        r'__version__ = "([^"]+)"',
        (ROOT / "src/lossreport/__init__.py").read_text(encoding="utf-8"),
    )
    assert version is not None
    if f"## [{version[1]}] - " not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        session.error(f"CHANGELOG.md has no dated section of {version[1]}")
    if session.run("git", "status", "--porcelain", external=True, silent=True):
        session.error("commit first: a release is made of what is committed")
    session.install("build", "twine")
    session.run("python", "-m", "build", "--outdir", "dist")
    session.run(
        "twine",
        "check",
        "--strict",
        *(str(path) for path in sorted((ROOT / "dist").glob(f"lossreport-{version[1]}*"))),
    )
    session.log(
        f"tag v{version[1]} and upload dist/ with twine; made with Python "
        f"{sys.version_info.major}.{sys.version_info.minor}"
    )
