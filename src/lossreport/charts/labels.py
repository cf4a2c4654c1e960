"""Where a number is written so that it hides nothing: the first of a few places that is free, else
the one that costs least.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from lossreport.charts.style import EM, FONT
from lossreport.model.run import Floats
from lossreport.values import dataclass

HEIGHT: Final = FONT * 1.1
NEAR: Final = 7.0
MOST_POINTS: Final = 30
STEP: Final = 16.0
"""Pixels between two places along a line: finer than the gaps of a curve that goes up and down in a
dozen rows.
"""
LEAN: Final = 3.2
"""Points that the first place may cover more than the last, and is still taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place for text, in pixels from the lower left; `align` is the side that the text leans
    on.
    """

    left: float
    bottom: float
    width: float
    align: Literal["left", "center", "right"] = "left"

    @property
    def anchor(self) -> tuple[float, float]:
        """Return where the text is put: its aligned end, on the base line."""
        shift = {"left": 0.0, "center": self.width / 2, "right": self.width}[self.align]
        return self.left + shift, self.bottom + 3


Bounds = tuple[float, float, float, float]


def width_of(text: str, font: float = FONT) -> float:
    """Return about how wide a text is drawn; wide characters (Chinese) take a whole font size."""
    return sum(font if ord(character) > 0x2E7F else font * EM for character in text)


def around(x: float, y: float, width: float) -> tuple[Box, ...]:
    """Return places beside a point, the best first: right, left, above, below, further off."""
    middle = y - HEIGHT / 2
    return (
        Box(left=x + NEAR, bottom=middle, width=width),
        Box(left=x - NEAR - width, bottom=middle, width=width, align="right"),
        Box(left=x - width / 2, bottom=y + NEAR - 2, width=width, align="center"),
        Box(left=x - width / 2, bottom=y - NEAR - HEIGHT + 2, width=width, align="center"),
        Box(left=x + NEAR - 2, bottom=y + NEAR - 3, width=width),
        Box(left=x - NEAR + 2 - width, bottom=y + NEAR - 3, width=width, align="right"),
        Box(left=x + NEAR, bottom=middle + HEIGHT, width=width),
        Box(left=x + NEAR, bottom=middle - HEIGHT, width=width),
    )


def along(y: float, width: float, bounds: Bounds) -> tuple[Box, ...]:
    """Return places for the label of a horizontal line: at the right above and below it, then step
    by step further left.
    """
    left, right = bounds[0] + 6, bounds[2] - 2
    starts = np.arange(right - width, left, -STEP).tolist()
    return tuple(
        Box(left=at, bottom=y + side, width=width, align="right")
        for at in (*starts, left)
        for side in (2.0, -HEIGHT - 2)
    )


def choose(places: tuple[Box, ...], points: Floats, taken: list[Box], bounds: Bounds) -> Box:
    """Return the place that covers fewest `points` (rows of x, y) and none of the boxes `taken`;
    earlier ones win ties.
    """
    costs = [
        _cost(box, points, taken, bounds) + LEAN * rank / len(places)
        for rank, box in enumerate(places)
    ]
    return places[int(np.argmin(costs))]


def _cost(box: Box, points: Floats, taken: list[Box], bounds: Bounds) -> float:
    right, top = box.left + box.width, box.bottom + HEIGHT
    outside = box.left < bounds[0] or right > bounds[2] or box.bottom < bounds[1] or top > bounds[3]
    overlaps = sum(
        box.left < other.left + other.width
        and other.left < right
        and box.bottom < other.bottom + HEIGHT
        and other.bottom < top
        for other in taken
    )
    inside = (
        (points[:, 0] > box.left - 2)
        & (points[:, 0] < right + 2)
        & (points[:, 1] > box.bottom - 1)
        & (points[:, 1] < top + 1)
    )
    return 1000.0 * outside + 40.0 * overlaps + min(MOST_POINTS, int(inside.sum()))
