"""How many claims on random curves the rows contradict: `python benchmarks/claims.py N [FIRST]`. It
should be none.

Curves fall, rise, swing, spike, step, jump back, hold NaN, are constant or noise, of two to 100,000
rows, with and without a validation, a score, a gradient norm and a learning rate.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

import lossreport
from lossreport.model.run import Run

Floats = npt.NDArray[np.float64]
SIZES = (2, 3, 4, 5, 6, 8, 11, 12, 15, 20, 30, 50, 80, 120, 300, 600)
LONG = (3000, 20000, 100000)
"""One curve in 50 is long."""


def shape(rng: np.random.Generator, n: int) -> Floats:
    """Return a curve without noise."""
    t = np.arange(n) / max(1, n - 1)
    high, low = rng.uniform(2, 12), rng.uniform(0.05, 2)
    match rng.integers(9):
        case 0:
            return np.full(n, high)
        case 1:
            return low + (high - low) * np.exp(-t / rng.uniform(0.05, 1.5))
        case 2:
            return low + (high - low) * (1 + t / rng.uniform(0.01, 1)) ** -rng.uniform(0.2, 2)
        case 3:  # down and up again
            turn = rng.uniform(0.2, 0.9)
            return low + (high - low) * np.where(
                t < turn, (1 - t / turn) ** 2, rng.uniform(0.05, 2) * (t - turn)
            )
        case 4:
            return np.linspace(low, high, n)
        case 5:  # steps
            return low + (high - low) * (1 - np.floor(t * rng.integers(2, 8)) / 8)
        case 6:  # sawtooth
            return low + (high - low) * (np.arange(n) % rng.integers(2, max(3, n // 3 + 1))) / max(
                2, n // 3
            )
        case 7:
            return low + high * (
                1 + rng.uniform(0.05, 0.9) * np.sin(2 * np.pi * t * rng.integers(1, 40))
            )
        case _:  # a walk
            return np.abs(high + np.cumsum(rng.standard_normal(n)) * rng.uniform(0.001, 0.5))


def curve(rng: np.random.Generator, n: int) -> Floats:
    """Return a curve with noise, and with what happens to curves."""
    y = shape(rng, n) * np.exp(rng.choice([0.0, 0.001, 0.01, 0.05, 0.3]) * rng.standard_normal(n))
    if rng.random() < 0.3:
        rows = rng.integers(0, n, int(rng.integers(1, 4)))
        y[rows] *= rng.uniform(1.2, 30, len(rows))
    if rng.random() < 0.15:
        y[int(rng.integers(0, n)) :] *= rng.uniform(0.3, 3)
    if rng.random() < 0.15:
        y[rng.integers(0, n, int(rng.integers(1, max(2, n // 5))))] = np.nan
    if rng.random() < 0.08:
        y[int(rng.integers(0, n)) :] = rng.choice([np.nan, np.inf, 0.0])
    if rng.random() < 0.06:
        y[int(rng.integers(0, n)) :] = y[0]
    if rng.random() < 0.08:
        y -= rng.uniform(0, 3)
    return np.round(y, int(rng.choice([2, 4, 16])))


def frame(seed: int) -> dict[str, Any]:
    """Return the columns of one random run."""
    rng = np.random.default_rng([seed, 7])
    n = int(rng.choice(LONG)) if rng.random() < 0.02 else int(rng.choice(SIZES))
    axis = str(rng.choice(["step", "epoch"]))
    x = np.arange(n) * (int(rng.choice([1, 10, 500])) if axis == "step" else 1)
    if n > 20 and rng.random() < 0.1:  # a resume: rows are written again
        back = int(rng.integers(1, n // 3))
        x = np.r_[x[: n - back], x[n - 2 * back : n - back]]
    columns: dict[str, Any] = {axis: x, "loss": curve(rng, n)}
    if rng.random() < 0.45:
        columns["val_loss"] = curve(rng, n)
    if rng.random() < 0.3:
        columns[str(rng.choice(["val_accuracy", "accuracy", "val_mAP", "reward"]))] = np.clip(
            1 - curve(rng, n) / 12, 0, 1
        )
    if rng.random() < 0.25:
        columns["grad_norm"] = curve(rng, n)
    if rng.random() < 0.3:
        columns["lr"] = np.abs(shape(rng, n)) * 1e-4
    if rng.random() < 0.1:
        columns["samples_per_second"] = curve(rng, n) * 100
    return columns


def run_of(seed: int) -> Run:
    """Return one random run, sometimes with what the settings say."""
    import pandas as pd

    facts: dict[str, Any] = {}
    if seed % 4 == 0:
        facts["vocab_size"] = int([10, 50, 1000, 50257][seed // 4 % 4])
    if seed % 6 == 0:
        facts["clip_grad"] = 1.0
    return lossreport.run_from_frame(pd.DataFrame(frame(seed)), facts)


def contradicted(seeds: range) -> Iterator[tuple[int, str]]:
    """Yield (seed, what was contradicted) of random runs."""
    for seed in seeds:
        for failure in lossreport.analyze(run_of(seed)).failures:
            yield seed, f"{failure.unit}: {failure.error}"


STEP = 100
"""After so many runs the count is told on stderr."""


def main() -> None:
    """Print what is contradicted, and how many runs hold such a claim."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seen: set[int] = set()
    for start in range(first, first + count, STEP):
        for seed, told in contradicted(range(start, min(start + STEP, first + count))):
            seen.add(seed)
            print(f"{seed}: {told}", flush=True)
        print(f"up to {start + STEP}: {len(seen)}", file=sys.stderr, flush=True)
    print(f"{len(seen)} of {count} runs hold a claim that their rows contradict")


if __name__ == "__main__":
    main()
