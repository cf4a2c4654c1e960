"""What repeats while one thing is measured: the frames of a progress bar at one step, the batches
of one pass over a set. The last counts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Holds the last of the rows with one key until a row of another comes: a frame of a bar
    replaces the frame before it.
    """

    def __init__(self) -> None:
        self._held: tuple[Hashable, T] | None = None

    def take(self, key: Hashable, row: T) -> Iterator[T]:
        """Hold a row; yields the row held before where it was of another key."""
        if self._held is not None and self._held[0] != key:
            yield self._held[1]
        self._held = (key, row)

    @property
    def is_held(self) -> bool:
        """Whether a row is held."""
        return self._held is not None

    def replace(self, key: Hashable, row: T) -> None:
        """Hold a row in the place of another that is passed over."""
        self._held = (key, row)

    def end(self) -> Iterator[T]:
        """Yield the row that is held, and hold none."""
        held, self._held = self._held, None
        if held is not None:
            yield held[1]


class Passes(Generic[T]):
    """Holds the last row of every pass over a set, of several sets at once, until the passes end or
    a summary takes their place.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, T] = {}

    def __bool__(self) -> bool:
        """Whether a pass goes on."""
        return bool(self._held)

    def hold(self, key: Hashable, row: T) -> None:
        """Take the next row of a pass; a counter that begins again, as of the next model, is of the
        same one.
        """
        self._held[key] = row

    def held(self) -> list[T]:
        """Return the last rows of the passes that go on."""
        return list(self._held.values())

    def end(self) -> list[T]:
        """Return the last rows of the passes, in the order in which they began, and hold none."""
        rows, self._held = list(self._held.values()), {}
        return rows
