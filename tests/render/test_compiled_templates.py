"""Templates are compiled once and kept, and what is kept can do no harm: a torn file, another text,
a folder that nobody may write.
"""

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FunctionLoader

from lossreport.render import compiled


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "templates", lambda: tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "__pycache__"


def rendered(text: str) -> str:
    jinja = Environment(
        loader=FunctionLoader({"a.html.j2": text}.get),
        autoescape=True,
        bytecode_cache=compiled.Compiled(),
    )
    return jinja.get_template("a.html.j2").render(x=1)


def test_a_kept_template_renders_as_the_text_does(folder: Path) -> None:
    assert [rendered("x = {{ x }}") for _ in range(2)] == ["x = 1"] * 2
    assert [file.suffix != "" for file in folder.iterdir()] == [True]


def test_code_of_another_text_is_not_used(folder: Path) -> None:
    assert rendered("x = {{ x }}") == "x = 1"
    assert rendered("y = {{ x }}") == "y = 1"


@pytest.mark.parametrize(
    "kept", [b"", b"x", b"\n", None], ids=["empty", "short", "no code", "torn"]
)
def test_a_torn_file_is_made_anew(folder: Path, kept: bytes | None) -> None:
    rendered("x = {{ x }}")
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:60] if kept is None else kept)
    assert rendered("x = {{ x }}") == "x = 1"
    assert file.read_bytes() == whole


def test_nothing_is_kept_where_python_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered("x = {{ x }}") == "x = 1"
    assert not folder.exists()


def test_a_folder_that_may_not_be_written_costs_nothing_but_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled.os, "access", lambda *_: False)
    assert rendered("x = {{ x }}") == "x = 1"
    assert not folder.exists()


def test_a_full_disk_costs_nothing_but_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert rendered("x = {{ x }}") == "x = 1"
    assert list(folder.iterdir()) == []
