"""What a training loop says while it runs, appended to `lossreport-memory.jsonl` line by line, so
that even a killed run leaves it behind.

`reading/formats/lossreport_memory.py` reads it. Each line is one object: a header, a row of values,
facts, an event, or the end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

NAME: Final = "lossreport-memory.jsonl"
"""Read with the folder: only `lossreport.*` is never a log source."""
PREVIOUS: Final = "lossreport.previous.jsonl"
"""Where the memory of the run before goes when a new one starts in the same folder; never read."""
VERSION: Final = 1


class Memory:
    """One open file of a run. Every line is one unbuffered write: a signal handler may write
    between any two others.
    """

    def __init__(self, handle: int, *, continued: bool = False) -> None:
        """`continued` is whether lines of an earlier attempt stand before."""
        self._handle, self.continued = handle, continued
        self.lines = 0
        self.lost = 0
        self._owed, self._torn = 0, False

    def row(
        self,
        values: Mapping[str, Any],
        place: Mapping[str, Any],
        *,
        of: str | None = None,
        window: int | None = None,
    ) -> None:
        """Append the numbers among `values` at a place on the axes (step, iteration, epoch).

        What is no number (an image, a text, a histogram) is no metric and is left out.
        """
        numbers = {
            str(name): number
            for name, value in values.items()
            if (number := plain_number(value)) is not None
        }
        if numbers:
            known = {
                name: number
                for name, value in place.items()
                if (number := plain_number(value)) is not None
            }
            meant = {
                name: value for name, value in (("of", of), ("window", window)) if value is not None
            }
            self._write({**known, **meant, "values": numbers})

    def facts(self, facts: Mapping[str, Any]) -> None:
        """Append settings: plain numbers, words, truth values, and lists of them."""
        plain = {
            name: value
            for name, value in facts.items()
            if isinstance(value, str | int | float | list)
        }
        if plain:
            self._write({"facts": plain})

    def event(self, kind: str, quote: str, ends: str | None = None) -> None:
        """Append something that happened; `kind` is one of the contract's kinds of event, `ends`
        the status with which it ended the run.
        """
        self._write({"event": kind, "quote": quote, **({"ends": ends} if ends is not None else {})})

    def end(self, status: str) -> None:
        """Append how the run ended; `status` is one of the contract."""
        self._write({"end": status})

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, line: Mapping[str, Any]) -> None:
        """Append a line. Where the disk is full it is lost and counted, and the first line that
        fits again says so; never raises OSError.
        """
        if self._owed and self._put(
            {
                "event": "other",
                "quote": f"{self._owed} lines before this one were lost: the disk took no more",
            }
        ):
            self._owed = 0
        if not self._put(line):
            self.lost += 1
            self._owed += 1

    def _put(self, line: Mapping[str, Any]) -> bool:
        data = (json.dumps(line) + "\n").encode()
        # what was begun ends here, and is told as a torn line
        data = b"\n" + data if self._torn else data
        try:
            written = os.write(self._handle, data)
        except OSError:
            return False
        self._torn = written < len(data)
        self.lines += not self._torn
        return not self._torn


def open_memory(
    folder: Path, by: str, *, resume: bool = False, name: str = NAME, previous: str = PREVIOUS
) -> Memory:
    """Open the memory of a run. With `resume` the lines of an earlier attempt stay; else they are
    moved to `previous`.

    Raises OSError where the folder cannot be written.
    """
    path = folder / name
    continued = resume and path.exists()
    if path.exists() and not resume:
        os.replace(path, folder / previous)
    memory = Memory(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), continued=continued
    )
    memory._write({"lossreport_memory": VERSION, "by": by})
    if continued:
        memory.event("resume", f"{by}: training resumed")
    return memory


def plain_number(value: Any) -> float | int | None:
    """Return a number, also one in a tensor or array of one element; None for anything else, truth
    values included.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return None
    if isinstance(value, int | float):
        return value
    if getattr(value, "size", None) == 1 or getattr(value, "ndim", None) == 0:
        return _item(value)
    numel = getattr(value, "numel", None)
    return _item(value) if callable(numel) and numel() == 1 else None


def _item(value: Any) -> float | int | None:
    item = value.item() if hasattr(value, "item") else None
    return item if isinstance(item, int | float) and not isinstance(item, bool) else None
