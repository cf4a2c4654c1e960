"""A report is whole whatever one column holds: all of it not finite, a single value, constants, the
edges of the floats.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import lossreport

Floats = npt.NDArray[np.float64]


def _falling(n: int) -> Floats:
    rng = np.random.default_rng(1)
    fall: Floats = 2 * np.exp(-np.arange(n) / 5) + 0.3 + 0.02 * rng.normal(size=n)
    return fall


SHAPES: dict[str, Callable[[int], Floats]] = {
    "NaN": lambda n: np.full(n, np.nan),
    "Inf": lambda n: np.full(n, np.inf),
    "-Inf": lambda n: np.full(n, -np.inf),
    "Inf of both signs": lambda n: np.where(np.arange(n) % 2 == 0, np.inf, -np.inf),
    "one value": lambda n: np.where(np.arange(n) == n // 2, 0.5, np.nan),
    "the first value": lambda n: np.where(np.arange(n) == 0, 0.5, np.nan),
    "the last value": lambda n: np.where(np.arange(n) == n - 1, 0.5, np.nan),
    "a constant": lambda n: np.full(n, 0.5),
    "zero": np.zeros,
    "negative": lambda n: -_falling(n),
    "huge": lambda n: _falling(n) * 1e300,
    "tiny": lambda n: _falling(n) * 1e-300,
    "NaN first": lambda n: np.where(np.arange(n) < n // 2, np.nan, _falling(n)),
    "NaN last": lambda n: np.where(np.arange(n) >= n // 2, np.nan, _falling(n)),
}
NAMES = ("loss", "val_loss", "lr", "grad_norm", "val_accuracy", "reward", "kl", "step_time")


@pytest.mark.parametrize("rows", [5, 60])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_column_of_any_values_costs_no_section_and_contradicts_no_sentence(
    shape: str, rows: int
) -> None:
    for name in NAMES:
        for beside in ({}, {"loss": _falling(rows), "val_accuracy": 1 - _falling(rows) / 4}):
            columns = {"step": np.arange(rows) * 10, **beside, name: SHAPES[shape](rows)}
            lossreport.compose(
                lossreport.analyze(lossreport.run_from_frame(pd.DataFrame(columns)), strict=True),
                strict=True,
            )
