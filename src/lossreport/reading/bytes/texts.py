"""Many lines in a row, kept as the bytes that they are: text is made of those that are looked at by
themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from lossreport.model.run import Ints


class Texts(Sequence[str]):
    """Consecutive lines in UTF-8, a line break between each two of them.

    `starts` says where each line begins in `data`, and where one behind the last would. None of
    them holds a line break; what text cannot say in UTF-8 (half a surrogate pair) is kept by
    `surrogatepass`.
    """

    def __init__(self, data: bytes, starts: Ints | None = None) -> None:
        self.data = data
        self.starts = _starts(data) if starts is None else starts

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts | None:
        """Return lines that are text already; None where there are none, or one holds a line
        break.
        """
        if isinstance(texts, Texts):
            return texts if len(texts) else None
        found = cls(joined(texts))
        return found if len(found) == len(texts) else None

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded().split("\n") if len(self) else ())

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Texts: ...

    def __getitem__(self, at: int | slice) -> str | Texts:
        if isinstance(at, slice):
            first, last, step = at.indices(len(self))
            if step != 1:
                raise ValueError("lines are taken in a row")
            return self._part(first, max(first, last))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        line = self.data[self.starts[place] : self.starts[place + 1] - 1]
        return line.decode("utf-8", "surrogatepass")

    def _part(self, first: int, last: int) -> Texts:
        begin = int(self.starts[first])
        return Texts(
            self.data[begin : max(begin, int(self.starts[last]) - 1)],
            self.starts[first : last + 1] - begin,
        )

    def _decoded(self) -> str:
        return self.data.decode("utf-8", "surrogatepass")

    @property
    def longest(self) -> int:
        """The bytes of the longest line."""
        return int(np.diff(self.starts).max(initial=1)) - 1


def joined(texts: Sequence[str]) -> bytes:
    """Return lines in UTF-8, a line break between each two."""
    if isinstance(texts, Texts):
        return texts.data
    return "\n".join(texts).encode("utf-8", "surrogatepass")


def _starts(data: bytes) -> Ints:
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
    starts = np.empty(len(ends) + 2, dtype=np.int64)
    starts[0], starts[-1] = 0, len(data) + 1
    starts[1:-1] = ends
    starts[1:-1] += 1
    return starts
