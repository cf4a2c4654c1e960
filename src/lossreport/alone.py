"""What a process that is this command's alone goes without. `import lossreport` in somebody's
program takes nothing from it.
"""

from __future__ import annotations

import gc
import os
from typing import Final

COLLECTIONS: Final = (100_000, 50, 100)
"""What one command makes mostly lives until its end: looking for garbage as often as a server does
is an eighth of the time of a report.
"""
THREADS: Final = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""numpy starts a thread of linear algebra for every processor when it is loaded, and no report
needs any; who has set a number keeps it.
"""
_settled: list[bool] = []


def settle() -> None:
    """Make the process ours; before numpy is loaded, which reads the number of threads once."""
    gc.set_threshold(*COLLECTIONS)
    for name in THREADS:
        os.environ.setdefault(name, "1")
    _settled.append(True)


def is_ours() -> bool:
    """Return whether nobody else uses this process."""
    return bool(_settled)
