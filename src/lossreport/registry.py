"""Finds the units of a kind: the modules of one package, then other people's entry points.

A unit is one module-level value (PARSER, DETECTOR, LOSS, ADVICE, SECTION) of one file, so that
adding a file adds the unit.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from lossreport.errors import RegistryError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUPS: Final = b"[lossreport."
"""Begins each of our groups in a package's `entry_points.txt`."""


class Unit(Protocol):
    """What every unit has: a name that is unique among its kind."""

    @property
    def id(self) -> str: ...


U = TypeVar("U", bound=Unit)


def load_units(
    package: str, attribute: str, kind: type[U], group: str | None = None
) -> tuple[U, ...]:
    """Return the units of `package`, sorted by module name, then those of the entry-point `group`.

    Raises RegistryError where a module lacks `attribute`, holds another type, or an id occurs
    twice.
    """
    units: dict[str, U] = {}
    for origin, unit in [*_built_in(package, attribute), *_foreign(group)]:
        if not isinstance(unit, kind):
            raise RegistryError(
                f"{origin} is no {kind.__name__}", hint=f"Set {attribute} to a {kind.__name__}."
            )
        if unit.id in units:
            raise RegistryError(
                f"{origin} uses the id {unit.id!r}, which is taken", hint="Choose another id."
            )
        units[unit.id] = unit
    return tuple(units.values())


def _built_in(package: str, attribute: str) -> Iterator[tuple[str, object]]:
    parent = importlib.import_module(package)
    for name in sorted(
        info.name for info in pkgutil.iter_modules(parent.__path__) if not info.name.startswith("_")
    ):
        module = importlib.import_module(f"{package}.{name}")
        yield f"{package}.{name}.{attribute}", getattr(module, attribute, None)


def _foreign(group: str | None) -> Iterator[tuple[str, object]]:
    if group is None:
        return
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        yield f"entry point {group}:{point.name}", point.load()


def entry_points(group: str) -> Iterable[EntryPoint]:
    """Return what other installed packages declare for a group."""
    if not _is_declared(tuple(sys.path)):
        return ()
    from importlib import metadata

    return metadata.entry_points(group=group)


@cache
def _is_declared(path: tuple[str, ...]) -> bool:
    """Return whether any package on the path declares units: `importlib.metadata` takes a tenth of
    a small report to load and to ask four times.

    What does not lie in folders, as in a zipped application, is left to it.
    """
    places = [Path(place or ".") for place in path]
    if any(place.is_file() for place in places):
        return True
    return any(
        GROUPS in file.read_bytes()
        for place in places
        for file in place.glob("*-info/entry_points.txt")
    )
