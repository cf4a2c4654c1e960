"""The templates are found packaged or beside pyproject.toml, and their absence names both
places.
"""

from pathlib import Path

import pytest

from lossreport import resources
from lossreport.errors import ResourceError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package at <tmp>/src/lossreport, which `resources` takes for its own."""
    folder = tmp_path / "src" / "lossreport"
    folder.mkdir(parents=True)
    monkeypatch.setattr(resources, "files", lambda _: folder)
    monkeypatch.setattr(resources, "__file__", str(folder / "resources.py"))
    return folder


def test_packaged_templates_win(package: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for folder, text in ((package / "templates", "packaged"), (tmp_path / "templates", "checkout")):
        (folder / "blocks").mkdir(parents=True)
        (folder / "blocks" / "a.j2").write_text(text, encoding="utf-8")
    assert resources.read_template("blocks/a.j2") == "packaged"


def test_a_checkout_is_used_where_nothing_is_packaged(package: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.j2").write_text("训练", encoding="utf-8")
    assert resources.read_template("a.j2") == "训练"


def test_a_templates_folder_without_pyproject_is_somebody_elses(
    package: Path, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    with pytest.raises(ResourceError):
        resources.templates()


def test_the_error_names_both_places(package: Path, tmp_path: Path) -> None:
    with pytest.raises(ResourceError) as caught:
        resources.templates()
    assert str(package / "templates") in str(caught.value)
    assert str(tmp_path / "templates") in str(caught.value)
