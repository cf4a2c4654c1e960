"""A second set of labelled curves, made in another way than the generator's: small problems really
optimised, noise of real logs.

`build(seed, max_n)` yields runs with the fields that `detect.py` asks for; labels follow from what
was done to the training, and the verdict from the full-batch loss, which no log shows. `python
benchmarks/detect.py SEED... --curves` scores it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import lossreport

Floats = npt.NDArray[np.float64]
LABELS = (
    "spike",
    "divergence",
    "nonfinite",
    "plateau",
    "oscillation",
    "overfit",
    "no_learning",
    "rollback",
    "log_gap",
    "mixture",
    "level_shift",
)
REAL = Path(__file__).resolve().parents[2] / "shared" / "logs"
CLASSES, FEATURES = 10, 20


@dataclass
class Curve:
    """One labelled run; `labels` are those that are true, None where the truth is ambiguous."""

    id: str
    family: str
    cols: dict[str, Floats]
    verdict: str | None = None
    labels: dict[str, bool | None] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)

    def truth(self) -> dict[str, Any]:
        """Return what the scoring asks for."""
        labels = {name: self.labels.get(name, False) for name in LABELS}
        rest = dict.fromkeys(
            (
                "source_disagree",
                "clip_saturation",
                "throughput_drop",
                "data_stall",
                "memory_growth",
            ),
            False,
        )
        return {
            "id": self.id,
            "family": self.family,
            "n": len(self.cols["loss"]),
            "labels": labels | rest,
            "events": self.events,
            "verdict": self.verdict,
            "lr_schedule": None,
            "gain": None,
            "config": self.config,
        }


# ----------------------------------------------------------------- training of a real small problem
@dataclass
class Problem:
    """Softmax regression on noisy generated data: loss and gradient of a batch, loss of all."""

    x: Floats
    y: npt.NDArray[np.int64]

    def loss(
        self, w: Floats, rows: Any = slice(None), labels: npt.NDArray[np.int64] | None = None
    ) -> tuple[float, Floats]:
        """Return the mean cross-entropy and its gradient."""
        x, y = self.x[rows], self.y[rows] if labels is None else labels
        logits = x @ w
        logits -= logits.max(axis=1, keepdims=True)
        log_z = np.log(np.exp(logits).sum(axis=1))
        p = np.exp(logits - log_z[:, None])
        p[np.arange(len(y)), y] -= 1
        return float(
            np.mean(log_z - logits[np.arange(len(y)), y])
            if labels is None
            else np.mean(-logits[np.arange(len(y)), y] + log_z)
        ), x.T @ p / len(y)


def problem(rng: np.random.Generator, n: int, features: int = FEATURES) -> Problem:
    """Return data whose best linear classifier still errs."""
    truth = rng.standard_normal((features, CLASSES)) * rng.uniform(0.3, 1.2)
    x = rng.standard_normal((n, features))
    noisy = x @ truth + rng.gumbel(size=(n, CLASSES))
    return Problem(x, noisy.argmax(axis=1))


def train(
    rng: np.random.Generator,
    data: Problem,
    steps: int,
    rate: Any,
    *,
    batch: int = 32,
    poison: Any = (),
    order: str = "random",
) -> tuple[Floats, Floats]:
    """Return the loss of every batch, as a log has it, and the loss of all data at 60 places."""
    w = np.zeros((data.x.shape[1], CLASSES))
    logged, full = np.empty(steps), []
    by_class = np.argsort(data.y)
    for step in range(steps):
        rows = (
            rng.integers(0, len(data.y), batch)
            if order == "random"
            else by_class[(np.arange(batch) + step * batch) % len(by_class)]
        )
        labels = (
            (data.y[rows] + 1 + rng.integers(0, CLASSES - 1, batch)) % CLASSES
            if step in poison
            else None
        )
        logged[step], gradient = data.loss(w, rows, labels)
        w -= (rate(step) if callable(rate) else rate) * gradient
        if step % max(1, steps // 60) == 0:
            full.append(data.loss(w)[0])
    return logged, np.array(full)


def averaged(y: Floats, window: int) -> Floats:
    """Return the means of every `window` steps, as loggers print them."""
    return y[: len(y) // window * window].reshape(-1, window).mean(axis=1)


def state(full: Floats) -> str | None:
    """Return the verdict by the loss of all data: its gain over the last quarter; None between."""
    gain = (full[int(0.75 * len(full))] - full[-1]) / abs(full[-1])
    return "improving" if gain > 0.02 else "converged" if gain < 0.004 else None


def flat(full: Floats) -> bool | None:
    """Return whether the tail is flat, None where ambiguous."""
    return {"improving": False, "converged": True, None: None}[state(full)]


def healthy(rng: np.random.Generator, i: int) -> Curve:
    """Train at a constant rate, short or long enough to converge."""
    steps = int(rng.choice([600, 3000, 12000]))
    y, full = train(rng, problem(rng, 4000), steps, rng.choice([0.02, 0.1, 0.5]))
    window = int(rng.choice([5, 20, 50]))
    return Curve(
        f"sgd_{i:03d}", "sgd", {"loss": averaged(y, window)}, state(full), {"plateau": flat(full)}
    )


def stepped(rng: np.random.Generator, i: int) -> Curve:
    """Train with the rate cut to a tenth twice."""
    steps = 6000
    y, _ = train(rng, problem(rng, 4000), steps, lambda t: 1.0 * 0.1 ** (t // 2500))
    lr = averaged(1.0 * 0.1 ** (np.arange(steps) // 2500), 20)
    return Curve(
        f"steps_{i:03d}",
        "steps",
        {"loss": averaged(y, 20), "lr": lr},
        None,
        {"plateau": None, "level_shift": None},
    )


def diverging(rng: np.random.Generator, i: int) -> Curve:
    """Train, then raise the rate until the loss runs away."""
    turn = int(rng.uniform(0.4, 0.7) * 4000)
    y, _ = train(
        rng,
        problem(rng, 4000),
        4000,
        lambda t: 0.1 if t < turn else 0.1 + 40.0 * (t - turn) / (4000 - turn),
    )
    y = averaged(y, 20)
    rose = float(np.median(y[-10:])) / float(np.median(y[turn // 20 - 10 : turn // 20])) - 1
    label = True if rose > 0.3 else None
    return Curve(
        f"runaway_{i:03d}",
        "divergence",
        {"loss": y},
        "diverging" if label else None,
        {"divergence": label, "level_shift": None, "spike": None},
    )


def poisoned(rng: np.random.Generator, i: int) -> Curve:
    """Train with a few batches whose labels are all wrong: the row of that batch stands out, the
    weights take little harm.
    """
    steps = 3000
    at = np.sort(rng.choice(np.arange(800, steps - 50), 4, replace=False))
    y, full = train(rng, problem(rng, 4000), steps, 0.1, batch=256, poison=set(at.tolist()))
    local = [float(np.median(y[s - 20 : s + 20])) for s in at]
    clear = [s for s, level in zip(at.tolist(), local, strict=True) if y[s] > 1.5 * level]
    events = [
        {"type": "spike", "kind": "batch", "metric": "loss", "start": s, "end": s} for s in clear
    ]
    return Curve(
        f"poisoned_{i:03d}",
        "poisoned",
        {"loss": y},
        state(full),
        {"spike": bool(clear) or None, "plateau": flat(full)},
        events,
    )


def frozen(rng: np.random.Generator, i: int) -> Curve:
    """Forget the optimiser step."""
    y, _ = train(rng, problem(rng, 4000), 2000, 0.0)
    return Curve(
        f"frozen_{i:03d}",
        "no_learning",
        {"loss": averaged(y, 20) + 0.01 * rng.standard_normal(100)},
        "plateau_high",
        {"no_learning": True, "plateau": True},
        config={"vocab_size": CLASSES},
    )


def overfitted(rng: np.random.Generator, i: int) -> Curve:
    """Fit too few rows of too many features: the held-out loss turns."""
    data, held = problem(rng, 1200, 100), None
    seen, held = Problem(data.x[:120], data.y[:120]), Problem(data.x[120:], data.y[120:])
    w, logged, val = np.zeros((100, CLASSES)), [], []
    for _ in range(int(rng.choice([40, 120]))):
        for _ in range(10):
            loss, gradient = seen.loss(w)
            w -= 0.3 * gradient
        logged.append(loss)
        val.append(held.loss(w)[0])
    rise = val[-1] / min(val) - 1
    label = True if rise > 0.05 else None
    return Curve(
        f"few_{i:03d}",
        "overfit",
        {"loss": np.array(logged), "val_loss": np.array(val)},
        "overfitting" if label else None,
        {"overfit": label, "plateau": None},
    )


def two_tasks(rng: np.random.Generator, i: int) -> Curve:
    """Log the losses of two tasks of different difficulty into one column, in random turns."""
    a, _ = train(rng, problem(rng, 4000), 2000, 0.3, batch=256)
    b = 0.12 * a[::-1][::-1] + 0.02 * rng.standard_normal(2000).clip(-2, 2) * 0.1
    turn = rng.random(2000) < rng.uniform(0.35, 0.65)
    y = np.where(turn, a, np.abs(b))[500:]
    return Curve(
        f"tasks_{i:03d}",
        "mixture",
        {"loss": averaged(y, 1)},
        None,
        {"mixture": True, "level_shift": None, "plateau": None, "spike": None},
    )


# ------------------------------------------------------------------------------- noise of real logs
@cache
def real_noise() -> tuple[Floats, ...]:
    """Return the residuals of real step-level training losses around their running median, in
    logs.
    """
    import pandas as pd

    found = []
    for folder in (
        "hf_trainer_state",
        "llamafactory_trainer_log",
        "mmlab_log_json",
        "nanogpt_stdout",
        "modded_nanogpt_txt",
    ):
        for run in lossreport.read_runs([REAL / folder]) if (REAL / folder).is_dir() else ():
            for series in run.series:
                if (
                    series.split == "train"
                    and series.name == "loss"
                    and len(series) >= 300
                    and np.nanmin(series.y) > 0
                ):
                    logs = pd.Series(np.log(series.y))
                    residual = (
                        logs - logs.rolling(51, center=True, min_periods=10).median()
                    ).to_numpy()[len(series) // 5 :]
                    found.append(residual[np.isfinite(residual)])
    return tuple(found)


def resampled(rng: np.random.Generator, n: int) -> Floats:
    """Return n residuals in blocks of 25 from one real log, its excursions clipped at 4 robust sd:
    they are not labelled.
    """
    source = real_noise()[rng.integers(len(real_noise()))]
    starts = rng.integers(0, max(1, len(source) - 25), n // 25 + 1)
    made = np.concatenate([source[start : start + 25] for start in starts])[:n]
    spread = 1.4826 * float(np.median(np.abs(made - np.median(made)))) + 1e-9
    return np.clip(np.resize(made, n), -4 * spread, 4 * spread)


def crossed(rng: np.random.Generator, i: int) -> Curve:
    """Put real noise on power laws that have converged and on exponentials that have not: shape
    must not give the verdict away.
    """
    n = int(rng.choice([60, 300, 1500, 6000]))
    t = np.arange(n) / n
    low = rng.uniform(0.5, 4)
    if i % 2:
        clean = low * (1 + rng.uniform(1, 4) * np.exp(-t / rng.uniform(0.3, 0.8)))
    else:
        clean = low * (1 + 3 * (1 + t * n / rng.uniform(0.002, 0.01) / n) ** -rng.uniform(1.2, 2.0))
    gain = (clean[int(0.75 * n)] - clean[-1]) / clean[-1]
    verdict = "improving" if gain > 0.02 else "converged" if gain < 0.004 else None
    truth = {"improving": False, "converged": True, None: None}[verdict]
    return Curve(
        f"real_{i:03d}",
        "real_noise",
        {"loss": clean * np.exp(resampled(rng, n))},
        verdict,
        {"plateau": truth, "spike": None if n > 1000 else False},
    )


PLAN = (
    (healthy, 24),
    (stepped, 6),
    (diverging, 10),
    (poisoned, 10),
    (frozen, 8),
    (overfitted, 10),
    (two_tasks, 10),
    (crossed, 40),
)


def build(seed: int = 0, max_n: int = 200_000) -> Iterator[Curve]:
    """Yield all curves of a seed."""
    for number, (make, count) in enumerate(PLAN):
        if make is crossed and not real_noise():
            continue
        for i in range(count):
            rng = np.random.default_rng([seed, number, i])
            curve = make(rng, i)
            curve.cols = {
                "step": np.arange(len(curve.cols["loss"]), dtype=np.float64),
                **curve.cols,
            }
            if len(curve.cols["loss"]) <= max_n and math.isfinite(float(curve.cols["loss"][0])):
                yield curve
