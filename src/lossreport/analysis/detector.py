"""What a detector is: one file each in `analysis/detectors/`; it yields findings, or says why it does not apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from lossreport.analysis.context import Context
from lossreport.model.analysis import Finding, NotApplicable
from lossreport.registry import load_units
from lossreport.values import dataclass

Found = Finding | NotApplicable


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A test that yields findings of some kinds. Lower `order` runs first; later ones see what was found."""

    id: str
    kinds: tuple[str, ...]
    detect: Callable[[Context], Iterator[Found]]
    order: int = 50


@cache
def detectors() -> tuple[Detector, ...]:
    """Return all detectors in running order."""
    units = load_units("lossreport.analysis.detectors", "DETECTOR", Detector, "lossreport.detectors")
    return tuple(sorted(units, key=lambda unit: unit.order))
