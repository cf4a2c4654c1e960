"""Levels of guessing among K: ln K is what a softmax that carries no signal costs, whatever the
input.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport.analysis.context import Context
from lossreport.model.run import Series

SIZES: Final = (
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    20,
    21,
    50,
    80,
    91,
    100,
    101,
    200,
    300,
    365,
    1000,
    1024,
    4096,
    8192,
    16384,
    32000,
    50257,
    65536,
)
"""Numbers of classes, prototypes and tokens in common use: CIFAR (10, 100), COCO (80, 91), UCF
(101), Places (365), ImageNet (1000), iBOT and DINO heads (1024 to 65 536), GPT-2 (50 257).
"""
TOLERANCE: Final = 0.005
"""A flat loss within half a percent of ln K. The windows of the sizes from 2 to 10 cover 4 % of the
levels between ln 2 and ln 10, so a loss that is flat elsewhere meets one by chance once in 25
times: the level is said as an inference.
"""
ONE_OF: Final = (
    "generic",
    "cross_entropy",
    "class_cross_entropy",
    "cls",
    "label_smoothed_ce",
    "contrastive",
)
"""Kinds that may be a cross-entropy over K; the size is looked for only where nothing tells it."""


def one_of(context: Context, series: Series) -> bool:
    """Return whether a loss may be a cross-entropy over some number of classes."""
    return series.metric_type in ONE_OF and not context.is_rewarded


def size_at(context: Context, series: Series, level: float) -> int | None:
    """Return the K whose logarithm a level sits on: that of the accuracy beside it where one fits,
    else the nearest in common use.
    """
    if not one_of(context, series) or level <= 0:
        return None
    fitting = [size for size in SIZES if abs(level / math.log(size) - 1) <= TOLERANCE]
    return min(fitting, key=lambda size: abs(level - math.log(size)), default=None)
