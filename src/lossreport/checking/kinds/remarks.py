"""Checks what is told of a run that needs no repair, of a set that is learned by heart, and of a
schedule that never left its warm-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rules
from lossreport.checking.printed import Candidate

LEFT: Final = 0.1
EPOCH: Final = 1.0
TWICE: Final = 2.0


def harmless(ground: Ground) -> Iterator[str]:
    """Demand that the rows are below 0, or come in groups of one place each."""
    series = ground.subject
    if ground.numbers.get("negative") and not np.all(series.y[list(ground.rows)] < 0):
        yield "a row is not below 0"
    each = int(ground.numbers.get("each", 0))
    if each:
        groups = series.x.reshape(-1, each) if len(series) % each == 0 else None
        if groups is None or np.any(groups != groups[:, :1]):
            yield f"the rows do not stand {each} at a place"


def memorised(ground: Ground) -> Iterator[str]:
    """Demand that a tenth of the loss is left, an epoch and more lies between the rows, and nothing
    is validated.
    """
    series = ground.subject
    if not float(series.y[-1]) <= LEFT * float(series.y[0]):
        yield "more than a tenth of the loss is left"
    x = _epochs(ground)
    if x is None or float(np.median(np.diff(x))) < EPOCH:
        yield "less than an epoch lies between the rows"


def _epochs(ground: Ground) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    series = ground.subject
    if series.axis.value == "epoch":
        return series.x
    return series.epoch if len(series.epoch) == len(series) else None


def _last_epoch(ground: Ground) -> Iterator[Candidate]:
    x = _epochs(ground)
    if x is not None:
        yield float(x[-1])
        yield round(float(x[-1]), 2)


def warming(ground: Ground) -> Iterator[str]:
    """Demand that the rate is highest in its last row, unless the settings say that it never leaves
    its warm-up.
    """
    series = ground.subject
    rises = bool(np.all(np.diff(series.y) > 0)) and float(series.y[-1]) >= TWICE * float(
        series.y[0]
    )
    finding = ground.finding
    if (finding is None or "warmup" not in finding.text.values) and not rises:
        yield "it does not rise to the end"


def _facts(ground: Ground) -> Iterator[Candidate]:
    yield from (
        float(one.value)
        for one in ground.run.facts
        if isinstance(one.value, int | float) and not isinstance(one.value, bool)
    )


GROUPS: Final[Rules] = {
    "count": lambda g, p: iter([float(len(g.rows)), float(len(g.subject))]),
    "rows": lambda g, p: iter([float(len(g.subject))]),
    "worst": lambda g, p: iter([float(g.subject.y[list(g.rows)].min())]),
    "each": lambda g, p: iter([float(np.sum(g.subject.x == g.subject.x[0]))]),
    "places": lambda g, p: iter([float(len(np.unique(g.subject.x)))]),
}
ENDS: Final[Rules] = {
    "first": lambda g, p: iter([float(g.subject.y[0])]),
    "last": lambda g, p: iter([float(g.subject.y[-1])]),
    "count": lambda g, p: iter([float(len(g.subject))]),
}
CHECK = Family(
    id="remarks",
    kinds={
        "harmless": Kind(holds=harmless, values=GROUPS),
        "memorising": Kind(holds=memorised, values={**ENDS, "epochs": lambda g, p: _last_epoch(g)}),
        "schedule": Kind(
            holds=warming,
            values={**ENDS, "warmup": lambda g, p: _facts(g), "planned": lambda g, p: _facts(g)},
        ),
    },
)
