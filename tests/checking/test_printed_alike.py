"""Whether a printed number shows one of many is asked of the next below and above only; it is what
asking of each of them says.
"""

import math
import random

import numpy as np
import pytest

from lossreport.checking.printed import shows
from lossreport.text import Quantity, show_quantity

STYLES = ("number", "percent", "factor", "change")


def alike(printed: int | float | Quantity, true: float) -> bool:
    """Return what `shows` promises, in the plainest words."""
    value = float(printed.value if isinstance(printed, Quantity) else printed)
    if not math.isfinite(value) or not math.isfinite(true) or isinstance(printed, int):
        return value == true or (math.isnan(value) and math.isnan(true))
    quantity = printed if isinstance(printed, Quantity) else Quantity(value=value)
    shown = [
        show_quantity(Quantity(value=one, style=quantity.style, digits=quantity.digits), "en")
        for one in (value, true)
    ]
    return math.isclose(value, true, rel_tol=1e-6, abs_tol=1e-12) or shown[0] == shown[1]


def numbers(draw: random.Random) -> float:
    return draw.choice(
        (
            0.0,
            1.0,
            -1.0,
            0.5,
            0.9995,
            0.99996,
            draw.gauss(0, 1),
            draw.uniform(0.9, 1.0),
            10 ** draw.uniform(-9, 9),
        )
    )


def near(draw: random.Random, value: float) -> float:
    return value * (
        1 + draw.choice((0.0, 1e-7, 1e-5, -1e-4, 5e-4, -2e-3, 1e-2, -0.05, 0.3))
    ) + draw.choice((0.0, 0.0, 1e-6, -1e-6))


@pytest.mark.parametrize("style", STYLES)
def test_one_of_many_is_shown_where_any_of_them_is(style: str) -> None:
    draw, hits = random.Random(5), 0
    for _ in range(3000):
        value = numbers(draw)
        printed = draw.choice(
            (value, Quantity(value=value, style=style, digits=draw.randint(1, 6)), round(value))
        )  # type: ignore[arg-type]
        many = [near(draw, draw.choice((value, numbers(draw)))) for _ in range(draw.randint(0, 5))]
        expected = [alike(printed, one) for one in many]
        assert [shows(printed, one) for one in many] == expected, (printed, many)
        assert shows(printed, np.array(many)) == any(expected), (printed, many)
        hits += any(expected)
    assert hits > 500


def test_what_is_not_finite_shows_only_its_like() -> None:
    many = np.array([1.0, math.nan, math.inf])
    assert shows(math.nan, many)
    assert shows(math.inf, many)
    assert not shows(-math.inf, many)
    assert not shows(math.nan, many[:1])
    assert shows(3, np.array([2, 3], dtype=np.int64))
