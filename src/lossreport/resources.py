"""Finds the templates, in a wheel, an sdist, an editable install or a bare checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lossreport.errors import ResourceError


def templates() -> Traversable:
    """Return the folder `templates/`: packaged inside the package, or at the root of the checkout
    it is run from.

    Raises ResourceError naming both places where neither is there.
    """
    packaged = files("lossreport") / "templates"
    if packaged.is_dir():
        return packaged
    root = Path(__file__).resolve().parents[2]
    if (root / "pyproject.toml").is_file() and (root / "templates").is_dir():
        return root / "templates"
    raise ResourceError(
        f"No templates at {packaged} and none at {root / 'templates'}",
        hint="Install lossreport again: pip install --force-reinstall lossreport.",
    )


def read_template(name: str) -> str:
    """Return the text of one file below `templates/`, named with `/`."""
    return templates().joinpath(*name.split("/")).read_text(encoding="utf-8")
