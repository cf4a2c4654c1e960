"""Where libraries clamp a probability before its logarithm: the highest value that a sample's loss
can then take.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport.analysis.context import Context
from lossreport.model.run import Series
from lossreport.values import dataclass

TOLERANCE: Final = 2e-4
"""Relative: the print of a mean over equal values differs in its last digit only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """A highest value, how it comes about, and which cause knows it."""

    value: float
    formula: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A value that stands at a clamp, or at the share of the samples that stand there."""

    clamp: Clamp
    share: float


FLOAT_MIN: Final = "clamp_float_min"
BCE: Final = "clamp_bce_100"
KERAS: Final = "clamp_keras_epsilon"
EPSILON: Final = "saturated_output"

CLAMPS: Final = (
    Clamp(value=87.3365, formula="-ln(1.18e-38)", cause=FLOAT_MIN),
    Clamp(value=100.0, formula="100", cause=BCE),
    Clamp(value=-math.log(1e-7), formula="-ln(1e-7)", cause=KERAS),
    Clamp(value=15.9424, formula="-ln(1.19e-7)", cause=KERAS),
    Clamp(value=15.4249, formula="-ln(2e-7)", cause=KERAS),
    *(
        Clamp(value=-math.log(10.0**-power), formula=f"-ln(1e-{power})", cause=EPSILON)
        for power in (6, 8, 9, 10, 12, 15, 16, 20, 30, 38)
    ),
)
"""The smallest float32 (Caffe); -100, the least logarithm of torch.nn.BCELoss; 1e-7 and float32
rounding of 1 - 1e-7 (Keras); what hand-written losses add or clip at. 1e-4 and 1e-5 are left out:
their logarithms are those of 10 000 and 100 000 classes.
"""
HALF: Final = 0.5


def at_clamp(context: Context, series: Series, value: float) -> Hit | None:
    """Return the clamp that a loss stands at: all samples, half of them, or as many as a constant
    accuracy beside it misses.
    """
    weight = context.facts.get(
        f"loss_weight.{series.name}", context.facts.get(f"weight.{series.name}", 1.0)
    )
    scale = float(weight) if isinstance(weight, int | float) and weight > 0 else 1.0
    shares = [1.0, HALF, *missed(context, series)]
    for share in shares:
        for clamp in CLAMPS:
            level = scale * share * clamp.value
            if abs(value - level) <= TOLERANCE * level:
                return Hit(clamp=clamp, share=share)
    return None


def missed(context: Context, series: Series) -> list[float]:
    """Return the share of samples that the accuracy beside a loss misses, where it is logged and
    between 0 and 1.
    """
    beside = (
        s
        for s in context.judged
        if s.metric_type == "accuracy" and s.source == series.source and s.split == series.split
    )
    return [1.0 - float(one.y[-1]) for one in beside if len(one) and 0 < one.y[-1] < 1]
