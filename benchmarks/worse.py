"""How often a curve that does not lose ground is said to: `python benchmarks/worse.py [SEEDS]`
prints the share by length and shape.

The constants of `curves/worse.py` are from here: flat, falling and slowly falling costs under white
and autocorrelated noise, and costs that rose by 5, 10 and 30 % of their best.
"""

from __future__ import annotations

import sys

import numpy as np

from lossreport.curves.worse import worse_than_best

LENGTHS = (3, 5, 8, 12, 30, 100, 500, 2000)
NOISES = (0.005, 0.02, 0.05)


def curve(n: int, shape: str, noise: float, ar: float, rng: np.random.Generator) -> np.ndarray:
    """Return a cost of `n` rows: its shape, and noise relative to its level with lag-1 correlation
    `ar`.
    """
    t = np.linspace(0, 1, n)
    rise = {"flat": 0.0, "rise5": 0.05, "rise10": 0.10, "rise30": 0.30}.get(shape, 0.0)
    base = 1 + 2 * (1 + 20 * t) ** -1 if shape != "flat" else np.ones(n)
    base = base + rise * np.clip(t - 0.5, 0, None) * 2
    white = rng.standard_normal(n)
    for i in range(1, n):
        white[i] = ar * white[i - 1] + np.sqrt(1 - ar**2) * white[i]
    return base * (1 + noise * white)


def main() -> None:
    """Print the share of curves that are called worse."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for shape in ("flat", "falling", "rise5", "rise10", "rise30"):
        for ar in (0.0, 0.5):
            for noise in NOISES:
                shares = []
                for n in LENGTHS:
                    rng = np.random.default_rng([n, int(1000 * noise), int(10 * ar)])
                    called = [
                        worse_than_best(curve(n, shape, noise, ar, rng)) is not None
                        for _ in range(seeds)
                    ]
                    shares.append(f"{np.mean(called):.3f}")
                print(
                    f"{shape:8s} ar {ar} noise {noise:.3f}  "
                    + "  ".join(f"{n}:{s}" for n, s in zip(LENGTHS, shares, strict=True))
                )


if __name__ == "__main__":
    main()
