"""Reinforcement learning in which no gradient reaches the weights: a norm of exactly 0, or rewards
without any spread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import SPREAD_OF_REWARDS, beside, finite, named
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import evidence, make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number
from lossreport.values import dataclass

FEW: Final = 2
"""Rows: where rewards differ inside the groups a single gradient of exactly 0 has a probability of
0, two rule out a masked batch.
"""
FEW_EQUAL: Final = 3
"""Rows of rewards without spread: at the start of a hard task one or two are usual."""

DIFFERS = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都正好是 0，而同组内的奖励有差异（`{spread}` "
    "的中位数 {level}）：没有梯度到达权重，什么也没有在训练；奖励相同已被排除，"
    "剩下的是冻结的参数或训练引擎。",
    en="`{metric}` ({path}) is exactly 0 in all {count} rows although the rewards differ "
    "inside the groups (`{spread}` has a median of {level}): no gradient reaches the "
    "weights and nothing is trained. Equal rewards are ruled out; frozen parameters or the "
    "training engine remain.",
)
EQUAL = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都正好是 0：每组的奖励都相同，优势为 0，"
    "什么也没有在训练。",
    en="`{metric}` ({path}) is exactly 0 in all {count} rows: the rewards inside each group "
    "are equal, the advantages are 0 and nothing is trained.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualRewards:
    """The spread of rewards, 0 throughout: they are equal."""

    value: float
    equal_rewards: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoGradient:
    """The gradient norm, 0 throughout, beside rewards of this spread."""

    value: float
    reward_std: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a norm of 0 beside rewards that differ, and a spread of rewards that is 0
    throughout.
    """
    for series in context.judged:
        y = finite(series)
        if series.metric_type == "grad_norm" and len(y) >= FEW and not np.any(y):
            spread = beside(context, series, SPREAD_OF_REWARDS)
            if spread is not None and _differs(spread):
                yield _finding(series, spread)
    for series in named(context, SPREAD_OF_REWARDS, split="train"):
        y = finite(series)
        if len(y) >= FEW_EQUAL and not np.any(y):
            text = EQUAL(metric=series.label, path=series.path, count=len(y))
            rows = [0, len(series) - 1]
            yield make_finding(
                "constant_metric",
                series,
                rows,
                Severity.HIGH,
                text,
                payload=EqualRewards(value=0.0, equal_rewards=True),
            )


def _differs(spread: Series) -> bool:
    y = finite(spread)
    return len(y) > 0 and float(np.median(y)) > 0


def _finding(series: Series, spread: Series) -> Found:
    level = float(np.median(finite(spread)))
    text = DIFFERS(
        metric=series.label,
        path=series.path,
        count=len(series),
        spread=spread.label,
        level=number(level),
    )
    rows = [0, len(series) - 1]
    more = evidence(spread, [0])
    held = NoGradient(value=0.0, reward_std=level)
    return make_finding(
        "constant_metric",
        series,
        rows,
        Severity.HIGH,
        text,
        payload=held,
        others=(spread,),
        more_evidence=more,
    )


DETECTOR = Detector(id="no_gradient", kinds=("constant_metric",), detect=detect, order=14)
"""Before `constant_metric`, which knows nothing of rewards."""
