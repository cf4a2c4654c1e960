"""lossreport: from the logs of a finished training run to one bilingual report. Read, analyse,
compose, render.

The functions are those of `lossreport.api`, and `watch` for a training loop; they are loaded when
first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from lossreport.api import analyze, build, compose, read_run, read_runs, render, run_from_frame
    from lossreport.integrations.watch import watch

__all__ = [
    "__version__",
    "analyze",
    "build",
    "compose",
    "read_run",
    "read_runs",
    "render",
    "run_from_frame",
    "watch",
]

# Two rooms carry the names of two functions. Python binds a sub-package to its parent once, when it
# is first loaded: load the (empty) rooms now and unbind them, and `lossreport.compose` is the
# function for good, whatever is imported later.
for _room in ("compose", "render"):
    importlib.import_module(f"{__name__}.{_room}")
    del globals()[_room]


def __getattr__(name: str) -> Any:
    if name == "integrations":
        return importlib.import_module(f"{__name__}.integrations")
    if name == "watch":
        return importlib.import_module(f"{__name__}.integrations.watch").watch
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
