"""The lines of many columns are put together once, as numpy puts them together."""

from __future__ import annotations

import numpy as np
import pytest

from lossreport.model.run import distinct, frozen_ints, unlike

RISING, OTHER, TURNING = [1, 2, 5], [2, 3, 5], [5, 1, 1]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [RISING],
        [TURNING],
        [RISING, RISING],
        [RISING, OTHER],
        [RISING, TURNING, RISING],
        [[], RISING],
        [[1, 1, 2]],
    ],
)
def test_each_value_stands_once_in_order(parts: list[list[int]]) -> None:
    expected = sorted({value for part in parts for value in part})
    assert distinct([frozen_ints(part) for part in parts]).tolist() == expected


def test_of_equal_arrays_the_first_is_kept() -> None:
    one, twin, other = frozen_ints(RISING), frozen_ints(RISING), frozen_ints(OTHER)
    assert [id(kept) for kept in unlike([one, other, twin, one])] == [id(one), id(other)]
    assert np.array_equal(unlike([twin])[0], one)
