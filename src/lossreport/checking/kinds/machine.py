"""Checks what is said of the machine and the optimiser: speed, memory, waiting, clipping,
swings.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rules
from lossreport.checking.measures import bridged, middle
from lossreport.checking.printed import Between, Candidate
from lossreport.model.run import Floats, Series


def _begun(ground: Ground) -> Floats:
    """Return the rows from the first that a finding names."""
    return bridged(ground.subject.y)[ground.rows[0] :]


def _range(part: Floats) -> Between:
    return Between(float(part.min()), float(part.max()))


def _relative(ground: Ground) -> Iterator[Candidate]:
    yield ground.numbers["after"] / ground.numbers["before"] - 1


def slower(ground: Ground) -> Iterator[str]:
    """Demand that the last fifth is slower than the first third: a speed is lower there, the time
    of a step higher.
    """
    y = _begun(ground)
    if ground.subject.metric_type == "time":
        if not middle(y[-(len(y) // 5) :]) > float(y[: len(y) // 3 + 1].min()):
            yield "the steps of the last fifth take no longer than any of the first third"
        if not ground.numbers["after"] > ground.numbers["before"]:
            yield "the numbers told do not rise"
        return
    if not middle(y[-(len(y) // 5) :]) < float(y[: len(y) // 3 + 1].max()):
        yield "the last fifth is not slower than any row of the first third"
    if not ground.numbers["after"] < ground.numbers["before"]:
        yield "the numbers told do not fall"


SLOWER: Final[Rules] = {
    "before": lambda g, p: iter([_range(_begun(g)[: len(_begun(g)) // 3 + 1])]),
    "after": lambda g, p: iter([_range(_begun(g)[-(len(_begun(g)) // 4 + 2) :])]),
    "size": lambda g, p: _relative(g),
}


def _envelope(ground: Ground) -> list[float]:
    y = _begun(ground)
    edges = np.linspace(0, len(y), 13).astype(int).tolist()
    return [float(np.percentile(y[a:b], 10)) for a, b in pairwise(edges)]


def grown(ground: Ground) -> Iterator[str]:
    """Demand that the lower tenth grows from the first to the last twelfth, and at the end."""
    low = _envelope(ground)
    if not (low[-1] > low[0] and low[-1] > low[-4]):
        yield "the lower tenth does not grow to the end"


GROWN: Final[Rules] = {
    "before": lambda g, p: iter([_envelope(g)[0]]),
    "after": lambda g, p: iter([_envelope(g)[-1]]),
    "size": lambda g, p: _relative(g),
}


def waiting(ground: Ground) -> Iterator[str]:
    """Demand that in each row loading takes more of the step than the share that is told."""
    data, step, rows = ground.series[0], ground.series[1], list(ground.rows)
    if not np.all(data.y[rows] > ground.threshold("data_wait") * step.y[rows]):
        yield "a row waits for less"


def _clip(ground: Ground) -> Iterator[Candidate]:
    said = ground.value("clip_grad")
    if isinstance(said, int | float):
        yield float(said)


def clipped_share(norm: Series, clip: float) -> float:
    """Return the share of the rows at or above a threshold of clipping; norms that none exceeds
    were logged after it.
    """
    y = norm.y[np.isfinite(norm.y)]
    return (
        float(np.mean(y > clip * 1.002))
        if y.max() > clip * 1.002
        else float(np.mean(np.abs(y / clip - 1) < 0.002))
    )


def clipped(ground: Ground) -> Iterator[str]:
    """Demand that each row reaches the threshold."""
    if not np.all(ground.subject.y[list(ground.rows)] >= 0.99 * ground.numbers["clip"]):
        yield "a row stays below the threshold"


# ------------------------------------------------------------------------------------- swings
def swinging(ground: Ground) -> Iterator[str]:
    """Demand that rows one period apart are more alike than rows half a period apart."""
    y, period = ground.quiet(ground.subject), ground.numbers["period"]
    if period > len(y) / 2:
        yield f"a period of {period:g} rows does not fit into {len(y)}"
        return
    y = y[len(y) // 2 :] if len(y) > 4096 and period * 20 < len(y) / 2 else y
    u = np.log(y) if y.min() > 0 else y
    place = np.log1p(np.arange(len(u)) + 0.02 * len(u))
    place = place - place.mean()
    rest = u - np.polyval(np.polyfit(place, u, 4 if len(u) >= 40 else 2), place)
    rest = np.clip(rest, *np.percentile(rest, [2, 98]))
    if not _alike(rest, period) > _alike(rest, period / 2):
        yield f"rows {period:.3g} apart are not more alike than rows half as far apart"


def _alike(y: Floats, lag: float) -> float:
    rows = max(1, round(lag))
    return float(np.mean(y[rows:] * y[:-rows])) if rows < len(y) else 0.0


SWING: Final[Rules] = {
    "period": lambda g, p: iter([Between(2.0, len(g.subject) / 3)]),
    "amplitude": lambda g, p: iter([Between(0.0, _reach(g))]),
    "share": lambda g, p: iter([Between(0.4, 1.0)]),
    "with_epochs": lambda g, p: iter([0.0, 1.0]),
    "count": lambda g, p: iter([g.numbers["period"] * float(np.median(np.diff(g.subject.x)))]),
}


def _reach(ground: Ground) -> float:
    """Return the greatest amplitude that the curve has room for."""
    y = ground.quiet(ground.subject)
    if y.min() > 0:
        return float(np.ptp(np.log(y)))
    return float(np.ptp(y)) / (float(np.percentile(np.abs(y), 90)) + 1e-12)


CHECK = Family(
    id="machine",
    kinds={
        "throughput_drop": Kind(declares=("before", "after"), holds=slower, values=SLOWER),
        "memory_growth": Kind(declares=("before", "after"), holds=grown, values=GROWN),
        "data_stall": Kind(
            holds=waiting,
            values={
                "share": lambda g, p: iter([len(g.rows) / len(g.subject)]),
                "least": lambda g, p: iter([g.threshold("data_wait")]),
            },
        ),
        "clip_saturation": Kind(
            declares=("share", "clip"),
            holds=clipped,
            values={
                "share": lambda g, p: iter([clipped_share(g.subject, g.numbers["clip"])]),
                "clip": lambda g, p: _clip(g),
                "median": lambda g, p: iter([middle(g.subject.y)]),
            },
        ),
        "oscillation": Kind(declares=("period", "share"), holds=swinging, values=SWING),
    },
)
