"""The interpreter that has the frameworks: this one, or the one named by LOSSREPORT_FRAMEWORKS."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache


def interpreter() -> str:
    return os.environ.get("LOSSREPORT_FRAMEWORKS", sys.executable)


@cache
def has(modules: str) -> bool:
    """Whether the interpreter finds the modules, without importing them."""
    look = (
        "import sys, importlib.util as u; sys.exit(not all(u.find_spec(name) for name in "
        "sys.argv[1:]))"
    )
    return (
        subprocess.run([interpreter(), "-c", look, *modules.split()], check=False).returncode == 0
    )
