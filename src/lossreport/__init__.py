"""lossreport: from the logs of a finished training run to one bilingual report. Read, analyse, compose, render.

The functions are those of `lossreport.api`; they are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lossreport.api import analyze, build, compose, read_run, read_runs, render, run_from_frame

__all__ = ["__version__", "analyze", "build", "compose", "read_run", "read_runs", "render", "run_from_frame"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from lossreport import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
