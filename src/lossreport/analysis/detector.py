"""What a detector is: one file each in `analysis/detectors/`; it yields findings, or says why it
does not apply.

It also declares what it brings along: the kinds of finding with their titles, and the thresholds
that a user may set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from lossreport.analysis.context import Context
from lossreport.errors import RegistryError
from lossreport.model.analysis import Finding, NotApplicable
from lossreport.model.guidance import Threshold
from lossreport.registry import load_units
from lossreport.text import Text
from lossreport.values import dataclass

Found = Finding | NotApplicable


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What findings of a kind are called; with `mark`, those of the kind that declare a number of
    that name.
    """

    id: str
    title: Text
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A test that yields findings of some kinds. Lower `order` runs first; later ones see what was
    found.

    A kind that another detector declares is named by its id alone.
    """

    id: str
    kinds: tuple[Kind | str, ...]
    detect: Callable[[Context], Iterator[Found]]
    order: int = 50
    thresholds: tuple[Threshold, ...] = ()

    @property
    def yields(self) -> tuple[str, ...]:
        """The ids of its kinds."""
        return tuple(
            dict.fromkeys(kind if isinstance(kind, str) else kind.id for kind in self.kinds)
        )


@cache
def detectors() -> tuple[Detector, ...]:
    """Return all detectors in running order."""
    units = load_units(
        "lossreport.analysis.detectors", "DETECTOR", Detector, "lossreport.detectors"
    )
    return tuple(sorted(units, key=lambda unit: unit.order))


@cache
def _titles() -> Mapping[tuple[str, str], Text]:
    """Return what findings are called, by kind and mark."""
    declared = (kind for unit in detectors() for kind in unit.kinds if isinstance(kind, Kind))
    return {(kind.id, kind.mark): kind.title for kind in declared}


@cache
def kinds() -> Mapping[str, Text]:
    """Return the title of every kind of finding; one that no detector declares is called by its
    id.
    """
    return {
        kind: title_of(kind, {}) or Text(zh=kind, en=kind)
        for unit in detectors()
        for kind in unit.yields
    }


def title_of(kind: str, numbers: Mapping[str, object]) -> Text | None:
    """Return what a finding is called: by a number that marks it, else by its kind; None where no
    detector declares that.
    """
    marked = (
        title
        for (one, mark), title in _titles().items()
        if one == kind and mark and numbers.get(mark)
    )
    return next(marked, _titles().get((kind, "")))


@cache
def thresholds() -> Mapping[str, Threshold]:
    """Return every threshold that may be set, by name. Raises RegistryError where two detectors
    mean different things by one.
    """
    found: dict[str, Threshold] = {}
    for unit in detectors():
        for one in unit.thresholds:
            if found.setdefault(one.name, one) != one:
                raise RegistryError(
                    f"detector {unit.id} declares another threshold {one.name!r}",
                    hint="Choose another name.",
                )
    return dict(sorted(found.items()))
