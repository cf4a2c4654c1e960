"""Reports out of a running program: hooks of training frameworks, trackers and tickets, above every
other room.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Final

HOOKS: Final = (
    "accelerate", "catboost", "huggingface", "keras", "lightgbm", "lightning", "mmengine", "skorch", "stable_baselines3", "trackers", "xgboost",  # noqa: E501
)  # fmt: skip
"""The modules that a program may name after `import lossreport` alone; importing one does not
import its framework.
"""


def __getattr__(name: str) -> ModuleType:
    """Load a hook when it is first named."""
    if name in HOOKS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
