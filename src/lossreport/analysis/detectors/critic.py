"""The critic of reinforcement learning: Q values that run away from the rewards, and a value
function that explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.curves.stats import fill
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Series
from lossreport.text import Text, number, percent
from lossreport.values import dataclass

MIN_ROWS: Final = 20
Q_NAME: Final = re.compile(
    r"(?:^|[/_.])q(?:f?\d)?(?:_?(?:values?|mean|max|min|avg))?$|(?:mean|max|avg|min)_q$",
    re.IGNORECASE,
)
"""`mean_q` of RLlib, `qf1_values` of CleanRL, `q_mean`: the value that the network gives to
actions, not its loss.
"""
TIMES: Final = 1e3
"""A Q value is a discounted sum of rewards: with a discount of 0.99 at most a hundred times the
largest reward, with 0.999 a thousand.
"""
TENTH: Final = 10
USELESS: Final = 0.1
"""An explained variance of 0 is that of a constant, 1 explains all; Stable-Baselines3 calls 0 and
below no better than predicting nothing.
"""

RUNAWAY = Text(
    zh="`{metric}`（{path}）从 {first} 涨到 {last}，远超奖励的量级（{scale}）：Q 值在发散，"
    "策略不再由奖励决定。检查 target network 的更新间隔、学习率、奖励与梯度裁剪，"
    "以及终止状态是否仍在自举。",
    en="`{metric}` ({path}) went from {first} to {last}, far beyond the size of the rewards "
    "({scale}): the Q values diverge, and rewards no longer decide the policy. Check the "
    "updates of the target network, the learning rate, the clipping of rewards and "
    "gradients, and that terminal states are not bootstrapped.",
)
NOTHING = Text(
    zh="`{metric}`（{path}）在后半程 {share} 的行里不到 {least}，中位数 {level}（1 "
    "为全部解释，0 等于常数预测）：价值网络几乎没有解释回报，优势估计近于原始回报，"
    "方差很大。检查价值网络的学习率、奖励的缩放，以及观测是否足以预测回报。",
    en="`{metric}` ({path}) is below {least} in {share} of the rows of its second half, "
    "{level} in the median (1 explains all, 0 is a constant): the critic explains next to "
    "nothing of the returns, so the advantages are little better than raw returns. Check "
    "its learning rate, the scale of the rewards, and whether the observations tell the "
    "return at all.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runaway:
    """The first and the last level of a value function that grew beyond all rewards."""

    first: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Useless:
    """The level of the explained variance, and the share of rows in which it explains nothing."""

    level: float
    share: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a Q value that runs away, and an explained variance that stays at nothing."""
    if not context.is_rewarded:
        return
    scale = max(
        (
            float(np.nanmax(np.abs(s.y)))
            for s in context.judged
            if s.metric_type == "reward" and np.isfinite(s.y).any()
        ),
        default=0.0,
    )
    for series in context.judged:
        if (
            len(series) < MIN_ROWS
            or series.split != "train"
            or np.isfinite(series.y).sum() < MIN_ROWS
        ):
            continue
        if series.metric_type == "explained_variance":
            yield from _useless(series)
        elif Q_NAME.search(series.name) and not context.is_loss(series):
            yield from _runaway(series, scale)


def _runaway(series: Series, scale: float) -> Iterator[Finding]:
    y, part = np.abs(fill(series.y)), max(2, len(series) // TENTH)
    first, last = float(np.median(y[:part])), float(np.median(y[-part:]))
    if last <= TIMES * max(1.0, scale, first):
        return
    row = int(np.argmax(y > TIMES * max(1.0, scale, first)))
    text = RUNAWAY(
        metric=series.label,
        path=series.path,
        first=number(first),
        last=number(last),
        scale=number(scale),
    )
    yield make_finding(
        "divergence",
        series,
        [row, len(series) - 1],
        Severity.HIGH,
        text,
        payload=Runaway(first=first, last=last),
    )


def _useless(series: Series) -> Iterator[Finding]:
    late = fill(series.y)[len(series) // 2 :]
    share, level = float(np.mean(late < USELESS)), float(np.median(late))
    if share < MOSTLY:
        return
    text = NOTHING(
        metric=series.label,
        path=series.path,
        share=percent(share),
        least=number(USELESS),
        level=number(level),
    )
    rows = [len(series) // 2, len(series) - 1]
    yield make_finding(
        "no_learning",
        series,
        rows,
        Severity.MEDIUM,
        text,
        payload=Useless(level=level, share=share),
    )


MOSTLY: Final = 0.9


DETECTOR = Detector(id="critic", kinds=("divergence", "no_learning"), detect=detect, order=73)
