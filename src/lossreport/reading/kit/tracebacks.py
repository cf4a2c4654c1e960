"""Which place of the run's own code a traceback shows: the deepest frame that stands in no
installed package.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lossreport import regex as re

FRAME: Final = re.compile(
    r'^[\s│|]{0,12}(?:File "(?P<path>[^"]{1,400})", line (?P<line>\d{1,7})|'
    r'(?P<rich>[^\s"]{1,400}\.py):(?P<rich_line>\d{1,7}) in )'
)
"""As Python prints a frame, and as rich does in its box."""
INSTALLED: Final = re.compile(
    r"site-packages|dist-packages|<frozen|<string>|<stdin>|<__array_function__|"
    r"[/\\]lib[/\\]python\d|[/\\]Lib[/\\](?:importlib|multiprocessing|runpy|threading)|"
    r"[/\\]bin[/\\]"
)
"""Frames of packages, of Python itself and of launchers: no run is repaired there."""


def own_frame(lines: Iterable[str]) -> str:
    """Return the deepest frame in the run's own code, `train.py:42`; nothing where the traceback
    shows none.

    The folder is left out: it tells a reader nothing and may name a person.
    """
    found = ""
    for text in lines:
        match = FRAME.match(text)
        path = (match["path"] or match["rich"]) if match else None
        if match is not None and path and not INSTALLED.search(path):
            name = re.split(r"[/\\]", path)[-1]
            found = f"{name}:{match['line'] or match['rich_line']}"
    return found
