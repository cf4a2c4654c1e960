"""The bounds that a check takes once for all rows of a curve hold for each of them, and are narrow
where there are many.
"""

from __future__ import annotations

import numpy as np
import pytest

from lossreport.checking.kinds.excursions import LONG
from lossreport.checking.measures import FEW, halfway, spread, spread_without_one
from runs import rng


@pytest.mark.parametrize("kind", ["noise", "levels", "coarse"])
def test_the_spread_without_any_row_lies_within_its_bounds(kind: str) -> None:
    draw = rng(3)
    for n in (2, 3, 4, 9, 40, 41):
        y = draw.standard_normal(n)
        y = {"noise": y, "levels": np.round(2 * y), "coarse": np.round(y, 1)}[kind]
        low, high = spread_without_one(y)
        for row in range(n):
            assert low <= spread(np.delete(y, row)) <= high


def test_of_many_rows_the_bounds_are_narrow() -> None:
    low, high = spread_without_one(rng().standard_normal(LONG))
    assert high / low < 1.002  # some three ranks of the median of 10,000 values


def test_the_median_of_few_values_is_that_of_many() -> None:
    y = rng(1).standard_normal(FEW + 1)
    assert halfway(y) == np.median(y)
    assert halfway(y[:-1]) == np.median(y[:-1])
    assert halfway(y[:-2]) == np.median(y[:-2])
