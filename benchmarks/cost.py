"""What each detector costs on one healthy curve: `python benchmarks/cost.py [ROWS...]`, seconds and
shares of the whole analysis.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import lossreport
from lossreport.analysis.analyze import replace_found
from lossreport.analysis.context import Context
from lossreport.analysis.detector import detectors
from lossreport.analysis.forecast import forecasts
from lossreport.analysis.verdict import verdicts
from lossreport.analysis.views import enrich
from lossreport.model.analysis import Finding


def costs(rows: int) -> dict[str, float]:
    """Return the seconds of every detector, the verdict and the forecast on a falling curve with a
    learning rate and a gradient norm.
    """
    rng = np.random.default_rng(0)
    y = 8 * np.arange(1, rows + 1) ** -0.1 * (1 + 0.01 * rng.standard_normal(rows))
    frame = pd.DataFrame(
        {
            "step": np.arange(rows),
            "loss": y,
            "lr": np.full(rows, 1e-4),
            "grad_norm": 1 + rng.random(rows),
        }
    )
    run = lossreport.run_from_frame(frame)
    context, took = Context(enrich(run), run), {}
    for detector in detectors():
        start = time.perf_counter()
        found = [item for item in detector.detect(context) if isinstance(item, Finding)]
        took[detector.id] = time.perf_counter() - start
        context = replace_found(context, (*context.found, *found))
    for name, work in (("verdict", verdicts), ("forecast", forecasts)):
        start = time.perf_counter()
        list(work(context))
        took[name] = time.perf_counter() - start
    return took


def main(sizes: list[int]) -> None:
    """Print a table."""
    costs(1000)  # imports
    measured = [costs(rows) for rows in sizes]
    print(
        "| unit | "
        + " | ".join(f"{rows:,} rows: s | share" for rows in sizes)
        + " |\n|---|"
        + "---|---|" * len(sizes)
    )
    for name in sorted(measured[-1], key=lambda name: -measured[-1][name]):
        cells = [f"{took[name]:.4f} | {took[name] / sum(took.values()):.1%}" for took in measured]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("| all | " + " | ".join(f"{sum(took.values()):.3f} | " for took in measured) + " |")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
