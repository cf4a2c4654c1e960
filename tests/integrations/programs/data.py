"""What the programs share: a small problem with noise, and how each mode ends."""

from __future__ import annotations

import os
import signal
import sys

import numpy as np

MODES = ("healthy", "diverging", "exception", "sigterm", "early")
mode, folder = sys.argv[1], sys.argv[2]
RATE = {"diverging": 30.0}.get(mode, 0.05)
BOOST = 3.0 if mode == "diverging" else 0.1
STOP_AT = 6
"""The epoch at whose end a run is ended from outside or by an exception."""


TIMEOUT = 200
"""Seconds that a report may take: the bound has tests of its own, and a machine that tests is
busy.
"""


def regression(n: int = 256) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 8)).astype("float32")
    y = (x @ rng.standard_normal((8, 1)) + 0.1 * rng.standard_normal((n, 1))).astype("float32")
    return x, y


def maybe_end() -> None:
    if mode == "exception":
        raise RuntimeError("the data loader broke")
    if mode == "sigterm":
        os.kill(os.getpid(), signal.SIGTERM)
