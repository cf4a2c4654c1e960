"""A unit is found by putting a file in its folder; a wrong or a second one of a name is refused."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from lossreport import registry
from lossreport.analysis.adviser import advices
from lossreport.analysis.detector import detectors
from lossreport.compose.section import section_writers
from lossreport.errors import RegistryError
from lossreport.knowledge.loss_type import loss_types
from lossreport.reading.parser import parsers
from lossreport.registry import load_units


@dataclass(frozen=True)
class Thing:
    id: str


@dataclass(frozen=True)
class Point:
    name: str
    unit: object

    def load(self) -> object:
        return self.unit


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "units_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "things_of_a_test", sys.modules[__name__])
    for name in [name for name in sys.modules if name.startswith("units_of_a_test")]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def add(package: Path, module: str, id: str) -> None:
    (package / f"{module}.py").write_text(
        f"from things_of_a_test import Thing\nTHING = Thing({id!r})\n", encoding="utf-8"
    )


def test_units_come_in_the_order_of_their_modules(package: Path) -> None:
    for module in ("zeta", "alpha", "_hidden"):
        add(package, module, module)
    assert [unit.id for unit in load_units("units_of_a_test", "THING", Thing)] == ["alpha", "zeta"]


def test_a_name_that_is_taken_is_refused(package: Path) -> None:
    add(package, "one", "same")
    add(package, "two", "same")
    with pytest.raises(RegistryError, match="'same', which is taken"):
        load_units("units_of_a_test", "THING", Thing)


@pytest.mark.parametrize("text", ["", "THING = 3\n"], ids=["missing", "of another type"])
def test_a_module_without_its_unit_is_refused_by_name(package: Path, text: str) -> None:
    (package / "one.py").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=r"units_of_a_test\.one\.THING is no Thing"):
        load_units("units_of_a_test", "THING", Thing)


def test_other_peoples_units_come_after_the_built_in_ones(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(package, "zeta", "built_in")
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [Point("b", Thing("b")), Point("a", Thing("a"))]
    )
    assert [unit.id for unit in load_units("units_of_a_test", "THING", Thing, "group")] == [
        "built_in",
        "a",
        "b",
    ]


def test_an_entry_point_cannot_take_the_name_of_a_built_in_unit(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(package, "one", "same")
    monkeypatch.setattr(registry, "entry_points", lambda group: [Point("p", Thing("same"))])
    with pytest.raises(RegistryError, match="entry point group:p"):
        load_units("units_of_a_test", "THING", Thing, "group")


@pytest.mark.parametrize(
    "load",
    [parsers, detectors, advices, section_writers, loss_types],
    ids=lambda load: load.__name__,
)
def test_every_kind_of_unit_has_some_and_each_id_once(load: object) -> None:
    ids = [unit.id for unit in load()]  # type: ignore[operator]
    assert ids
    assert len(ids) == len(set(ids))
