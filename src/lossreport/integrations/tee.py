"""Passes on what a program writes, byte for byte and at once, and keeps the same in a file, line by
line.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Mapping
from typing import Final

CHUNK: Final = 65536
"""Bytes taken at once: what a pipe of Linux holds. A line longer than this is kept in pieces."""


class Kept:
    """The file that keeps what a program says. A full disk ends the keeping, never the program;
    `lost` are the bytes not kept.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.lost, self.why = 0, ""

    def write(self, data: bytes) -> None:
        """Append whole lines."""
        rest = data
        while rest and not self.why:
            try:
                rest = rest[os.write(self._handle, rest) :]
            except OSError as error:
                self.why = str(error.strerror)
        self.lost += len(rest)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


class Tee:
    """A thread that reads each source until its end, writes to its target, and gives whole lines to
    what is kept.

    A line ends with a newline or a carriage return: a progress bar and a message of two streams
    never share a line. Where several sources are ready the first is read first: a message on
    standard error stays behind the rows that were printed before it.
    """

    def __init__(self, streams: Mapping[int, int], kept: Kept) -> None:
        """`streams` has the target of every source, the source that comes first first."""
        self._open, self._kept = dict(streams), kept
        self._begun = dict.fromkeys(streams, b"")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the end of all streams, but no longer: a process left behind may hold one
        open.
        """
        self._thread.join(seconds)

    def _run(self) -> None:
        while self._open:
            ready, _, _ = select.select([*self._open], [], [])
            source = next(one for one in self._open if one in ready)
            data = _read(source)
            self._keep(source, data)
            if not data or not _passed_on(self._open[source], data):
                # its end; or nobody reads any more, and a closed source tells the program so, as
                # without us
                self._end(source)

    def _keep(self, source: int, data: bytes) -> None:
        """Keep the whole lines; what has begun waits for its end."""
        begun = self._begun[source] + data
        end = len(begun) if len(begun) > CHUNK else max(begun.rfind(b"\n"), begun.rfind(b"\r")) + 1
        if end:
            self._kept.write(begun[:end])
        self._begun[source] = begun[end:]

    def _end(self, source: int) -> None:
        os.close(source)
        del self._open[source]
        if self._begun[source]:
            self._kept.write(self._begun[source])


def _read(source: int) -> bytes:
    """Return the next bytes, none at the end; a pseudo-terminal of Linux ends with EIO."""
    try:
        return os.read(source, CHUNK)
    except OSError:
        return b""


def _passed_on(target: int, data: bytes) -> bool:
    try:
        while data:
            data = data[os.write(target, data) :]
    except OSError:
        return False
    return True
