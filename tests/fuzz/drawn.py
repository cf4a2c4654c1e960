"""How a file that hypothesis draws is tried."""

from __future__ import annotations

from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from fuzz.kits import File
from fuzz.mutations import execute, read

QUIET: Final[dict[str, Any]] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.generate, Phase.shrink),
}
"""No time is held against a drawn file but that of `execute`, and nothing is left on the disk."""


def explore(strategy: SearchStrategy[File], count: int, seed: int | None = None) -> None:
    """Try so many files of a strategy, the same at every run, or those of a seed; fail with the
    smallest that breaks.
    """

    @settings(max_examples=count, derandomize=seed is None, **QUIET)
    @given(strategy)
    def tried(file: File) -> None:
        unbroken(file)

    (tried if seed is None else hypothesis.seed(seed)(tried))()


def unbroken(file: File) -> None:
    """Fail where reading a file does anything but read it or refuse it in words."""
    name, content = file
    fault = execute(f"drawn/{name}", content, 0, read)
    assert fault is None, f"{fault} of {content!r}"
