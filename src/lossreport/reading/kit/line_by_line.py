"""The switch that turns the fast ways of reading off: with `LOSSREPORT_LINE_BY_LINE=1` in the
environment every line is read by itself.

What is read is the same, bit by bit (`tests/reading/test_fast_reading.py`). It is there to find out
whether a difference comes from the fast ways.
"""

from __future__ import annotations

import os
from typing import Final

VARIABLE: Final = "LOSSREPORT_LINE_BY_LINE"


def is_line_by_line() -> bool:
    """Return whether every line is to be read by itself."""
    return os.environ.get(VARIABLE, "") not in ("", "0")
