"""Lets one unit fail alone: detectors and sections are run through it, so that what raises costs
its own part and is told.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import TypeVar

from lossreport.model.analysis import Failure
from lossreport.values import dataclass

T = TypeVar("T")


@dataclass
class Work:
    """Runs units one by one and keeps what they raise, unless `strict`."""

    strict: bool
    failures: list[Failure] = field(default_factory=list)

    def take(self, unit: str, source: Callable[[], Iterable[T]]) -> list[T]:
        """Return all that a unit yields; where it raises, what it yielded before, and a failure is
        noted.
        """
        found: list[T] = []
        try:
            found.extend(source())
        except Exception as error:
            if self.strict:
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = place.filename.replace("\\", "/").rsplit("/", 1)[-1]
            self.failures.append(
                Failure(
                    unit=unit, error=f"{type(error).__name__}: {error} ({where}:{place.lineno})"
                )
            )
        return found
